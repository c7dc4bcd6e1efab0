/** The fragment of the address: all settings of a run, which is the permalink, or a place in the page. */

/** @typedef {import("./contract.js").Settings} Settings */

const KEY = "#lab=";

/**
 * Packs settings as the server reads them: base64url of compact JSON.
 * @param {Settings} settings
 * @returns {string}
 */
export function pack(settings) {
  const { scenario, columns, seed, people, moves } = settings;
  const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, scenario, columns, seed, people, moves }));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Returns the packed settings in the fragment of the page's address, if there are any.
 * @returns {string | null}
 */
export function linkOfPage() {
  return location.hash.startsWith(KEY) ? location.hash.slice(KEY.length) : null;
}

/**
 * Returns the id of the place in the page that its address names, "" without one.
 * @returns {string}
 */
export function namedPlace() {
  return linkOfPage() === null ? location.hash.slice(1) : "";
}

/**
 * Returns the address that opens these settings, without anything that lets a stranger in.
 * @param {string} packed
 * @returns {string}
 */
export function address(packed) {
  return `${location.origin}${location.pathname}${KEY}${packed}`;
}
