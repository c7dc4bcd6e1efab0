/** Makes and finds elements of the page. Words are always put in as text. */

/**
 * The element with this id; it is there, or the page is broken.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function find(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page lacks #${id}.`);
  return found;
}

/**
 * Makes an element with attributes and children; `undefined` leaves an attribute out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | undefined>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** @typedef {Node | string | (Node | string)[]} Cell what a cell of a table holds */

/**
 * Makes a table; the first cell of a row is its heading.
 * @param {Cell[]} heads of the columns
 * @param {Cell[][]} rows
 * @param {{caption?: string, looks?: (string | undefined)[]}} [more] words above, and a class for each column
 */
export function makeTable(heads, rows, { caption, looks = [] } = {}) {
  const cell = (/** @type {"th" | "td"} */ tag, /** @type {Cell} */ held, /** @type {number} */ n, scope = "") =>
    make(tag, { scope: scope || undefined, class: looks[n] }, ...[held].flat());
  const head = heads.map((held, n) => cell("th", held, n, "col"));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((held, n) => (n ? cell("td", held, n) : cell("th", held, n, "row")))),
  );
  const above = caption === undefined ? [] : [make("caption", {}, caption)];
  return make("table", {}, ...above, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
}

/**
 * Puts words in where they differ, so that nothing is laid out anew for nothing.
 * @param {Node} node
 * @param {string} words
 */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/**
 * Calls at most once in so many milliseconds, the last time always.
 * @param {number} milliseconds
 * @param {() => void} call
 */
export function seldom(milliseconds, call) {
  let last = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const run = () => {
    timer = undefined;
    last = performance.now();
    call();
  };
  return (now = false) => {
    const wait = last + milliseconds - performance.now();
    if (now || wait <= 0) {
      clearTimeout(timer);
      run();
    } else timer ??= setTimeout(run, wait);
  };
}
