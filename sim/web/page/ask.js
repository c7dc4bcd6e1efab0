/** Asks the server for what it works out. */

/**
 * What is at an address; an error says in words why it is not told.
 * @param {string} address
 * @returns {Promise<any>}
 */
export async function ask(address) {
  const answer = await fetch(address).catch(unreachable);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

/**
 * Throws that nothing came.
 * @returns {never}
 */
export function unreachable() {
  throw new Error("The server cannot be reached.");
}

/**
 * An error in words.
 * @param {unknown} error
 */
export function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}
