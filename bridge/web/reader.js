/**
 * What is known of the reader before anything else: their choices, and the words of their language. A script of its
 * own on the page, so that the words are on their way while the rest is still being loaded.
 */

import { wordsFor } from './i18n.js';
import { Settings } from './settings.js';

export const settings = new Settings(openStorage());

const { language } = settings.choices;
export const words = await wordsFor(language === 'auto' ? navigator.languages : [language]);

/** Some browsers forbid even to ask for it. */
function openStorage() {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem() {} };
  }
}
