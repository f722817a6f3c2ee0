/** Numbers and lists as a language writes them. @param {string} language */
export function tools(language) {
  const numbers = new Intl.NumberFormat(language);
  const lists = new Intl.ListFormat(language);
  return {
    number: (/** @type {number} */ n) => numbers.format(n),
    list: (/** @type {string[]} */ names) => lists.format(names),
  };
}
