/** The tab Network: the same people at the same places under every style, and a list beside them. */

import { find, make, say, seldom } from "./dom.js";
import { Graph, stateOf } from "./graph.js";
import { group, key, motiveWord, stateKeys } from "./legend.js";
import { fareWords, hasLeft, Lists, PERCENT } from "./lists.js";
import { markElement } from "./mark.js";
import { COMPANY, element, swatch } from "./palette.js";
import { capital, number, shown } from "./words.js";

/**
 * @typedef {import("./contract.js").NetworkLayout} Layout
 * @typedef {import("./contract.js").NetworkMessage} Message
 *
 * @typedef {object} Figure one column
 * @property {HTMLElement} element
 * @property {HTMLElement} share
 * @property {HTMLElement} fare
 * @property {HTMLCanvasElement} canvas
 * @property {Graph} graph
 */

/** The server is asked at most once in so many milliseconds. */
const PATIENCE = 340;

export class Network {
  /**
   * @param {import("./store.js").Store} store
   * @param {(command: object) => boolean} ask sends to the server, and says whether it could
   * @param {import("./legend.js").Legend} legend in which a motive is chosen
   */
  constructor(store, ask, legend) {
    this.store = store;
    this.ask = ask;
    this.legend = legend;
    this.tab = find("tab-network", HTMLElement);
    this.host = find("graphs", HTMLElement);
    this.nobody = find("network-nobody", HTMLButtonElement);
    /** @type {Figure[]} */
    this.figures = [];
    /** @type {Layout | null} */
    this.layout = null;
    /** @type {Message | null} */
    this.latest = null;
    this.chosen = -1;
    /** Whether an answer is on its way: there is never more than one. */
    this.asked = false;
    this.askSoon = seldom(PATIENCE, () => this.askNow());
    this.lists = new Lists(store, (person) => this.choose(person === this.chosen ? -1 : person));
    this.lists.under.addEventListener("change", () => this.show());
    this.nobody.addEventListener("click", () => {
      this.choose(-1);
      this.lists.which.focus();
    });
    new ResizeObserver(() => this.show()).observe(this.host);
  }

  /**
   * Makes all figures anew: other columns, or another world.
   * @param {boolean} goesOn whether it is the same run, after the line was lost
   */
  build(goesOn) {
    this.asked = false;
    if (goesOn) return;
    this.layout = this.latest = null;
    this.chosen = -1;
    this.nobody.disabled = true;
    const n = this.store.nColumns;
    this.host.className = `graphs of-${n}`;
    this.figures = this.store.names.map((name, column) => this.makeFigure(name, column));
    this.host.replaceChildren(...this.figures.map((figure) => figure.element));
    this.lists.nameColumns();
  }

  /**
   * @param {string} name
   * @param {number} column
   * @returns {Figure}
   */
  makeFigure(name, column) {
    const share = make("span", { class: "soft" });
    const fare = make("p", { class: "fare" });
    const canvas = make("canvas", { role: "img", "aria-label": `Network of people under ${name}.` });
    const graph = new Graph(canvas);
    const at = (/** @type {PointerEvent | MouseEvent} */ event) =>
      this.layout ? graph.nearest(this.layout, event.offsetX, event.offsetY) : -1;
    canvas.addEventListener("pointermove", (event) => canvas.classList.toggle("points", at(event) >= 0));
    canvas.addEventListener("click", (event) => {
      const person = at(event);
      this.choose(person === this.chosen ? -1 : person, true);
    });
    const words = make(
      "figcaption",
      {},
      swatch(column),
      make("h2", { class: "title" }, capital(name)),
      share,
    );
    return { element: make("figure", { class: "graph" }, words, canvas, fare), share, fare, canvas, graph };
  }

  /** Asks for what holds now, where it is not there yet. */
  draw() {
    if (!this.store.session || !this.store.nRows || this.tab.hidden) return;
    if (this.latest?.step !== this.store.step || !this.layout) this.askSoon();
  }

  askNow() {
    if (this.asked || this.tab.hidden || !this.store.session) return;
    this.asked = this.ask({ do: "network", whole: this.layout === null });
  }

  /**
   * Takes an answer in.
   * @param {Message} message
   */
  take(message) {
    this.asked = false;
    if (message.columns.length !== this.store.nColumns) return;
    const first = this.layout === null;
    this.layout = message.layout ?? this.layout;
    if (!this.layout) {
      this.askSoon(); // another run has begun meanwhile
      return;
    }
    this.latest = message;
    if (first) {
      drawLegend(this.store, this.layout, this.legend);
      this.lists.open(this.layout, message.columns[this.lists.column]);
    }
    if (first || !this.store.playing) this.describe();
    this.show();
    this.draw();
  }

  /** Draws what is known. */
  show() {
    const { store, layout, latest, chosen } = this;
    const alone = this.legend.chosen;
    if (!layout || !latest || this.tab.hidden) return;
    const headline = store.about.series[store.headline];
    this.figures.forEach(({ share, fare, graph }, column) => {
      const fates = latest.columns[column];
      graph.draw({ layout, fates, nPeople: store.about.people, chosen, alone });
      const active = total(fates.active);
      say(share, `${shown(headline, active / store.about.people)} of all people take part`);
      const words =
        chosen < 0
          ? `${number(total(fates.members))} members; mean solution quality ${shown(PERCENT, mean(fates.quality))}`
          : `Person ${number(layout.people[chosen])}: ${fareWords(fates, chosen)}`;
      say(fare, words);
      fare.classList.toggle("of-chosen", chosen >= 0);
    });
    this.lists.draw(latest.columns[this.lists.column]);
    document.documentElement.dataset["network"] = String(latest.step);
  }

  /**
   * Chooses a person: the same one in all columns.
   * @param {number} person place among those shown, or -1 for nobody
   * @param {boolean} [find] whether the list goes there
   */
  choose(person, find = false) {
    const { layout, latest, store } = this;
    if (!layout || !latest) return;
    this.chosen = person;
    this.nobody.disabled = person < 0;
    this.lists.mark(person, find);
    this.show();
    say(this.spoken, person < 0 ? "Nobody is chosen." : this.told(layout, latest, store.names, person));
  }

  get spoken() {
    return find("network-spoken", HTMLElement);
  }

  /**
   * A person under every style, in words.
   * @param {Layout} layout
   * @param {Message} latest
   * @param {string[]} names
   * @param {number} person
   */
  told(layout, latest, names, person) {
    const motive = motiveWord(this.store.about.motives[layout.motives[person]]);
    const fares = names.map((name, column) => `Under ${name}: ${fareWords(latest.columns[column], person)}.`);
    const ties = layout.degrees[person];
    const who = `Person ${number(layout.people[person])}, main motive ${motive}, ${ties === 1 ? "1 tie" : `${number(ties)} ties`}.`;
    return [who, ...fares].join(" ");
  }

  /** Shows one motive in full, and all others faintly, as the legend says. */
  single() {
    this.show();
    this.describe();
  }

  /** Says in words what the pictures show; not at every answer, since screen readers follow. */
  describe() {
    const { layout, latest, store } = this;
    if (!layout || !latest || this.tab.hidden) return;
    const alone = this.legend.chosen;
    const seen = Array.from(layout.motives.keys()).filter((i) => alone < 0 || layout.motives[i] === alone);
    const whose = alone < 0 ? "" : ` whose main motive is ${motiveWord(store.about.motives[alone])}`;
    this.figures.forEach(({ canvas }, column) => {
      const fates = latest.columns[column];
      const states = seen.map((i) => stateOf(fates, i));
      const members = states.filter((state) => state > 0).length;
      const taking = states.filter((state) => state === 2).length;
      const left = seen.filter((i) => hasLeft(fates, i)).length;
      canvas.setAttribute(
        "aria-label",
        `Network under ${store.names[column]} at step ${latest.step}: of ${number(states.length)} people shown${whose} ${number(members)} are members, ${number(taking)} take part, ${number(left)} have left. The list has the numbers.`,
      );
    });
  }
}

/** @param {number[]} values */
function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** @param {number[]} values */
function mean(values) {
  return total(values) / values.length;
}

/**
 * Says what is drawn.
 * @param {import("./store.js").Store} store
 * @param {Layout} layout
 * @param {import("./legend.js").Legend} legend
 */
function drawLegend(store, layout, legend) {
  const { people } = store.about;
  const n = layout.people.length;
  const known = layout.ties.length
    ? ", the best connected, the keenest, and the keenest they know"
    : " and the keenest";
  const whose =
    n === people
      ? `All ${number(people)} people, always at the same place.`
      : `${number(n)} of ${number(people)} people, always at the same place: founders${known}. They do more than most.`;
  const companies = layout.companies.length > 1 ? "companies" : "the company";
  find("network-legend", HTMLElement).replaceChildren(
    make("span", { class: "lead" }, whose),
    group(
      "People:",
      ...stateKeys(),
      key("larger: more contributions so far", markElement(-1, 2, 4, 2.2), markElement(-1, 2, 15, 6)),
      key("outside and larger: has left", markElement(-1, 0, 7, 6)),
    ),
    legend.makeChoices(),
    group(
      "Lines:",
      key("a tie", path("M0 7H22", "tie")),
      key("a tie between members", path("M0 7H22", "strong-tie")),
      key("has just won the contest on a problem", path("M0 7H22", "won")),
    ),
    group(
      "In the middle:",
      key(
        `${companies}; larger: more members`,
        element("path", { d: COMPANY, class: "company", transform: "translate(7 7) scale(6)" }),
      ),
      key(
        "a problem; fuller: a better solution",
        element("rect", { x: 1.5, y: 1.5, width: 11, height: 11, class: "frame" }),
        element("rect", { x: 1.5, y: 7, width: 11, height: 5.5, class: "solved" }),
      ),
    ),
  );
}

/**
 * @param {string} d
 * @param {string} look
 */
function path(d, look) {
  return element("path", { d, class: look });
}
