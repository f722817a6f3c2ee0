/**
 * The page's words in its reader's language.
 *
 * @typedef {typeof import('./i18n/en.js').words} Words
 */

/** @type {Record<string, () => Promise<{words: Words}>>} */
const LANGUAGES = {
  en: () => import('./i18n/en.js'),
  de: () => import('./i18n/de.js'),
  es: () => import('./i18n/es.js'),
};

// How the sentences begin that the bridge says, as far as they are known; and how it says in our address that a
// login came to nothing.
/** @type {Record<string, string>} */
const REFUSALS = {
  'Sorry, couldn\'t connect to that Discord server.': 'unknown',
  'Sorry, wrong password for that Discord server.': 'password',
  'This server requires Discord authentication. Please login with Discord.': 'login',
  'This Discord server is no longer shown here.': 'hidden',
  'Sorry, your Discord account may not watch this server.': 'member',
  'Your login has ended.': 'ended',
  'Too many tries.': 'tries',
  'login failed': 'failed',
  'login denied': 'denied',
  'Sorry, too many viewers come from your network.': 'crowded',
};

/**
 * The first of the reader's languages that the page speaks; English when there is none.
 *
 * @param {readonly string[]} wanted
 */
export async function wordsFor(wanted) {
  const known = wanted.map((tag) => tag.split('-')[0].toLowerCase()).find((tag) => Object.hasOwn(LANGUAGES, tag));
  return (await LANGUAGES[known ?? 'en']()).words;
}

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

/**
 * What the bridge's sentence is about, or nothing we know.
 *
 * @param {string} sentence
 * @returns {string | undefined}
 */
export function refusalKind(sentence) {
  return Object.entries(REFUSALS).find(([start]) => sentence.startsWith(start))?.[1];
}

/**
 * Puts the words into the page's own elements: `data-t` names a text, `data-t-label` an accessible name,
 * which a pointer gets to see as well.
 *
 * @param {Document} page
 * @param {Words} words
 */
export function translate(page, words) {
  const say = /** @type {Record<string, any>} */ (words);
  page.documentElement.lang = words.language;
  for (const node of page.querySelectorAll('[data-t]')) node.textContent = say[node.getAttribute('data-t') ?? ''];
  for (const node of page.querySelectorAll('[data-t-label]')) {
    const label = say[node.getAttribute('data-t-label') ?? ''];
    node.setAttribute('aria-label', label);
    if (node.matches('button')) node.setAttribute('title', label);
  }
}
