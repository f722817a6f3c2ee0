/**
 * The preferences: one list to choose from for each thing that can be chosen.
 *
 * @typedef {import('./preferences.js').Preferences} Preferences
 */

import { byId, make } from './dom.js';

/** @param {import('../words.js').MoreWords} words @param {Preferences} preferences */
export function offerChoices(words, preferences) {
  const form = byId('choices');
  for (const [name, [title, options]] of Object.entries(words.choices)) {
    const select = make('select');
    select.name = name;
    for (const [value, text] of Object.entries(options)) select.append(new Option(text, value));
    select.value = /** @type {Record<string, string>} */ (preferences.choices)[name];
    form.append(make('label', 'choice', make('span', '', title), select));
  }
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement) preferences.choose(/** @type {any} */ (target.name), target.value);
  });
}
