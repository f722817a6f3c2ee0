/**
 * Numbers, lists and people's names as a language writes them; made when needed, for each takes a while.
 *
 * @typedef {ReturnType<typeof tools>} Tools
 */

/** @param {string} language */
export function tools(language) {
  /** @type {Intl.NumberFormat | undefined} */
  let numbers;
  /** @type {Intl.ListFormat | undefined} */
  let lists;
  return {
    number: (/** @type {number} */ n) => (numbers ??= new Intl.NumberFormat(language)).format(n),
    list: (/** @type {string[]} */ names) => (lists ??= new Intl.ListFormat(language)).format(names.map(isolate)),
    called: isolate,
  };
}

/** A name within a sentence: whichever way it is written, the sentence stays as it is. @param {string} name */
function isolate(name) {
  return `\u2068${name}\u2069`;
}
