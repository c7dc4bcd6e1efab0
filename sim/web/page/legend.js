/** What the dots of the people pictures mean, and the same in a table. */

import { MEMBER, TAKES_PART } from "./contract.js";
import { find, make } from "./dom.js";
import { countPeople, drawPerson } from "./people.js";
import { plain } from "./store.js";
import { capital, number } from "./words.js";

/** @typedef {import("./store.js").Store} Store */

const STATES = /** @type {[string, number][]} */ ([
  ["takes part", TAKES_PART | MEMBER],
  ["member", MEMBER],
  ["outside", 0],
]);

/** What each motive is, in a reader's words. */
const MOTIVE_WORDS = /** @type {Record<string, string>} */ ({
  fun: "fun",
  money: "money",
  own_use: "own need",
  recognition: "recognition",
  social: "company of others",
});

const DOT = 14;
/** A motive that is drawn in grey: that of nobody in particular. */
const ANY_MOTIVE = 7;

/** @param {string} motive */
export function motiveWord(motive) {
  return MOTIVE_WORDS[motive] ?? plain(motive);
}

/**
 * Draws the legend.
 * @param {Store} store
 */
export function drawLegend(store) {
  const { about } = store;
  const each = about.shown;
  const what =
    each === 1
      ? "Each dot is a person, everywhere in the same place:"
      : `Each dot is every ${ordinal(each)} person:`;
  find("legend", HTMLElement).replaceChildren(
    make("span", { class: "lead" }, what),
    make("span", { class: "keys" }, ...STATES.map(([words, state]) => key(words, state | ANY_MOTIVE))),
    make("span", { class: "lead" }, "Main motive:"),
    make(
      "span",
      { class: "keys" },
      ...about.motives.map((motive, m) => key(motiveWord(motive), m | TAKES_PART)),
    ),
  );
}

/** @param {number} n */
function ordinal(n) {
  const tens = n % 100 > 10 && n % 100 < 14;
  return `${n}${tens ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")}`;
}

/**
 * @param {string} words
 * @param {number} kind
 */
function key(words, kind) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const ratio = Math.max(2, devicePixelRatio);
  canvas.width = canvas.height = DOT * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  drawPerson(context, kind, DOT / 2, DOT / 2, 0.45 * DOT);
  return make("span", { class: "key" }, canvas, words);
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
