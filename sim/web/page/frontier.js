/** Every style at every point in the plane of two outcomes; those that nobody beats are joined. */

import { ticks } from "./drawing.js";
import { find, make, say } from "./dom.js";
import { element, MARKERS } from "./palette.js";
import { axisTexts } from "./plot.js";
import { plain } from "./store.js";
import { armSwatch, heading, isAmong, look, lower, significant } from "./studywords.js";
import { capital, number } from "./words.js";

/**
 * @typedef {import("./studies.js").Told} Told
 * @typedef {import("./studies.js").Choice} Choice
 * @typedef {import("./studies.js").Outcome} Outcome
 *
 * @typedef {{place: number, arm: number, n: number, x: number, y: number}} Spot
 */

const HEIGHT = 320;
const FRAME = { left: 58, top: 12, right: 16, bottom: 44 };
/** A click so many pixels from a mark still means it. */
const NEAR = 14;
const MOST_ROWS = 400;

export class Frontier {
  /** @param {(choice: Choice) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.host = find("study-frontier", HTMLElement);
    this.x = find("study-x", HTMLSelectElement);
    this.y = find("study-y", HTMLSelectElement);
    this.words = find("study-frontier-words", HTMLElement);
    this.pointed = find("study-pointed", HTMLElement);
    this.cells = find("study-frontier-cells", HTMLElement);
    this.table = find("study-frontier-table", HTMLDetailsElement);
    /** @type {Told | null} */
    this.told = null;
    /** @type {Choice} */
    this.choice = { place: -1, arm: -1 };
    /** @type {{spot: Spot, left: number, top: number}[]} */
    this.drawn = [];
    for (const select of [this.x, this.y]) select.addEventListener("change", () => this.again());
    this.table.addEventListener("toggle", () => this.again());
    this.host.addEventListener("pointermove", (event) => {
      const spot = this.nearest(event);
      this.host.classList.toggle("points", spot !== null);
      say(this.pointed, spot && this.told ? this.tell(this.told, spot) : "\u00a0");
    });
    this.host.addEventListener("click", (event) => {
      const spot = this.nearest(event);
      const isSame = spot && spot.place === this.choice.place && spot.arm === this.choice.arm;
      if (spot) this.choose(isSame ? { place: -1, arm: -1 } : { place: spot.place, arm: spot.arm });
    });
  }

  /** @param {Told} told */
  build(told) {
    const judged = told.outcomes.filter(({ better }) => better !== 0);
    for (const [select, place] of /** @type {[HTMLSelectElement, number][]} */ ([
      [this.x, 0],
      [this.y, 1],
    ])) {
      select.replaceChildren(...judged.map(({ name, title }) => make("option", { value: name }, title)));
      select.selectedIndex = Math.min(place, judged.length - 1);
    }
  }

  again() {
    if (this.told) this.draw(this.told, this.choice);
  }

  /**
   * @param {Told} told
   * @param {Choice} choice
   */
  draw(told, choice) {
    this.told = told;
    this.choice = choice;
    const axes = [this.x, this.y].map((select) =>
      told.outcomes.findIndex(({ name }) => name === select.value),
    );
    const isThere = axes[0] >= 0 && axes[0] !== axes[1];
    this.host.hidden = this.table.hidden = !isThere;
    if (!isThere) {
      say(
        this.words,
        axes[0] < 0
          ? "It takes two outcomes of which more or less is better."
          : "Choose two outcomes that differ.",
      );
      return;
    }
    const [x, y] = axes.map((axis) => told.outcomes[axis]);
    const spots = told.marks
      .map(([place, arm, n, means]) => ({ place, arm, n, x: means[axes[0]] ?? NaN, y: means[axes[1]] ?? NaN }))
      .filter((spot) => Number.isFinite(spot.x) && Number.isFinite(spot.y));
    const rivals = spots.filter(({ place }) => choice.place < 0 || place === choice.place);
    const best = unbeaten(rivals, x.better, y.better);
    const joined = choice.place < 0 || told.places.length === 1 ? "all marks" : "the marks of the chosen point";
    const way = (/** @type {Outcome} */ { better }) => (better > 0 ? "more" : "less");
    say(
      this.words,
      `Marks are means, one for each ${plain(told.who)} at each point. Of ${lower(x.title)} ${way(x)} is better, of ${lower(y.title)} ${way(y)}. The line joins those of ${joined} that no other beats on both.`,
    );
    this.paint(told, spots, best, x, y);
    this.host.setAttribute(
      "aria-label",
      `${capital(lower(x.title))} across and ${lower(y.title)} upwards, ${number(spots.length)} marks. Not beaten: ${best.map((spot) => nameOf(told, spot)).join("; ")}. The table below has the numbers.`,
    );
    if (this.table.open) this.list(told, spots, best, x, y);
  }

  /**
   * @param {Told} told
   * @param {Spot[]} spots
   * @param {Spot[]} best
   * @param {Outcome} x
   * @param {Outcome} y
   */
  paint(told, spots, best, x, y) {
    const width = this.host.clientWidth;
    const { choice } = this;
    const [right, bottom] = [width - FRAME.right, HEIGHT - FRAME.bottom];
    const across = reach(spots.map((spot) => spot.x));
    const upwards = reach(spots.map((spot) => spot.y));
    const toX = (/** @type {number} */ value) =>
      FRAME.left + ((right - FRAME.left) * (value - across[0])) / (across[1] - across[0]);
    const toY = (/** @type {number} */ value) =>
      bottom - ((bottom - FRAME.top) * (value - upwards[0])) / (upwards[1] - upwards[0]);
    const svg = element("svg", { width, height: HEIGHT, "aria-hidden": "true" });
    const marksX = ticks(...across, width < 480 ? 3 : 5);
    const marksY = ticks(...upwards, 4);
    axisTexts(marksX).forEach((text, i) => {
      const at = toX(marksX[i]);
      svg.append(
        element("path", { class: "grid", d: `M${at} ${FRAME.top}V${bottom}` }),
        element("text", { class: "axis", x: at, y: bottom + 17, "text-anchor": "middle" }, text),
      );
    });
    axisTexts(marksY).forEach((text, i) => {
      const at = toY(marksY[i]);
      svg.append(
        element("path", { class: "grid", d: `M${FRAME.left} ${at}H${right}` }),
        element("text", { class: "axis", x: FRAME.left - 6, y: at + 4, "text-anchor": "end" }, text),
      );
    });
    const middle = (FRAME.left + right) / 2;
    svg.append(
      element("text", { x: middle, y: HEIGHT - 6, "text-anchor": "middle" }, heading(x)),
      element(
        "text",
        { x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${(FRAME.top + bottom) / 2}) rotate(-90)` },
        heading(y),
      ),
    );
    if (best.length > 1) {
      const d = best.map((spot, i) => `${i ? "L" : "M"}${toX(spot.x).toFixed(1)} ${toY(spot.y).toFixed(1)}`);
      svg.append(element("path", { class: "joined", d: d.join("") }));
    }
    const isSome = choice.place >= 0 || choice.arm >= 0;
    const isIn = (/** @type {Spot} */ spot) => isSome && isAmong(choice, spot.place, spot.arm);
    const unbeatenOnes = new Set(best);
    this.drawn = [];
    for (const spot of [...spots].sort((one, other) => Number(isIn(one)) - Number(isIn(other)))) {
      const [left, top] = [toX(spot.x), toY(spot.y)];
      const own = element("g", {
        class: `spot look-${look(spot.arm)}${isSome && !isIn(spot) ? " faint" : ""}`,
        transform: `translate(${left.toFixed(1)} ${top.toFixed(1)})`,
      });
      own.append(
        element("path", {
          class: unbeatenOnes.has(spot) ? "full" : "hollow",
          d: MARKERS[look(spot.arm)],
          transform: "scale(5)",
        }),
      );
      if (isIn(spot)) own.append(element("circle", { class: "ring", r: 10 }));
      svg.append(own);
      this.drawn.push({ spot, left, top });
    }
    const keys = told.arms.map((name, arm) => make("span", { class: "key" }, armSwatch(arm), plain(name)));
    const others = choice.place >= 0 && told.places.length > 1 ? " or of another point" : "";
    const looks = make("span", { class: "keys" }, `Filled: not beaten; hollow: beaten${others}.`);
    this.host.replaceChildren(svg, make("p", { class: "legend" }, ...keys, looks));
  }

  /**
   * @param {Told} told
   * @param {Spot[]} spots
   * @param {Spot[]} best
   * @param {Outcome} x
   * @param {Outcome} y
   */
  list(told, spots, best, x, y) {
    const titles = [capital(plain(told.who)), "Point", heading(x), heading(y), "Beaten", "n"];
    const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
    const { place } = this.choice;
    const focused = document.activeElement?.id ?? "";
    const first = spots.filter((spot) => place < 0 || spot.place === place).slice(0, MOST_ROWS);
    const rows = first.map((spot) => {
      const isIn = spot.place === place && spot.arm === this.choice.arm;
      const button = make(
        "button",
        {
          type: "button",
          class: "choice",
          id: `mark-${spot.place}-${spot.arm}`,
          "aria-pressed": String(isIn),
        },
        plain(told.arms[spot.arm]),
      );
      button.addEventListener("click", () => this.choose({ place: spot.place, arm: spot.arm }));
      return make(
        "tr",
        { class: isIn ? "chosen" : undefined },
        make("th", { scope: "row" }, button),
        make("td", { class: "text" }, placeOf(told, spot.place)),
        make("td", {}, significant(spot.x)),
        make("td", {}, significant(spot.y)),
        make("td", {}, best.includes(spot) ? "no" : "yes"),
        make("td", {}, number(spot.n)),
      );
    });
    this.cells.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    if (focused.startsWith("mark-")) document.getElementById(focused)?.focus();
  }

  /**
   * @param {MouseEvent} event
   * @returns {Spot | null}
   */
  nearest(event) {
    const box = this.host.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    let found = null;
    let least = NEAR;
    for (const each of this.drawn) {
      const away = Math.hypot(each.left - left, each.top - top);
      if (away <= least) [found, least] = [each.spot, away];
    }
    return found;
  }

  /**
   * @param {Told} told
   * @param {Spot} spot
   */
  tell(told, spot) {
    return `${nameOf(told, spot)}: ${significant(spot.x)} across, ${significant(spot.y)} upwards, n = ${number(spot.n)}`;
  }
}

/**
 * The marks that no other beats: none is at least as good on both and better on one; along x.
 * @param {Spot[]} spots
 * @param {number} betterX
 * @param {number} betterY
 */
export function unbeaten(spots, betterX, betterY) {
  const ordered = [...spots].sort((one, other) => betterX * (other.x - one.x) || betterY * (other.y - one.y));
  /** @type {Spot[]} */
  const found = [];
  let highest = -Infinity;
  for (const spot of ordered) {
    const height = betterY * spot.y;
    const last = found.at(-1);
    if (height > highest || (last && last.x === spot.x && last.y === spot.y)) found.push(spot);
    highest = Math.max(highest, height);
  }
  return found;
}

/**
 * @param {Told} told
 * @param {Spot} spot
 */
function nameOf(told, { place, arm }) {
  const where = placeOf(told, place);
  return where ? `${plain(told.labels[arm])}, ${where}` : plain(told.labels[arm]);
}

/**
 * @param {Told} told
 * @param {number} place
 */
function placeOf(told, place) {
  return told.places.find(([each]) => each === place)?.[1] ?? "";
}

/**
 * The ends of an axis, with a little room.
 * @param {number[]} values
 * @returns {[number, number]}
 */
function reach(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}
