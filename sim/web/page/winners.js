/** Who is best where: a map of the points, the undecided hatched. */

import { find, make, say } from "./dom.js";
import { buttons, colourOf, show, symbolOf } from "./figures.js";
import { element } from "./palette.js";
import { Plot } from "./plotting.js";
import { armKeys, lower, placeOf } from "./studywords.js";
import { broken, cellsOf, fitting, UNDECIDED } from "./winnertable.js";

/** Height of a cell, of a lower one without a name, of a title, and of a line; margins [px]. */
const ROW = 50;
const LOW = 34;
const TITLE = 26;
const LINE = 14;
const EDGE = 8;
const LINE_HEIGHT = 1.15;

/**
 * @param {import("./studies.js").Told} told
 * @param {import("./studies.js").Choice} choice
 * @param {import("./figures.js").Choose} choose
 * @param {import("./studies.js").Outcome} outcome
 */
export function draw(told, choice, choose, outcome) {
  const words = find("study-map-words", HTMLElement);
  const host = find("study-map", HTMLElement);
  const winners = told.winners[outcome.name];
  const { map } = told;
  host.hidden = !map || !winners;
  if (!map || !winners) {
    const neither = `Of ${lower(outcome.title)} neither more nor less is better: choose another outcome.`;
    say(words, told.no_map || neither);
    return;
  }
  const table = fitting(host.clientWidth, cellsOf(told, map, winners), map);
  const cells = table.rows.flat().filter(({ place }) => place >= 0);
  const empty = !table.isNamed && cells.some(({ arm }) => arm < UNDECIDED) ? "; empty: not known" : "";
  const isWide = table.least > host.clientWidth;
  const scrolls = isWide ? " The map is wide: scroll it sideways to see all of it." : "";
  say(
    words,
    `Of ${lower(outcome.title)} ${outcome.better > 0 ? "more" : "less"} is better. The best ${told.one} stands where its lead over every other excludes chance; hatched: undecided${empty}.${scrolls}`,
  );
  const spots = cells.map(({ place, arm, name }) => ({
    id: `cell-${place}`,
    words: `${placeOf(told, place)}: ${name}`,
    meant: { place, arm: [choice.arm, arm].find((each) => each >= 0) ?? told.baseline },
    isChosen: place === choice.place,
  }));
  const at = /** @type {const} */ ({ x: "across", y: "down" });
  const won = cells.filter(({ arm }) => arm >= 0);
  const text = { ...at, text: "name", fill: "currentColor", stroke: "var(--paper)", strokeWidth: 5 };
  const names = [
    Plot.text(cells, { ...text, filter: ({ arm }) => arm >= 0, dy: 10, pointerEvents: "none" }),
    Plot.text(cells, { ...text, filter: ({ arm }) => arm < 0, pointerEvents: "none" }),
  ];
  const figure = framed(table, map.across, Math.max(host.clientWidth, table.least), [
    hatching,
    Plot.cell(cells, {
      ...at,
      r: 6,
      fill: ({ arm }) => (arm === UNDECIDED ? "url(#hatched)" : "var(--paper)"),
      stroke: (cell) => (cell.arm >= 0 ? colourOf(cell) : "var(--control-edge)"),
      strokeWidth: ({ place }) => (place === choice.place ? 4 : 1.5),
      render: buttons(spots, choose),
    }),
    Plot.dot(won, { ...at, ...symbolOf(choice), fill: colourOf, dy: table.isNamed ? -9 : 0 }),
    ...(table.isNamed ? names : []),
  ]);
  show(host, [figure], ...(table.isNamed ? [] : [make("p", { class: "legend" }, armKeys(told))]));
}

/**
 * Marks within the heads of their table.
 * @param {import("./winnertable.js").Table} table
 * @param {string} title of what stands along one of its sides
 * @param {number} width
 * @param {import("@observablehq/plot").Markish[]} marks
 * @returns {import("@observablehq/plot").PlotOptions}
 */
function framed(table, title, width, marks) {
  const [heads, sides] = [table.heads.map(broken), table.sides.map(broken)];
  const above = TITLE + LINE * most(heads);
  const row = Math.max(table.isNamed ? ROW : LOW, EDGE + LINE * most(sides));
  const axis = { tickSize: 0, lineHeight: LINE_HEIGHT };
  return {
    width,
    height: above + row * sides.length,
    margin: 0,
    marginTop: above,
    marginLeft: table.beside,
    x: { domain: table.heads, padding: 0.05, label: title },
    y: { domain: table.sides, padding: 0.12, label: null },
    marks: [
      Plot.axisX({
        ...axis,
        anchor: "top",
        labelAnchor: "left",
        labelOffset: above - 6,
        tickFormat: (_, n) => heads[n].join("\n"),
      }),
      Plot.axisY({ ...axis, tickFormat: (_, n) => sides[n].join("\n") }),
      ...marks,
    ],
  };
}

/** @param {string[][]} lines */
function most(lines) {
  return Math.max(...lines.map((each) => each.length));
}

/** The pattern that fills what is undecided. */
function hatching() {
  const pattern = element("pattern", {
    id: "hatched",
    width: 8,
    height: 8,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(
    element("rect", { width: 8, height: 8, fill: "var(--paper)" }),
    element("rect", { width: 2, height: 8, fill: "var(--edge)" }),
  );
  return pattern;
}
