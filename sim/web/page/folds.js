/** Folds: parts of the page that stay closed until a reader, a link or a printer wants them. */

import { say } from "./dom.js";

/**
 * @param {HTMLElement} host
 * @param {string} selector
 * @returns {HTMLDetailsElement[]}
 */
function foldsIn(host, selector) {
  return Array.from(host.querySelectorAll(selector));
}

/**
 * Lets a button open all folds that it names, and close them where all are open.
 * @param {HTMLElement} button
 * @param {HTMLElement} host what they are in
 */
export function openTogether(button, host) {
  const folds = foldsIn(host, button.dataset["folds"] ?? "");
  const areOpen = () => folds.every((fold) => fold.open);
  button.addEventListener("click", () => {
    const open = !areOpen();
    for (const fold of folds) fold.open = open;
  });
  for (const fold of folds) {
    fold.addEventListener("toggle", () => say(button, areOpen() ? "Close all" : "Open all"));
  }
}

/**
 * Opens all folds for as long as the page is printed.
 * @param {HTMLElement} host what they are in
 */
export function openForPrint(host) {
  /** @type {HTMLDetailsElement[]} */
  let closed = [];
  const setAll = (/** @type {boolean} */ open) => {
    for (const fold of closed) fold.open = open;
  };
  addEventListener("beforeprint", () => {
    closed = foldsIn(host, ".fold:not([open])");
    setAll(true);
  });
  addEventListener("afterprint", () => setAll(false));
}
