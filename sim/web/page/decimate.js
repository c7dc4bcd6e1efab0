/** Fewer points for long lines, with every peak and trough kept. */

/** Points a line beyond which a screen shows no difference. */
export const MOST = 2000;

/**
 * Draws lines through fewer points: of each stretch the lowest and the highest value of each
 * line, in the order in which they came.
 * @param {ArrayLike<number>[]} lines of equal length
 * @param {number} [most] points at most
 * @returns {{x: number[], lines: number[][]}}
 */
export function decimate(lines, most = MOST) {
  const n = lines[0]?.length ?? 0;
  if (n <= most) {
    return { x: Array.from({ length: n }, (_, i) => i), lines: lines.map((line) => Array.from(line)) };
  }
  const stretches = Math.floor((most - 2) / 2);
  const bounds = Array.from({ length: stretches + 1 }, (_, k) => 1 + Math.floor(((n - 2) * k) / stretches));
  const x = [0];
  for (let k = 0; k < stretches; k++) x.push(bounds[k], (bounds[k] + bounds[k + 1]) / 2);
  x.push(n - 1);
  return {
    x,
    lines: lines.map((line) => {
      const kept = [line[0]];
      for (let k = 0; k < stretches; k++) {
        let [low, high] = [bounds[k], bounds[k]];
        for (let i = bounds[k] + 1; i < bounds[k + 1]; i++) {
          // Written so that any number takes the place of NaN, and NaN that of none.
          if (line[i] < line[low] || Number.isNaN(line[low])) low = i;
          if (line[i] > line[high] || Number.isNaN(line[high])) high = i;
        }
        kept.push(line[Math.min(low, high)], line[Math.max(low, high)]);
      }
      kept.push(line[n - 1]);
      return kept;
    }),
  };
}
