/** What came in, made into what is expected, whoever sent it: a bridge may be anybody's. */

const MOST_OF_A_TEXT = 4_000; // characters: Discord's longest message
const MOST_OF_A_NAME = 200;
const UNSEEN = /^[\s\p{Cc}\p{Cf}\p{M}\u115f\u1160\u2800\u3164\uffa0]*$/u; // letters without ink

/** @param {unknown} value */
export const text = (value) => (typeof value === 'string' ? value.slice(0, MOST_OF_A_TEXT) : '');

/** A name, an id, an emoji; nothing, if there is nothing to be seen of it. @param {unknown} value */
export function label(value) {
  const name = text(value).slice(0, MOST_OF_A_NAME);
  return UNSEEN.test(name) ? '' : name;
}

/** @param {unknown} value */
export const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** @param {unknown} value @returns {Record<string, any>} */
export const record = (value) => (typeof value === 'object' && value && !Array.isArray(value) ? value : {});
