/** Twelve sliders of a column, the value at the start ticked. */

import { make, say } from "./dom.js";
import { plain } from "./store.js";
import { capital, number } from "./words.js";

/** Held arrow keys move a slider thirty times a second; one move in so many milliseconds is sent. */
const PATIENCE = 60;

/** @typedef {import("./store.js").Store} Store */

export class Levers {
  /**
   * @param {Store} store
   * @param {number} column
   * @param {(column: number, lever: string, value: number) => void} move
   */
  constructor(store, column, move) {
    this.store = store;
    this.column = column;
    this.move = move;
    /** @type {Set<string>} levers in the hand of the reader */
    this.held = new Set();
    this.rows = store.about.levers.map(({ name, meaning }) => this.makeRow(name, meaning));
    this.element = make("div", {
      class: "levers",
      role: "group",
      "aria-label": `Levers of ${store.names[column]}`,
    });
    this.element.append(...this.rows.map((row) => row.element));
  }

  /**
   * @param {string} name
   * @param {string} meaning
   */
  makeRow(name, meaning) {
    const id = `lever-${this.column}-${name}`;
    const slider = make("input", {
      type: "range",
      id,
      min: "0",
      max: "1",
      step: "0.01",
      "aria-describedby": `${id}-tip`,
    });
    const value = make("output", { for: id });
    const tick = make("span", { class: "tick" });
    const tip = make("span", { class: "tip", role: "tooltip", id: `${id}-tip` });
    const start = this.store.leverAtStart(this.column, name);
    tip.textContent = `${capital(meaning)}. At the start: ${number(start, 2)}.`;
    tick.style.left = `calc(7px + (100% - 14px) * ${start})`;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    slider.addEventListener("input", () => {
      this.held.add(name);
      say(value, number(Number(slider.value), 2));
    });
    slider.addEventListener("change", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.move(this.column, name, Number(slider.value));
        this.held.delete(name);
      }, PATIENCE);
    });
    const element = make(
      "div",
      { class: "lever" },
      make("label", { for: id }, capital(plain(name))),
      make("span", { class: "track" }, tick, slider),
      value,
      tip,
    );
    return { name, slider, value, element, start };
  }

  /** Shows the values that hold now, but for levers in the hand of the reader. */
  draw() {
    for (const { name, slider, value, element, start } of this.rows) {
      if (this.held.has(name)) continue;
      const now = this.store.lever(this.column, name);
      if (Number(slider.value) !== now) slider.value = String(now);
      say(value, number(now, 2));
      element.classList.toggle("moved", Math.abs(now - start) > 1e-9);
    }
  }

  /**
   * Shows the value that holds again: a move was refused.
   */
  release() {
    this.held.clear();
    this.draw();
  }
}
