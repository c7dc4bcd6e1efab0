/** How columns and motives are told apart: colour, dash and marker, each in a fixed order. */

/** Lines of the columns: dashes in CSS pixels, none for the first. */
export const DASHES = [[], [9, 3], [2, 2.5], [10, 3, 2, 3], [5, 3], [16, 4]];

/** Markers as paths around (0, 0), about one unit in radius. */
export const MARKERS = [
  "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  "M-.9-.9H.9V.9H-.9Z",
  "M0-1.15L1.1.85H-1.1Z",
  "M0-1.3L1.1 0L0 1.3L-1.1 0Z",
  "M0 1.15L1.1-.85H-1.1Z",
  "M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z",
];

/** What a company looks like, whatever its style: no marker is a hexagon. */
export const COMPANY = "M0-1.15L1-.575V.575L0 1.15L-1 .575V-.575Z";

const PATHS = MARKERS.map((marker) => new Path2D(marker));

/** @type {Map<string, string>} */
const known = new Map();

/** Forgets the colours read so far: the theme has changed. */
export function forgetColours() {
  known.clear();
}

/**
 * A colour of the style sheet, by the name of its property: "--ink".
 * @param {string} property
 */
export function colour(property) {
  let value = known.get(property);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(property).trim();
    known.set(property, value);
  }
  return value;
}

/** @param {number} column */
export function columnColour(column) {
  return colour(`--look-${column}`);
}

/**
 * There are six colours for motives; any other is grey.
 * @param {number} motive
 */
export function motiveColour(motive) {
  return colour(motive < 6 ? `--motive-${motive}` : "--muted");
}

/**
 * A path of about one unit in radius, around a point.
 * @param {Path2D} unit
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function around(unit, x, y, radius) {
  const path = new Path2D();
  path.addPath(unit, { a: radius, d: radius, e: x, f: y });
  return path;
}

/**
 * Draws the marker of a column in the colour that is set.
 * @param {CanvasRenderingContext2D} context
 * @param {number} column
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function drawMarker(context, column, x, y, radius) {
  context.fill(around(PATHS[column], x, y, radius));
}

/**
 * A piece of a column's line with its marker, as it stands beside the column's name.
 * @param {number} column
 */
export function swatch(column) {
  const svg = element("svg", {
    class: `swatch look-${column}`,
    viewBox: "0 0 34 14",
    preserveAspectRatio: "xMidYMid slice",
    "aria-hidden": "true",
  });
  const dash = DASHES[column].join(" ");
  svg.append(
    element("path", {
      d: "M0 7H34",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": "2",
      "stroke-dasharray": dash || "none",
    }),
    element("path", { d: MARKERS[column], fill: "currentColor", transform: "translate(17 7) scale(4.5)" }),
  );
  return svg;
}

/**
 * An element of a drawing.
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function element(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
