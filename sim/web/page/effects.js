/** Differences from the reference with their intervals: a row each, drawn and in numbers. */

import { find, say } from "./dom.js";
import { buttons, colourOf, show, symbolOf } from "./figures.js";
import { Plot } from "./plotting.js";
import { plain } from "./store.js";
import { heading, isMarked, nameOf, placeOf, significant, table } from "./studywords.js";
import { capital, number } from "./words.js";

/** Heights of a row and of the axis, room for names at the left and for numbers at the right [px]. */
const ROW = 28;
const AXIS = 30;
const NAMES = 108;
const NUMBERS = 232;
const EDGE = 12;
/** In less width numbers stand in the table alone, and in less nothing fits [px]. */
const WIDE = 460;
const LEAST = 240;
/** Width of a bold letter, and distance of marks on the axis [px]. */
const LETTER = 8;
const SPARSE = 60;
/** As many rows are drawn at once; of more, those of the chosen point. */
const MOST_ROWS = 240;

const LEFT = /** @type {const} */ ({ frameAnchor: "left", textAnchor: "start" });
const RIGHT = /** @type {const} */ ({ frameAnchor: "right", textAnchor: "end" });
const BOLD = { fontWeight: 600, fill: "currentColor", stroke: "var(--paper)", strokeWidth: 5 };
/** What stands at the right: title, channel, and distance from the drawing [px]. */
const COLUMNS = /** @type {const} */ ([
  ["Difference", "said", 80],
  ["Interval", "interval", NUMBERS - 34],
  ["n", "n", NUMBERS - 6],
]);

/**
 * @param {import("./studies.js").Told} told
 * @param {import("./studies.js").Choice} choice
 * @param {import("./figures.js").Choose} choose
 * @param {import("./studies.js").Outcome} outcome
 */
export function draw(told, choice, choose, outcome) {
  const words = find("study-effects-words", HTMLElement);
  const host = find("study-effects", HTMLElement);
  const all = told.effects[outcome.name] ?? [];
  host.hidden = find("study-effects-table", HTMLElement).hidden = !all.length;
  if (!all.length) {
    say(words, "The study compares nothing: it has one style alone.");
    return;
  }
  const own = all.filter(([place]) => choice.place < 0 || place === choice.place);
  const few = all.length <= MOST_ROWS ? all : own.slice(0, MOST_ROWS);
  const cut = few.length < all.length ? ` ${number(few.length)} of ${number(all.length)} are shown.` : "";
  const others = told.comparisons > all.length ? ", those of other outcomes too," : "";
  const about = `${heading(outcome)}: difference from ${plain(told.labels[told.baseline])}, pair by pair. Bars: intervals that hold for all ${number(told.comparisons)} comparisons at once${others} with ${number(100 * told.level)}\u202f%. Where one does not reach the zero line it excludes chance.${cut}`;
  const effects = few.map(([place, arm, n, difference, low, high]) => ({
    place,
    arm,
    difference,
    low,
    high,
    row: `${place} ${arm}`,
    name: plain(told.arms[arm]),
    said: significant(difference ?? NaN),
    interval: low === null || high === null ? "\u2013" : `${significant(low)} to ${significant(high)}`,
    n: number(n),
  }));
  const leads = told.places.filter(([place, at]) => at && effects.some((each) => each.place === place));
  const width = Math.max(LEAST, host.clientWidth);
  const rows = leads.length
    ? leads.flatMap(([place, at]) => [
        ...Array.from({ length: (LETTER * at.length) / width / 2 }, (_, n) => `${place} lead ${n}`),
        at,
        ...effects.flatMap((each) => (each.place === place ? [each.row] : [])),
      ])
    : effects.map(({ row }) => row);
  const spots = effects.map(({ place, arm, said, interval, n }) => ({
    id: `effect-${place}-${arm}`,
    words: `${nameOf(told, { place, arm })}: ${said}, interval ${interval}, n = ${n}`,
    meant: { place, arm },
    isChosen: choice.place === place && choice.arm === arm,
  }));

  const known = effects.flatMap(({ difference, low, high }) => [difference ?? 0, low ?? 0, high ?? 0]);
  const columns = width < WIDE ? [] : COLUMNS;
  const marginRight = width < WIDE ? EDGE : NUMBERS;
  const x = { domain: [Math.min(0, ...known), Math.max(0, ...known)], inset: 8, label: null };
  const sides = { width, margin: 0, marginLeft: NAMES, marginRight };
  const at = { ...symbolOf(choice), y: "row" };
  const said = /** @type {const} */ ({ y: "row", pointerEvents: "none" });
  const axis = {
    ...sides,
    height: AXIS,
    x,
    marks: [
      Plot.axisX({ anchor: "bottom", dy: -AXIS, ticks: (width - NAMES - marginRight) / SPARSE, tickSize: 0 }),
      Plot.text([capital(told.who)], { ...LEFT, ...BOLD, dx: 4 - NAMES }),
      ...columns.map(([title, , dx]) => Plot.text([title], { ...RIGHT, ...BOLD, dx })),
    ],
  };
  const body = {
    ...sides,
    height: ROW * rows.length,
    x: { ...x, axis: null },
    y: { type: /** @type {const} */ ("band"), domain: rows, axis: null },
    marks: [
      Plot.cell(effects, {
        y: "row",
        inset: 1,
        insetLeft: 1 - NAMES,
        insetRight: 1 - marginRight,
        r: 5,
        fill: "transparent",
        stroke: (each) => (isMarked(choice, each) ? "var(--ink)" : "var(--grid)"),
        render: buttons(spots, choose),
      }),
      Plot.ruleX([0], { stroke: "var(--muted)", pointerEvents: "none" }),
      Plot.text(leads, {
        ...LEFT,
        ...BOLD,
        y: "1",
        text: "1",
        dx: 4 - NAMES,
        dy: ROW / 4,
        lineAnchor: "bottom",
        lineWidth: width / 16,
      }),
      Plot.ruleY(effects, { ...at, x1: "low", x2: "high", strokeWidth: 2 }),
      Plot.dot(effects, { ...at, x: "difference", fill: colourOf }),
      Plot.dot(effects, { ...at, frameAnchor: "left", dx: 14 - NAMES, fill: colourOf }),
      Plot.text(effects, { ...LEFT, ...said, text: "name", dx: 26 - NAMES }),
      ...columns.map(([, channel, dx]) => Plot.text(effects, { ...RIGHT, ...said, text: channel, dx })),
    ],
  };
  show(host, [axis, body]);
  const isLong = host.scrollHeight > host.clientHeight;
  say(words, isLong ? `${about} Scroll for all ${number(effects.length)} differences.` : about);
  const first = effects.find((each) => isMarked(choice, each));
  if (first && !host.contains(document.activeElement)) host.scrollTop = ROW * (rows.indexOf(first.row) - 2);
  find("study-effects-cells", HTMLElement).replaceChildren(
    table(
      [capital(told.who), "Point", "Difference", "Interval", "n"],
      effects.map(({ place, name, said, interval, n }) => [name, placeOf(told, place), said, interval, n]),
    ),
  );
}
