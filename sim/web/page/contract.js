/**
 * What the page and the server say to each other: the shapes of all messages.
 *
 * @typedef {[style: string, levers: Record<string, number>, options?: Record<string, number | string>]} Column
 *   a style, levers held from the start, and options of the style if there are any; "" leaves each company its own
 * @typedef {[step: number, column: number, lever: string, value: number | null]} Move
 *   null lets go of a lever that was held
 *
 * @typedef {object} Settings what a link holds
 * @property {string} scenario
 * @property {Column[]} columns two to six; the first is the reference
 * @property {number} seed
 * @property {number} people
 * @property {Move[]} moves
 *
 * @typedef {object} Series one outcome of every step
 * @property {string} name
 * @property {string} title "Short" or "Short: what it is"
 * @property {string} unit "share": values in [0, 1], shown as per cent
 * @property {number} better 1: more is better, -1: less is better, 0: neither
 * @property {string} chart "large" or "small"
 * @property {number} digits decimals as shown
 *
 * @typedef {object} World
 * @property {string} name
 * @property {string} title
 * @property {number} people
 * @property {number} steps
 * @property {boolean} market whether every company has a style of its own
 *
 * @typedef {object} About what the session is made of
 * @property {string} title of the world
 * @property {number} people
 * @property {number} shown one person in so many is in the pictures
 * @property {number} steps
 * @property {number} step_days
 * @property {Series[]} series
 * @property {string[]} motives
 * @property {{name: string, meaning: string}[]} levers
 * @property {string[][]} managed names of the companies that have the style and the levers of a column, for each
 * @property {(number | null)[][][]} start lever values (column, company, lever) of these at step 0, null without any
 * @property {Record<string, any>} limits
 * @property {World[]} scenarios
 * @property {{name: string, title: string, doc: string}[]} styles
 * @property {boolean} study whether the lab shows a study
 *
 * @typedef {object} SessionMessage
 * @property {"session"} is
 * @property {string} session
 * @property {Settings} settings
 * @property {string} link
 * @property {About} about
 * @property {boolean} playing
 * @property {number} speed steps a second, 0 for as fast as possible
 *
 * @typedef {{is: "done", id: number, step: number}} DoneMessage
 * @typedef {{is: "state", playing: boolean, speed: number, step: number, ended: boolean, reason: string}} StateMessage
 * @typedef {{is: "refused", words: string}} RefusedMessage
 * @typedef {{is: "beat"}} BeatMessage said where there is nothing else to say
 *
 * @typedef {object} NetworkLayout what is shown of the people and their ties, and where, in the circle of radius 1
 * @property {number[]} people their numbers in the world; elsewhere they are named by their places here
 * @property {number[]} motives the main motive of each
 * @property {number[]} degrees ties of each in the whole world
 * @property {[number, number][]} ties
 * @property {number[]} x
 * @property {number[]} y
 * @property {{name: string, x: number, y: number}[]} companies
 * @property {{company: number, number: number, x: number, y: number}[]} problems
 *
 * @typedef {object} Fates how all that is shown fares in one column
 * @property {number[]} members of each company, among all people
 * @property {number[]} active members of each company who take part
 * @property {number[]} quality of the best solution of each problem, in [0, 1]
 * @property {number[]} winners number of the person whose entry has just won the contest, or -1
 * @property {number[]} company of each person, or -1
 * @property {boolean[]} takes_part
 * @property {number[]} made contributions of each person so far
 * @property {number[]} trust
 *
 * @typedef {{is: "network", step: number, columns: Fates[], layout?: NetworkLayout}} NetworkMessage
 * @typedef {SessionMessage | DoneMessage | StateMessage | RefusedMessage | BeatMessage | NetworkMessage} Message
 */

/** The style of a column that leaves each company its own. */
export const WRITTEN = "";

/** The series that the cards and the sentence tell. */
export const HEADLINE = "participation";

/** Bits of the byte that tells what the picture shows of a person. */
export const MOTIVE = 7;
export const MEMBER = 8;
export const TAKES_PART = 16;

/** Close codes of the server, in words. */
export const CLOSED = /** @type {Record<number, string>} */ ({
  1011: "The lab failed at its answer; where it was started, it says why.",
  4401: "The server does not know this page. Open the address that it printed when it started.",
  4403: "The server accepts this page only from its own address.",
  4408: "Too many messages were sent at once.",
  4409: "A message was too large.",
  4410: "The server has no room for one more session. Close another tab of the lab, and try again after a minute.",
});

/** Close codes after which trying again would not help. */
export const FINAL = new Set([4401, 4403]);

/** Close codes after which only the reader knows when to try again. */
export const ASKED = new Set([1011, 4410]);
