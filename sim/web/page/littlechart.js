/** A little line chart of two lines, drawn once for each answer; its colours are those of the style sheet. */

import { ticks } from "./drawing.js";
import { DASHES, element, MARKERS } from "./palette.js";
import { axisTexts } from "./plot.js";
import { spread, valueRange } from "./view.js";
import { number } from "./words.js";

const HEIGHT = 150;
const FRAME = { left: 46, top: 8, bottom: 30 };
const GAP = 15;
/** Room at the right for the names at the ends of lines: of each letter, and beside them [px]. */
const LETTER = 6.6;
const BESIDE = 26;
const MOST_NAME = 104;

/**
 * @typedef {object} LittleView
 * @property {string[]} names of the lines
 * @property {number[][]} lines values at each step, from 0 on; NaN where there is none
 * @property {[low: number, high: number]} reach values that the axis shows at least, so that it stands still
 */

/**
 * Draws a view.
 * @param {LittleView} view
 * @param {number} width [px]
 * @returns {SVGElement}
 */
export function littleChart({ names, lines, reach }, width) {
  const room = Math.min(MOST_NAME, LETTER * Math.max(...names.map((name) => name.length)));
  const right = width - room - BESIDE;
  const bottom = HEIGHT - FRAME.bottom;
  const [low, high] = valueRange(...reach);
  const last = lines[0].length - 1;
  const toX = (/** @type {number} */ step) => FRAME.left + ((right - FRAME.left) * step) / last;
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
  for (let step = 0; step <= last; step += Math.ceil(last / 5)) {
    svg.append(
      element("text", { class: "axis", x: toX(step), y: bottom + 16, "text-anchor": "middle" }, number(step)),
    );
  }
  svg.append(element("text", { class: "axis", x: right + 14, y: bottom + 16 }, "steps"));
  const ends = lines.map((line) => toY(Number.isFinite(line[last]) ? line[last] : low));
  const placed = spread(ends, GAP, FRAME.top + 4, bottom - 2);
  lines.forEach((line, n) => {
    const own = element("g", { class: `look-${n}` });
    const dash = DASHES[n].join(" ") || "none";
    own.append(element("path", { class: "line", d: path(line, toX, toY), "stroke-dasharray": dash }));
    const place = `translate(${right} ${ends[n]}) scale(4)`;
    const known = Number.isFinite(line[last]);
    if (known) own.append(element("path", { class: "end", d: MARKERS[n], transform: place }));
    own.append(
      element("path", { class: "lead", d: `M${right + 6} ${ends[n]}L${right + 14} ${placed[n]}` }),
      element("text", { x: right + 17, y: placed[n] + 4 }, names[n]),
    );
    svg.append(own);
  });
  return svg;
}

/**
 * A line with gaps where there is no value.
 * @param {number[]} line
 * @param {(step: number) => number} toX
 * @param {(value: number) => number} toY
 */
function path(line, toX, toY) {
  let pen = "M";
  let drawn = "";
  line.forEach((value, step) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    drawn += `${pen}${toX(step).toFixed(1)} ${toY(value).toFixed(1)}`;
    pen = "L";
  });
  return drawn;
}
