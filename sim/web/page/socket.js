/** The line to the server: opens it, and opens it again where it was lost. */

import { ASKED, CLOSED, FINAL } from "./contract.js";
import { readFrame } from "./frames.js";

/**
 * @typedef {object} Ears what is called when something comes in
 * @property {() => object} opening the first message, asked for at each (re)connection
 * @property {(message: import("./contract.js").Message) => void} message
 * @property {(frame: import("./frames.js").Frame) => void} frame
 * @property {(words: string, again: "soon" | "asked" | "never") => void} lost
 * @property {() => void} back
 */

const SHORTEST = 0.5;
const LONGEST = 10;
/** Seconds of silence after which the line is lost: the server says something every four. */
const SILENCE = 10;

export class Line {
  /** @param {Ears} ears */
  constructor(ears) {
    this.ears = ears;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wait = SHORTEST;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.silence = undefined;
    addEventListener("online", () => this.retryNow());
  }

  open() {
    const here = new URL("socket", location.href);
    here.protocol = here.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(here);
    this.listen();
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.ears.opening()));
    socket.onmessage = ({ data }) => this.hear(data);
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.lose(code);
    };
    this.socket = socket;
  }

  /** Waits for a word; without one the line is lost, even where nobody closed it. */
  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const { socket } = this;
      if (!socket) return;
      this.lose(0);
      socket.close();
    }, SILENCE * 1000);
  }

  /** @param {string | ArrayBuffer} data */
  hear(data) {
    this.listen();
    if (typeof data !== "string") {
      this.ears.frame(readFrame(data));
      return;
    }
    /** @type {import("./contract.js").Message} */
    const message = JSON.parse(data);
    if (message.is === "session") {
      this.wait = SHORTEST;
      this.ears.back();
    }
    this.ears.message(message);
  }

  /** @param {number} code */
  lose(code) {
    this.socket = null;
    clearTimeout(this.silence);
    if (FINAL.has(code) || ASKED.has(code)) {
      this.ears.lost(CLOSED[code], ASKED.has(code) ? "asked" : "never");
      return;
    }
    this.ears.lost(CLOSED[code] ?? "The connection to the server is lost.", "soon");
    this.timer = setTimeout(() => this.open(), this.wait * 1000);
    this.wait = Math.min(LONGEST, this.wait * 1.7);
  }

  /** Opens at once where the line waits to be opened again. */
  retryNow() {
    if (this.socket) return;
    clearTimeout(this.timer);
    this.open();
  }

  /** Closes and opens again, from the first message on. */
  reopen() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    clearTimeout(this.timer);
    this.open();
  }

  /**
   * Sends a command; false where there is nobody to send it to.
   * @param {object} command
   */
  send(command) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }
}
