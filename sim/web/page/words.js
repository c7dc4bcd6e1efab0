/** Numbers as words: units, sensible digits, differences, durations. */

/** @typedef {import("./contract.js").Series} Series */
/** @typedef {Pick<Series, "unit" | "digits">} Measure what tells how a value is shown */

const MINUS = "\u2212";
const NARROW = "\u202f";

/**
 * A number with so many decimals, thousands set apart, a real minus.
 * @param {number} value
 * @param {number} digits
 */
export function number(value, digits = 0) {
  if (!Number.isFinite(value)) return "\u2013";
  const rounded = Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
  const text = Math.abs(rounded).toLocaleString("en-GB", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return rounded < 0 ? MINUS + text : text;
}

/**
 * Times 100 where it is a share.
 * @param {Measure} series
 */
export function scale(series) {
  return series.unit === "share" ? 100 : 1;
}

/**
 * Decimals with which a small number still says something: up to two more; whole numbers stay whole.
 * @param {number} value
 * @param {number} digits
 */
function telling(value, digits) {
  const size = Math.abs(value);
  let more = 0;
  while (digits > 0 && more < 2 && size > 0 && size < 10 ** -(digits + more)) more++;
  return digits + more;
}

/**
 * A value of a series as shown; with its unit where that is short.
 * @param {Measure} series
 * @param {number} value
 */
export function shown(series, value) {
  const text = number(value * scale(series), telling(value * scale(series), series.digits));
  return unit(series) === "%" && Number.isFinite(value) ? `${text}${NARROW}%` : text;
}

/**
 * A difference of a series as shown, with its sign.
 * @param {Measure} series
 * @param {number} value
 */
export function difference(series, value) {
  const text = number(value * scale(series), telling(value * scale(series), series.digits));
  if (!Number.isFinite(value)) return text;
  const signed = text.startsWith(MINUS) || Number(text.replaceAll(",", "")) === 0 ? text : `+${text}`;
  return unit(series) === "%" ? `${signed} points` : signed;
}

/**
 * The unit as it stands beside a title, "" where there is none to tell.
 * @param {Measure} series
 */
export function unit(series) {
  if (series.unit === "share" || series.unit === "%") return "%";
  return ["1", "number"].includes(series.unit) ? "" : series.unit;
}

/**
 * The short title of a series, and what it is where the title says more.
 * @param {Series} series
 * @returns {{title: string, more: string}}
 */
export function titles(series) {
  const [title, ...more] = series.title.split(": ");
  return { title, more: more.join(": ") };
}

/**
 * Which way of a series is good, in words; "" where neither is.
 * @param {Pick<Series, "better">} series
 */
export function direction({ better }) {
  return better > 0 ? "\u2191 more is better" : better < 0 ? "\u2193 less is better" : "";
}

/**
 * How long so many days are.
 * @param {number} days
 */
export function duration(days) {
  const months = Math.round(days / (365.25 / 12));
  if (days < 28) return days === 1 ? "1 day" : `${number(days)} days`;
  if (months < 24) return months === 1 ? "1 month" : `${months} months`;
  const [years, rest] = [Math.floor(months / 12), months % 12];
  const tail = rest === 0 ? "" : rest === 1 ? " 1 month" : ` ${rest} months`;
  return `${years} years${tail}`;
}

/**
 * A list in words: "a, b and c".
 * @param {string[]} words
 */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/**
 * The same words, beginning with a capital.
 * @param {string} words
 */
export function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
