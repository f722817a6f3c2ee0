/** What roles are called and how many of each are online, as the legend says it; nothing where a server doesn't show it. */

import { byId, make, setText } from './dom.js';
import { rolesIn } from '../guild/roles.js';

/** @param {import('../guild/roles.js').Role} role @param {import('../words.js').AllWords} words */
export const sayRole = ({ names, online }, { called, present }) => `${names.map(called).join(', ')}: ${present(online)}`;

/** @param {import('../words.js').AllWords} words @param {import('./later.js').Later} later @param {import('../guild/census.js').Census} census */
export function roleList(words, { KeyedList, portraitOf }, census) {
  const node = make('ul', 'looks roles');
  /** @type {import('./list.js').KeyedList<import('../guild/roles.js').Role>} */
  const list = new KeyedList(
    node, ({ color }) => color, ({ color }) => make('li', '', portraitOf({ color }), make('span')),
    (row, role) => setText(/** @type {Node} */ (row.lastChild), sayRole(role, words)),
  );
  return { node, show: () => byId('legend').matches(':popover-open') && list.show(rolesIn(census)) };
}
