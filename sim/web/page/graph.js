/** The network of one column on a canvas: people, their ties, the company and its problems. */

import { drawMark, HUSHED } from "./mark.js";
import { around, colour, COMPANY } from "./palette.js";
import { number } from "./words.js";

/**
 * @typedef {import("./contract.js").NetworkLayout} Layout
 * @typedef {import("./contract.js").Fates} Fates
 *
 * @typedef {object} Scene what is drawn
 * @property {Layout} layout
 * @property {Fates} fates
 * @property {number} nPeople of the whole world
 * @property {number} chosen place of the person chosen, or -1
 * @property {number} alone motive that is seen alone, or -1
 */

/** Room around everything [CSS px]. */
const EDGE = 10;
/** People stand outside of this circle, companies and problems inside. */
const TABLE = 0.45;
/** Distance between people at which marks have their full size [CSS px]. */
const ROOMY = 16;
/** How near a pointer must be to mean a person [CSS px]. */
const NEAR = 14;
const FULL = 2 * Math.PI;
/** Lines of contests: other lines have none. */
const DASH = [7, 4];
const HEXAGON = new Path2D(COMPANY);

export class Graph {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.width = this.height = 0;
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { canvas, context } = this;
    const ratio = devicePixelRatio;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    if (!this.width || !this.height) return;
    const [width, height] = [this.width, this.height].map((side) => Math.round(side * ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.drawTies(scene);
    this.drawTable(scene);
    this.drawPeople(scene);
    if (scene.chosen >= 0) this.drawChosen(scene);
  }

  /**
   * Where a point of the layout lies on the canvas.
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]}
   */
  spot(x, y) {
    return [this.width / 2 + x * (this.width / 2 - EDGE), this.height / 2 + y * (this.height / 2 - EDGE)];
  }

  /**
   * Full size of marks, less where many people stand in little room.
   * @param {Layout} layout
   */
  unit(layout) {
    const room = 0.6 * this.width * this.height;
    return Math.min(1.2, Math.sqrt(room / Math.max(1, layout.people.length)) / ROOMY);
  }

  /**
   * @param {Scene} scene
   * @param {number} i
   */
  radius({ layout, fates }, i) {
    return this.unit(layout) * Math.min(9, 2.4 + 0.9 * Math.sqrt(fates.made[i]));
  }

  /** @param {Scene} scene */
  drawTies({ layout, fates }) {
    const { company } = fates;
    const common = (/** @type {number[]} */ [a, b]) => company[a] >= 0 && company[a] === company[b];
    this.drawLines(
      layout,
      layout.ties.filter((tie) => !common(tie)),
      colour("--edge"),
      0.8,
    );
    this.drawLines(layout, layout.ties.filter(common), colour("--ink"), 1.5);
  }

  /**
   * @param {Layout} layout
   * @param {number[][]} ties
   * @param {string} ink
   * @param {number} width
   */
  drawLines({ x, y }, ties, ink, width) {
    const { context } = this;
    context.strokeStyle = ink;
    context.lineWidth = width;
    context.beginPath();
    for (const [a, b] of ties) {
      context.moveTo(...this.spot(x[a], y[a]));
      context.lineTo(...this.spot(x[b], y[b]));
    }
    context.stroke();
  }

  /**
   * Companies amid their problems. Ties pass below, so that no line seems to lead to a problem.
   * @param {Scene} scene
   */
  drawTable({ layout, fates, nPeople, chosen }) {
    const { context } = this;
    const unit = Math.max(0.75, this.unit(layout));
    const [right, bottom] = this.spot(TABLE, TABLE);
    context.fillStyle = colour("--paper");
    context.beginPath();
    context.ellipse(
      this.width / 2,
      this.height / 2,
      right - this.width / 2,
      bottom - this.height / 2,
      0,
      0,
      FULL,
    );
    context.fill();
    layout.problems.forEach(({ company, x, y }, p) => {
      const from = layout.companies[company];
      this.drawLink(this.spot(from.x, from.y), this.spot(x, y), colour("--edge"), 1);
      const winner = layout.people.indexOf(fates.winners[p]);
      if (winner < 0) return;
      const ink = winner === chosen ? colour("--ink") : colour("--muted");
      context.setLineDash(DASH);
      this.drawLink(this.spot(x, y), this.spot(layout.x[winner], layout.y[winner]), ink, 2.5);
      context.setLineDash([]);
    });
    const side = 11 * unit;
    layout.problems.forEach(({ x, y }, p) => {
      const [left, top] = this.spot(x, y);
      const full = side * fates.quality[p];
      context.fillStyle = colour("--paper");
      context.fillRect(left - side / 2, top - side / 2, side, side);
      context.fillStyle = colour("--muted");
      context.fillRect(left - side / 2, top + side / 2 - full, side, full);
      context.strokeStyle = colour("--muted");
      context.lineWidth = 0.8;
      context.strokeRect(left - side / 2, top - side / 2, side, side);
    });
    context.fillStyle = colour("--ink");
    layout.companies.forEach(({ x, y }, c) => {
      const radius = unit * (4 + 36 * Math.sqrt(fates.members[c] / Math.max(1, nPeople)));
      context.fill(around(HEXAGON, ...this.spot(x, y), radius));
    });
  }

  /**
   * @param {[number, number]} from
   * @param {[number, number]} to
   * @param {string} ink
   * @param {number} width
   */
  drawLink(from, to, ink, width) {
    const { context } = this;
    context.strokeStyle = ink;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }

  /**
   * Draws who is hushed or stands outside first, who takes part last, so that these lie on top.
   * @param {Scene} scene
   */
  drawPeople(scene) {
    const { layout, fates } = scene;
    for (const layer of [0, 1, 2]) {
      layout.people.forEach((_, i) => {
        if ((isHushed(scene, i) ? 0 : stateOf(fates, i)) === layer) this.drawPerson(scene, i);
      });
    }
  }

  /**
   * @param {Scene} scene
   * @param {number} i
   */
  drawPerson(scene, i) {
    const { context } = this;
    const { layout, fates } = scene;
    const [x, y] = this.spot(layout.x[i], layout.y[i]);
    const hushed = isHushed(scene, i);
    context.globalAlpha = hushed ? HUSHED : 1;
    drawMark(context, layout.motives[i], hushed ? 0 : stateOf(fates, i), x, y, this.radius(scene, i));
    context.globalAlpha = 1;
  }

  /**
   * The person chosen, with a ring and a name, and all their ties.
   * @param {Scene} scene
   */
  drawChosen(scene) {
    const { context } = this;
    const { layout, chosen } = scene;
    const ink = colour("--ink");
    const own = layout.ties.filter((tie) => tie.includes(chosen));
    this.drawLines(layout, own, ink, 2.5);
    for (const i of new Set([...own.flat(), chosen])) {
      this.drawPerson(scene, i);
    }
    const [x, y] = this.spot(layout.x[chosen], layout.y[chosen]);
    const radius = this.radius(scene, chosen) + 4;
    context.strokeStyle = ink;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(x, y, radius, 0, FULL);
    context.stroke();
    const words = number(layout.people[chosen]);
    context.font = "600 13px system-ui, sans-serif";
    context.textBaseline = "middle";
    const toLeft = x + radius + 6 + context.measureText(words).width > this.width;
    context.textAlign = toLeft ? "right" : "left";
    const at = x + (toLeft ? -radius - 4 : radius + 4);
    context.save();
    context.strokeStyle = colour("--paper");
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(words, at, y);
    context.restore();
    context.fillStyle = ink;
    context.fillText(words, at, y);
  }

  /**
   * The place of the person nearest to a point of the canvas, or -1.
   * @param {Layout} layout
   * @param {number} x
   * @param {number} y
   */
  nearest(layout, x, y) {
    let found = -1;
    let least = NEAR;
    layout.people.forEach((_, i) => {
      const [left, top] = this.spot(layout.x[i], layout.y[i]);
      const distance = Math.hypot(left - x, top - y);
      if (distance < least) [found, least] = [i, distance];
    });
    return found;
  }
}

/**
 * What a person does, as a number.
 * @param {Fates} fates
 * @param {number} i
 */
export function stateOf(fates, i) {
  return fates.takes_part[i] ? 2 : fates.company[i] >= 0 ? 1 : 0;
}

/**
 * Whether a person is drawn faintly, since another motive is seen alone.
 * @param {Scene} scene
 * @param {number} i
 */
function isHushed({ layout, alone }, i) {
  return alone >= 0 && layout.motives[i] !== alone;
}
