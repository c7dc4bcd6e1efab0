/** The tab Studies: who is best where, differences, what one outcome costs in another, and the runs. */

import { ask, unreachable, wordsOf } from "./ask.js";
import { find, make, say } from "./dom.js";
import { plain } from "./store.js";
import { placeOf, significant, table } from "./studywords.js";
import { capital, listed, number } from "./words.js";

/**
 * @typedef {object} Outcome
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {number} better 1: more is better, -1: less is better, 0: neither
 * @property {boolean} shown whether differences of it are told
 *
 * @typedef {[place: number, arm: number, n: number, means: (number | null)[]]} Mark
 * @typedef {[place: number, arm: number, n: number, difference: number | null, low: number | null, high: number | null]} Effect
 *
 * @typedef {object} Told what the server says of the study
 * @property {string} title
 * @property {string} what
 * @property {{words: string, meaning: string, values: string, key: string}[]} names what varies
 * @property {Record<string, string[]>} answers sentences by outcome
 * @property {string[]} said
 * @property {string} thinned
 * @property {string} who what the arms are: "style", "company", or something that varies
 * @property {string} one what one of them is called
 * @property {string[]} arms
 * @property {string[]} labels the arms as they are called where nothing else says what they are
 * @property {number} baseline the arm that others are compared with
 * @property {string} each "run" or "point": what n counts
 * @property {number} level
 * @property {number} comparisons for which the intervals are corrected
 * @property {Outcome[]} outcomes
 * @property {[place: number, words: string][]} places
 * @property {Mark[]} marks
 * @property {Record<string, Effect[]>} effects by outcome
 * @property {{across: string, columns: string[], rows: string[], cells: number[][]} | null} map
 * @property {string} no_map
 * @property {Record<string, number[]>} winners by outcome: the best arm at each place, -1: undecided, -2: not known
 *
 * @typedef {object} StudyRun
 * @property {number} run
 * @property {number} rep
 * @property {number} point
 * @property {string} style
 * @property {boolean} done
 * @property {(number | null)[]} values
 * @property {import("./contract.js").Settings | null} settings
 * @property {string} why
 *
 * @typedef {{place: number, arm: number}} Choice a place and an arm; -1 stands for all
 */

/** The pictures, which come with the library that they are drawn with when they are first seen. */
const PICTURES = ["winners", "effects", "frontier"];

export class Studies {
  /** @param {(settings: import("./contract.js").Settings, words: string) => void} open opens a run in Compare, and says so */
  constructor(open) {
    this.open = open;
    this.tab = find("tab-studies", HTMLElement);
    this.outcome = find("study-outcome", HTMLSelectElement);
    this.place = find("study-place", HTMLSelectElement);
    this.arm = find("study-arm", HTMLSelectElement);
    this.all = find("study-all", HTMLButtonElement);
    this.runsWords = find("study-runs-words", HTMLElement);
    /** @type {Told | null} */
    this.told = null;
    this.asking = false;
    /** @type {Choice} */
    this.choice = { place: -1, arm: -1 };
    /** @type {{draw: (told: Told, choice: Choice, choose: (choice: Choice) => void, outcome: Outcome) => void}[]} */
    this.pictures = [];
    this.axes = ["study-x", "study-y"].map((id) => find(id, HTMLSelectElement));
    this.outcome.addEventListener("change", () => this.answer());
    for (const select of [this.outcome, ...this.axes]) select.addEventListener("change", () => this.show());
    for (const select of [this.place, this.arm])
      select.addEventListener("change", () =>
        this.choose({ place: Number(this.place.value), arm: Number(this.arm.value) }),
      );
    this.all.addEventListener("click", () => {
      this.choose({ place: -1, arm: -1 });
      this.place.focus();
    });
    let width = 0;
    new ResizeObserver(() => {
      if (this.tab.clientWidth === width) return;
      width = this.tab.clientWidth;
      this.show();
    }).observe(this.tab);
  }

  /** Asks for the study when the tab is first opened. */
  async draw() {
    if (this.tab.hidden || this.told || this.asking) return;
    this.asking = true;
    const trouble = find("study-trouble", HTMLElement);
    try {
      const [told, ...pictures] = await Promise.all([
        ask("study"),
        ...PICTURES.map((name) => import(`./${name}.js`).catch(unreachable)),
      ]);
      this.pictures = pictures;
      say(trouble, "");
      this.build(told);
    } catch (error) {
      say(trouble, `${wordsOf(error)} Open this tab again to try again.`);
    }
    this.asking = false;
  }

  /** @param {Told} told */
  build(told) {
    this.told = told;
    say(find("study-title", HTMLElement), told.title);
    say(find("study-what", HTMLElement), `${told.what} ${pointWords(told)}`);
    find("study-names", HTMLElement).replaceChildren(...told.names.map(makeName));
    const said = [...told.said, told.thinned].filter(Boolean);
    find("study-said", HTMLElement).replaceChildren(...said.map((words) => make("li", {}, words)));
    say(find("study-who", HTMLElement), capital(told.who));
    this.outcome.replaceChildren(
      ...told.outcomes
        .filter(({ shown }) => shown)
        .map(({ name, title }) => make("option", { value: name }, title)),
    );
    const all = [make("option", { value: "-1" }, "All")];
    this.place.replaceChildren(
      ...(told.places.length > 1 ? all : []),
      ...told.places.map(([place, words]) => make("option", { value: String(place) }, words || "The study")),
    );
    this.arm.replaceChildren(
      make("option", { value: "-1" }, "All"),
      ...told.arms.map((name, arm) => make("option", { value: String(arm) }, plain(name) || "All")),
    );
    const judged = told.outcomes.filter(({ better }) => better !== 0);
    this.axes.forEach((select, n) => {
      select.replaceChildren(...judged.map(({ name, title }) => make("option", { value: name }, title)));
      select.selectedIndex = Math.min(n, judged.length - 1);
    });
    find("study-body", HTMLElement).hidden = false;
    this.answer();
    this.choose({ place: Number(this.place.value), arm: -1 });
  }

  /** Says what the study answers on the outcome chosen. */
  answer() {
    const [first, ...more] = this.told?.answers[this.outcome.value] ?? [];
    const host = find("study-answer", HTMLElement);
    host.replaceChildren(make("strong", {}, first ?? ""), ` ${more.join(" ")}`);
  }

  /**
   * Marks the same in all pictures, and lists its runs.
   * @param {Choice} choice
   */
  choose(choice) {
    this.choice = choice;
    this.place.value = String(choice.place);
    this.arm.value = String(choice.arm);
    this.all.disabled = choice.arm < 0 && (choice.place < 0 || this.place.options.length === 1);
    this.show();
    this.list();
  }

  /** Draws what is known. */
  show() {
    const { told, choice } = this;
    if (!told || this.tab.hidden) return;
    const outcome = told.outcomes.find(({ name }) => name === this.outcome.value);
    if (!outcome) return;
    for (const { draw } of this.pictures) draw(told, choice, (another) => this.choose(another), outcome);
  }

  /** Lists the runs of what is chosen. */
  async list() {
    const { told, choice } = this;
    const host = find("study-runs", HTMLElement);
    if (!told) return;
    const { place, arm } = choice;
    if (place < 0 || arm < 0) {
      const what = [...(place < 0 ? ["a point"] : []), ...(arm < 0 ? [`a ${told.one}`] : [])];
      say(this.runsWords, `Choose ${what.join(" and ")} to see its runs.`);
      host.replaceChildren();
      host.hidden = true;
      return;
    }
    try {
      const { n, runs } = /** @type {{n: number, runs: StudyRun[]}} */ (
        await ask(`study?place=${place}&arm=${arm}`)
      );
      if (this.choice !== choice) return; // something else has been chosen meanwhile
      const more = n > runs.length ? ` The first ${number(runs.length)} of ${number(n)}.` : "";
      const where = placeOf(told, place);
      say(
        this.runsWords,
        `${capital(plain(told.labels[arm]))}${where ? ` at ${where}` : ""}. Each run can be opened in Compare, beside another way of managing the same world.${more}`,
      );
      host.hidden = false;
      host.replaceChildren(this.makeRuns(told, runs));
    } catch (error) {
      if (this.choice === choice) say(this.runsWords, wordsOf(error));
    }
  }

  /**
   * @param {Told} told
   * @param {StudyRun[]} runs
   */
  makeRuns(told, runs) {
    const shown = told.outcomes.filter((each) => each.shown);
    return table(
      ["Run", "In Compare", "Style", "Seed", "Replicate", ...shown.map(({ title }) => title)],
      runs.map((run) => [
        number(run.run),
        this.makeOpener(run),
        plain(run.style) || "each its own",
        run.settings ? String(run.settings.seed) : "\u2013",
        number(run.rep),
        ...run.values.map((value) => (run.done ? significant(value ?? NaN) : "failed")),
      ]),
    );
  }

  /** @param {StudyRun} run */
  makeOpener({ run, settings, why }) {
    if (!settings) return make("span", { class: "why" }, why || "cannot be opened");
    const name = `Open run ${run} in Compare`;
    const button = make("button", { type: "button", class: "choice", "aria-label": name }, "Open in Compare");
    button.addEventListener("click", () =>
      this.open(settings, `Run ${number(run)} of the study is in the second card; press Play.`),
    );
    return button;
  }
}

/**
 * What a point of the study is, in a sentence; "" where there is but one.
 * @param {Told} told
 */
function pointWords({ places, names, who }) {
  const each = names.filter(({ words }) => words !== who).map(({ words }) => `one value of ${words}`);
  return places.length > 1 && each.length ? `A point is ${listed(each)}.` : "";
}

/**
 * Something that varies: what it is called and means, its values, and the key that sets it.
 * @param {Told["names"][number]} name
 */
function makeName({ words, meaning, values, key }) {
  return make(
    "div",
    {},
    make("dt", {}, capital(words)),
    make("dd", {}, ` (${meaning}): ${values} `, make("code", {}, key)),
  );
}
