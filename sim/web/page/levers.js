/** Twelve sliders of a column: they follow its style, the value at the start ticked. */

import { make, say } from "./dom.js";
import { optionsOf, plain } from "./store.js";
import { capital, number } from "./words.js";

/** Held arrow keys move a slider thirty times a second; one move in so many milliseconds is sent. */
const PATIENCE = 60;
const NOBODY = "Every company here has a style of its own, so that there are no levers to move.";

/**
 * @typedef {import("./store.js").Store} Store
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} tells what the lever is, and where it started
 * @property {HTMLElement} element
 * @property {HTMLInputElement} slider
 * @property {HTMLOutputElement} value
 * @property {HTMLElement} tip
 * @property {HTMLButtonElement} letGo
 * @property {number} shown where the slider was last drawn
 * @property {string} seen what was drawn, "" where it must be drawn anew
 */

export class Levers {
  /**
   * @param {Store} store
   * @param {number} column
   * @param {import("./cards.js").Hands["move"]} move
   */
  constructor(store, column, move) {
    this.store = store;
    this.column = column;
    this.move = move;
    /**
     * Levers that the reader has in hand, or has left at a value that the run does not hold yet.
     * @type {Map<string, number | null>}
     */
    this.inHand = new Map();
    const whose = store.about.managed[column];
    /** The company whose levers are shown, by its place. */
    this.company = 0;
    this.rows = whose.length ? this.makeRows() : [];
    this.element = make("div", {
      class: "levers",
      role: "group",
      "aria-label": `Levers of ${store.names[column]}`,
    });
    this.element.append(...this.rows.map((row) => row.element));
    const options = optionsOf(store.settings.columns[column]);
    if (options) this.element.append(make("p", {}, `Options: ${options}.`));
    if (!whose.length) this.element.append(make("p", {}, NOBODY));
    if (whose.length > 1) this.element.append(this.makeChoice(whose));
  }

  /**
   * Makes the choice of the company whose levers are shown.
   * @param {string[]} companies
   */
  makeChoice(companies) {
    const select = make("select", { id: `company-${this.column}` });
    select.append(...companies.map((name, place) => make("option", { value: String(place) }, name)));
    select.addEventListener("change", () => {
      this.company = select.selectedIndex;
      for (const { element } of this.rows) element.remove();
      this.rows = this.makeRows();
      this.element.prepend(...this.rows.map((row) => row.element));
      this.draw();
    });
    const held = ` Moves hold in all ${companies.length}.`;
    const whose = make("label", {}, "In", make("span", { class: "unseen" }, " company"), " ", select);
    return make("p", { class: "whose" }, whose, held);
  }

  makeRows() {
    const { levers, start } = this.store.about;
    const own = start[this.column][this.company];
    return levers.map(({ name, meaning }, lever) => this.makeRow(name, meaning, own[lever] ?? 0));
  }

  /**
   * @param {string} name
   * @param {string} meaning
   * @param {number} start
   * @returns {Row}
   */
  makeRow(name, meaning, start) {
    const id = `lever-${this.column}-${name}`;
    const slider = make("input", {
      type: "range",
      id,
      min: "0",
      max: "1",
      step: "0.01",
      "aria-describedby": `${id}-tip`,
    });
    // The slider itself tells its value: twelve more voices would say what a style does.
    const value = make("output", { for: id, "aria-live": "off" });
    const tick = make("span", { class: "tick" });
    tick.style.left = `calc(7px + (100% - 14px) * ${start})`;
    const tip = make("span", { class: "tip", role: "tooltip", id: `${id}-tip` });
    const letGo = make(
      "button",
      { type: "button", class: "quiet let-go", "aria-label": `Let go of ${plain(name)}: back to where it began` },
      "\u21ba",
    );
    const element = make(
      "div",
      { class: "lever" },
      make("label", { for: id }, capital(plain(name))),
      make("span", { class: "track" }, tick, slider),
      value,
      letGo,
      tip,
    );
    const tells = `${capital(meaning)}. At the start: ${number(start, 2)}.`;
    const row = { name, tells, element, slider, value, tip, letGo, shown: NaN, seen: "" };
    this.watch(row);
    return row;
  }

  /**
   * Moves a lever where the reader leaves its slider; one that was not moved follows its style again.
   * @param {Row} row
   */
  watch(row) {
    const { name, slider, letGo } = row;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const take = () => {
      clearTimeout(timer);
      this.inHand.set(name, null);
      row.seen = "";
    };
    const leave = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (this.inHand.get(name) !== null) return;
        const value = Number(slider.value);
        if (value === row.shown) {
          this.inHand.delete(name);
          this.draw();
        } else {
          this.inHand.set(name, value);
          this.move(this.column, name, value);
        }
      }, PATIENCE);
    };
    slider.addEventListener("pointerdown", () => {
      take();
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, leave, { once: true });
    });
    slider.addEventListener("input", () => {
      take();
      tell(row, Number(slider.value), false);
    });
    slider.addEventListener("change", leave);
    letGo.addEventListener("click", () => {
      slider.focus(); // the button goes
      this.move(this.column, name, null);
    });
  }

  /** Shows where the levers stand, but for those in the hand of the reader. */
  draw() {
    this.rows.forEach((row, lever) => {
      if (this.isInHand(row.name)) return;
      const { value, held } = this.store.lever(this.column, this.company, lever);
      const move = held ? this.store.lastMove(this.column, row.name) : undefined;
      const seen = `${value} ${held} ${move?.step}`;
      if (row.seen === seen) return;
      row.seen = seen;
      row.slider.value = String(value);
      row.shown = Number(row.slider.value);
      tell(row, value, held);
      row.element.classList.toggle("held", held);
      const hold = move && move.value !== null;
      row.letGo.hidden = !hold;
      const since = hold ? ` since step ${number(move.step)}` : "";
      say(row.tip, held ? `${row.tells} Held${since}, whatever the style does.` : row.tells);
    });
  }

  /** @param {string} name */
  isInHand(name) {
    const left = this.inHand.get(name);
    if (left === undefined || left === null) return left === null;
    const arrived = this.store.lastMove(this.column, name)?.value === left;
    if (arrived) this.inHand.delete(name);
    return !arrived;
  }
}

/**
 * Says a value beside its slider, and to who listens.
 * @param {Row} row
 * @param {number} value
 * @param {boolean} held
 */
function tell({ slider, value: output }, value, held) {
  const words = number(value, 2);
  say(output, words);
  slider.setAttribute("aria-valuetext", held ? `${words}, held` : words);
}
