/** One sentence that states what is seen, made from the numbers. */

import { capital, listed, number, shown } from "./words.js";

/** Numbers of columns, from two on, in words. */
const COUNTS = ["Two", "Three", "Four", "Five", "Six"];

/**
 * What is seen now, and how sure it is.
 * @param {import("./store.js").Store} store
 * @returns {{seen: string, sure: string}}
 */
export function sentence(store) {
  const sure = "This is one run, and luck plays a part: a study of, say, 200 runs tells how sure it is.";
  if (store.step === 0) {
    const people = number(store.about.people);
    const ways = `${COUNTS[store.nColumns - 2]} ways of managing`;
    return {
      seen: `${ways} the same ${people} simulated people, with the same luck.`,
      sure: "Press Play to see under which more of them take part: what differs comes from how they are managed.",
    };
  }
  const series = store.about.series[store.headline];
  const values = store.names.map((_, column) => store.now(column, store.headline));
  const texts = values.map((value) => shown(series, value));
  const top = texts[values.indexOf(Math.max(...values))];
  const bottom = texts[values.indexOf(Math.min(...values))];
  const when = store.ended ? `At the end, after ${steps(store.step)},` : `At step ${number(store.step)}`;
  if (top === bottom) {
    return {
      seen: `${when} the same share of people takes part under ${listed(store.names)} (${top}).`,
      sure,
    };
  }
  const under = (/** @type {string} */ text) => listed(store.names.filter((_, c) => texts[c] === text));
  if (values.length === 2) {
    return {
      seen: `${when} more people take part under ${under(top)} (${top}) than under ${under(bottom)} (${bottom}).`,
      sure,
    };
  }
  return {
    seen: `${when} most people take part under ${under(top)} (${top}), fewest under ${under(bottom)} (${bottom}).`,
    sure,
  };
}

/** @param {number} n */
function steps(n) {
  return n === 1 ? "1 step" : `${number(n)} steps`;
}

/**
 * Why a run ended, as a sentence of its own.
 * @param {string} reason
 */
export function ending(reason) {
  return reason ? `${capital(reason).replace(/\.$/, "")}.` : "";
}
