/** Tab What follows: large charts, all series small, a table of the current values. */

import { find, make, makeTable, say, seldom } from "./dom.js";
import { Moves } from "./moves.js";
import { swatch } from "./palette.js";
import { Plot } from "./plot.js";
import { viewOf } from "./view.js";
import { capital, difference, direction, shown, titles, unit } from "./words.js";

/**
 * @typedef {import("./store.js").Store} Store
 *
 * @typedef {object} Chart
 * @property {HTMLElement} element
 * @property {HTMLElement} unit
 * @property {number} series
 * @property {Plot} plot
 * @property {boolean} visible
 */

export class Charts {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.tab = find("tab-follows", HTMLElement);
    this.switch = find("differences", HTMLInputElement);
    this.moves = new Moves(store);
    /** @type {Chart[]} */
    this.charts = [];
    this.watcher = new IntersectionObserver((seen) => this.see(seen), { rootMargin: "80px" });
    this.table = seldom(250, () => this.drawTable());
    this.switch.addEventListener("change", () => this.draw(true));
    new ResizeObserver(() => this.draw(true)).observe(this.tab);
  }

  get differences() {
    return this.switch.checked;
  }

  /** Makes all charts anew: other columns, or other series. */
  build() {
    const { series } = this.store.about;
    this.watcher.disconnect();
    this.charts = [];
    const large = series.flatMap((each, s) =>
      each.chart === "large" ? [this.makeChart(s, true).element] : [],
    );
    find("large", HTMLElement).replaceChildren(...large);
    find("small", HTMLElement).replaceChildren(...series.map((_, s) => this.makeChart(s, false).element));
    find("looks", HTMLElement).replaceChildren(
      ...this.store.names.map((name, column) => make("span", { class: "key" }, swatch(column), name)),
    );
    say(find("differences-words", HTMLElement), `Show differences from ${this.store.names[0]}`);
    for (const chart of this.charts) this.watcher.observe(chart.element);
  }

  /**
   * @param {number} s
   * @param {boolean} large
   */
  makeChart(s, large) {
    const series = this.store.about.series[s];
    const { title, more } = titles(series);
    const unitWords = make("span", { class: "unit" });
    const heading = make(large ? "h2" : "h3", { class: "title" }, title);
    const better = make("span", { class: "better" }, direction(series));
    const words = make("figcaption", {}, heading, unitWords, better);
    if (large) words.append(make("span", { class: "more" }, capital(more)));
    else if (more) words.title = capital(more);
    const element = make("figure", { class: large ? "chart large" : "chart small" }, words);
    const chart = {
      element,
      unit: unitWords,
      series: s,
      plot: new Plot(element, large, title),
      visible: false,
    };
    this.charts.push(chart);
    return chart;
  }

  /** @param {IntersectionObserverEntry[]} seen */
  see(seen) {
    for (const { target, isIntersecting } of seen) {
      const chart = this.charts.find(({ element }) => element === target);
      if (!chart) continue;
      chart.visible = isIntersecting;
      if (isIntersecting) {
        this.drawChart(chart);
        chart.plot.describe();
      }
    }
  }

  /** @param {Chart} chart */
  drawChart(chart) {
    if (!this.store.session || !this.store.nRows) return;
    const view = viewOf(this.store, chart.series, this.differences);
    say(chart.unit, view.unit);
    chart.plot.draw(view);
  }

  /**
   * Draws what is visible.
   * @param {boolean} [all] the table at once, too
   */
  draw(all = false) {
    if (!this.store.session || this.tab.hidden) return;
    for (const chart of this.charts) if (chart.visible) this.drawChart(chart);
    this.moves.draw();
    this.table(all);
  }

  /** Says in words what the visible charts show. */
  describe() {
    if (this.tab.hidden) return;
    for (const chart of this.charts) if (chart.visible) chart.plot.describe();
  }

  drawTable() {
    const { store } = this;
    if (!store.session || this.tab.hidden) return;
    const heads = store.names.map((name, column) => [swatch(column), capital(name)]);
    const rows = store.about.series.map((series, s) => {
      const reference = store.now(0, s);
      const values = store.names.map((_, column) => {
        const value = store.now(column, s);
        return this.differences && column > 0 ? difference(series, value - reference) : shown(series, value);
      });
      return [series.title, unit(series), direction(series), ...values];
    });
    const what = this.differences ? `, differences from ${store.names[0]}` : "";
    const more = { caption: `Values at step ${store.step}${what}`, looks: [undefined, "unit", "unit"] };
    const table = makeTable(["Outcome", "Unit", "Direction", ...heads], rows, more);
    find("values", HTMLElement).replaceChildren(table);
  }

  /** Draws all charts anew: the theme has changed. */
  recolour() {
    for (const chart of this.charts) chart.plot.forget();
    this.draw(true);
  }
}
