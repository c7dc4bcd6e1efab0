/** What the pictures of a study have in common: numbers, names and looks. */

import { make, makeTable } from "./dom.js";
import { group } from "./legend.js";
import { swatch } from "./palette.js";
import { plain } from "./store.js";
import { capital, number } from "./words.js";

/** As many arms have a look of their own. */
const LOOKS = 6;

/**
 * The look of an arm; beyond the sixth they come again, so that names stand beside them.
 * @param {number} arm
 */
export function look(arm) {
  return arm % LOOKS;
}

/**
 * Whether a mark is one of those that are chosen; all are where nothing is.
 * @param {import("./studies.js").Choice} choice
 * @param {import("./studies.js").Choice} mark
 */
export function isAmong(choice, { place, arm }) {
  return (choice.place < 0 || choice.place === place) && (choice.arm < 0 || choice.arm === arm);
}

/**
 * Whether a mark is marked as chosen.
 * @param {import("./studies.js").Choice} choice
 * @param {import("./studies.js").Choice} mark
 */
export function isMarked(choice, mark) {
  return (choice.place >= 0 || choice.arm >= 0) && isAmong(choice, mark);
}

/**
 * What a place is called.
 * @param {import("./studies.js").Told} told
 * @param {number} place
 */
export function placeOf(told, place) {
  return told.places.find(([each]) => each === place)?.[1] ?? "";
}

/**
 * What an arm at a place is called.
 * @param {import("./studies.js").Told} told
 * @param {import("./studies.js").Choice} choice
 */
export function nameOf(told, { place, arm }) {
  return [plain(told.labels[arm]), placeOf(told, place)].filter(Boolean).join(", ");
}

/**
 * A number with three digits, or all of a large whole part.
 * @param {number} value
 */
export function significant(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size >= 100 || size === 0) return number(value);
  return number(value, Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size)))));
}

/**
 * The markers of all arms, as in a legend.
 * @param {import("./studies.js").Told} told
 */
export function armKeys(told) {
  const keys = told.arms.map((name, arm) => make("span", { class: "key" }, swatch(look(arm)), plain(name)));
  return group(`${capital(told.who)}:`, ...keys);
}

/**
 * A title as it stands inside a sentence.
 * @param {string} title
 */
export function lower(title) {
  return /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

/**
 * Title and unit of an outcome.
 * @param {import("./studies.js").Outcome} outcome
 */
export function heading({ title, unit }) {
  return ["", "1", "-"].includes(unit) ? title : `${title} (${unit})`;
}

/**
 * A table; words stand at the left of its cells, numbers at the right.
 * @param {string[]} titles
 * @param {(string | HTMLElement)[][]} rows
 */
export function table(titles, rows) {
  const isText = (/** @type {number} */ column) =>
    rows.some((row) => typeof row[column] !== "string" || /^[a-z]/i.test(row[column]));
  const looks = titles.map((_, column) => (isText(column) ? "text" : undefined));
  return makeTable(titles, rows, { looks });
}
