/** Guilds to try the world with. Everything follows from the numbers asked for. */

import { mix } from '../../bridge/web/world/random.js';
import { finish } from '../../bridge/web/world/slices.js';
import { grow } from '../../bridge/web/world/terrain.js';
import { TOWN } from '../../bridge/web/world/town.js';

const COLORS = ['#e06c75', '#5b8dd9', '#98c379', '#e5c07b', null, null];
/** @type {import('../../bridge/web/guild/people.js').Status[]} */
const STATUSES = ['online', 'online', 'online', 'idle', 'dnd', 'offline'];

/**
 * Channels of every kind, seven to a category.
 *
 * @param {number} count
 * @returns {import('../../bridge/web/world/terrain.js').ChannelInfo[]}
 */
export function channels(count) {
  return Array.from({ length: count }, (_, i) => ({
    id: `c${i}`,
    name: `channel ${i}`,
    kind: i % 7 === 3 ? 'voice' : i % 19 === 5 ? 'stage' : i % 13 === 6 ? 'news' : 'text',
    category: `category ${Math.floor(i / 7)}`,
    position: i,
  }));
}

/**
 * @param {number} i
 * @param {Partial<import('../../bridge/web/guild/people.js').Member>} [told]
 * @returns {import('../../bridge/web/guild/people.js').Member}
 */
export function member(i, told = {}) {
  const dice = mix(i, 99);
  return {
    uid: `u${i}`, name: `user ${i}`, fold: `user ${i}`, status: STATUSES[dice % STATUSES.length],
    color: COLORS[(dice >>> 4) % COLORS.length], color2: null, bot: (dice >>> 8) % 12 === 0, voice: null, activity: '', line: '', reaction: '', fresh: false, ...told,
  };
}

/** @param {number} count @param {Partial<import('../../bridge/web/guild/people.js').Member>} [told] */
export const members = (count, told = {}) => Array.from({ length: count }, (_, i) => member(i, told));

/** @param {string} channelId */
export const voice = (channelId) => ({ channel: channelId, channelId, muted: false, deafened: false, streaming: false, speaker: false, line: '' });

/** An island that grows, on which houses can be built. @param {Parameters<typeof grow>} wanted */
export const growing = (id, count, wanted, before = null) => grow(id, count, wanted, before, () => TOWN);

/** An island, all at once. @param {Parameters<typeof grow>} wanted */
export const island = (...wanted) => finish(growing(...wanted));
