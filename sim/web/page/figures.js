/** What the figures of a study have in common: the looks of arms, and marks that can be chosen. */

import { Plot } from "./plotting.js";
import { isAmong, look } from "./studywords.js";

/**
 * @typedef {import("./studies.js").Choice} Choice
 * @typedef {(choice: Choice) => void} Choose
 *
 * @typedef {object} Spot what a mark stands for
 * @property {string} id
 * @property {string} words
 * @property {Choice} meant what is chosen with it
 * @property {boolean} isChosen
 */

/** Symbols of the looks, in the order of the page's markers; the second triangle stands on its head. */
const SYMBOLS = /** @type {const} */ (["circle", "square", "triangle", "diamond", "triangle", "cross"]);
const FAINT = 0.35;

/** @param {{arm: number}} spot */
export function colourOf({ arm }) {
  return `var(--look-${look(arm)})`;
}

/**
 * How the symbol of an arm is drawn: faintly where others are chosen.
 * @param {Choice} choice
 */
export function symbolOf(choice) {
  return {
    symbol: (/** @type {Choice} */ { arm }) => SYMBOLS[look(arm)],
    rotate: (/** @type {Choice} */ { arm }) => (look(arm) === 4 ? 180 : 0),
    stroke: colourOf,
    opacity: (/** @type {Choice} */ spot) => (isAmong(choice, spot) ? 1 : FAINT),
    pointerEvents: /** @type {const} */ ("none"),
  };
}

/**
 * Draws figures in place of those before; who came by keyboard stays where they were.
 * @param {HTMLElement} host
 * @param {import("@observablehq/plot").PlotOptions[]} figures
 * @param {...Node} below
 */
export function show(host, figures, ...below) {
  const drawn = figures.map((options) =>
    Plot.plot({ className: "figure", opacity: { type: "identity" }, ...options }),
  );
  for (const figure of drawn) {
    figure.querySelector("style")?.remove(); // the page's own style sheet says it, and no other may
    // Buttons say what the rest only shows.
    for (const group of figure.querySelectorAll("g[aria-label]"))
      if (!group.querySelector("[role=button]")) group.setAttribute("aria-hidden", "true");
  }
  const focused = host.contains(document.activeElement) ? document.activeElement?.id : undefined;
  const { scrollTop, scrollLeft } = host;
  host.replaceChildren(...drawn, ...below);
  Object.assign(host, { scrollTop, scrollLeft });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/**
 * Makes each mark of a figure a button, by click and by keys; arrows lead from one to the next. What
 * is chosen is given back by choosing it again.
 * @param {Spot[]} spots in the order of the marks
 * @param {Choose} choose
 * @returns {import("@observablehq/plot").RenderFunction}
 */
export function buttons(spots, choose) {
  return (index, scales, values, dimensions, context, next) => {
    const group = /** @type {SVGElement} */ (next?.(index, scales, values, dimensions, context));
    group.removeAttribute("aria-label");
    const marks = /** @type {SVGElement[]} */ (Array.from(group.children));
    const stop = Math.max(
      0,
      index.findIndex((i) => spots[i].isChosen),
    );
    marks.forEach((mark, n) => {
      const { id, words, meant, isChosen } = spots[index[n]];
      const press = () => choose(isChosen ? { place: -1, arm: -1 } : meant);
      mark.id = id;
      mark.tabIndex = n === stop ? 0 : -1;
      mark.setAttribute("role", "button");
      mark.setAttribute("aria-label", words);
      mark.setAttribute("aria-pressed", String(isChosen));
      mark.addEventListener("click", press);
      mark.addEventListener("keydown", (event) => {
        const [before, after, last] = [n - 1, n + 1, marks.length - 1];
        const keys = { ArrowRight: after, ArrowDown: after, ArrowLeft: before, ArrowUp: before };
        const to = { ...keys, Home: 0, End: last }[event.key];
        if (event.key === "Enter" || event.key === " ") press();
        else if (to !== undefined) marks[to]?.focus();
        else return;
        event.preventDefault();
      });
    });
    return group;
  };
}
