/** Folds: parts of the page that stay closed until a reader, a link or a printer wants them. */

import { say } from "./dom.js";

/**
 * Lets a button open all of some folds, and close them where all are open.
 * @param {HTMLButtonElement} button
 * @param {HTMLDetailsElement[]} folds
 */
export function openTogether(button, folds) {
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
 * Opens folds for as long as the page is printed.
 * @param {HTMLDetailsElement[]} folds
 */
export function openForPrint(folds) {
  /** @type {HTMLDetailsElement[]} */
  let closed = [];
  const setAll = (/** @type {boolean} */ open) => {
    for (const fold of closed) fold.open = open;
  };
  addEventListener("beforeprint", () => {
    closed = folds.filter((fold) => !fold.open);
    setAll(true);
  });
  addEventListener("afterprint", () => setAll(false));
}
