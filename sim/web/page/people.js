/** The people picture: a fixed place for each person. */

import { MEMBER, MOTIVE, TAKES_PART } from "./contract.js";
import { drawMark, HUSHED, STATES } from "./mark.js";
import { colour } from "./palette.js";

/**
 * @typedef {object} Stamp pixels around a place
 * @property {number} layer drawn first where it is 0, last where it is 2
 * @property {Int32Array} dx
 * @property {Int32Array} dy
 * @property {Uint32Array} colours
 */

/**
 * Radius at which the shape of a mark is seen well, with sharp edges, and at which it is just seen
 * [CSS px]; between these it takes so much of the distance between people.
 */
const SEEN = 3.9;
const JUST_SEEN = 2.8;
const CLOSE = 0.8;
const LARGEST = 9;
/** Size of who stands outside, as part of the room for one person, if nobody looks for them. */
const OUTSIDE = 0.6;
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
    this.alone = -1;
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
   * @param {number} alone the motive that is seen alone, or -1 for all
   */
  draw(people, room, alone) {
    const [width, height] = this.size();
    if (!width || !height || !people.length) return;
    const { image, drawn } = this;
    if (String(room) !== String(this.room) || alone !== this.alone) this.forget();
    this.room = room;
    this.alone = alone;
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
    for (let layer = 0; layer < STATES.length; layer++) {
      for (let i = 0; i < people.length; i++) {
        const stamp = this.stamps[people[i] & (KINDS - 1)];
        if (stamp.layer !== layer) continue;
        const { dx, dy, colours } = stamp;
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
    this.stamps = stampsFor(this.pitch, this.alone);
    const context = readable(1);
    context.fillStyle = colour("--paper");
    context.fillRect(0, 0, 1, 1);
    this.paper = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0];
    return this.image;
  }
}

/**
 * What a person of a kind does, as a number.
 * @param {number} kind
 */
function stateOf(kind) {
  return kind & TAKES_PART ? 2 : kind & MEMBER ? 1 : 0;
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
 * @param {number} alone
 * @returns {Stamp[]}
 */
function stampsFor(pitch, alone) {
  const key = `${pitch} ${alone} ${devicePixelRatio} ${colour("--paper")}`;
  if (made.key !== key)
    made = { key, stamps: Array.from({ length: KINDS }, (_, kind) => stamp(kind, pitch, alone)) };
  return made.stamps;
}

/**
 * The pixels of one kind of person around their place. Where there is little room, members reach
 * over their neighbours, else nobody would see them among the many outside.
 * @param {number} kind
 * @param {[across: number, down: number]} pitch
 * @param {number} alone
 * @returns {Stamp}
 */
function stamp(kind, pitch, alone) {
  const motive = kind & MOTIVE;
  const isHushed = alone >= 0 && motive !== alone;
  const layer = isHushed ? 0 : stateOf(kind);
  const least = Math.min(...pitch);
  const own = Math.min(0.45 * least, LARGEST * devicePixelRatio);
  const close = Math.max(JUST_SEEN * devicePixelRatio, CLOSE * least);
  const seen = Math.max(own, Math.min(SEEN * devicePixelRatio, close));
  const radius = layer ? seen : motive === alone ? own : OUTSIDE * own;
  const middle = Math.ceil(1.5 * radius) + 1;
  const side = 2 * middle + 1;
  const context = readable(side);
  if (isHushed) context.globalAlpha = HUSHED;
  drawMark(context, motive, layer, middle + 0.5, middle + 0.5, radius);
  const mask = context.getImageData(0, 0, side, side).data;
  context.globalCompositeOperation = "destination-over";
  context.globalAlpha = 1;
  context.fillStyle = colour("--paper");
  context.fillRect(0, 0, side, side);
  const colours = new Uint32Array(context.getImageData(0, 0, side, side).data.buffer);
  const inked = Array.from(colours.keys()).filter((p) => mask[4 * p + 3] > 0);
  return {
    layer,
    dx: Int32Array.from(inked, (p) => (p % side) - middle),
    dy: Int32Array.from(inked, (p) => Math.floor(p / side) - middle),
    colours: Uint32Array.from(inked, (p) => colours[p]),
  };
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
