/**
 * The small people of this page: skin in the role's colour, eyes and badge by status.
 *
 * @typedef {import('../roster.js').Status} Status
 */

import { icon, make, setIcon } from '../dom.js';

/**
 * A figure without a status, as it stands beside its words.
 *
 * @param {boolean} bot
 */
export function speaker(bot) {
  const figure = make('span', 'figure', icon('body'), icon('eyes-online'));
  if (bot) figure.append(icon('antenna'));
  return figure;
}

/** A figure that shows its status: `pose` gives it one. */
export function person() {
  return make('span', 'figure', icon('body'), icon('eyes-online'), icon('antenna'), icon('badge-online'));
}

/**
 * @param {Element} figure
 * @param {Status} status
 * @param {string} label the status in words
 * @param {boolean} bot
 */
export function pose(figure, status, label, bot) {
  const [, eyes, antenna, badge] = /** @type {SVGElement[]} */ ([...figure.children]);
  setIcon(eyes, `eyes-${status}`);
  setIcon(badge, `badge-${status}`, label);
  antenna.classList.toggle('gone', !bot);
}
