/** A little line chart, drawn once for each answer; its colours are those of the style sheet. */

import { ticks } from "./drawing.js";
import { DASHES, element, MARKERS } from "./palette.js";
import { axisTexts } from "./plot.js";
import { spread, valueRange } from "./view.js";

const HEIGHT = 150;
const FRAME = { left: 46, right: 12, top: 8, bottom: 30 };
const GAP = 15;
/** Room at the right for the names at the ends of lines: of each letter, and beside them [px]. */
const LETTER = 6.6;
const BESIDE = 26;
const MOST_NAME = 104;

/**
 * @typedef {object} LittleView
 * @property {number[]} along the values of the axis below
 * @property {number[][]} lines values at each of them; NaN where there is none
 * @property {[low: number, high: number]} reach values that the axis shows at least, so that it stands still
 * @property {number} at place on the lines that is marked
 * @property {string[]} [names] of the lines, to stand at their ends
 * @property {string} [unit] of the axis below
 */

/**
 * Draws a view.
 * @param {LittleView} view
 * @param {number} width [px]
 * @returns {SVGElement}
 */
export function littleChart({ along, lines, reach, at, names, unit }, width) {
  const right = width - (names ? roomFor(names) : FRAME.right);
  const bottom = HEIGHT - FRAME.bottom;
  const [low, high] = valueRange(...reach);
  const [first, last] = [along[0], along[along.length - 1]];
  const toX = (/** @type {number} */ value) =>
    FRAME.left + ((right - FRAME.left) * (value - first)) / (last - first);
  const toY = (/** @type {number} */ value) => bottom - ((bottom - FRAME.top) * (value - low)) / (high - low);
  const svg = element("svg", { width, height: HEIGHT, "aria-hidden": "true" });
  const marks = ticks(low, high, 3);
  axisTexts(marks).forEach((text, i) => {
    const y = toY(marks[i]);
    svg.append(
      element("path", { class: "grid", d: `M${FRAME.left} ${y}H${right}` }),
      element("text", { class: "axis", x: FRAME.left - 6, y: y + 4, "text-anchor": "end" }, text),
    );
  });
  const places = ticks(first, last, 5);
  axisTexts(places).forEach((text, i) => {
    const middle = { x: toX(places[i]), y: bottom + 16, "text-anchor": "middle" };
    svg.append(element("text", { class: "axis", ...middle }, text));
  });
  if (unit) svg.append(element("text", { class: "axis", x: right + 14, y: bottom + 16 }, unit));
  else svg.append(element("path", { class: "at", d: `M${toX(along[at])} ${FRAME.top}V${bottom}` }));
  const heights = lines.map((line) => toY(Number.isFinite(line[at]) ? line[at] : low));
  const placed = spread(heights, GAP, FRAME.top + 4, bottom - 2);
  lines.forEach((line, n) => {
    const own = element("g", { class: `look-${n}` });
    const dash = DASHES[n].join(" ") || "none";
    const points = line.map((value, i) => [toX(along[i]), toY(value)]);
    own.append(element("path", { class: "line", d: path(points), "stroke-dasharray": dash }));
    const place = `translate(${toX(along[at])} ${heights[n]}) scale(4)`;
    if (Number.isFinite(line[at])) own.append(element("path", { class: "end", d: MARKERS[n], transform: place }));
    if (names) {
      own.append(
        element("path", { class: "lead", d: `M${right + 6} ${heights[n]}L${right + 14} ${placed[n]}` }),
        element("text", { x: right + 17, y: placed[n] + 4 }, names[n]),
      );
    }
    svg.append(own);
  });
  return svg;
}

/** @param {string[]} names */
function roomFor(names) {
  return Math.min(MOST_NAME, LETTER * Math.max(...names.map((name) => name.length))) + BESIDE;
}

/**
 * A line with gaps where there is no value.
 * @param {number[][]} points
 */
function path(points) {
  let pen = "M";
  let drawn = "";
  for (const [x, y] of points) {
    if (Number.isFinite(y)) drawn += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = Number.isFinite(y) ? "L" : "M";
  }
  return drawn;
}
