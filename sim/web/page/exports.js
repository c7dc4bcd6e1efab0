/** The export menu: files from the server, charts drawn here, the link. */

import { find, make } from "./dom.js";
import { drawing } from "./drawing.js";
import { address, pack } from "./link.js";
import { refuse, tell } from "./notices.js";
import { viewOf } from "./view.js";
import { listed, number, titles } from "./words.js";

/** @typedef {import("./store.js").Store} Store */

const FILES = /** @type {[id: string, name: string][]} */ ([
  ["export-csv", "series.csv"],
  ["export-toml", "scenario.toml"],
  ["export-py", "lines.py"],
]);
/** Pixels of a picture for each unit of the drawing. */
const SHARPNESS = 2;

export class Exports {
  /**
   * @param {Store} store
   * @param {() => boolean} differences whether charts show differences
   */
  constructor(store, differences) {
    this.store = store;
    this.differences = differences;
    this.button = find("export", HTMLButtonElement);
    this.menu = find("export-menu", HTMLElement);
    this.which = find("export-chart", HTMLSelectElement);
    this.button.addEventListener("click", () => this.toggle(this.menu.hidden));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.toggle(false);
    });
    document.addEventListener("pointerdown", ({ target }) => this.leave(target));
    this.menu.parentElement?.addEventListener("focusout", ({ relatedTarget }) => this.leave(relatedTarget));
    find("export-svg", HTMLButtonElement).addEventListener("click", () => this.saveDrawing());
    find("export-png", HTMLButtonElement).addEventListener("click", () => this.savePicture());
    for (const id of ["copy-link", "banner-copy"]) {
      find(id, HTMLButtonElement).addEventListener("click", () => this.copyLink());
    }
  }

  /**
   * Closes the menu where somebody goes on elsewhere, which it would cover.
   * @param {EventTarget | null} to
   */
  leave(to) {
    if (to instanceof Node && !this.menu.parentElement?.contains(to)) this.toggle(false);
  }

  /** @param {boolean} open */
  toggle(open) {
    if (!open && this.menu.contains(document.activeElement)) this.button.focus();
    this.menu.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  /** Names the files and charts of this session. */
  build() {
    const { session, about } = this.store;
    for (const [id, name] of FILES) {
      find(id, HTMLAnchorElement).href =
        `export/${name}?session=${encodeURIComponent(session?.session ?? "")}`;
    }
    const chosen = this.which.value;
    this.which.replaceChildren(
      ...about.series.map((series, s) => make("option", { value: String(s) }, titles(series).title)),
    );
    if (chosen && Number(chosen) < about.series.length) this.which.value = chosen;
  }

  /** The chart chosen, as a drawing. */
  draw() {
    const { store } = this;
    const { people, seed } = store.settings;
    const note = `cocreate, ${store.about.title}, ${number(people)} people, seed ${seed}, step ${store.step}: one run of ${listed(store.names)}.`;
    return drawing(viewOf(store, Number(this.which.value), this.differences()), note);
  }

  get fileName() {
    const series = this.store.about.series[Number(this.which.value)];
    return `${series.name}-step-${this.store.step}`;
  }

  /** The drawing as a file. */
  drawingFile() {
    return new Blob([new XMLSerializer().serializeToString(this.draw())], { type: "image/svg+xml" });
  }

  saveDrawing() {
    save(this.drawingFile(), `${this.fileName}.svg`);
    this.toggle(false);
  }

  async savePicture() {
    const source = URL.createObjectURL(this.drawingFile());
    const name = `${this.fileName}.png`;
    try {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = make("canvas");
      canvas.width = image.width * SHARPNESS;
      canvas.height = image.height * SHARPNESS;
      canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(
        (blob) => (blob ? save(blob, name) : refuse("The picture could not be made.")),
        "image/png",
      );
    } catch {
      refuse("The picture could not be made; take the SVG instead.");
    } finally {
      URL.revokeObjectURL(source);
      this.toggle(false);
    }
  }

  async copyLink() {
    this.toggle(false);
    if (!this.store.session) return;
    const link = address(pack(this.store.settings));
    try {
      await navigator.clipboard.writeText(link);
      tell("The link is copied. It opens this run, with all lever moves, in a lab started like this one.");
    } catch {
      const field = find("link-field", HTMLInputElement);
      find("link-dialog", HTMLDialogElement).showModal();
      field.value = link;
      field.select();
    }
  }
}

/**
 * Hands a file to the reader.
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
