/** Light and dark: as the system says, or as the reader chose. */

import { find } from "./dom.js";
import { forgetColours } from "./palette.js";

const KEY = "cocreate-theme";

/**
 * Sets the theme, and calls where it changes.
 * @param {() => void} changed
 */
export function watchTheme(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = find("theme", HTMLButtonElement);
  const chosen = () => localStorage.getItem(KEY);
  const set = () => {
    const dark = chosen() ? chosen() === "dark" : system.matches;
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    button.setAttribute("aria-label", dark ? "Light theme" : "Dark theme");
    button.title = dark ? "Light theme" : "Dark theme";
    forgetColours();
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, document.documentElement.dataset["theme"] === "dark" ? "light" : "dark");
    set();
    changed();
  });
  system.addEventListener("change", () => {
    set();
    changed();
  });
  set();
}
