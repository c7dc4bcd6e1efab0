/** Tab How it works: the five shifts and the rules of a step in words, with their sandboxes. */

import { ask, wordsOf } from "./ask.js";
import { find, make, say } from "./dom.js";
import { openForPrint, openTogether } from "./folds.js";
import { namedPlace } from "./link.js";
import { Sandbox } from "./sandbox.js";
import { Trial } from "./trial.js";

/** Draws of people and luck that the reader may go through. */
const MOST_LUCK = 20;
/** So far ahead of what is seen the sandboxes of rules are fetched. */
const AHEAD = "400px";

export class How {
  /** @param {() => void} show shows the tab */
  constructor(show) {
    this.show = show;
    this.tab = find("tab-how", HTMLElement);
    const people = find("how-people", HTMLSelectElement);
    /** What the sandboxes of the shifts have in common. */
    this.world = { people: Number(people.value), luck: 1 };
    this.sandboxes = this.all(".sandbox").map((host) => new Sandbox(host, this.world));
    people.addEventListener("change", () => {
      this.world.people = Number(people.value);
      this.draw();
    });
    find("how-luck", HTMLButtonElement).addEventListener("click", () => {
      this.world.luck = (this.world.luck % MOST_LUCK) + 1;
      this.draw();
    });
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          seen.unobserve(target);
          fill(/** @type {HTMLElement} */ (target));
        }
      },
      { rootMargin: AHEAD },
    );
    for (const host of this.all(".trials")) seen.observe(host);
    openForPrint(this.tab);
    for (const button of this.all(".open-all")) openTogether(button, this.tab);
    for (const fold of this.all(".shift")) fold.addEventListener("toggle", () => this.draw());
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement[]}
   */
  all(selector) {
    return Array.from(this.tab.querySelectorAll(selector));
  }

  /** Goes to the part that the page's address names, if it names one of this tab. */
  followLink() {
    const place = document.getElementById(namedPlace());
    if (!place || !this.tab.contains(place)) return;
    this.show();
    if (place instanceof HTMLDetailsElement) {
      place.open = true;
      place.querySelector("summary")?.focus();
    }
    place.scrollIntoView();
  }

  /** Shows what the sliders of the open shifts say; nothing is worked out before they are opened. */
  draw() {
    if (this.tab.hidden) return;
    say(find("how-draw", HTMLElement), `Draw ${this.world.luck} of ${MOST_LUCK}`);
    for (const sandbox of this.sandboxes) {
      if (sandbox.host.closest("details")?.open) sandbox.follow();
    }
  }
}

/**
 * Fetches the sandboxes of a turn of a step.
 * @param {HTMLElement} host
 */
async function fill(host) {
  const turn = host.dataset["turn"];
  host.replaceChildren(make("p", { class: "soft" }, "Working it out \u2026"));
  try {
    /** @type {import("./trial.js").Told[]} */
    const told = await ask(`rules?turn=${turn}`);
    host.replaceChildren(...told.map((each, n) => new Trial(each, `trial-${turn}-${n}`).element));
  } catch (error) {
    const again = make("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => fill(host));
    host.replaceChildren(make("p", { class: "trouble", role: "status" }, wordsOf(error)), again);
  }
}
