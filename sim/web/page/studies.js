/** The tab Studies: who is best where, differences, what one outcome costs in another, and the runs. */

import { ask, wordsOf } from "./ask.js";
import { find, make, say } from "./dom.js";
import { Effects } from "./effects.js";
import { Frontier } from "./frontier.js";
import { plain } from "./store.js";
import { armSwatch, breakable, look, lower, significant } from "./studywords.js";
import { capital, number } from "./words.js";

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
 * @property {string[]} said
 * @property {string} thinned
 * @property {string} who what the arms are: "style", "company", or the name of something that varies
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

const UNDECIDED = -1;

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
    const choose = (/** @type {Choice} */ choice) => this.choose(choice);
    this.effects = new Effects(find("study-effects", HTMLElement), choose);
    this.frontier = new Frontier(choose);
    this.outcome.addEventListener("change", () => this.show());
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
      const told = /** @type {Told} */ (await ask("study"));
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
    say(find("study-what", HTMLElement), told.what);
    const said = [...told.said, told.thinned].filter(Boolean);
    find("study-said", HTMLElement).replaceChildren(...said.map((words) => make("li", {}, words)));
    const who = capital(plain(told.who));
    say(find("study-who", HTMLElement), who);
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
    this.frontier.build(told);
    find("study-body", HTMLElement).hidden = false;
    this.choose({ place: Number(this.place.value), arm: -1 });
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
    this.showMap(told, outcome);
    this.effects.draw(told, outcome, choice);
    this.frontier.draw(told, choice);
  }

  /**
   * @param {Told} told
   * @param {Outcome} outcome
   */
  showMap(told, outcome) {
    const words = find("study-map-words", HTMLElement);
    const host = find("study-map", HTMLElement);
    const winners = told.winners[outcome.name];
    const { map } = told;
    if (!map || !winners) {
      const neither = `Of ${lower(outcome.title)} neither more nor less is better: choose another outcome.`;
      say(words, told.no_map || neither);
      host.replaceChildren();
      host.hidden = true;
      return;
    }
    host.hidden = false;
    say(
      words,
      `${capital(lower(outcome.title))}, ${outcome.better > 0 ? "more" : "less"} is better. A name stands where its lead over every other excludes chance; hatched: undecided.`,
    );
    const focused = document.activeElement?.id ?? "";
    const head = make("tr", {}, make("td", {}, ...breakable(capital(plain(map.across)))));
    head.append(...map.columns.map((level) => make("th", { scope: "col" }, level)));
    const rows = map.cells.map((cells, row) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, ...breakable(map.rows[row] || "\u2013")),
        ...cells.map((place) => make("td", {}, place < 0 ? "" : this.makeCell(told, place, winners[place]))),
      ),
    );
    host.replaceChildren(
      make("table", { class: "winners" }, make("thead", {}, head), make("tbody", {}, ...rows)),
    );
    if (focused.startsWith("cell-")) document.getElementById(focused)?.focus();
  }

  /**
   * @param {Told} told
   * @param {number} place
   * @param {number} winner
   */
  makeCell(told, place, winner) {
    const { choice } = this;
    const isFaint = (choice.place >= 0 && choice.place !== place) || (choice.arm >= 0 && choice.arm !== winner);
    const isChosen = choice.place === place;
    const style = winner >= 0 ? `won look-${look(winner)}` : winner === UNDECIDED ? "hatched" : "";
    const name = winner >= 0 ? plain(told.arms[winner]) : winner === UNDECIDED ? "undecided" : "not known";
    const cell = make(
      "button",
      {
        type: "button",
        id: `cell-${place}`,
        class: `cell ${style}${isFaint && !isChosen ? " faint" : ""}`,
        "aria-pressed": String(isChosen),
      },
      ...(winner >= 0 ? [armSwatch(winner)] : []),
      make("span", {}, name),
    );
    cell.addEventListener("click", () => {
      const arm = choice.arm >= 0 ? choice.arm : winner >= 0 ? winner : told.baseline;
      this.choose(isChosen ? { place: -1, arm: -1 } : { place, arm });
    });
    return cell;
  }

  /** Lists the runs of what is chosen. */
  async list() {
    const { told, choice } = this;
    const host = find("study-runs", HTMLElement);
    if (!told) return;
    const { place, arm } = choice;
    if (place < 0 || arm < 0) {
      const what = [...(place < 0 ? ["a point"] : []), ...(arm < 0 ? [`a ${plain(told.who)}`] : [])];
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
      const where = told.places.find(([each]) => each === place)?.[1];
      say(
        this.runsWords,
        `${capital(plain(told.labels[arm]))}${where ? ` at ${where}` : ""}. Each run can be opened in Compare, beside the reference.${more}`,
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
    const titles = ["Run", "Seed", "Replicate", "Style", "In Compare", ...shown.map(({ title }) => title)];
    const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
    const rows = runs.map((run) => {
      const { settings } = run;
      /** @type {HTMLElement | string} */
      let opener = run.why || "cannot be opened";
      if (settings) {
        const button = make(
          "button",
          { type: "button", class: "choice open-run", "aria-label": `Open run ${run.run} in Compare` },
          "Open in Compare",
        );
        button.addEventListener("click", () =>
          this.open(settings, `Run ${number(run.run)} of the study is in the second card; press Play.`),
        );
        opener = button;
      }
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, number(run.run)),
        make("td", {}, settings ? String(settings.seed) : "\u2013"),
        make("td", {}, number(run.rep)),
        make("td", { class: "text" }, plain(run.style) || "all"),
        make("td", { class: settings ? "text" : "text why" }, opener),
        ...run.values.map((value) => make("td", {}, run.done ? significant(value ?? NaN) : "failed")),
      );
    });
    return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  }
}
