/**
 * The page's words in its reader's language.
 *
 * @typedef {import('./i18n/tools.js').Tools} Tools
 * @typedef {ReturnType<typeof import('./i18n/en.js').english>} Words
 * @typedef {typeof import('./i18n/en-more.js').moreEnglish} MoreWords what comes after the first picture
 * @typedef {Words & ReturnType<MoreWords['beside']>} AllWords
 */

import { tools } from './i18n/tools.js';

/**
 * A reader gets the one they read, and what only panels say when the page is there. Each is a script of its own.
 *
 * @type {Record<string, {first(again: string): Promise<(tools: Tools) => Words>, more(again: string): Promise<MoreWords>}>}
 */
const LANGUAGES = {
  en: {
    first: async (again) => (await import(`./i18n/en.js${again}`)).english,
    more: async (again) => (await import(`./i18n/en-more.js${again}`)).moreEnglish,
  },
  de: {
    first: async (again) => (await import(`./i18n/de.js${again}`)).german,
    more: async (again) => (await import(`./i18n/de-more.js${again}`)).moreGerman,
  },
  es: {
    first: async (again) => (await import(`./i18n/es.js${again}`)).spanish,
    more: async (again) => (await import(`./i18n/es-more.js${again}`)).moreSpanish,
  },
};

/**
 * The first of the reader's languages that the page speaks; English when there is none.
 *
 * @param {readonly string[]} wanted
 * @param {string} [again] for another try: see `Part`
 */
export async function wordsFor(wanted, again = '') {
  const tags = wanted.map((tag) => tag.split('-')[0].toLowerCase());
  const tag = tags.find((one) => Object.hasOwn(LANGUAGES, one)) ?? 'en';
  return (await LANGUAGES[tag].first(again))(tools(tag));
}

/** What else is said in one of the page's languages. @param {string} language @param {string} [again] */
export const moreWordsFor = (language, again = '') => LANGUAGES[language].more(again);

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
