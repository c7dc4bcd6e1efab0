/** Who takes part under each style, in a strip that stays in sight where cards stand below each other. */

import { find, make, say } from "./dom.js";
import { swatch } from "./palette.js";
import { capital, shown } from "./words.js";

export class Shares {
  /**
   * @param {import("./store.js").Store} store
   * @param {(column: number) => void} choose
   */
  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.host = find("shares", HTMLElement);
    /** @type {HTMLElement[]} */
    this.values = [];
  }

  /** Makes a button for each style. */
  build() {
    this.values = this.store.names.map(() => make("span"));
    const buttons = this.store.names.map((name, column) => {
      const button = make(
        "button",
        { type: "button" },
        make("span", { class: "name" }, capital(name)),
        make("span", { class: "value" }, swatch(column), this.values[column]),
      );
      button.addEventListener("click", () => this.choose(column));
      return button;
    });
    this.host.replaceChildren(...buttons);
  }

  /** @param {number} chosen column */
  draw(chosen) {
    const series = this.store.about.series[this.store.headline];
    this.values.forEach((value, column) => {
      say(value, shown(series, this.store.now(column, this.store.headline)));
      this.host.children[column].setAttribute("aria-pressed", String(column === chosen));
    });
  }
}
