/** The page: takes in what the server says, draws it, passes on what the reader asks for. */

import { Cards } from "./cards.js";
import { Charts } from "./charts.js";
import { Controls } from "./controls.js";
import { find, say, seldom } from "./dom.js";
import { Exports } from "./exports.js";
import { How } from "./how.js";
import { Legend, PeopleTable } from "./legend.js";
import { linkOfPage, namedPlace, pack } from "./link.js";
import { Network } from "./network.js";
import { hideBanner, refuse, showBanner, tell } from "./notices.js";
import { ending, sentence } from "./sentence.js";
import { Line } from "./socket.js";
import { Store } from "./store.js";
import { Studies } from "./studies.js";
import { watchTabs } from "./tabs.js";
import { watchTheme } from "./theme.js";
import { number } from "./words.js";

const SESSION_KEY = "cocreate-session";
/** The words of the sentence change at most once in so many milliseconds, else nobody can read them. */
const READABLE = 400;
/** Screen readers are told at most once in so many milliseconds. */
const SPOKEN = 6000;
/** What takes longer than so many milliseconds is announced. */
const A_MOMENT = 300;

const store = new Store();
/** Frames taken in, but not drawn yet: acknowledged when they are. @type {number[]} */
const waiting = [];
/** Time that the last frames took [ms], for whoever wants to know. @type {number[]} */
const frameTimes = [];
let drawingSoon = false;
/** Set while another run is made ready. @type {ReturnType<typeof setTimeout> | undefined} */
let gettingReady;
let lastMove = 0;

/**
 * What outlives a reload: the session, its link, and the link in the address when it was opened.
 * @returns {{id: string | null, link: string | null, opened: string | null}}
 */
function kept() {
  const opened = linkOfPage();
  const nothing = { id: null, link: opened, opened };
  try {
    const before = JSON.parse(sessionStorage.getItem(SESSION_KEY) ?? "null");
    return before && (namedPlace() || before.opened === opened) ? before : nothing;
  } catch {
    return nothing;
  }
}

let { id: sessionId, link, opened } = kept();

function keep() {
  link = pack(store.settings);
  sessionStorage.setItem(SESSION_KEY, JSON.stringify({ id: sessionId, link, opened }));
}

const line = new Line({
  opening: () => ({ do: "open", session: sessionId, link, have: store.nRows }),
  message: hear,
  frame: takeFrame,
  lost: (words, again) => {
    document.body.classList.add("cut-off");
    showBanner(again === "soon" ? `${words} Trying again \u2026` : words, again !== "never");
    find("banner-copy", HTMLButtonElement).hidden = !store.session;
    if (again !== "soon" && !store.session)
      say(find("seen", HTMLElement), "The lab is not open in this tab.");
  },
  back: () => {
    document.body.classList.remove("cut-off");
    hideBanner();
  },
});

const controls = new Controls(store, {
  play: () => order({ do: "play" }),
  pause: () => order({ do: "pause" }),
  step: () => order({ do: "step" }),
  restart: () => change({}),
  speed: (value) => order({ do: "speed", value }),
  change,
});
const cards = new Cards(store, {
  exchange: (column, style) =>
    change({ columns: store.settings.columns.map((each, c) => (c === column ? [style, {}] : each)) }),
  remove: (column) => change({ columns: store.settings.columns.filter((_, c) => c !== column) }),
  move: (column, lever, value) => order({ do: "lever", id: ++lastMove, column, lever, value }),
});
const legend = new Legend(store, (motive) => {
  cards.single(motive);
  network.single();
});
const charts = new Charts(store);
const how = new How(() => tabs.show("how"));
const network = new Network(store, (command) => line.send(command), legend);
const studies = new Studies((settings, words) => {
  if (!change(settings)) return;
  tabs.show("compare");
  find("play", HTMLButtonElement).focus();
  tell(words);
});
const peopleTable = new PeopleTable(store);
const exporting = new Exports(store, () => charts.differences);

const drawSentence = seldom(READABLE, () => {
  if (!store.session || !store.nRows || gettingReady) return;
  const { seen, sure } = sentence(store);
  say(find("seen", HTMLElement), seen);
  say(find("sure", HTMLElement), store.ended && store.reason ? `${ending(store.reason)} ${sure}` : sure);
});
const speak = seldom(SPOKEN, () => {
  if (!store.session || !store.nRows) return;
  say(find("spoken", HTMLElement), sentence(store).seen);
  cards.describe();
  charts.describe();
  network.describe();
});
const drawPeopleTable = seldom(500, () => peopleTable.draw());

/** @param {import("./contract.js").Message} message */
function hear(message) {
  switch (message.is) {
    case "session":
      openSession(message);
      break;
    case "done":
      drawSoon();
      break;
    case "state":
      store.playing = message.playing;
      store.ended = message.ended;
      store.reason = message.reason;
      store.speed = message.speed;
      controls.draw();
      drawSentence(!message.playing);
      if (!message.playing) speak(true);
      break;
    case "network":
      network.take(message);
      break;
    case "refused":
      ready();
      refuse(message.words);
      if (store.session) {
        controls.build();
        cards.build();
        drawSoon();
      } else if (sessionId !== null || link !== null) {
        // The link was refused: the usual run is better than an empty page.
        sessionId = link = null;
        line.reopen();
      }
      break;
    default:
  }
}

/** @param {import("./contract.js").SessionMessage} message */
function openSession(message) {
  const before = store.session;
  const same = before !== null && before.session === message.session;
  const goesOn = same && store.nRows > 0 && sameRun(before.settings, message.settings);
  if (sessionId !== null && sessionId !== message.session) {
    tell(
      "The run that was shown has ended on the server: it begins again at step 0, with all its lever moves.",
    );
  }
  ready();
  store.open(message, goesOn);
  sessionId = message.session;
  keep();
  waiting.length = 0;
  controls.build();
  cards.build();
  legend.build();
  charts.build();
  network.build(goesOn);
  exporting.build();
  tabs.offer("studies", store.about.study);
  document.body.classList.remove("empty");
  drawSoon();
}

/**
 * Whether rows of the one go on in the other: moves made later do not matter.
 * @param {import("./contract.js").Settings} one
 * @param {import("./contract.js").Settings} other
 */
function sameRun(one, other) {
  return pack({ ...one, moves: [] }) === pack({ ...other, moves: [] });
}

/** @param {import("./frames.js").Frame} frame */
function takeFrame(frame) {
  const begin = performance.now();
  waiting.push(frame.number);
  if (store.take(frame)) {
    if (frame.moves.length) keep();
  } else if (!frame.anew && frame.firstRow > store.nRows) {
    // Rows are missing: ask for all of them.
    store.clear();
    line.reopen();
    return;
  }
  frameTimes.push(performance.now() - begin);
  if (frameTimes.length > 500) frameTimes.shift();
  drawSoon();
}

/** Draws before the screen is next refreshed; what comes until then is drawn with it. */
function drawSoon() {
  if (drawingSoon) return;
  drawingSoon = true;
  requestAnimationFrame(() => {
    drawingSoon = false;
    draw();
    for (const frame of waiting.splice(0)) line.send({ do: "ack", frame });
  });
}

function draw() {
  if (!store.session || !store.nRows) return;
  const begin = performance.now();
  controls.draw();
  cards.draw();
  charts.draw(!store.playing);
  network.draw();
  drawSentence(!store.playing);
  drawPeopleTable(!store.playing);
  speak();
  document.documentElement.dataset["step"] = String(store.step);
  if (frameTimes.length) frameTimes[frameTimes.length - 1] += performance.now() - begin;
}

/** @param {object} command */
function order(command) {
  const sent = line.send(command);
  if (!sent) refuse("The server cannot be reached, so that nothing was done");
  return sent;
}

/**
 * Starts another run: these settings, but for what changes; without any, the same one again.
 * @param {Partial<import("./contract.js").Settings>} changes
 */
function change(changes) {
  const settings = { ...store.settings, ...changes, moves: [] };
  if (!order({ do: "restart", settings: pack(settings) })) return false;
  clearTimeout(gettingReady);
  gettingReady = setTimeout(() => {
    say(find("seen", HTMLElement), `Getting ${number(settings.people)} people ready \u2026`);
    say(find("sure", HTMLElement), "A large world takes some seconds.");
  }, A_MOMENT);
  return true;
}

/** The other run is there, or it was refused. */
function ready() {
  clearTimeout(gettingReady);
  gettingReady = undefined;
}

addEventListener("hashchange", () => {
  how.followLink();
  const packed = linkOfPage();
  if (!packed || !store.session) return;
  opened = packed;
  keep();
  order({ do: "restart", settings: packed });
});

find("retry", HTMLButtonElement).addEventListener("click", () => line.retryNow());
watchTheme(() => {
  if (!store.session) return;
  cards.recolour();
  charts.recolour();
  network.show();
});
const tabs = watchTabs(() => {
  drawSoon();
  how.draw();
  studies.draw();
});
how.followLink();
line.open();

/** For tests, and for whoever opens the console: what the page knows. */
Object.assign(globalThis, { lab: { store, frameTimes, line } });
