/**
 * The page's words in its reader's language.
 *
 * @typedef {import('./i18n/tools.js').Tools} Tools
 * @typedef {ReturnType<typeof import('./i18n/en.js').english>} Words
 */

import { tools } from './i18n/tools.js';

/** A reader gets the one they read. @type {Record<string, () => Promise<(tools: Tools) => Words>>} */
const LANGUAGES = {
  en: async () => (await import('./i18n/en.js')).english,
  de: async () => (await import('./i18n/de.js')).german,
  es: async () => (await import('./i18n/es.js')).spanish,
};

/**
 * The first of the reader's languages that the page speaks; English when there is none.
 *
 * @param {readonly string[]} wanted
 */
export async function wordsFor(wanted) {
  const tags = wanted.map((tag) => tag.split('-')[0].toLowerCase());
  const tag = tags.find((one) => Object.hasOwn(LANGUAGES, one)) ?? 'en';
  return (await LANGUAGES[tag]())(tools(tag));
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
