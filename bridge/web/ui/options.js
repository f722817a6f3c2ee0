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
    const chosen = /** @type {Record<string, string>} */ (preferences.choices)[name];
    if (!Object.hasOwn(options, chosen)) select.append(new Option(chosen)); // an hour that the page's address names
    select.value = chosen;
    form.append(make('label', 'choice', make('span', '', title), select));
  }
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement) preferences.choose(/** @type {any} */ (target.name), target.value);
  });
}
