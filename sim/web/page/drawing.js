/** A chart as a drawing (SVG) that stands by itself: white paper, colours of the light theme. */

import { decimate } from "./decimate.js";
import { moveWords } from "./moves.js";
import { DASHES, element, MARKERS } from "./palette.js";
import { axisTexts } from "./plot.js";
import { spread, valueRange } from "./view.js";
import { capital, direction, number, titles } from "./words.js";

/** @typedef {import("./view.js").View} View */

const COLOURS = ["#0000bb", "#ee4400", "#2288ee", "#661100", "#551166", "#998888"];
const INK = "#222222";
const FAINT = "#666666";
const GRID = "#e2e2e2";
const WIDTH = 760;
const HEIGHT = 420;
const FRAME = { left: 70, right: 190, top: 64, bottom: 62 };
const GAP = 16;
/** As many moves of levers, the newest, are told below the chart. */
const MOST_TOLD = 8;
/** Keeps words readable where a line passes behind them. */
const HALO = { stroke: "#ffffff", "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" };

/**
 * Draws a view.
 * @param {View} view
 * @param {string} note what run this is
 * @returns {SVGElement}
 */
export function drawing(view, note) {
  const { x, lines } = decimate(view.lines.map((line) => line.values));
  const finite = lines.flat().filter(Number.isFinite);
  const [low, high] = valueRange(Math.min(...finite), Math.max(...finite));
  const right = WIDTH - FRAME.right;
  const bottom = HEIGHT - FRAME.bottom;
  const told = view.moves.slice(-MOST_TOLD).reverse();
  const height = HEIGHT + GAP * (told.length && told.length + 1);
  const last = x.length - 1;
  const lastStep = Math.max(1, x[last]);
  const toX = (/** @type {number} */ step) => round(FRAME.left + ((right - FRAME.left) * step) / lastStep);
  const toY = (/** @type {number} */ value) =>
    round(bottom - ((bottom - FRAME.top) * (value - low)) / (high - low));

  const svg = element("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    "font-family": "system-ui, sans-serif",
    "font-size": 12,
    fill: INK,
  });
  const { title, more } = titles(view.series);
  const unit = view.unit ? ` [${view.unit}]` : "";
  svg.append(
    element("title", {}, `${title}${unit}`),
    element("rect", { width: WIDTH, height, fill: "#ffffff" }),
    element("text", { x: 16, y: 26, "font-size": 16, "font-weight": 600 }, `${title}${unit}`),
    element(
      "text",
      { x: 16, y: 44, fill: FAINT },
      [direction(view.series), view.differences ? "differences from the reference" : more]
        .filter((words) => words)
        .map(capital)
        .join(". "),
    ),
    element("text", { x: 16, y: height - 12, fill: FAINT, "font-size": 11 }, note),
    element(
      "text",
      { x: (FRAME.left + right) / 2, y: bottom + 34, fill: FAINT, "text-anchor": "middle" },
      "step",
    ),
  );
  const marks = ticks(low, high, 6);
  axisTexts(marks).forEach((text, i) => {
    const y = toY(marks[i]);
    svg.append(
      element("path", { d: `M${FRAME.left} ${y}H${right}`, stroke: GRID, fill: "none" }),
      element("text", { x: FRAME.left - 8, y: y + 4, "text-anchor": "end", fill: FAINT }, text),
    );
  });
  for (const step of ticks(0, lastStep, 8).filter(Number.isInteger)) {
    svg.append(
      element("text", { x: toX(step), y: bottom + 17, "text-anchor": "middle", fill: FAINT }, number(step)),
    );
  }
  svg.append(element("path", { d: `M${FRAME.left} ${bottom}H${right}`, stroke: FAINT, fill: "none" }));
  if (view.differences)
    svg.append(element("path", { d: `M${FRAME.left} ${toY(0)}H${right}`, stroke: INK, fill: "none" }));
  for (const { step, column } of view.moves) {
    svg.append(
      element("path", {
        d: `M${toX(step)} ${FRAME.top}V${bottom}`,
        stroke: FAINT,
        "stroke-dasharray": "3 3",
        fill: "none",
      }),
      marker(column, toX(step), FRAME.top - 2, 4),
    );
  }
  told.forEach((move, n) => {
    const y = bottom + 60 + GAP * n;
    const earlier = n === told.length - 1 ? view.moves.length - told.length : 0;
    const words = `${moveWords(move, view.names)}${earlier ? `, and ${number(earlier)} earlier` : ""}`;
    svg.append(marker(move.column, 22, y - 4, 4), element("text", { x: 34, y, fill: FAINT }, words));
  });
  const ends = lines.map((line) => (Number.isFinite(line[last]) ? toY(line[last]) : bottom));
  if (view.zero) ends.push(toY(0));
  const placed = spread(ends, GAP, FRAME.top, bottom);
  if (view.zero)
    svg.append(
      element(
        "text",
        { x: toX(x[last]) + 17, y: placed[view.lines.length] + 4, fill: FAINT, ...HALO },
        view.zero,
      ),
    );
  view.lines.forEach(({ column, name, values }, line) => {
    const colour = COLOURS[column];
    const dash = DASHES[column].join(" ") || "none";
    svg.append(
      element("path", {
        d: path(x, lines[line], toX, toY),
        fill: "none",
        stroke: colour,
        "stroke-width": 2,
        "stroke-dasharray": dash,
        "stroke-linejoin": "round",
      }),
    );
    const apart = Math.max(1, Math.ceil(last / 6));
    for (let i = last; i > 0; i -= apart) {
      if (Number.isFinite(lines[line][i]))
        svg.append(marker(column, toX(x[i]), toY(lines[line][i]), i === last ? 4 : 3.2));
    }
    const at = toX(x[last]);
    svg.append(
      element("path", {
        d: `M${at + 6} ${ends[line]}L${at + 14} ${placed[line]}`,
        stroke: colour,
        fill: "none",
      }),
      element(
        "text",
        { x: at + 17, y: placed[line] + 4, ...HALO },
        `${name} ${view.words(values[values.length - 1])}`,
      ),
    );
  });
  return svg;
}

/**
 * @param {number} column
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function marker(column, x, y, radius) {
  return element("path", {
    d: MARKERS[column],
    fill: COLOURS[column],
    transform: `translate(${x} ${y}) scale(${radius})`,
  });
}

/**
 * A line with gaps where there is no value.
 * @param {number[]} x
 * @param {number[]} values
 * @param {(step: number) => number} toX
 * @param {(value: number) => number} toY
 */
function path(x, values, toX, toY) {
  let pen = "M";
  let drawn = "";
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    drawn += `${pen}${toX(x[i])} ${toY(value)}`;
    pen = "L";
  });
  return drawn;
}

/**
 * Round numbers between two ends, about so many.
 * @param {number} low
 * @param {number} high
 * @param {number} about
 */
export function ticks(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++)
    found.push(round(i * step, 9));
  return found;
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
function round(value, digits = 2) {
  return Number(value.toFixed(digits));
}
