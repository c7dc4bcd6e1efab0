/** Tab How it works: the five shifts, each with a sandbox, and the rules of a step in words. */

import { find, say } from "./dom.js";
import { Sandbox } from "./sandbox.js";

/** Draws of people and luck that the reader may go through. */
const MOST_LUCK = 20;

export class How {
  constructor() {
    this.tab = find("tab-how", HTMLElement);
    const people = find("how-people", HTMLSelectElement);
    /** What all sandboxes have in common. */
    this.world = { people: Number(people.value), luck: 1 };
    const hosts = /** @type {HTMLElement[]} */ (Array.from(this.tab.querySelectorAll(".sandbox")));
    this.sandboxes = hosts.map((host) => new Sandbox(host, this.world));
    people.addEventListener("change", () => {
      this.world.people = Number(people.value);
      this.draw();
    });
    find("how-luck", HTMLButtonElement).addEventListener("click", () => {
      this.world.luck = (this.world.luck % MOST_LUCK) + 1;
      this.draw();
    });
  }

  /** Shows what the sliders say; nothing is worked out before the tab is opened. */
  draw() {
    if (this.tab.hidden) return;
    say(find("how-draw", HTMLElement), `Draw ${this.world.luck} of ${MOST_LUCK}`);
    for (const sandbox of this.sandboxes) sandbox.follow();
  }
}
