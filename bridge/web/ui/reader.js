/**
 * What is known of the reader before anything else: their choices, and the words of their language, which are on
 * their way while the rest of the page is made.
 */

import { wordsFor } from '../words.js';
import { Preferences } from './preferences.js';

export const preferences = new Preferences(openStorage());

const { language } = preferences.choices;
export const comingWords = wordsFor(language === 'auto' ? navigator.languages : [language]);

/** Some browsers forbid even to ask for it. */
function openStorage() {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem() {} };
  }
}
