/** The sandbox of a rule: two sliders, and the lines of all that they can say, which are at hand. */

import { find, make, makeTable, say } from "./dom.js";
import { littleChart } from "./littlechart.js";
import { swatch } from "./palette.js";
import { scale, shown, unit } from "./words.js";

/**
 * @typedef {object} Slider
 * @property {string} title
 * @property {number[]} values
 * @property {number} usual the value at which it stands at first
 * @property {string} unit "share", or ""
 * @property {number} digits
 * @property {string[]} names of values that are choices
 * @property {string} meaning
 *
 * @typedef {object} Told what the server says of a trial
 * @property {string} title
 * @property {string} about
 * @property {string} hint what to try, and what is seen then
 * @property {Slider} along the slider that goes along the lines
 * @property {Slider} turned the slider that turns them
 * @property {{title: string, unit: string, digits: number}} shown
 * @property {string[]} lines their names
 * @property {(number | null)[][][]} values (turned, line, along)
 * @property {{name: string, doc: string}[]} rules of the core
 * @property {{name: string, value: string, meaning: string, source: string}[]} parameters
 */

export class Trial {
  /**
   * @param {Told} told
   * @param {string} id
   */
  constructor(told, id) {
    this.told = told;
    const { title, about, hint, along, turned, shown: measure, lines, values } = told;
    const scaled = values.flat(2).map((value) => (value ?? NaN) * scale(measure));
    const known = scaled.filter(Number.isFinite);
    /** @type {[low: number, high: number]} */
    this.reach = [Math.min(0, ...known), Math.max(0, ...known)];
    this.along = new Dial(along, `${id}-along`, "along");
    this.turned = new Dial(turned, `${id}-turned`, "turned");
    this.box = make("div", { class: "little", role: "img" });
    this.readings = lines.map(() => make("strong"));
    this.starts = lines.map(() => make("span", { class: "soft" }));
    this.cells = make("div");
    this.more = make(
      "details",
      {},
      make("summary", {}, "Table, rules and sources"),
      make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `${title}: table` }, this.cells),
      ...this.sources(),
    );
    this.element = make(
      "section",
      { class: "trial", "aria-labelledby": id },
      make("h4", { id }, title),
      make("p", { class: "soft" }, about),
      make("p", { class: "hint" }, make("strong", {}, "Try it:"), ` ${hint}`),
      make(
        "figure",
        { class: "result" },
        make(
          "figcaption",
          {},
          make("span", { class: "title" }, measure.title),
          " ",
          make("span", { class: "more" }, unit(measure)),
        ),
        this.box,
        this.along.element,
      ),
      make("div", { class: "turning" }, this.turned.element, this.list()),
      this.more,
    );
    this.element.addEventListener("input", () => this.draw());
    this.element.addEventListener("change", () => say(find("spoken", HTMLElement), this.words()));
    this.more.addEventListener("toggle", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  /** The lines by name, each with its value where the sliders stand, and where they stood at first. */
  list() {
    const items = this.told.lines.map((line, n) =>
      make("li", {}, swatch(n), make("span", {}, line), this.readings[n], this.starts[n]),
    );
    return make("ul", { class: "readings" }, ...items);
  }

  /** The rules of the core with their own words, and the numbers of the world that they read. */
  sources() {
    const rules = this.told.rules.flatMap(({ name, doc }) => [
      make("dt", {}, make("code", {}, name)),
      make("dd", {}, doc),
    ]);
    const numbers = this.told.parameters.flatMap(({ name, value, meaning, source }) => [
      make("dt", {}, make("code", {}, name), ` ${value}`),
      make("dd", {}, `${meaning} (${source})`),
    ]);
    return [
      make("h5", {}, "Rules of the core"),
      make("dl", {}, ...rules),
      make("h5", {}, "Numbers of the world, [D]: our own choice"),
      make("dl", {}, ...numbers),
    ];
  }

  /**
   * A value of a line as it is said.
   * @param {number} line
   * @param {number} turned
   * @param {number} along
   */
  value(line, turned, along) {
    return shown(this.told.shown, this.told.values[turned][line][along] ?? NaN);
  }

  /** What follows where the sliders stand, in a sentence. */
  words() {
    const { along, turned } = this;
    const values = this.told.lines.map((line, n) => `${line} ${this.value(n, turned.place, along.place)}`);
    return `${this.told.shown.title}, ${turned.words()}, ${along.words()}: ${values.join(", ")}.`;
  }

  draw() {
    const { along, turned, reach } = this;
    for (const dial of [along, turned]) dial.say();
    this.told.lines.forEach((_, n) => {
      const now = this.value(n, turned.place, along.place);
      const start = this.value(n, turned.start, along.start);
      say(this.readings[n], now);
      say(this.starts[n], now === start ? "" : `at first ${start}`);
    });
    const lines = this.told.values[turned.place].map((line) =>
      line.map((value) => (value ?? NaN) * scale(this.told.shown)),
    );
    const values = this.told.along.values.map((value) => value * scale(this.told.along));
    const view = { along: values, lines, reach, at: along.place };
    this.box.replaceChildren(littleChart(view, this.box.clientWidth));
    this.box.setAttribute("aria-label", `Line chart. ${this.words()} The table below has the numbers.`);
    if (this.more.open) this.drawTable();
  }

  /** The lines as they are turned now, a row for each value along them. */
  drawTable() {
    const { told, along, turned } = this;
    const heads = told.lines.map((line, n) => [swatch(n), line]);
    const rows = told.along.values.map((_, i) => [
      along.wordsAt(i),
      ...told.lines.map((_, n) => this.value(n, turned.place, i)),
    ]);
    const caption = `${told.shown.title}, ${turned.words()}`;
    this.cells.replaceChildren(makeTable([told.along.title, ...heads], rows, { caption }));
  }
}

/** A slider, or a choice, with its name and what it says. */
class Dial {
  /**
   * @param {Slider} slider
   * @param {string} id
   * @param {string} kind
   */
  constructor(slider, id, kind) {
    this.slider = slider;
    this.start = slider.values.indexOf(slider.usual);
    const meaning = slider.meaning ? `${id}-meaning` : undefined;
    this.input = slider.names.length ? this.choice(id) : this.range(id, meaning);
    this.input.value = String(this.start);
    this.output = make("output", { for: id });
    const children = slider.names.length ? [this.input] : [this.output, this.track()];
    this.element = make("div", { class: `dial ${kind}` }, make("label", { for: id }, slider.title), ...children);
    if (meaning) this.element.append(make("span", { class: "meaning", id: meaning }, slider.meaning));
  }

  /** @param {string} id */
  choice(id) {
    const options = this.slider.names.map((name, i) => make("option", { value: String(i) }, name));
    return make("select", { id, autocomplete: "off" }, ...options);
  }

  /**
   * @param {string} id
   * @param {string | undefined} meaning id of the words that say more
   */
  range(id, meaning) {
    const max = String(this.slider.values.length - 1);
    return make("input", { type: "range", id, min: "0", max, "aria-describedby": meaning, autocomplete: "off" });
  }

  /** The slider on its track, ticked where it stands at first. */
  track() {
    const tick = make("span", { class: "tick" });
    tick.style.left = `calc(7px + (100% - 14px) * ${this.start / (this.slider.values.length - 1)})`;
    return make("span", { class: "track" }, tick, this.input);
  }

  /** Which of its values it stands at. */
  get place() {
    return Number(this.input.value);
  }

  /** @param {number} place */
  wordsAt(place) {
    return this.slider.names[place] ?? shown(this.slider, this.slider.values[place]);
  }

  /** Its name and where it stands. */
  words() {
    return `${this.slider.title.toLowerCase()} ${this.wordsAt(this.place)}`;
  }

  /** Says beside it where it stands. */
  say() {
    const words = this.wordsAt(this.place);
    say(this.output, words);
    if (this.input instanceof HTMLInputElement) this.input.setAttribute("aria-valuetext", words);
  }
}
