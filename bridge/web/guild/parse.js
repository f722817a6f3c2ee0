/** What came in, made into what is expected, whoever sent it: a bridge may be anybody's. */

const MOST_OF_A_TEXT = 4_000; // characters: Discord's longest message
const MOST_OF_A_NAME = 200;
const UNSEEN = /^[\s\p{Cc}\p{Cf}\p{M}\u115f\u1160\u2800\u3164\uffa0]*$/u; // letters without ink

const BEGINNINGS = /[\u2066-\u2068]/; // of a stretch that is written apart from what is around it
const END = '\u2069';

/**
 * Lets every stretch that is written apart end where it began: one more end would end the page's own, after which a
 * name turns round the sentence that it stands in.
 *
 * @param {string} words
 */
function balanced(words) {
  if (!BEGINNINGS.test(words)) return words.replaceAll(END, '');
  return words.split('\n').map((line) => {
    let open = 0;
    const kept = Array.from(line).filter((sign) => {
      if (BEGINNINGS.test(sign)) open += 1;
      return sign !== END || open-- > 0 || (open = 0, false);
    });
    return kept.join('') + END.repeat(open);
  }).join('\n');
}

/** @param {unknown} value */
export const text = (value) => (typeof value === 'string' ? balanced(value.slice(0, MOST_OF_A_TEXT)) : '');

/** A name, an id, an emoji; nothing, if there is nothing to be seen of it. @param {unknown} value */
export function label(value) {
  const name = text(typeof value === 'string' ? value.slice(0, MOST_OF_A_NAME) : value);
  return UNSEEN.test(name) ? '' : name;
}

/** @param {unknown} value */
export const number = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** @param {unknown} value @returns {Record<string, any>} */
export const record = (value) => (typeof value === 'object' && value && !Array.isArray(value) ? value : {});
