/** What must be said at once: the connection is lost, something was refused, something was done. */

import { find, say } from "./dom.js";
import { capital } from "./words.js";

const banner = find("banner", HTMLElement);
const bannerWords = find("banner-words", HTMLElement);
const note = find("note", HTMLElement);
const noteWords = find("note-words", HTMLElement);
/** Longest time that a note stays [ms]; refusals stay until they are put away. */
const A_WHILE = 4000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Shows the banner, which stays.
 * @param {string} words
 * @param {boolean} retry whether trying again makes sense
 */
export function showBanner(words, retry) {
  say(bannerWords, words);
  find("retry", HTMLButtonElement).hidden = !retry;
  banner.hidden = false;
}

export function hideBanner() {
  banner.hidden = true;
}

/**
 * Says something that was done, for a while.
 * @param {string} words
 */
export function tell(words) {
  show(words);
  timer = setTimeout(putAway, A_WHILE);
}

/**
 * Says why something was not done, until the reader puts it away.
 * @param {string} words
 */
export function refuse(words) {
  show(capital(words).replace(/([^.!?])$/, "$1."));
}

/** @param {string} words */
function show(words) {
  clearTimeout(timer);
  note.hidden = false;
  say(noteWords, words);
}

function putAway() {
  clearTimeout(timer);
  note.hidden = true;
  say(noteWords, "");
}

find("note-away", HTMLButtonElement).addEventListener("click", putAway);
