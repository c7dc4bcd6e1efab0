/** One card a column: its style, how many take part, the people, the levers. */

import { WRITTEN } from "./contract.js";
import { find, make, say } from "./dom.js";
import { Levers } from "./levers.js";
import { swatch } from "./palette.js";
import { Picture } from "./people.js";
import { Shares } from "./shares.js";
import { optionsOf, plain } from "./store.js";
import { capital, difference, number, shown } from "./words.js";

/** A share that jumps from step to step is told beside its mean over so many. */
const LATELY = 12;

/**
 * @typedef {import("./store.js").Store} Store
 *
 * @typedef {object} Hands what the reader may do to a card
 * @property {(column: number, style: string) => void} exchange
 * @property {(column: number) => void} remove
 * @property {(column: number, lever: string, value: number | null) => void} move null lets go of a lever
 *
 * @typedef {object} Card
 * @property {HTMLElement} element
 * @property {HTMLElement} doc
 * @property {HTMLElement} share
 * @property {HTMLElement} taking
 * @property {HTMLElement} against
 * @property {HTMLElement} lately
 * @property {HTMLCanvasElement} canvas
 * @property {Picture} picture
 * @property {Levers} levers
 */

export class Cards {
  /**
   * @param {Store} store
   * @param {Hands} hands
   */
  constructor(store, hands) {
    this.store = store;
    this.hands = hands;
    this.host = find("cards", HTMLElement);
    /** @type {Card[]} */
    this.cards = [];
    this.open = false;
    /** The column whose levers are shown where there is room for those of one. */
    this.chosen = 0;
    this.shares = new Shares(store, (column) => {
      this.choose(column);
      this.cards[column].element.scrollIntoView();
      this.draw();
    });
    /** The motive that is seen alone in the pictures, or -1 for all. */
    this.alone = -1;
    const button = find("levers", HTMLButtonElement);
    button.addEventListener("click", () => {
      this.open = !this.open;
      button.setAttribute("aria-expanded", String(this.open));
      say(button, this.open ? "Hide levers" : "Show levers");
      find("levers-hint", HTMLElement).hidden = !this.open;
      this.host.classList.toggle("with-levers", this.open);
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.host);
  }

  /** Makes all cards anew: other columns, or another scenario. */
  build() {
    const n = this.store.nColumns;
    this.host.className = `cards of-${n}${this.open ? " with-levers" : ""}`;
    this.cards = this.store.names.map((name, column) => this.makeCard(name, column));
    find("lever-meanings", HTMLElement).replaceChildren(...this.store.about.levers.map(meaningOf));
    this.choose(Math.min(this.chosen, n - 1));
    const focused = document.activeElement?.id ?? "";
    const inCards = this.host.contains(document.activeElement);
    this.host.replaceChildren(...this.cards.map((card) => card.element));
    this.shares.build();
    // Who came by keyboard stays where they were, or next to it.
    if (inCards) (document.getElementById(focused) ?? find("add", HTMLSelectElement)).focus();
  }

  /**
   * @param {string} name
   * @param {number} column
   * @returns {Card}
   */
  makeCard(name, column) {
    const { about, settings } = this.store;
    const [style] = settings.columns[column];
    const select = make("select", {
      id: `style-${column}`,
      "aria-label": `Style of column ${column + 1}: ${name}`,
      title: `${capital(name)}: choose another style`,
    });
    select.append(...about.styles.map((each) => make("option", { value: each.name }, capital(each.title))));
    select.value = style;
    select.addEventListener("change", () => this.hands.exchange(column, select.value));
    const head = make("div", { class: "head" }, swatch(column), select);
    if (settings.columns.length > 2) {
      const remove = make(
        "button",
        {
          class: "quiet remove",
          type: "button",
          id: `remove-${column}`,
          "aria-label": `Remove ${name}`,
          title: `Remove ${name}`,
        },
        "\u00d7",
      );
      remove.addEventListener("click", () => this.hands.remove(column));
      head.append(remove);
    }
    const doc = make("p", { class: "doc" });
    const share = make("span", { class: "share" });
    const taking = make("span");
    const against = make("p", { class: "against" });
    const lately = make("p", { class: "lately" });
    const canvas = make("canvas", { role: "img" });
    const levers = new Levers(this.store, column, this.hands.move);
    const heading = make("h2", { class: "unseen", id: `card-${column}` }, capital(name));
    const element = make(
      "article",
      { class: "card", "aria-labelledby": heading.id },
      heading,
      head,
      doc,
      make("div", { class: "numbers" }, make("p", { class: "headline" }, share, " ", taking), against, lately),
      make("div", { class: "picture" }, canvas),
      levers.element,
    );
    return { element, doc, share, taking, against, lately, canvas, picture: new Picture(canvas), levers };
  }

  /**
   * What is told of a column: its options, which levers are held while none are in sight, and its style.
   * @param {number} column
   */
  told(column) {
    const { about, settings } = this.store;
    const [style] = settings.columns[column];
    const doc = firstSentence(about.styles.find((each) => each.name === style)?.doc ?? "");
    const { market } = about.scenarios.find((each) => each.name === settings.scenario) ?? {};
    const told = [
      market && style !== WRITTEN ? "all companies" : "",
      optionsOf(settings.columns[column]),
      this.open ? "" : heldWords(this.store, column),
    ].filter((words) => words);
    return told.length ? `${capital(told.join(", "))}. ${doc}` : doc;
  }

  /**
   * Chooses whose levers are shown where there is room for those of one.
   * @param {number} column
   */
  choose(column) {
    this.chosen = column;
    this.cards.forEach(({ element }, c) => element.classList.toggle("in-sight", c === column));
  }

  /** Draws what holds now. */
  draw() {
    const { store } = this;
    if (!store.session || this.host.offsetParent === null) return;
    this.shares.draw(this.chosen);
    const series = store.about.series[store.headline];
    const reference = store.now(0, store.headline);
    const steps = Math.min(LATELY, store.step);
    this.cards.forEach(({ doc, share, taking, against, lately, levers }, column) => {
      say(doc, this.told(column));
      const value = store.now(column, store.headline);
      say(share, shown(series, value));
      const people = Math.round(value * store.about.people);
      const begin = store.step === 0;
      say(
        taking,
        people === 1
          ? `1 person ${begin ? "to begin with" : "takes part"}`
          : `${number(people)} people ${begin ? "to begin with" : "take part"}`,
      );
      say(
        against,
        column === 0
          ? "the others are compared with it"
          : `${difference(series, value - reference)} compared with ${store.names[0]}`,
      );
      const mean = shown(series, store.mean(column, store.headline, steps));
      say(lately, steps > 1 ? `${mean} in the mean of the last ${steps} steps` : "\u00a0");
      if (this.open) levers.draw();
    });
    // Words may wrap and move the pictures, so that these come last.
    const sizes = this.cards.map(({ picture }) => picture.size()).filter(([width]) => width);
    const room = [0, 1].map((axis) => Math.min(...sizes.map((size) => size[axis])));
    this.cards.forEach(({ picture }, column) => {
      if (store.people[column]) picture.draw(store.people[column], room, this.alone);
    });
  }

  /**
   * Shows one motive in full, and all others faintly.
   * @param {number} motive or -1 for all
   */
  single(motive) {
    this.alone = motive;
    this.draw();
  }

  /** Says in words what the pictures show; not at every frame, since screen readers follow. */
  describe() {
    const { store } = this;
    const series = store.about.series[store.headline];
    this.cards.forEach(({ canvas }, column) => {
      const share = shown(series, store.now(column, store.headline));
      canvas.setAttribute(
        "aria-label",
        `People under ${store.names[column]} at step ${store.step}: ${share} take part. The table below has the numbers.`,
      );
    });
  }

  /** Draws all pictures anew: the theme has changed. */
  recolour() {
    for (const card of this.cards) card.picture.forget();
    this.draw();
  }
}

/**
 * The levers that are held in a column, and where: "fun held at 0.80"; "" where none is.
 * @param {Store} store
 * @param {number} column
 */
function heldWords(store, column) {
  const told = store.about.levers.map(({ name }, lever) => {
    const { value, held } = store.lever(column, 0, lever); // held in one company is held in all
    return held ? `${plain(name)} held at ${number(value, 2)}` : "";
  });
  return told.filter((words) => words).join(", ");
}

/**
 * A lever and what it is, as a line.
 * @param {{name: string, meaning: string}} lever
 */
function meaningOf({ name, meaning }) {
  return make("div", {}, make("dt", {}, capital(plain(name))), make("dd", {}, `: ${meaning}.`));
}

/** @param {string} words */
function firstSentence(words) {
  const end = words.search(/\.(\s|$)/);
  return end < 0 ? words : words.slice(0, end + 1);
}
