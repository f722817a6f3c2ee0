/**
 * What the roles are called that give members their colour, where a server shows that.
 *
 * @typedef {{color: string, names: string[], online: number}} Role `names`: of all roles that give this colour
 */

import { label } from './parse.js';

const MOST_NAMES = 8; // of one colour

/** Those of a crowd, by their colour; of which most are online first. @param {import('./census.js').Census} census @returns {Role[]} */
export const rolesIn = (census) => [...census.told.values()].map(({ color, counts: [online, idle, dnd], names }) => ({
  color,
  names: (Array.isArray(names) ? names : []).slice(0, MOST_NAMES).map(label).filter(Boolean),
  online: online + idle + dnd,
})).filter(({ color, names }) => color && names.length).sort((a, b) => b.online - a.online);
