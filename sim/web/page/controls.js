/** The bar that every tab has: play, step, restart, speed, and what the run is made of. */

import { find, make, say } from "./dom.js";
import { plain } from "./store.js";
import { capital, duration, number } from "./words.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./contract.js").Settings} Settings
 *
 * @typedef {object} Orders what the bar asks for
 * @property {() => void} play
 * @property {() => void} pause
 * @property {() => void} step
 * @property {() => void} restart
 * @property {(value: number) => void} speed
 * @property {(change: Partial<Settings>) => void} change another run
 */

const SPEEDS = [1, 2, 5, 10, 25, 50, 100, 0];

export class Controls {
  /**
   * @param {Store} store
   * @param {Orders} orders
   */
  constructor(store, orders) {
    this.store = store;
    this.play = find("play", HTMLButtonElement);
    this.playWords = find("play-words", HTMLElement);
    this.stepButton = find("step-once", HTMLButtonElement);
    this.speed = find("speed", HTMLSelectElement);
    this.scenario = find("scenario", HTMLSelectElement);
    this.people = find("people", HTMLInputElement);
    this.seed = find("seed", HTMLInputElement);
    this.add = find("add", HTMLSelectElement);
    /** Styles that can be added, in their order. @type {string[]} */
    this.offered = [];
    this.speed.append(...SPEEDS.map((each) => make("option", { value: String(each) }, speedWords(each))));
    this.play.addEventListener("click", () =>
      store.playing && !store.ended ? orders.pause() : orders.play(),
    );
    this.stepButton.addEventListener("click", () => orders.step());
    find("restart", HTMLButtonElement).addEventListener("click", () => orders.restart());
    this.speed.addEventListener("change", () => orders.speed(Number(this.speed.value)));
    this.scenario.addEventListener("change", () => {
      const world = store.about.scenarios[this.scenario.selectedIndex];
      orders.change({ scenario: world.name, people: world.people, columns: store.columnsIn(world) });
    });
    this.people.addEventListener("change", () => orders.change({ people: Number(this.people.value) }));
    this.seed.addEventListener("change", () => orders.change({ seed: Number(this.seed.value) }));
    this.add.addEventListener("change", () => {
      orders.change({ columns: [...store.settings.columns, [this.offered[this.add.selectedIndex - 1], {}]] });
      this.add.selectedIndex = 0;
    });
  }

  /** Shows what the run is made of. */
  build() {
    const { about, settings } = this.store;
    const { scenarios, styles } = about;
    this.scenario.replaceChildren(
      ...scenarios.map(({ name, title }) => make("option", { value: name }, title || capital(plain(name)))),
    );
    this.scenario.value = settings.scenario;
    this.people.value = String(settings.people);
    this.seed.value = String(settings.seed);
    const [least, most] = about.limits["people"] ?? [];
    if (least !== undefined) this.people.title = `From ${number(least)} to ${number(most)} people`;
    const [, mostColumns] = about.limits["columns"] ?? [2, 6];
    this.add.disabled = settings.columns.length >= mostColumns;
    const used = new Set(settings.columns.map(([style]) => style));
    const order = [...styles].sort((a, b) => Number(used.has(a.name)) - Number(used.has(b.name)));
    this.offered = order.map(({ name }) => name);
    this.add.replaceChildren(
      make("option", { value: "" }, this.add.disabled ? `${mostColumns} at most` : "Add a style \u2026"),
      ...order.map(({ name, title }) => make("option", { value: name }, capital(title))),
    );
    this.add.selectedIndex = 0;
  }

  /** Shows how far the run is. */
  draw() {
    const { store } = this;
    const { about } = store;
    const goes = store.playing && !store.ended;
    say(this.playWords, goes ? "Pause" : "Play");
    this.play.classList.toggle("goes", goes);
    this.play.disabled = store.ended;
    this.stepButton.disabled = store.ended;
    this.speed.value = String(store.speed);
    say(find("step", HTMLElement), `Step ${number(store.step)} of ${number(about.steps)}`);
    say(find("time", HTMLElement), store.step ? duration(store.step * about.step_days) : "");
    const progress = find("progress", HTMLProgressElement);
    progress.max = Math.max(1, about.steps);
    progress.value = store.step;
  }
}

/** @param {number} stepsASecond */
function speedWords(stepsASecond) {
  return stepsASecond === 0 ? "no limit" : String(stepsASecond);
}
