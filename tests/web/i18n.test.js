/** The page's languages. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moreWordsFor, wordsFor } from '../../bridge/web/words.js';

/** Each word's place and kind. @param {unknown} value @param {string} path @returns {string[]} */
function places(value, path) {
  if (value === null || typeof value !== 'object') return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, part]) => places(part, `${path}.${key}`));
}

test('no language lacks a word that another has', async () => {
  const [english, ...others] = await Promise.all(['en', 'de', 'es'].map((tag) => wordsFor([tag])));
  for (const words of others) assert.deepEqual(places(words, '').sort(), places(english, '').sort());
  const [more, ...othersMore] = await Promise.all(['en', 'de', 'es'].map((tag) => moreWordsFor(tag)));
  for (const words of othersMore) assert.deepEqual(places(words, '').sort(), places(more, '').sort());
  for (const { beside } of othersMore) assert.deepEqual(places(beside(english), '').sort(), places(more.beside(english), '').sort());
});

test('the first of a reader\'s languages that is known is spoken', async () => {
  assert.equal((await wordsFor(['fr-FR', 'de-AT', 'es'])).language, 'de');
  assert.equal((await wordsFor(['tlh'])).language, 'en');
  assert.equal((await wordsFor(['toString'])).language, 'en');
});

test('a name within a sentence cannot turn it round', async () => {
  const { following } = (await moreWordsFor('en')).beside(await wordsFor(['en']));
  assert.equal(following('\u202eadA'), 'Following \u2068\u202eadA\u2069');
});
