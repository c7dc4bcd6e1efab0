/** Which levers were moved: the words of a mark, and the list beside the charts. */

import { find, make, say } from "./dom.js";
import { swatch } from "./palette.js";
import { plain } from "./store.js";
import { number } from "./words.js";

/** As many moves, the newest, are in sight at once. */
const FEW = 3;

/**
 * Says what was moved: "Step 52: tools 0.30 \u2192 0.80 under commons".
 * @param {import("./store.js").Made} move
 * @param {string[]} names of the columns
 */
export function moveWords({ step, column, lever, before, value }, names) {
  const to = value === null ? "let go" : number(value, 2);
  return `Step ${number(step)}: ${plain(lever)} ${number(before, 2)} \u2192 ${to} under ${names[column]}`;
}

export class Moves {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    this.host = find("mark", HTMLElement);
    this.seen = "";
  }

  /** Lists the moves made so far, the newest first. */
  draw() {
    const { made, names } = this.store;
    const seen = JSON.stringify([made, names]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.host.hidden = made.length === 0;
    const items = made.map((move) => make("li", {}, swatch(move.column), moveWords(move, names))).reverse();
    find("moves", HTMLElement).replaceChildren(...items.slice(0, FEW));
    find("moves-rest", HTMLElement).hidden = items.length <= FEW;
    say(find("moves-count", HTMLElement), `${number(items.length - FEW)} earlier`);
    find("moves-earlier", HTMLElement).replaceChildren(...items.slice(FEW));
  }
}
