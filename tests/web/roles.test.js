/** What roles are called, where a bridge says it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Replica } from '../../bridge/web/guild/replica.js';
import { rolesIn } from '../../bridge/web/guild/roles.js';
import { finish } from '../../bridge/web/world/slices.js';

/** @param {string | null} roleColor @param {unknown} roleNames @param {number} [online] */
const street = (roleColor, roleNames, online = 1) => ({ roleColor, roleNames, online, idle: 1, dnd: 1, offline: 9 });

/** @param {unknown[]} neighbourhoods */
function joined(...neighbourhoods) {
  const replica = new Replica();
  finish(replica.take({ type: 'server-join', data: { request: { server: 'x' }, serverName: 'X', users: {}, neighbourhoods } }, 0));
  return replica;
}

test('a role is named with how many of it are there, the largest first', () => {
  const { census } = joined(street('#57f287', ['Gardeners']), street('#ed4245', ['Guards', 'Keepers'], 7), { ...street('#5865f2', null), roleNames: undefined });
  assert.deepEqual(rolesIn(census), [
    { color: '#ed4245', names: ['Guards', 'Keepers'], online: 9 },
    { color: '#57f287', names: ['Gardeners'], online: 3 },
  ]);
});

test('what comes without names has none any more', () => {
  const replica = joined(street('#57f287', ['Gardeners']), street('#ed4245', ['Guards']));
  finish(replica.take({ type: 'neighbourhoods', data: { neighbourhoods: [{ ...street('#57f287', null), roleNames: undefined }] } }, 0));
  assert.deepEqual(rolesIn(replica.census).map(({ names }) => names), [['Guards']]);
  finish(replica.take({ type: 'server-join', data: { request: { server: 'x' }, resumed: true, neighbourhoods: [street('#57f287', undefined)] } }, 0));
  assert.deepEqual(rolesIn(replica.census), []);
});

test('whatever a bridge sends, there is nothing to be seen but names of colours', () => {
  const { census } = joined(
    street('#ffffff', ['White']), street(null, ['The rest']), street('red', ['Red']), street('#000001', 'Gardeners'), street('#000002', { length: 2 }),
    street('#000003', [7, null, '\u200b', '\u202e']), street('#000004', Array.from({ length: 99 }, (_, i) => `Role ${i}`)), street('#000005', ['\u2069x']),
  );
  assert.deepEqual(rolesIn(census).map(({ color, names }) => [color, names.length, names[0]]), [['#000004', 8, 'Role 0'], ['#000005', 1, 'x']]);
});
