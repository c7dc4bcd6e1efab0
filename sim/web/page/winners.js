/** Who is best where: a map of the points, the undecided hatched. */

import { find, say } from "./dom.js";
import { buttons, colourOf, show, symbolOf } from "./figures.js";
import { element } from "./palette.js";
import { Plot } from "./plotting.js";
import { plain } from "./store.js";
import { lower } from "./studywords.js";

const UNDECIDED = -1;
/** Height of a cell and of what stands above all, width of a letter, height of a line, and margins [px]. */
const ROW = 50;
const ABOVE = 42;
const LETTER = 7;
const LINE = 14;
const EDGE = 8;
/** A longer name goes on in another line after its dot. */
const MOST_LETTERS = 20;

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
  say(
    words,
    `Of ${lower(outcome.title)} ${outcome.better > 0 ? "more" : "less"} is better. The best ${told.one} stands where its lead over every other excludes chance; hatched: undecided.`,
  );
  const all = map.cells.flatMap((places, row) =>
    places.map((place, column) => {
      const arm = winners[place];
      const name = arm >= 0 ? plain(told.arms[arm]) : arm === UNDECIDED ? "undecided" : "not known";
      return { place, arm, name, across: map.columns[column], down: map.rows[row] };
    }),
  );
  const cells = all.filter(({ place }) => place >= 0);
  const won = cells.filter(({ arm }) => arm >= 0);
  const spots = cells.map(({ place, arm, name, across, down }) => ({
    id: `cell-${place}`,
    words: `${map.across} = ${across}${down && `, ${down}`}: ${name}`,
    meant: { place, arm: [choice.arm, arm].find((each) => each >= 0) ?? told.baseline },
    isChosen: place === choice.place,
  }));
  const at = { x: "across", y: "down" };
  const text = { ...at, text: "name", fill: "currentColor", stroke: "var(--paper)", strokeWidth: 5 };
  const lines = map.rows.map(broken);
  const beside = EDGE + LETTER * longest(lines.flat());
  const least = EDGE + LETTER * longest(cells.map(({ name }) => name));
  const height = Math.max(ROW, EDGE + LINE * Math.max(...lines.map((each) => each.length)));
  show(host, [
    {
      width: Math.max(host.clientWidth, beside + least * map.columns.length),
      height: ABOVE + height * map.rows.length,
      margin: 0,
      marginTop: ABOVE,
      marginLeft: beside,
      x: { domain: map.columns, padding: 0.05, label: map.across },
      y: { domain: map.rows, padding: 0.12, label: null },
      marks: [
        hatching,
        Plot.axisX({ anchor: "top", tickSize: 0, labelAnchor: "left", labelOffset: ABOVE - 6 }),
        Plot.axisY({ tickSize: 0, lineHeight: 1.15, tickFormat: (_, row) => lines[row].join("\n") }),
        Plot.cell(cells, {
          ...at,
          r: 6,
          fill: ({ arm }) => (arm === UNDECIDED ? "url(#hatched)" : "var(--paper)"),
          stroke: (cell) => (cell.arm >= 0 ? colourOf(cell) : "var(--control-edge)"),
          strokeWidth: ({ place }) => (place === choice.place ? 4 : 1.5),
          render: buttons(spots, choose),
        }),
        Plot.dot(won, { ...at, ...symbolOf(choice), fill: colourOf, dy: -9 }),
        Plot.text(cells, { ...text, filter: ({ arm }) => arm >= 0, dy: 10, pointerEvents: "none" }),
        Plot.text(cells, { ...text, filter: ({ arm }) => arm < 0, pointerEvents: "none" }),
      ],
    },
  ]);
}

/**
 * Names and their values, each in a line of its own, or two.
 * @param {string} words
 */
function broken(words) {
  return words
    .split(", ")
    .flatMap((part) => (part.length > MOST_LETTERS ? part.split(/(?<=\.)(?=[a-z])/) : [part]));
}

/** @param {string[]} words */
function longest(words) {
  return Math.max(...words.map((each) => each.length));
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
