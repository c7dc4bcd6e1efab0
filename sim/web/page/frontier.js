/** Every style at every point in the plane of two outcomes; those that nobody beats are joined. */

import { find, make, say } from "./dom.js";
import { buttons, colourOf, show, symbolOf } from "./figures.js";
import { Plot } from "./plotting.js";
import { plain } from "./store.js";
import { armKeys, heading, isMarked, lower, nameOf, placeOf, significant, table } from "./studywords.js";
import { capital, number } from "./words.js";

/** @typedef {{place: number, arm: number, n: number, x: number, y: number}} Spot */

const HEIGHT = 320;
const NARROW = 480;
/** A click so many pixels from a mark still means it. */
const NEAR = 10;
const MOST_ROWS = 400;

/**
 * @param {import("./studies.js").Told} told
 * @param {import("./studies.js").Choice} choice
 * @param {import("./figures.js").Choose} choose
 */
export function draw(told, choice, choose) {
  const host = find("study-frontier", HTMLElement);
  const words = find("study-frontier-words", HTMLElement);
  const axes = ["study-x", "study-y"].map((id) => {
    const select = find(id, HTMLSelectElement);
    return told.outcomes.findIndex(({ name }) => name === select.value);
  });
  const isThere = axes[0] >= 0 && axes[0] !== axes[1];
  host.hidden = find("study-frontier-table", HTMLElement).hidden = !isThere;
  if (!isThere) {
    const neither = "It takes two outcomes of which more or less is better.";
    say(words, axes[0] < 0 ? neither : "Choose two outcomes that differ.");
    return;
  }
  const [x, y] = axes.map((axis) => told.outcomes[axis]);
  const known = told.marks
    .map(([place, arm, n, means]) => ({ place, arm, n, x: means[axes[0]] ?? NaN, y: means[axes[1]] ?? NaN }))
    .filter((spot) => Number.isFinite(spot.x) && Number.isFinite(spot.y));
  const rivals = known.filter(({ place }) => choice.place < 0 || place === choice.place);
  const best = unbeaten(rivals, x.better, y.better);
  const joined = choice.place < 0 || told.places.length === 1 ? "all marks" : "the marks of the chosen point";
  const way = (/** @type {import("./studies.js").Outcome} */ { better }) => (better > 0 ? "more" : "less");
  say(
    words,
    `Marks are means, one for each ${told.one} at each point. Of ${lower(x.title)} ${way(x)} is better, of ${lower(y.title)} ${way(y)}. The line joins those of ${joined} that no other beats on both.`,
  );
  const chosen = known.filter((spot) => isMarked(choice, spot));
  const marks = [...known.filter((spot) => !chosen.includes(spot)), ...chosen]; // these lie on top
  const spots = marks.map((spot) => ({
    id: `spot-${spot.place}-${spot.arm}`,
    words: `${nameOf(told, spot)}: ${significant(spot.x)} across, ${significant(spot.y)} upwards, n = ${number(spot.n)}`,
    meant: { place: spot.place, arm: spot.arm },
    isChosen: spot.place === choice.place && spot.arm === choice.arm,
  }));
  const at = { x: "x", y: "y" };
  const ticks = host.clientWidth < NARROW ? 3 : 5;
  const axis = /** @type {const} */ ({ labelAnchor: "center", ticks, tickSize: 0 });
  const figure = {
    width: host.clientWidth,
    height: HEIGHT,
    marginLeft: 62,
    marginBottom: 42,
    inset: 12,
    x: { ...axis, label: heading(x), labelOffset: 36 }, // else its descenders are cut
    y: { ...axis, label: heading(y) },
    marks: [
      Plot.gridX({ ticks, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridY({ ticks, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.line(best, { ...at, stroke: "var(--muted)", strokeDasharray: "5 3" }),
      Plot.dot(marks, {
        ...at,
        ...symbolOf(choice),
        r: 5,
        fill: (spot) => (best.includes(spot) ? colourOf(spot) : "var(--paper)"),
      }),
      Plot.dot(marks, {
        ...at,
        r: NEAR,
        fill: "transparent",
        stroke: (spot) => (chosen.includes(spot) ? "var(--ink)" : "none"),
        render: buttons(spots, choose),
      }),
      Plot.tip(
        marks,
        Plot.pointer({
          ...at,
          title: (_, i) => spots[i].words,
          fill: "var(--raised)",
          pointerEvents: "none", // a click goes to the mark that it points at
        }),
      ),
    ],
  };
  const others = choice.place >= 0 && told.places.length > 1 ? " or of another point" : "";
  const filling = make("span", {}, `Filled: not beaten; hollow: beaten${others}.`);
  show(host, [figure], make("p", { class: "legend" }, armKeys(told), filling));
  host.setAttribute(
    "aria-label",
    `${capital(lower(x.title))} across and ${lower(y.title)} upwards, ${number(known.length)} marks. Not beaten: ${best.map((spot) => nameOf(told, spot)).join("; ")}. The table below has the numbers.`,
  );
  find("study-frontier-cells", HTMLElement).replaceChildren(
    table(
      [capital(told.who), "Point", heading(x), heading(y), "Beaten", "n"],
      rivals.slice(0, MOST_ROWS).map((spot) => [
        plain(told.arms[spot.arm]),
        placeOf(told, spot.place),
        significant(spot.x),
        significant(spot.y),
        best.includes(spot) ? "no" : "yes",
        number(spot.n),
      ]),
    ),
  );
}

/**
 * The marks that no other beats: none is at least as good on both and better on one; along x.
 * @param {Spot[]} spots
 * @param {number} betterX
 * @param {number} betterY
 */
export function unbeaten(spots, betterX, betterY) {
  const ordered = [...spots].sort((one, other) => betterX * (other.x - one.x) || betterY * (other.y - one.y));
  /** @type {Spot[]} */
  const found = [];
  let highest = -Infinity;
  for (const spot of ordered) {
    const height = betterY * spot.y;
    const last = found.at(-1);
    if (height > highest || (last && last.x === spot.x && last.y === spot.y)) found.push(spot);
    highest = Math.max(highest, height);
  }
  return found;
}
