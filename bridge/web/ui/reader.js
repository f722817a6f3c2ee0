/**
 * What is known of the reader before anything else: what they ask for, their choices, and the words of their language, which are on
 * their way while the rest of the page is made.
 */

import { ask } from '../guild/net.js';
import { wordsFor } from '../words.js';
import { choicesOf, readAddress } from './address.js';
import { Part } from './part.js';
import { Preferences } from './preferences.js';

export const address = readAddress(location.search);
export const storage = openStorage();
export const preferences = new Preferences(storage, choicesOf(address));

const { language } = preferences.choices;
const languages = language === 'auto' ? navigator.languages : [language];

/** @type {Promise<import('../words.js').Words>} */
export const comingWords = new Promise((resolve) => {
  const part = new Part((again) => wordsFor(languages, again), resolve, reloadIfGone);
  addEventListener('online', () => part.hurry());
  part.start();
});

/** Without words there is no page; after an update the bridge has others than this page asks for. @param {number} failures */
async function reloadIfGone(failures) {
  if (failures > 2 && await ask('api/version')) location.reload();
}

/** Some browsers forbid even to ask for it. @returns {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} */
function openStorage() {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem() {}, removeItem() {} };
  }
}
