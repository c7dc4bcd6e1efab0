/** Observable Plot, with the d3 that it needs, as the server hands them out. */

for (const name of ["d3/d3.min.js", "@observablehq/plot/plot.umd.min.js"])
  await import(new URL(`../vendor/${name}`, import.meta.url).href);

export const { Plot } = /** @type {{Plot: typeof import("@observablehq/plot")}} */ (
  /** @type {unknown} */ (globalThis)
);
