/** What a chart shows of a series: its lines, as they are or as differences from the reference. */

import { difference, scale, shown, unit } from "./words.js";

/**
 * @typedef {object} ChartLine
 * @property {number} column
 * @property {string} name
 * @property {ArrayLike<number>} values
 *
 * @typedef {object} View
 * @property {import("./contract.js").Series} series
 * @property {string} unit
 * @property {boolean} differences
 * @property {ChartLine[]} lines
 * @property {import("./store.js").Made[]} moves
 * @property {string[]} names of all columns
 * @property {number} step
 * @property {number} lastStep the right end of the axis
 * @property {(value: number) => string} words a value as it is said
 * @property {string} widest words that are about as wide as those of any value
 * @property {string} zero what the zero line stands for, "" where there is none
 */

/**
 * The view of one series now.
 * @param {import("./store.js").Store} store
 * @param {number} s
 * @param {boolean} differences
 * @returns {View}
 */
export function viewOf(store, s, differences) {
  const series = store.about.series[s];
  const by = scale(series);
  const { names } = store;
  const reference = store.line(0, s);
  const lines = names.map((name, column) => {
    const values = store.line(column, s);
    const drawn = differences
      ? values.map((value, i) => by * (value - reference[i]))
      : by === 1
        ? values
        : values.map((value) => by * value);
    return { column, name, values: drawn };
  });
  const say = differences ? difference : shown;
  return {
    series,
    unit: differences && unit(series) === "%" ? "points" : unit(series),
    differences,
    lines: differences ? lines.slice(1) : lines,
    moves: store.made,
    names,
    step: store.step,
    lastStep: lastStep(store.step, store.about.steps),
    words: (value) => say(series, value / by),
    widest: unit(series) === "%" ? (differences ? "+00.0 points" : "00.0 %") : "+0,000",
    zero: differences ? `${names[0]}: zero` : "",
  };
}

/**
 * The right end of the axis: it grows by a quarter now and then, so that lines are never a stub and
 * the axis does not creep.
 * @param {number} step
 * @param {number} steps
 */
export function lastStep(step, steps) {
  let end = 24;
  while (end < step) end = Math.ceil(end * 1.25);
  return Math.min(end, Math.max(steps, step, 1));
}

/**
 * The ends of the vertical axis: zero is in it where that is honest.
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
export function valueRange(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low >= 0) return [0, high > 0 ? high * 1.06 : 1];
  if (high <= 0) return [low * 1.06, 0];
  const margin = 0.06 * (high - low);
  return [low - margin, high + margin];
}

/**
 * Pushes labels apart so that none covers another, each as near to its line as can be.
 * @param {number[]} wanted heights
 * @param {number} gap
 * @param {number} top
 * @param {number} bottom
 * @returns {number[]}
 */
export function spread(wanted, gap, top, bottom) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  let floor = top;
  for (const i of order) {
    placed[i] = Math.max(placed[i], floor);
    floor = placed[i] + gap;
  }
  let ceiling = bottom;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], ceiling);
    ceiling = placed[i] - gap;
  }
  return placed;
}
