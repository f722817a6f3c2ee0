/**
 * The settings: one list to choose from for each thing that can be chosen.
 *
 * @typedef {import('./settings.js').Settings} Settings
 */

import { byId, make } from './dom.js';

/** @param {import('../words.js').Words} words @param {Settings} settings */
export function offerChoices(words, settings) {
  const form = byId('choices');
  for (const [name, [title, options]] of Object.entries(words.choices)) {
    const select = make('select');
    select.name = name;
    for (const [value, text] of Object.entries(options)) select.append(new Option(text, value));
    select.value = /** @type {Record<string, string>} */ (settings.choices)[name];
    form.append(make('label', 'choice', make('span', '', title), select));
  }
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement) settings.choose(/** @type {any} */ (target.name), target.value);
  });
}
