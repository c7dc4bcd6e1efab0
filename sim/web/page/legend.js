/** What the marks of the people pictures mean, and the same in a table. */

import { find, make } from "./dom.js";
import { markElement } from "./mark.js";
import { element } from "./palette.js";
import { countPeople } from "./people.js";
import { plain } from "./store.js";
import { capital, number } from "./words.js";

/** @typedef {import("./store.js").Store} Store */

/** What each motive is, in a reader's words. */
const MOTIVE_WORDS = /** @type {Record<string, string>} */ ({
  fun: "fun",
  money: "money",
  own_use: "own need",
  recognition: "recognition",
  social: "being with others",
});

/** What people do, from the least on. */
const STATE_WORDS = ["outside", "member only", "took part in the last month"];

/** @param {string} motive */
export function motiveWord(motive) {
  return MOTIVE_WORDS[motive] ?? plain(motive);
}

/** The legend of the people pictures. A motive that is chosen in it is seen alone, in the network too. */
export class Legend {
  /**
   * @param {Store} store
   * @param {(motive: number) => void} choose -1 for all motives
   */
  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.chosen = -1;
  }

  /** Makes the legend anew: another world. */
  build() {
    const { shown } = this.store.about;
    const what = shown === 1 ? "Each mark is a person" : `Each mark is one of ${number(shown)} people`;
    find("legend", HTMLElement).replaceChildren(group(`${what}:`, ...stateKeys()), this.makeChoices());
  }

  /** Makes the motives to choose from: all that are made say the same. */
  makeChoices() {
    const choices = group("Main motive:", ...this.store.about.motives.map((each, m) => this.makeChoice(each, m)));
    choices.classList.add("motives");
    return choices;
  }

  /**
   * @param {string} motive
   * @param {number} m
   */
  makeChoice(motive, m) {
    const title = `Show those alone whose main motive is ${motiveWord(motive)}`;
    const isChosen = String(m === this.chosen);
    const button = make("button", { type: "button", title, "aria-pressed": isChosen }, motiveKey(motive, m));
    button.addEventListener("click", () => {
      this.chosen = m === this.chosen ? -1 : m;
      for (const choices of document.querySelectorAll(".motives"))
        choices
          .querySelectorAll("button")
          .forEach((each, other) => each.setAttribute("aria-pressed", String(other === this.chosen)));
      this.choose(this.chosen);
    });
    return button;
  }
}

/**
 * Entries of a legend that belong together.
 * @param {string} lead
 * @param {...HTMLElement} keys
 */
export function group(lead, ...keys) {
  return make("span", { class: "keys" }, make("span", { class: "lead" }, lead), ...keys);
}

/** How it is told what people do. */
export function stateKeys() {
  return STATE_WORDS.map((words, state) => key(words, markElement(-1, state))).reverse();
}

/**
 * @param {string} motive
 * @param {number} m
 */
function motiveKey(motive, m) {
  return key(motiveWord(motive), markElement(m, 2));
}

/**
 * An entry of a legend: what it looks like, and what that means.
 * @param {string} words
 * @param {...Element} drawn
 */
export function key(words, ...drawn) {
  const wide = drawn.length > 1 || drawn[0].getAttribute("d")?.includes("H22");
  const width = wide ? 22 : 14;
  const svg = element("svg", { viewBox: `0 0 ${width} 14`, width, height: 14, "aria-hidden": "true" });
  svg.append(...drawn);
  return make("span", { class: "key" }, svg, words);
}

/** The people pictures as a table: counts by motive and by what people do. */
export class PeopleTable {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.details = find("people-table", HTMLDetailsElement);
    this.details.addEventListener("toggle", () => this.draw());
  }

  draw() {
    const { store } = this;
    if (!this.details.open || !store.people.length) return;
    const { motives } = store.about;
    const counts = store.people.map((people) => countPeople(people, motives.length));
    const head = make("tr", {}, make("th", { scope: "col" }, "Main motive"));
    const second = make("tr", {}, make("td"));
    for (const name of store.names) {
      head.append(make("th", { scope: "colgroup", colspan: "3" }, capital(name)));
      for (const state of ["take part", "members only", "outside"])
        second.append(make("th", { scope: "col" }, state));
    }
    const body = make("tbody");
    motives.forEach((motive, m) => {
      const cells = counts.flatMap((column) => column[m]).map((n) => make("td", {}, number(n)));
      body.append(make("tr", {}, make("th", { scope: "row" }, capital(motiveWord(motive))), ...cells));
    });
    const totals = counts.flatMap((column) =>
      [0, 1, 2].map((state) => column.reduce((sum, row) => sum + row[state], 0)),
    );
    body.append(
      make(
        "tr",
        { class: "total" },
        make("th", { scope: "row" }, "All people shown"),
        ...totals.map((n) => make("td", {}, number(n))),
      ),
    );
    const caption = make("caption", {}, `People in the pictures at step ${number(store.step)}`);
    const table = make("table", {}, caption, make("thead", {}, head, second), body);
    find("people-cells", HTMLElement).replaceChildren(table);
  }
}
