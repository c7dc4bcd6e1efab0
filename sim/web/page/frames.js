/** Reads the binary frames: new rows of all series, and the levers and people as they are. */

const MAGIC = 0x33424c43;
const HEADER = 48;
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
 * @property {Float64Array} levers as they stand (column, company, lever)
 * @property {Uint8Array} held which of them are held, 1 or 0
 * @property {Uint8Array[]} people one byte a person, for each column
 * @property {[step: number, column: number, lever: number, before: number, value: number | null][]} moves
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
  const [firstRow, nRows, nColumns, nSeries, nLevers, nPeople, flags, nMoves, nCompanies] = [
    12, 16, 20, 24, 28, 32, 36, 40, 44,
  ].map(u32);
  const nValues = nColumns * nRows * nSeries;
  const nHandles = nColumns * nCompanies * nLevers;
  const leversAt = HEADER + 8 * nValues;
  const heldAt = leversAt + 8 * nHandles;
  const peopleAt = heldAt + nHandles;
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
    levers: new Float64Array(buffer, leversAt, nHandles),
    held: new Uint8Array(buffer, heldAt, nHandles),
    people: Array.from(
      { length: nColumns },
      (_, c) => new Uint8Array(buffer, peopleAt + c * nPeople, nPeople),
    ),
    moves: Array.from({ length: nMoves }, (_, m) => {
      const at = movesAt + MOVE * m;
      const value = view.getFloat64(at + 16, true);
      const before = view.getFloat32(at + 12, true);
      return [u32(at), u32(at + 4), u32(at + 8), before, Number.isNaN(value) ? null : value];
    }),
    playing: (flags & 1) !== 0,
    ended: (flags & 2) !== 0,
    anew: (flags & 4) !== 0,
  };
}
