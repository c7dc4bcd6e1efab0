/** What the pictures of a study have in common: numbers, names and looks. */

import { make } from "./dom.js";
import { swatch } from "./palette.js";
import { number } from "./words.js";

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
 * Whether a mark is one of those that are chosen.
 * @param {import("./studies.js").Choice} choice
 * @param {number} place
 * @param {number} arm
 */
export function isAmong(choice, place, arm) {
  return (choice.place < 0 || choice.place === place) && (choice.arm < 0 || choice.arm === arm);
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
 * The marker of an arm.
 * @param {number} arm
 */
export function armSwatch(arm) {
  return swatch(look(arm));
}

/**
 * A title as it stands inside a sentence.
 * @param {string} title
 */
export function lower(title) {
  return /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

/**
 * The same words, which may go on in another line after each dot and underscore.
 * @param {string} words
 */
export function breakable(words) {
  return words.split(/(?<=[._])/).flatMap((part, n) => (n ? [make("wbr"), part] : [part]));
}

/**
 * Title and unit of an outcome.
 * @param {import("./studies.js").Outcome} outcome
 */
export function heading({ title, unit }) {
  return ["", "1", "-"].includes(unit) ? title : `${title} (${unit})`;
}
