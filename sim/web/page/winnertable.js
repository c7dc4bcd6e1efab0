/** The map of a study as a table that fits its room: as it is told, turned round, or without names. */

import { plain } from "./store.js";

export const UNDECIDED = -1;
/** Margins, width of a letter, and width of a cell without a name [px]. */
const EDGE = 8;
const LETTER = 7;
const BARE = 30;
/** A longer name has its value in another line. */
const MOST_LETTERS = 18;

/**
 * @typedef {object} Cell
 * @property {number} place
 * @property {number} arm the best, or below 0
 * @property {string} name of what stands there
 * @property {string} across what the column is called
 * @property {string} down what the row is called
 *
 * @typedef {object} Table a map as it is drawn
 * @property {Cell[][]} rows
 * @property {string[]} heads of the columns
 * @property {string[]} sides heads of the rows
 * @property {boolean} isNamed whether names stand in the cells
 * @property {number} beside room for the heads of the rows [px]
 * @property {number} least width [px]
 */

/**
 * What stands in each cell of a map.
 * @param {import("./studies.js").Told} told
 * @param {NonNullable<import("./studies.js").Told["map"]>} map
 * @param {number[]} winners
 * @returns {Cell[][]}
 */
export function cellsOf(told, map, winners) {
  return map.cells.map((places, row) =>
    places.map((place, column) => {
      const arm = winners[place];
      const name = arm >= 0 ? plain(told.arms[arm]) : arm === UNDECIDED ? "undecided" : "not known";
      return { place, arm, name, across: map.columns[column], down: map.rows[row] };
    }),
  );
}

/**
 * The table that fits into a width: as it is told, or turned round, or else without names in its
 * cells; the narrowest where none does.
 * @param {number} width
 * @param {Cell[][]} rows
 * @param {{columns: string[], rows: string[]}} heads
 * @returns {Table}
 */
export function fitting(width, rows, { columns, rows: sides }) {
  const turned = columns.map((_, n) =>
    rows.map((row) => ({ ...row[n], across: row[n].down, down: row[n].across })),
  );
  const tables = [true, false].flatMap((isNamed) => [
    measured(rows, columns, sides, isNamed),
    measured(turned, sides, columns, isNamed),
  ]);
  const narrowest = tables.reduce((one, other) => (other.least < one.least ? other : one));
  return tables.find(({ least }) => least <= width) ?? narrowest;
}

/**
 * @param {Cell[][]} rows
 * @param {string[]} heads
 * @param {string[]} sides
 * @param {boolean} isNamed
 * @returns {Table}
 */
function measured(rows, heads, sides, isNamed) {
  const names = isNamed ? rows.flat().map(({ name }) => name) : [];
  const beside = 2 * EDGE + LETTER * longest(sides.flatMap(broken));
  const cell = Math.max(BARE, EDGE + LETTER * longest([...names, ...heads.flatMap(broken)]));
  return { rows, heads, sides, isNamed, beside, least: beside + cell * heads.length };
}

/**
 * Names and their values, each in a line of its own, or two.
 * @param {string} words
 */
export function broken(words) {
  return words
    .split(", ")
    .flatMap((part) => (part.length > MOST_LETTERS ? part.split(/(?<= =) /) : [part]));
}

/** @param {string[]} words */
function longest(words) {
  return Math.max(...words.map((each) => each.length));
}
