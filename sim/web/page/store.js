/** What the page knows of the run: settings, every row of every series, the levers and people as they are. */

import { HEADLINE, WRITTEN } from "./contract.js";

/**
 * @typedef {import("./contract.js").SessionMessage} SessionMessage
 * @typedef {import("./contract.js").Settings} Settings
 * @typedef {import("./contract.js").Series} Series
 * @typedef {import("./frames.js").Frame} Frame
 *
 * @typedef {object} Made a move of a lever that has been made
 * @property {number} step
 * @property {number} column
 * @property {string} lever
 * @property {number} before where the lever stood
 * @property {number | null} value where it is held, null where it is let go
 */

/** Grows by doubling, so that a long run is not copied at each step. */
class Rows {
  constructor() {
    this.values = new Float64Array(512);
  }

  /**
   * @param {number} row
   * @param {number} value
   */
  put(row, value) {
    if (row >= this.values.length) {
      const more = new Float64Array(2 * row);
      more.set(this.values);
      this.values = more;
    }
    this.values[row] = value;
  }
}

export class Store {
  constructor() {
    /** @type {SessionMessage | null} */
    this.session = null;
    this.nRows = 0;
    this.step = 0;
    this.playing = false;
    this.ended = false;
    this.reason = "";
    this.speed = 10;
    /** @type {Rows[][]} (column, series) */
    this.rows = [];
    /** @type {Uint8Array[]} */
    this.people = [];
    /** As they stand (column, company, lever). */
    this.levers = new Float64Array();
    /** Which of them are held, 1 or 0. */
    this.held = new Uint8Array();
    /** @type {Made[]} in the order of their steps */
    this.made = [];
  }

  /** @returns {Settings} */
  get settings() {
    if (!this.session) throw new Error("No session is open.");
    return this.session.settings;
  }

  get about() {
    if (!this.session) throw new Error("No session is open.");
    return this.session.about;
  }

  get nColumns() {
    return this.session ? this.session.settings.columns.length : 0;
  }

  /**
   * Takes a session in. Rows are kept only where it is the same run that goes on.
   * @param {SessionMessage} message
   * @param {boolean} goesOn
   */
  open(message, goesOn) {
    this.session = message;
    this.playing = message.playing;
    this.speed = message.speed;
    if (!goesOn) this.clear();
  }

  clear() {
    this.nRows = 0;
    this.step = 0;
    this.ended = false;
    this.reason = "";
    this.people = [];
    this.made = [];
    this.levers = Float64Array.from(this.about.start.flat(2), (value) => value ?? NaN);
    this.held = new Uint8Array(this.levers.length);
    this.rows = Array.from({ length: this.nColumns }, () => this.about.series.map(() => new Rows()));
  }

  /**
   * Takes a frame in. False where it belongs to another shape of run or leaves a gap.
   * @param {Frame} frame
   */
  take(frame) {
    if (!this.session) return false;
    const nSeries = this.about.series.length;
    if (frame.nColumns !== this.nColumns || frame.nSeries !== nSeries) return false;
    if (frame.anew) this.clear();
    if (frame.firstRow > this.nRows) return false;
    for (let c = 0; c < frame.nColumns; c++) {
      for (let r = 0; r < frame.nRows; r++) {
        const at = (c * frame.nRows + r) * nSeries;
        for (let s = 0; s < nSeries; s++) this.rows[c][s].put(frame.firstRow + r, frame.rows[at + s]);
      }
    }
    if (frame.nRows) this.nRows = frame.firstRow + frame.nRows;
    this.step = frame.step;
    this.playing = frame.playing;
    this.ended = frame.ended;
    if (frame.people.length && frame.people[0].length) this.people = frame.people;
    this.levers = frame.levers;
    this.held = frame.held;
    this.made = frame.moves.map(([step, column, lever, before, value]) => {
      return { step, column, lever: this.about.levers[lever].name, before, value };
    });
    for (const { step, column, lever, value } of this.made) this.keepMove(step, column, lever, value);
    return true;
  }

  /**
   * Notes a move once: of several in one step the last one counts.
   * @param {number} step
   * @param {number} column
   * @param {string} lever
   * @param {number | null} value
   */
  keepMove(step, column, lever, value) {
    const { moves } = this.settings;
    const same = moves.find((move) => move[0] === step && move[1] === column && move[2] === lever);
    if (same) same[3] = value;
    else moves.push([step, column, lever, value]);
    moves.sort((a, b) => a[0] - b[0]);
  }

  /**
   * Where a lever of a company stands, and whether it is held there, whatever the style does.
   * @param {number} column
   * @param {number} company place among those that are managed there
   * @param {number} lever
   */
  lever(column, company, lever) {
    const nCompanies = this.about.start[column].length;
    const at = (column * nCompanies + company) * this.about.levers.length + lever;
    return { value: this.levers[at], held: this.held[at] === 1 };
  }

  /**
   * The last move of a lever that has been made, if there is one.
   * @param {number} column
   * @param {string} lever
   */
  lastMove(column, lever) {
    return this.made.filter((move) => move.column === column && move.lever === lever).at(-1);
  }

  /**
   * One series of one column, from row 0 to now.
   * @param {number} column
   * @param {number} series
   */
  line(column, series) {
    return this.rows[column][series].values.subarray(0, this.nRows);
  }

  /**
   * The latest value of a series in a column, NaN where there is none yet.
   * @param {number} column
   * @param {number} series
   */
  now(column, series) {
    return this.nRows ? this.rows[column][series].values[this.nRows - 1] : NaN;
  }

  /**
   * The mean of a series in a column over the last so many steps, NaN where one of them has no value.
   * @param {number} column
   * @param {number} series
   * @param {number} steps
   */
  mean(column, series, steps) {
    const last = this.line(column, series).subarray(-steps);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  }

  /** Place of the series that tells the share of people taking part. */
  get headline() {
    return Math.max(
      0,
      this.about.series.findIndex((each) => each.name === HEADLINE),
    );
  }

  /** @param {string} style */
  titleOf(style) {
    return this.about.styles.find((each) => each.name === style)?.title ?? plain(style);
  }

  /**
   * The columns that can be shown in another world: with each company's own style only where all have one.
   * @param {import("./contract.js").World} world
   * @returns {import("./contract.js").Column[]}
   */
  columnsIn(world) {
    const [least, most] = this.about.limits["columns"];
    const columns = this.settings.columns.filter(([style]) => style !== WRITTEN);
    if (world.market && columns.length < most) return [[WRITTEN, {}], ...columns];
    const used = new Set([WRITTEN, ...columns.map(([style]) => style)]);
    for (const { name } of this.about.styles) {
      if (columns.length < least && !used.has(name)) columns.push([name, {}]);
    }
    return columns;
  }

  /** Names of the columns: their styles, with options or a number where one is there more than once. */
  get names() {
    const { columns } = this.settings;
    const names = columns.map((column) => {
      const options = optionsOf(column);
      const alone = columns.filter(([style]) => style === column[0]).length === 1;
      return alone || !options ? this.titleOf(column[0]) : `${this.titleOf(column[0])} (${options})`;
    });
    return names.map((name, place) => {
      if (names.filter((other) => other === name).length === 1) return name;
      return `${name} ${names.slice(0, place + 1).filter((other) => other === name).length}`;
    });
  }
}

/**
 * The options of a column's style in words, "" where it has none.
 * @param {import("./contract.js").Column} column
 */
export function optionsOf([, , options = {}]) {
  return Object.entries(options)
    .map(([name, value]) => `${plain(name)} ${value}`)
    .join(", ");
}

/**
 * A name of the code as a reader's words.
 * @param {string} name
 */
export function plain(name) {
  return name.replaceAll("_", " ");
}
