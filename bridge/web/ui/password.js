/** Where a password may help. */

import { make } from './dom.js';

/**
 * @param {import('../words.js').AllWords} words
 * @param {string} slug
 * @param {(slug: string, password: string) => void} enter
 */
export function passwordForm(words, slug, enter) {
  const input = make('input');
  input.type = 'password';
  input.required = true;
  input.maxLength = 200;
  input.autocomplete = 'off';
  const label = make('label', '', words.password, input);
  const form = make('form', '', label, make('button', 'primary', words.enter));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    enter(slug, input.value);
  });
  return form;
}
