/** uPlot, as the server hands it out. */

const address = new URL("../vendor/uplot/uPlot.esm.js", import.meta.url).href;

/** @type {typeof import("uplot")} */
export const uPlot = (await import(address)).default;
