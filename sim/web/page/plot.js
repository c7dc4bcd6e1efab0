/** One line chart on the screen: lines with markers and labels at their ends, marks of moves. */

import { decimate } from "./decimate.js";
import { find, make, say } from "./dom.js";
import { moveWords } from "./moves.js";
import { colour, columnColour, DASHES, drawMarker } from "./palette.js";
import { uPlot } from "./uplot.js";
import { spread, valueRange } from "./view.js";
import { number, titles } from "./words.js";

/** @typedef {import("./view.js").View} View */

const TEXT = 12;
const FONT = "system-ui, sans-serif";
const MARKERS_A_LINE = 6;
/** Who points so near to a mark means it [px]. */
const NEAR = 5;
const ruler = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
const HINT = "Across: steps. Point at one, or use the arrow keys, for its values.";

export class Plot {
  /**
   * @param {HTMLElement} host
   * @param {boolean} large with labels at the ends and a line of words for the step pointed at
   * @param {string} title
   */
  constructor(host, large, title) {
    this.large = large;
    this.told = make("p", { class: "told-moves", hidden: "" });
    this.box = make("div", { class: "plot", role: "img", "aria-label": `Line chart: ${title}.` }, this.told);
    if (large) this.box.tabIndex = 0;
    this.pointed = make("p", { class: "pointed" }, HINT);
    host.append(this.box);
    if (large) host.append(this.pointed);
    /** @type {uPlot | null} */
    this.chart = null;
    /** @type {View | null} */
    this.view = null;
    this.shape = "";
    this.box.addEventListener("keydown", (event) => this.point(event));
    this.box.addEventListener("blur", () => this.chart?.setCursor({ left: -10, top: -10 }));
  }

  /** Forgets the chart: the theme has changed. */
  forget() {
    this.shape = "";
  }

  /** @param {View} view */
  draw(view) {
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (!width || !height) return;
    this.view = view;
    const { x, lines } = decimate(view.lines.map((line) => line.values));
    const data = /** @type {uPlot.AlignedData} */ ([x, ...lines.map(withGaps)]);
    const shape = `${view.lines.map((line) => line.column + line.name)}|${view.unit}|${devicePixelRatio}`;
    if (!this.chart || shape !== this.shape) {
      this.chart?.destroy();
      this.chart = this.make(view, width, height, data);
      this.shape = shape;
      return;
    }
    if (this.chart.width !== width || this.chart.height !== height) this.chart.setSize({ width, height });
    this.chart.setData(data);
  }

  /** Says in words what the chart shows. */
  describe() {
    if (!this.view) return;
    const { lines, words, step, differences, series } = this.view;
    const ends = lines.map((line) => `${line.name} ${words(line.values[line.values.length - 1])}`);
    const what = differences ? ", differences from the reference" : "";
    const label = `Line chart: ${titles(series).title}${what}. At step ${step}: ${ends.join(", ")}. The table below has the numbers.`;
    this.box.setAttribute("aria-label", label);
  }

  /**
   * @param {View} view
   * @param {number} width
   * @param {number} height
   * @param {uPlot.AlignedData} data
   */
  make(view, width, height, data) {
    const ink = () => colour("--muted");
    const grid = { stroke: () => colour("--grid"), width: 1 };
    const font = `${this.large ? TEXT : TEXT - 1}px ${FONT}`;
    const ticks = { show: false };
    return new uPlot(
      {
        width,
        height,
        padding: [8, this.large ? this.labelWidth(view) : 10, 0, 0],
        legend: { show: false },
        cursor: {
          drag: { x: false, y: false },
          sync: { key: "lab" },
          y: false,
          points: { show: this.large, size: 7 },
        },
        scales: {
          x: { time: false, range: () => [0, this.view?.lastStep ?? 1] },
          y: { range: (_, low, high) => valueRange(low, high) },
        },
        axes: [
          {
            stroke: ink,
            font,
            grid: { show: false },
            ticks,
            gap: 4,
            size: this.large ? 26 : 20,
            space: this.large ? 60 : 50,
            values: (_, at) => at.map((v) => (Number.isInteger(v) ? number(v) : "")),
          },
          {
            stroke: ink,
            font,
            grid,
            ticks,
            gap: 6,
            size: (_, texts) => 14 + 6.8 * Math.max(2, ...(texts ?? []).map((text) => text.length)),
            space: this.large ? 36 : 28,
            values: (_, at) => axisTexts(at),
          },
        ],
        series: [
          {},
          ...view.lines.map(({ column }) => ({
            stroke: () => columnColour(column),
            width: this.large ? 2 : 1.6,
            dash: DASHES[column],
            points: { show: false },
          })),
        ],
        hooks: {
          drawAxes: [(chart) => this.drawBelow(chart)],
          draw: [(chart) => this.drawAbove(chart)],
          setCursor: [(chart) => this.sayPointed(chart), (chart) => this.tellMoves(chart)],
        },
      },
      data,
      this.box,
    );
  }

  /**
   * Room that the labels at the ends take [px].
   * @param {View} view
   */
  labelWidth(view) {
    ruler.font = `${TEXT}px ${FONT}`;
    const widest = Math.max(
      ...view.lines.map(({ name }) => ruler.measureText(`${name} ${view.widest}`).width),
    );
    return Math.min(0.45 * this.box.clientWidth, 24 + widest);
  }

  /**
   * The zero line of differences, and where levers were moved.
   * @param {uPlot} chart
   */
  drawBelow(chart) {
    const { view } = this;
    if (!view) return;
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    ctx.save();
    if (view.differences) {
      const y = Math.round(chart.valToPos(0, "y", true));
      ctx.strokeStyle = colour("--ink");
      ctx.lineWidth = 1.2 * ratio;
      stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
    }
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.strokeStyle = colour("--muted");
    for (const { step, column } of view.moves) {
      const x = Math.round(chart.valToPos(step, "x", true));
      stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
      ctx.fillStyle = columnColour(column);
      drawMarker(ctx, column, x, bbox.top + 5 * ratio, 4 * ratio);
    }
    ctx.restore();
  }

  /**
   * Markers along the lines, labels at their ends.
   * @param {uPlot} chart
   */
  drawAbove(chart) {
    const { view } = this;
    const last = chart.data[0].length - 1;
    if (!view || last < 0) return;
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    const radius = (this.large ? 4 : 3) * ratio;
    const apart = Math.max(1, Math.ceil(last / MARKERS_A_LINE));
    const known = view.lines.map((_, line) => chart.data[line + 1][last] != null);
    const at = (/** @type {number} */ line, /** @type {number} */ i) =>
      chart.valToPos(chart.data[line + 1][i] ?? NaN, "y", true);
    ctx.save();
    ctx.setLineDash([]);
    view.lines.forEach(({ column }, line) => {
      ctx.fillStyle = columnColour(column);
      if (this.large) {
        for (let i = last - apart; i > 0; i -= apart)
          drawMarker(ctx, column, chart.valToPos(chart.data[0][i], "x", true), at(line, i), radius * 0.8);
      }
      if (known[line])
        drawMarker(ctx, column, chart.valToPos(chart.data[0][last], "x", true), at(line, last), radius);
    });
    if (this.large) {
      const right = chart.valToPos(chart.data[0][last], "x", true);
      const wanted = view.lines.map((_, line) => (known[line] ? at(line, last) : bbox.top + bbox.height));
      if (view.zero) wanted.push(chart.valToPos(0, "y", true));
      const placed = spread(
        wanted,
        (TEXT + 3) * ratio,
        bbox.top + 4 * ratio,
        bbox.top + bbox.height - 4 * ratio,
      );
      ctx.font = `${TEXT * ratio}px ${FONT}`;
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      view.lines.forEach(({ column, name, values }, line) => {
        const value = view.words(values[values.length - 1]);
        const words = fitting(ctx, name, value, ctx.canvas.width - right - 17 * ratio);
        ctx.strokeStyle = columnColour(column);
        ctx.lineWidth = ratio;
        stroke(ctx, right + 6 * ratio, wanted[line], right + 14 * ratio, placed[line]);
        write(ctx, words, right + 17 * ratio, placed[line], colour("--ink"));
      });
      if (view.zero) {
        write(ctx, view.zero, right + 17 * ratio, placed[view.lines.length], colour("--muted"));
      }
    }
    ctx.restore();
  }

  /** @param {uPlot} chart */
  sayPointed(chart) {
    if (!this.large || !this.view) return;
    const i = chart.cursor.idx;
    if (i == null || (chart.cursor.left ?? -1) < 0) {
      say(this.pointed, HINT);
      return;
    }
    const step = Math.round(chart.data[0][i]);
    const { view } = this;
    const parts = view.lines.map(
      ({ name, values }) => `${name} ${view.words(values[Math.min(step, values.length - 1)])}`,
    );
    say(this.pointed, `Step ${number(step)}: ${parts.join(", ")}`);
  }

  /**
   * Tells which levers were moved, where somebody points at the mark of it.
   * @param {uPlot} chart
   */
  tellMoves(chart) {
    const left = chart.cursor.left ?? -1;
    const { moves, names } = /** @type {View} */ (this.view);
    const isNear = (/** @type {number} */ step) => Math.abs(chart.valToPos(step, "x") - left) <= NEAR;
    const near = left < 0 || !this.box.matches(":hover, :focus") ? [] : moves.filter(({ step }) => isNear(step));
    this.told.hidden = !near.length;
    say(this.told, near.map((move) => moveWords(move, names)).join("\n"));
    // As far along itself as its mark is along the chart, it never leaves it.
    const along = (100 * (chart.over.offsetLeft + left)) / chart.width;
    this.told.style.left = `${along}%`;
    this.told.style.translate = `-${along}%`;
  }

  /** @param {KeyboardEvent} event */
  point(event) {
    const { chart } = this;
    if (!chart || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    const last = chart.data[0].length - 1;
    const from =
      (chart.cursor.left ?? -1) >= 0
        ? (chart.cursor.idx ?? last)
        : last + (event.key === "ArrowLeft" ? 1 : 0);
    const to = Math.max(0, Math.min(last, from + (event.key === "ArrowLeft" ? -1 : 1)));
    chart.setCursor({ left: chart.valToPos(chart.data[0][to], "x"), top: 10 });
    find("spoken", HTMLElement).textContent = [this.pointed, this.told]
      .flatMap(({ textContent }) => textContent || [])
      .join(". ");
  }
}

/**
 * Numbers of an axis, all with as many decimals as the finest needs.
 * @param {number[]} at
 */
export function axisTexts(at) {
  const gap = at.length > 1 ? Math.abs(at[1] - at[0]) : 1;
  let digits = 0;
  while (digits < 6 && Math.abs(gap * 10 ** digits - Math.round(gap * 10 ** digits)) > 1e-6) digits++;
  const largest = Math.max(...at.map(Math.abs));
  if (largest >= 1e6) return at.map((value) => `${number(value / 1e6, gap < 1e6 ? 1 : 0)} m`);
  return at.map((value) => number(value, digits));
}

/**
 * A name and its value, the name cut short where there is no room for it [device px].
 * @param {CanvasRenderingContext2D} context
 * @param {string} name
 * @param {string} value
 * @param {number} room
 */
function fitting(context, name, value, room) {
  let words = `${name} ${value}`;
  for (let n = name.length - 1; n > 0 && context.measureText(words).width > room; n--)
    words = `${name.slice(0, n)}\u2026 ${value}`;
  return words;
}

/**
 * Writes words that stay readable where a line passes behind them.
 * @param {CanvasRenderingContext2D} context
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {string} ink
 */
function write(context, words, x, y, ink) {
  context.save();
  context.lineJoin = "round";
  context.lineWidth = 4 * devicePixelRatio;
  context.strokeStyle = colour("--paper");
  context.strokeText(words, x, y);
  context.fillStyle = ink;
  context.fillText(words, x, y);
  context.restore();
}

/**
 * Values with gaps where there is none, as uPlot takes them.
 * @param {number[]} line
 * @returns {(number | null)[]}
 */
function withGaps(line) {
  return line.map((value) => (Number.isFinite(value) ? value : null));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} toX
 * @param {number} toY
 */
function stroke(context, x, y, toX, toY) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
