/** A person as a mark: shape and colour tell the main motive, the filling tells what they do. */

import { around, colour, element, MARKERS, motiveColour } from "./palette.js";

/** What a person does, by number; also what the style sheet calls it. */
export const STATES = ["outside", "member", "takes part"];
const [OUTSIDE, MEMBER] = [0, 1];

/**
 * Shapes of the motives, all of which can be outlined where they are small. None is a square, as the
 * problems of the network are, and none has both the shape and the colour of a column.
 */
const SHAPES = [MARKERS[0], MARKERS[4], MARKERS[2], "M-1.3-.75H1.3V.75H-1.3Z", MARKERS[3]];
const PATHS = SHAPES.map((shape) => new Path2D(shape));
/** Paper around who belongs to a company, so that marks that touch stay apart [px]. */
const HALO = 0.5;
const FAINT = 0.32;
/** Ink of those whom nobody looks for, where one motive is seen alone. */
export const HUSHED = 0.3;

/**
 * Draws a mark on paper.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} motive
 * @param {number} state
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function drawMark(context, motive, state, x, y, radius) {
  const path = around(PATHS[motive] ?? PATHS[0], x, y, radius);
  context.save();
  context.fillStyle = context.strokeStyle = colour("--paper");
  context.lineWidth = 2 * HALO;
  context.fill(path);
  if (state !== OUTSIDE) context.stroke(path);
  context.fillStyle = context.strokeStyle = motiveColour(motive);
  if (state === MEMBER) {
    context.clip(path); // the outline lies within
    context.lineWidth = 2 * Math.max(1, 0.25 * radius);
    context.stroke(path);
  } else {
    if (state === OUTSIDE) context.globalAlpha *= FAINT;
    context.fill(path);
  }
  context.restore();
}

/**
 * The same mark in a legend, without a motive in grey.
 * @param {number} motive or -1
 * @param {number} state
 * @param {number} x
 * @param {number} radius
 */
export function markElement(motive, state, x = 7, radius = 5) {
  return element("path", {
    class: `person ${STATES[state].split(" ")[0]} motive-${motive}`,
    d: SHAPES[motive] ?? SHAPES[0],
    transform: `translate(${x} 7) scale(${radius})`,
  });
}
