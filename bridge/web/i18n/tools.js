/** Numbers, lists and people's names as a language writes them. @param {string} language */
export function tools(language) {
  const numbers = new Intl.NumberFormat(language);
  const lists = new Intl.ListFormat(language);
  return {
    number: (/** @type {number} */ n) => numbers.format(n),
    list: (/** @type {string[]} */ names) => lists.format(names.map(isolate)),
    called: isolate,
  };
}

/** A name within a sentence: whichever way it is written, the sentence stays as it is. @param {string} name */
function isolate(name) {
  return `\u2068${name}\u2069`;
}
