/** Reads the binary frames: new rows of all series, and the latest picture of the people. */

const MAGIC = 0x31424c43;
const HEADER = 40;
const MOVE = 24;

/**
 * @typedef {object} Frame
 * @property {number} number
 * @property {number} step
 * @property {number} firstRow
 * @property {number} nRows
 * @property {number} nColumns
 * @property {number} nSeries
 * @property {Float64Array} rows (column, row, series)
 * @property {Uint8Array[]} people one byte a person, for each column
 * @property {[step: number, column: number, lever: number, value: number][]} moves
 * @property {boolean} playing
 * @property {boolean} ended
 * @property {boolean} anew the run starts anew with this frame
 */

/**
 * Reads one frame; throws where it is not one.
 * @param {ArrayBuffer} buffer
 * @returns {Frame}
 */
export function readFrame(buffer) {
  const view = new DataView(buffer);
  const u32 = (/** @type {number} */ offset) => view.getUint32(offset, true);
  if (buffer.byteLength < HEADER || u32(0) !== MAGIC) throw new Error("This is no frame.");
  const [firstRow, nRows, nColumns, nSeries, nPeople, flags, nMoves] = [12, 16, 20, 24, 28, 32, 36].map(u32);
  const nValues = nColumns * nRows * nSeries;
  const peopleAt = HEADER + 8 * nValues;
  const movesAt = peopleAt + nColumns * nPeople;
  if (buffer.byteLength !== movesAt + MOVE * nMoves) throw new Error("A frame is cut off.");
  return {
    number: u32(4),
    step: u32(8),
    firstRow,
    nRows,
    nColumns,
    nSeries,
    rows: new Float64Array(buffer, HEADER, nValues),
    people: Array.from(
      { length: nColumns },
      (_, c) => new Uint8Array(buffer, peopleAt + c * nPeople, nPeople),
    ),
    moves: Array.from({ length: nMoves }, (_, m) => {
      const at = movesAt + MOVE * m;
      return [u32(at), u32(at + 4), u32(at + 8), view.getFloat64(at + 16, true)];
    }),
    playing: (flags & 1) !== 0,
    ended: (flags & 2) !== 0,
    anew: (flags & 4) !== 0,
  };
}
