/** What came in, made into what is expected, whoever sent it: a bridge may be anybody's. */

const MOST_OF_A_TEXT = 4_000; // characters: Discord's longest message
const MOST_OF_A_NAME = 200;

/** @param {unknown} value */
export const text = (value) => (typeof value === 'string' ? value.slice(0, MOST_OF_A_TEXT) : '');

/** A name, an id, an emoji. @param {unknown} value */
export const label = (value) => text(value).slice(0, MOST_OF_A_NAME);

/** @param {unknown} value */
export const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** @param {unknown} value @returns {Record<string, any>} */
export const record = (value) => (typeof value === 'object' && value && !Array.isArray(value) ? value : {});
