/** Differences from the reference with their intervals: a row each, drawn and in numbers. */

import { ticks } from "./drawing.js";
import { find, make, say } from "./dom.js";
import { element, MARKERS } from "./palette.js";
import { axisTexts } from "./plot.js";
import { plain } from "./store.js";
import { armSwatch, heading, isAmong, look, significant } from "./studywords.js";
import { capital, number } from "./words.js";

/**
 * @typedef {import("./studies.js").Told} Told
 * @typedef {import("./studies.js").Effect} Effect
 * @typedef {import("./studies.js").Choice} Choice
 */

const ROW = 30;
const AXIS = 24;
const EDGE = 14;
/** Width of the drawing at least and at most, and of what stands beside it [px]. */
const NARROW = 110;
const WIDE = 340;
const BESIDE = 376;
/** As many rows are drawn at once; of more, those of the chosen point. */
const MOST_ROWS = 240;

export class Effects {
  /**
   * @param {HTMLElement} host
   * @param {(choice: Choice) => void} choose
   */
  constructor(host, choose) {
    this.host = host;
    this.choose = choose;
    this.words = find("study-effects-words", HTMLElement);
  }

  /**
   * @param {Told} told
   * @param {import("./studies.js").Outcome} outcome
   * @param {Choice} choice
   */
  draw(told, outcome, choice) {
    const all = told.effects[outcome.name] ?? [];
    this.host.hidden = !all.length;
    if (!all.length) {
      say(this.words, "The study compares nothing: it has one style alone.");
      this.host.replaceChildren();
      return;
    }
    const own = all.filter(([place]) => choice.place < 0 || place === choice.place);
    const rows = all.length <= MOST_ROWS ? all : own.slice(0, MOST_ROWS);
    const cut = rows.length < all.length ? ` ${number(rows.length)} of ${number(all.length)} are shown.` : "";
    say(
      this.words,
      `${heading(outcome)}: difference from ${plain(told.labels[told.baseline])}, pair by pair. Bars: intervals that hold for all ${number(told.comparisons)} comparisons at once with ${number(100 * told.level)}\u202f%. Where one does not reach the zero line it excludes chance.${cut}`,
    );
    const width = Math.min(WIDE, Math.max(NARROW, this.host.clientWidth - BESIDE));
    const known = rows.flatMap(([, , , ...values]) => values.filter((value) => value !== null));
    const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
    const span = high - low || 1;
    const toX = (/** @type {number} */ value) => EDGE + ((width - 2 * EDGE) * (value - low)) / span;
    const head = make(
      "tr",
      {},
      make("th", { scope: "col" }, capital(plain(told.who))),
      make("th", { scope: "col", class: "drawn" }, make("span", { class: "unseen" }, "Drawn"), axis(low, high, width, toX)),
      ...["Difference", "Interval", "n"].map((title) => make("th", { scope: "col" }, title)),
    );
    const bodies = [];
    const scroll = this.host.scrollTop;
    const focused = document.activeElement?.id ?? "";
    for (const [place, words] of told.places) {
      const here = rows.filter(([each]) => each === place);
      if (!here.length) continue;
      const lead = words
        ? [make("tr", { class: "lead" }, make("th", { colspan: "5", scope: "rowgroup" }, words))]
        : [];
      bodies.push(
        make("tbody", {}, ...lead, ...here.map((effect) => this.makeRow(told, effect, choice, width, toX))),
      );
    }
    this.host.replaceChildren(make("table", { class: "effects" }, make("thead", {}, head), ...bodies));
    this.host.scrollTop = scroll;
    if (focused.startsWith("effect-")) document.getElementById(focused)?.focus();
    else if (choice.place >= 0) this.reveal();
  }

  /** Scrolls to the first row that is chosen. */
  reveal() {
    const row = this.host.querySelector("tr.chosen");
    if (row instanceof HTMLElement) this.host.scrollTop = Math.max(0, row.offsetTop - 90);
  }

  /**
   * @param {Told} told
   * @param {Effect} effect
   * @param {Choice} choice
   * @param {number} width
   * @param {(value: number) => number} toX
   */
  makeRow(told, [place, arm, n, difference, low, high], choice, width, toX) {
    const isOne = choice.place === place && choice.arm === arm;
    const isSome = choice.place >= 0 || choice.arm >= 0;
    const isIn = isSome && isAmong(choice, place, arm);
    const button = make(
      "button",
      { type: "button", class: "choice", id: `effect-${place}-${arm}`, "aria-pressed": String(isOne) },
      armSwatch(arm),
      plain(told.arms[arm]),
    );
    button.addEventListener("click", () => this.choose(isOne ? { place: -1, arm: -1 } : { place, arm }));
    const svg = element("svg", { width, height: ROW, class: `look-${look(arm)}`, "aria-hidden": "true" });
    svg.append(element("path", { class: "zero", d: `M${toX(0)} 0V${ROW}` }));
    const middle = ROW / 2;
    if (low !== null && high !== null)
      svg.append(element("path", { class: "whisker", d: `M${toX(low)} ${middle}H${toX(high)}` }));
    if (difference !== null)
      svg.append(
        element("path", {
          class: "dot",
          d: MARKERS[look(arm)],
          transform: `translate(${toX(difference)} ${middle}) scale(4.5)`,
        }),
      );
    const interval =
      low === null || high === null ? "\u2013" : `${significant(low)} to ${significant(high)}`;
    return make(
      "tr",
      { class: isIn ? "chosen" : isSome ? "faint" : undefined },
      make("th", { scope: "row" }, button),
      make("td", { class: "drawn" }, svg),
      make("td", {}, significant(difference ?? NaN)),
      make("td", {}, interval),
      make("td", {}, number(n)),
    );
  }
}

/**
 * The axis above the rows.
 * @param {number} low
 * @param {number} high
 * @param {number} width
 * @param {(value: number) => number} toX
 */
function axis(low, high, width, toX) {
  const svg = element("svg", { width, height: AXIS, "aria-hidden": "true" });
  if (high > low) {
    const marks = ticks(low, high, width < 180 ? 2 : 3);
    axisTexts(marks).forEach((text, i) =>
      svg.append(element("text", { x: toX(marks[i]), y: 16, "text-anchor": "middle" }, text)),
    );
  }
  return svg;
}
