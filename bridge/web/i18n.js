/**
 * The page's words in its reader's language.
 *
 * @typedef {typeof english} Words
 */

import { german } from './i18n/de.js';
import { english } from './i18n/en.js';
import { spanish } from './i18n/es.js';

/** @type {Record<string, Words>} */
const LANGUAGES = { en: english, de: german, es: spanish };

// The sentences that the bridge says, as far as they are known.
/** @type {Record<string, string>} */
const REFUSALS = {
  'Sorry, couldn\'t connect to that Discord server.': 'unknown',
  'Sorry, wrong password for that Discord server.': 'password',
  'This server requires Discord authentication. Please login with Discord.': 'login',
  'This Discord server is no longer shown here.': 'hidden',
};

/**
 * The first of the reader's languages that the page speaks; English when there is none.
 *
 * @param {readonly string[]} wanted
 */
export function wordsFor(wanted) {
  const known = wanted.map((tag) => tag.split('-')[0].toLowerCase()).find((tag) => Object.hasOwn(LANGUAGES, tag));
  return LANGUAGES[known ?? 'en'];
}

/**
 * What the bridge's sentence is about: `unknown`, `password`, `login`, `hidden`, or nothing we know.
 *
 * @param {string} sentence
 * @returns {string | undefined}
 */
export function refusalKind(sentence) {
  return Object.hasOwn(REFUSALS, sentence) ? REFUSALS[sentence] : undefined;
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
