/** The network as a list that can be sorted: its people, problems and companies under one style. */

import { find, make, say } from "./dom.js";
import { stateOf } from "./graph.js";
import { motiveWord } from "./legend.js";
import { STATES } from "./mark.js";
import { capital, number, shown } from "./words.js";

/**
 * @typedef {import("./contract.js").NetworkLayout} Layout
 * @typedef {import("./contract.js").Fates} Fates
 *
 * @typedef {object} Heading a column of a list
 * @property {string} title
 * @property {(i: number) => number | string} value by which it is sorted
 * @property {(i: number) => string} words as it is shown
 * @property {boolean} [isText] words and not a number
 */

/** How shares are shown. */
export const PERCENT = { unit: "share", digits: 0 };

/**
 * Whether it is seen that a person has been a member and is none now: only members contribute.
 * @param {Fates} fates
 * @param {number} i
 */
export function hasLeft(fates, i) {
  return fates.company[i] < 0 && fates.made[i] > 0;
}

/**
 * What a person does, in words.
 * @param {Fates} fates
 * @param {number} i
 */
function doesWords(fates, i) {
  return hasLeft(fates, i) ? "has left" : STATES[stateOf(fates, i)];
}

/**
 * How a person fares, in words.
 * @param {Fates} fates
 * @param {number} i
 */
export function fareWords(fates, i) {
  const made = fates.made[i];
  const work = made === 1 ? "1 contribution" : `${number(made)} contributions`;
  const trust = fates.company[i] >= 0 ? `, trust ${shown(PERCENT, fates.trust[i])}` : "";
  return `${doesWords(fates, i)}, ${work}${trust}`;
}

export class Lists {
  /**
   * @param {import("./store.js").Store} store
   * @param {(person: number) => void} choose
   */
  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.which = find("network-list", HTMLSelectElement);
    this.under = find("network-column", HTMLSelectElement);
    this.host = find("network-cells", HTMLElement);
    /** @type {Layout | null} */
    this.layout = null;
    /** @type {Fates | null} */
    this.fates = null;
    /** @type {Heading[]} */
    this.headings = [];
    /** @type {HTMLTableRowElement[]} in the order of what they list */
    this.rows = [];
    /** @type {HTMLElement[]} */
    this.heads = [];
    this.body = make("tbody");
    this.sortedBy = 0;
    this.rises = true;
    this.chosen = -1;
    this.which.addEventListener("change", () => this.build());
    this.host.addEventListener("keydown", (event) => this.step(event));
  }

  /** The column whose values are listed. */
  get column() {
    return Math.min(this.under.selectedIndex, this.store.nColumns - 1);
  }

  /** Puts the columns to choose among in. */
  nameColumns() {
    const before = Math.max(0, this.under.selectedIndex);
    this.under.replaceChildren(
      ...this.store.names.map((name, c) => make("option", { value: String(c) }, name)),
    );
    this.under.selectedIndex = Math.min(before, this.store.nColumns - 1);
  }

  /**
   * Lists another world.
   * @param {Layout} layout
   * @param {Fates} fates
   */
  open(layout, fates) {
    this.layout = layout;
    this.fates = fates;
    this.build();
  }

  /**
   * Shows other values; the order stays while the run goes on, so that no row jumps from under a hand.
   * @param {Fates} fates
   */
  draw(fates) {
    this.fates = fates;
    this.rows.forEach((row, i) => {
      this.headings.forEach(({ words }, h) => {
        const cell = row.cells[h];
        say(cell.firstElementChild ?? cell, words(i));
      });
    });
    if (!this.store.playing) this.sort();
  }

  /** Makes the table anew. */
  build() {
    if (!this.layout) return;
    this.headings = this.headingsOf(this.layout);
    const n = this.layout[/** @type {"people" | "problems" | "companies"} */ (this.which.value)].length;
    const isPeople = this.which.value === "people";
    this.sortedBy = 0;
    this.rises = true;
    this.heads = this.headings.map(({ title, isText }, h) => {
      const button = make("button", { type: "button", class: "sort" }, title);
      button.addEventListener("click", () => this.sortBy(h));
      return make("th", { scope: "col", class: isText ? "text" : undefined }, button);
    });
    this.rows = Array.from({ length: n }, (_, i) => {
      const row = make("tr");
      this.headings.forEach(({ words, isText }, h) => {
        if (h > 0) row.append(make("td", { class: isText ? "text" : undefined }, words(i)));
        else if (!isPeople) row.append(make("th", { scope: "row" }, words(i)));
        else row.append(make("th", { scope: "row" }, this.makeChoice(i, words(i))));
      });
      return row;
    });
    this.body = make("tbody");
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.host.replaceChildren(table);
    this.host.scrollTop = 0;
    this.sort();
    this.mark(this.chosen);
  }

  /**
   * @param {number} i
   * @param {string} words
   */
  makeChoice(i, words) {
    const button = make("button", { type: "button", class: "choice", "aria-pressed": "false" }, words);
    button.tabIndex = -1;
    button.addEventListener("click", () => this.choose(i));
    return button;
  }

  /**
   * @param {Layout} layout
   * @returns {Heading[]}
   */
  headingsOf(layout) {
    const fates = () => /** @type {Fates} */ (this.fates);
    /** @type {(title: string, value: (i: number) => number) => Heading} */
    const numbers = (title, value) => ({ title, value, words: (i) => number(value(i)) });
    /** @type {(title: string, value: (i: number) => number) => Heading} */
    const shares = (title, value) => ({ title, value, words: (i) => shown(PERCENT, value(i)) });
    /** @type {(title: string, words: (i: number) => string) => Heading} */
    const texts = (title, words) => ({ title, value: words, words, isText: true });
    const motive = (/** @type {number} */ i) => this.store.about.motives[layout.motives[i]];
    const companyOf = (/** @type {number} */ p) => layout.companies[layout.problems[p].company].name;
    const lists = {
      people: [
        numbers("Person", (i) => layout.people[i]),
        texts("Motive", (i) => motiveWord(motive(i))),
        numbers("Ties", (i) => layout.degrees[i]),
        {
          ...texts("Does", (i) => doesWords(fates(), i)),
          // Who has left comes between outsiders and members.
          value: (/** @type {number} */ i) => (hasLeft(fates(), i) ? 0.5 : stateOf(fates(), i)),
        },
        numbers("Contributions", (i) => fates().made[i]),
        shares("Trust", (i) => (fates().company[i] < 0 ? NaN : fates().trust[i])),
      ],
      problems: [
        numbers("Problem", (i) => layout.problems[i].number),
        ...(layout.companies.length > 1 ? [texts("Company", companyOf)] : []),
        shares("Solution quality", (i) => fates().quality[i]),
        numbers("Contest won by person", (i) => (fates().winners[i] < 0 ? NaN : fates().winners[i])),
      ],
      companies: [
        texts("Company", (i) => capital(layout.companies[i].name)),
        numbers("Members", (i) => fates().members[i]),
        numbers("Take part", (i) => fates().active[i]),
      ],
    };
    return lists[/** @type {keyof typeof lists} */ (this.which.value)];
  }

  /**
   * Sorts by a heading; by the same again turns the order round. Numbers begin with the largest.
   * @param {number} heading
   */
  sortBy(heading) {
    const words = this.rows.length > 0 && typeof this.headings[heading].value(0) === "string";
    this.rises = heading === this.sortedBy ? !this.rises : heading === 0 || words;
    this.sortedBy = heading;
    this.sort();
  }

  /** Puts the rows in order. */
  sort() {
    const { value } = this.headings[this.sortedBy];
    const values = this.rows.map((_, i) => value(i));
    const sign = this.rises ? 1 : -1;
    const order = this.rows.map((_, i) => i);
    order.sort((a, b) => sign * compared(values[a], values[b], sign) || a - b);
    const there = Array.from(this.body.rows);
    const wanted = order.map((i) => this.rows[i]);
    if (wanted.some((row, i) => row !== there[i]) || there.length !== wanted.length) {
      const focused = document.activeElement;
      this.body.replaceChildren(...wanted);
      if (focused instanceof HTMLElement && this.body.contains(focused))
        focused.focus({ preventScroll: true });
    }
    this.heads.forEach((head, h) => {
      if (h !== this.sortedBy) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", this.rises ? "ascending" : "descending");
    });
    this.setTabStop();
  }

  /**
   * Marks the row of the person chosen.
   * @param {number} person place among those shown, or -1
   * @param {boolean} [show] whether to scroll there
   */
  mark(person, show = false) {
    this.chosen = person;
    if (this.which.value !== "people") return;
    this.rows.forEach((row, i) => {
      row.classList.toggle("chosen", i === person);
      row.querySelector("button")?.setAttribute("aria-pressed", String(i === person));
    });
    this.setTabStop();
    const row = this.rows[person];
    if (row && show) {
      const head = this.host.querySelector("thead")?.clientHeight ?? 0;
      this.host.scrollTop = row.offsetTop - head - (this.host.clientHeight - head) / 3;
    }
  }

  /** One choice can be reached by Tab, the others from there by arrow keys. */
  setTabStop() {
    if (this.which.value !== "people") return;
    const stop = this.rows[this.chosen] ?? this.body.rows[0];
    for (const row of this.rows) {
      const button = row.querySelector("button");
      if (button) button.tabIndex = row === stop ? 0 : -1;
    }
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const from = event.target instanceof HTMLElement ? event.target.closest("tr") : null;
    const rows = Array.from(this.body.rows);
    const at = from ? rows.indexOf(from) : -1;
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, to))].querySelector("button")?.focus();
  }
}

/**
 * Below 0 where the one comes first when values rise; who has none comes last in either order.
 * @param {number | string} one
 * @param {number | string} other
 * @param {number} sign
 */
function compared(one, other, sign) {
  if (typeof one === "string" || typeof other === "string") return String(one).localeCompare(String(other));
  const lacking = Number(Number.isNaN(one)) - Number(Number.isNaN(other));
  return lacking ? sign * lacking : one - other || 0;
}
