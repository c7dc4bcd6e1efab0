/** A sandbox: a slider that moves the levers of one shift, and what follows in a small world. */

import { ask, wordsOf } from "./ask.js";
import { find, make, makeTable, say } from "./dom.js";
import { littleChart } from "./littlechart.js";
import { swatch } from "./palette.js";
import { plain } from "./store.js";
import { capital, difference, listed, number, scale, shown, titles, unit } from "./words.js";

/**
 * @typedef {import("./contract.js").Series} Series
 *
 * @typedef {object} Outcomes values of a series at each step, null where it means nothing
 * @property {(number | null)[]} before with the levers before the shift
 * @property {(number | null)[]} now with the levers as set
 * @property {[before: number | null, now: number | null]} late means of the last steps
 *
 * @typedef {object} Answer what the server has worked out
 * @property {number} value how far the levers have moved, from 0, before, to 1, after
 * @property {number} people
 * @property {number} luck the seed
 * @property {number} late steps of which `late` are the means
 * @property {[before: string, after: string]} ends what the shift leads from and to
 * @property {{name: string, meaning: string, before: number, after: number, now: number}[]} levers
 * @property {(Series & Outcomes)[]} series
 *
 * @typedef {object} Figure
 * @property {HTMLElement} element
 * @property {string} title
 * @property {HTMLElement} words
 * @property {HTMLElement} box
 * @property {[low: number, high: number]} reach of its axis, which stands still while the slider moves
 */

/**
 * @typedef {object} World
 * @property {number} people
 * @property {number} luck the seed
 */

/** A move of the slider that is worth a run of its own. */
const PACE = 0.05;
/** Steps between two rows of the table. */
const APART = 12;
const SET = "as set";

export class Sandbox {
  /**
   * @param {HTMLElement} host
   * @param {World} world as it is set now
   */
  constructor(host, world) {
    this.host = host;
    this.shift = Number(host.dataset["shift"]);
    this.world = world;
    this.value = 1;
    /** @type {Answer | null} */
    this.answer = null;
    this.asking = false;
    this.speaks = false;
    /** @type {Figure[]} */
    this.figures = [];
    this.slider = make("input", { type: "range", min: "0", max: "1", step: String(PACE), value: "1" });
    this.levers = make("div", { class: "shift-levers" });
    this.rows = make("div", { class: "wide", tabindex: "0", role: "region" });
    this.trouble = make("p", { class: "trouble", role: "status" });
    host.append(this.trouble);
    this.slider.addEventListener("input", () => {
      this.value = Number(this.slider.value);
      this.follow();
    });
    this.slider.addEventListener("change", () => {
      this.speaks = true;
      this.follow();
    });
    new ResizeObserver(() => this.drawCharts()).observe(host);
  }

  /** Asks the server until it has answered what the slider says, one question at a time. */
  async follow() {
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.answer?.value !== this.value || isOther(this.answer, this.world)) {
        const { people, luck } = this.world;
        this.take(
          await ask(`sandbox?shift=${this.shift}&value=${this.value}&people=${people}&luck=${luck}`),
        );
      }
      say(this.trouble, "");
      if (this.speaks) this.speak();
    } catch (error) {
      say(this.trouble, wordsOf(error));
    }
    this.speaks = this.asking = false;
  }

  /** Tells screen readers what has come of it, once the slider is let go. */
  speak() {
    const told = this.figures.map(({ title, words }) => `${title}: ${words.textContent}.`);
    say(find("spoken", HTMLElement), told.join(" "));
  }

  /** @param {Answer} answer */
  take(answer) {
    if (this.answer && isOther(answer, this.answer)) for (const { reach } of this.figures) reach.fill(0);
    this.answer = answer;
    if (!this.figures.length) this.build(answer);
    const values = answer.levers.map(({ name, now }) => `${plain(name)} ${number(now, 2)}`);
    this.slider.setAttribute("aria-valuetext", listed(values));
    this.drawLevers();
    this.drawCharts();
    this.drawTable();
  }

  /**
   * Makes what stands still, once it is known.
   * @param {Answer} answer
   */
  build({ ends, levers, series, late }) {
    const way = `From ${ends[0]} to ${ends[1]}`;
    this.slider.setAttribute("aria-label", `${way}: moves ${listed(levers.map(({ name }) => plain(name)))}`);
    this.rows.setAttribute("aria-label", `${way}: the lines as a table`);
    this.figures = series.map((each) => {
      const { title, more } = titles(each);
      const words = make("p", { class: "late" });
      const box = make("div", { class: "little", role: "img" });
      const caption = make(
        "figcaption",
        {},
        make("h4", { class: "title" }, title),
        make("p", { class: "more" }, [unit(each), more].filter(Boolean).join(": ")),
      );
      /** @type {[number, number]} */
      const reach = [0, 0];
      const element = make("figure", { class: "result" }, caption, words, box);
      return { element, title, words, box, reach };
    });
    this.host.prepend(
      make(
        "div",
        { class: "way" },
        make("span", { class: "end" }, capital(ends[0])),
        make("span", { class: "track" }, this.slider),
        make("span", { class: "end" }, capital(ends[1])),
      ),
      this.levers,
      make("div", { class: "results" }, ...this.figures.map(({ element }) => element)),
      make("p", { class: "soft what" }, `Numbers are means of the last ${late} steps, a year.`),
      make("details", {}, make("summary", {}, "The lines as a table"), this.rows),
    );
  }

  /** The levers as a table: before, after and as set. */
  drawLevers() {
    const { answer } = this;
    if (!answer) return;
    const rows = answer.levers.map(({ name, meaning, before, after, now }) => [
      [capital(plain(name)), " ", make("span", { class: "meaning" }, meaning)],
      ...[before, after, now].map((value) => number(value, 2)),
    ]);
    this.levers.replaceChildren(makeTable(["Lever", "Before", "After", "As set"], rows));
  }

  drawCharts() {
    const { answer } = this;
    if (!answer || !this.host.offsetParent) return;
    this.figures.forEach(({ title, words, box, reach }, s) => {
      const series = answer.series[s];
      const by = scale(series);
      const lines = [series.before, series.now].map((line) => line.map((value) => (value ?? NaN) * by));
      const known = lines.flat().filter(Number.isFinite);
      reach[0] = Math.min(reach[0], ...known);
      reach[1] = Math.max(reach[1], ...known);
      const names = [answer.ends[0], SET];
      const along = [...series.now.keys()];
      const view = { along, lines, reach, at: along.length - 1, names, unit: "steps" };
      box.replaceChildren(littleChart(view, box.clientWidth));
      const [before, now] = series.late.map((value) => value ?? NaN);
      const change = Number.isFinite(now - before) ? ` (${difference(series, now - before)})` : "";
      const values = `${names[0]} ${shown(series, before)}, ${names[1]} ${shown(series, now)}${change}`;
      say(words, values);
      const told = `Line chart: ${title}. Last ${answer.late} steps: ${values}.`;
      box.setAttribute("aria-label", `${told} The table below has the numbers.`);
    });
  }

  /** The lines as a table, a row for every so many steps. */
  drawTable() {
    const { answer } = this;
    if (!answer) return;
    const heads = answer.series.flatMap((series) =>
      [answer.ends[0], SET].map((words, n) => [swatch(n), `${titles(series).title}, ${words}`]),
    );
    const rows = [];
    for (let step = 0; step < answer.series[0].now.length; step += APART) {
      const values = answer.series.flatMap((series) =>
        [series.before, series.now].map((line) => shown(series, line[step] ?? NaN)),
      );
      rows.push([number(step), ...values]);
    }
    this.rows.replaceChildren(makeTable(["Step", ...heads], rows));
  }
}

/**
 * @param {World} one
 * @param {World} other
 */
function isOther(one, other) {
  return one.people !== other.people || one.luck !== other.luck;
}
