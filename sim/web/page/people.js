/** The people picture: a fixed place for each person. */

import { MEMBER, MOTIVE, TAKES_PART } from "./contract.js";
import { colour, motiveColour } from "./palette.js";

/**
 * @typedef {object} Stamp pixels around a place
 * @property {Int32Array} dx
 * @property {Int32Array} dy
 * @property {Uint32Array} colours
 */

/** Who is drawn first: outside, members, those who take part. */
const LAYERS = [0, MEMBER, TAKES_PART];
/** Radius at which a member is seen well [CSS px]. */
const SEEN = 3.4;
/** Room around all people, into which those at the edge may reach [px]. */
const EDGE = 2;
const KINDS = 32;

/**
 * Distances between people, across and down [px]: whole numbers, so that the grid is even; the
 * largest with which all fit.
 * @param {number} n
 * @param {number} width
 * @param {number} height
 * @returns {[across: number, down: number]}
 */
export function pitchOf(n, width, height) {
  const fits = (/** @type {number} */ across, /** @type {number} */ down) =>
    Math.floor(width / across) * Math.floor(height / down) >= n;
  for (let pitch = Math.ceil(Math.sqrt((width * height) / n)); pitch > 1; pitch--) {
    if (fits(pitch, pitch)) return [pitch, pitch];
    if (fits(pitch - 1, pitch)) return [pitch - 1, pitch];
    if (fits(pitch, pitch - 1)) return [pitch, pitch - 1];
  }
  return [1, 1];
}

export class Picture {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.drawn = new Uint8Array(0);
    /** @type {[across: number, down: number]} */
    this.pitch = [1, 1];
    /** @type {Stamp[]} one a kind of person */
    this.stamps = [];
    /** @type {ImageData | null} */
    this.image = null;
    this.paper = 0;
    /** @type {number[]} */
    this.room = [];
  }

  /** Forgets what is drawn: the theme has changed. */
  forget() {
    this.image = null;
  }

  /** Width and height of the picture on the screen [px]. */
  size() {
    const ratio = devicePixelRatio;
    return [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
  }

  /**
   * @param {Uint8Array} people
   * @param {number[]} room width and height that all pictures have [px], so that places agree
   */
  draw(people, room) {
    const [width, height] = this.size();
    if (!width || !height || !people.length) return;
    const { image, drawn } = this;
    if (String(room) !== String(this.room)) this.forget();
    this.room = room;
    if (this.image && image?.width === width && image.height === height && drawn.length === people.length) {
      if (drawn.every((kind, i) => kind === people[i])) return;
      this.redraw(image, people);
    } else {
      this.redraw(this.begin(width, height, people.length), people);
    }
  }

  /**
   * Draws everybody: first who stands outside, last who takes part, so that these lie on top.
   * @param {ImageData} image
   * @param {Uint8Array} people
   */
  redraw(image, people) {
    const pixels = new Uint32Array(image.data.buffer);
    const { width, height } = image;
    const [across, down] = this.pitch;
    const inRow = Math.floor((this.room[0] - 2 * EDGE) / across);
    const left = ((this.room[0] - inRow * across) >> 1) + (across >> 1);
    const top = EDGE + (down >> 1);
    pixels.fill(this.paper);
    for (const layer of LAYERS) {
      for (let i = 0; i < people.length; i++) {
        const kind = people[i] & (KINDS - 1);
        if (layerOf(kind) !== layer) continue;
        const { dx, dy, colours } = this.stamps[kind];
        const x = left + (i % inRow) * across;
        const y = top + Math.floor(i / inRow) * down;
        for (let p = 0; p < colours.length; p++) {
          const toX = x + dx[p];
          const toY = y + dy[p];
          if (toX >= 0 && toX < width && toY >= 0 && toY < height) pixels[toY * width + toX] = colours[p];
        }
      }
    }
    this.drawn.set(people);
    this.context.putImageData(image, 0, 0);
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} n
   */
  begin(width, height, n) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.drawn = new Uint8Array(n);
    this.pitch = pitchOf(n, this.room[0] - 2 * EDGE, this.room[1] - 2 * EDGE);
    this.stamps = stampsFor(this.pitch);
    const context = readable(1);
    context.fillStyle = colour("--paper");
    context.fillRect(0, 0, 1, 1);
    this.paper = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0];
    return this.image;
  }
}

/** @param {number} kind */
function layerOf(kind) {
  return kind & TAKES_PART || kind & MEMBER;
}

/**
 * A drawing surface whose pixels are read back.
 * @param {number} side
 */
function readable(side) {
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  return /** @type {OffscreenCanvasRenderingContext2D} */ (context);
}

/** The stamps made last: all pictures of a page are of one size. */
let made = { key: "", stamps: /** @type {Stamp[]} */ ([]) };

/**
 * @param {[across: number, down: number]} pitch
 * @returns {Stamp[]}
 */
function stampsFor(pitch) {
  const key = `${pitch} ${devicePixelRatio} ${colour("--paper")}`;
  if (made.key !== key)
    made = { key, stamps: Array.from({ length: KINDS }, (_, kind) => stamp(kind, pitch)) };
  return made.stamps;
}

/**
 * The pixels of one kind of person around their place. Where there is little room, members reach
 * over their neighbours, else nobody would see them among the many outside.
 * @param {number} kind
 * @param {[across: number, down: number]} pitch
 * @returns {Stamp}
 */
function stamp(kind, pitch) {
  const least = Math.min(...pitch);
  const own = 0.45 * least;
  const radius = layerOf(kind) ? Math.max(own, Math.min(SEEN * devicePixelRatio, 0.8 * least)) : own;
  const middle = Math.ceil(radius) + 1;
  const side = 2 * middle;
  const [x, y] = pitch.map((each) => middle + (each % 2) / 2);
  const context = readable(side);
  drawPerson(context, kind, x, y, radius);
  const mask = context.getImageData(0, 0, side, side).data;
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = colour("--paper");
  context.fillRect(0, 0, side, side);
  const colours = new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
  const inked = Array.from(colours.keys()).filter((p) => mask[4 * p + 3] > 0);
  return {
    dx: Int32Array.from(inked, (p) => (p % side) - middle),
    dy: Int32Array.from(inked, (p) => Math.floor(p / side) - middle),
    colours: Uint32Array.from(inked, (p) => colours[p]),
  };
}

/**
 * Draws one person of a kind around a point: filled, outlined or faint, in the colour of the motive.
 * @param {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} context
 * @param {number} kind
 * @param {number} x
 * @param {number} y
 * @param {number} most radius that there is room for
 */
export function drawPerson(context, kind, x, y, most) {
  const ink = motiveColour(kind & MOTIVE);
  const radius = Math.min(most, 9 * devicePixelRatio);
  const full = 2 * Math.PI;
  context.fillStyle = context.strokeStyle = ink;
  context.beginPath();
  if (kind & TAKES_PART) {
    context.arc(x, y, radius, 0, full);
    context.fill();
  } else if (kind & MEMBER) {
    const line = Math.max(1, radius * 0.3);
    context.lineWidth = line;
    context.arc(x, y, radius - line / 2, 0, full);
    context.stroke();
  } else {
    context.globalAlpha = 0.32;
    context.arc(x, y, Math.max(0.5, radius * 0.45), 0, full);
    context.fill();
    context.globalAlpha = 1;
  }
}

/**
 * How many people of each motive take part, are members only, or stand outside.
 * @param {Uint8Array} people
 * @param {number} nMotives
 * @returns {[taking: number, member: number, outside: number][]} one a motive
 */
export function countPeople(people, nMotives) {
  const counts = Array.from({ length: nMotives }, () => /** @type {[number, number, number]} */ ([0, 0, 0]));
  for (const person of people) {
    const row = counts[person & MOTIVE];
    if (row) row[person & TAKES_PART ? 0 : person & MEMBER ? 1 : 2]++;
  }
  return counts;
}
