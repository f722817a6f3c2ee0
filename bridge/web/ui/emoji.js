/** Words, and the small pictures among them. */

import { make } from './dom.js';

/**
 * Words in which some parts are pictures.
 *
 * @param {string} text
 * @param {Record<string, string>} pictures their addresses, by the letters in their place
 * @returns {(string | Node)[]}
 */
export function illustrated(text, pictures) {
  const names = Object.keys(pictures);
  if (!names.length) return [text];
  return text.split(RegExp(`(${names.join('|')})`)).map((part) => (names.includes(part) ? emoji(part, pictures[part]) : part));
}

/** @param {string} name @param {string} address */
export function emoji(name, address) {
  const picture = make('img', 'emoji');
  picture.alt = picture.title = name;
  picture.src = address;
  return picture;
}
