/**
 * What the roles are called that give members their colour, where a server shows that.
 *
 * @typedef {{color: string, names: string[], online: number}} Role `names`: of all roles that give this colour
 */

import { label } from './parse.js';
import { STATUSES } from './people.js';

const MOST_NAMES_OF_ONE = 8;
const AWAY_RANK = STATUSES.indexOf('offline');

/** Those of a crowd, by their colour; of which most are online first. @param {import('./census.js').Census} census @returns {Role[]} */
export function rolesIn(census) {
  const roles = [...census.told.values()].map(({ color, counts, names }) => ({
    color,
    names: (Array.isArray(names) ? names : []).slice(0, MOST_NAMES_OF_ONE).map(label).filter(Boolean),
    online: counts.reduce((sum, count, status) => sum + (status === AWAY_RANK ? 0 : count), 0),
  }));
  return roles.filter(({ color, names }) => color && names.length).sort((a, b) => b.online - a.online || (a.names[0] < b.names[0] ? -1 : 1));
}
