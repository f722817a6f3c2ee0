/** A crowd that is told by number: who is known is counted once, and the rest live behind lit windows. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { News } from '../../bridge/web/guild/news.js';
import { Replica } from '../../bridge/web/guild/replica.js';
import { Roster } from '../../bridge/web/guild/roster.js';
import { CAPACITIES } from '../../bridge/web/world/build.js';
import { Homes } from '../../bridge/web/world/homes.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { finish } from '../../bridge/web/world/slices.js';
import { sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, island, member } from './guild.js';

const NOW = 1_700_000_000_000;

/** @param {string} roleColor @param {number[]} counts */
const house = (roleColor, [online, idle, dnd, offline]) => ({ roleColor, online, idle, dnd, offline });

/** @param {string} uid */
const user = (uid, status = 'online', roleColor = '#ff0000') => ({ uid, username: `Name ${uid}`, status, roleColor });

/** @param {Replica} replica @param {any} frame */
const hear = (replica, frame) => { finish(replica.take(frame, NOW)); };

/** @param {Record<string, any>} [more] */
function joined(more = {}) {
  const replica = new Replica();
  replica.news = new News(replica);
  /** @type {string[]} */
  const seen = [];
  replica.witness = {
    came: ({ uid }) => seen.push(`came ${uid}`), met: ({ uid }) => seen.push(`met ${uid}`),
    went: (uid) => seen.push(`went ${uid}`), forgotten: (uid) => seen.push(`forgotten ${uid}`),
  };
  hear(replica, {
    type: 'server-join',
    data: {
      request: { server: 'x' }, serverName: 'X', serverId: '1', counts: { members: 1_200, online: 130, shown: 1_000 },
      users: { 1: user('1'), 2: user('2', 'idle', '#ffffff') },
      neighbourhoods: [house('#ff0000', [100, 20, 5, 775]), house('#ffffff', [3, 2, 0, 90]), { ...house('', [0, 0, 0, 5]), roleColor: null }],
      ...more,
    },
  });
  return { replica, seen };
}

test('all are counted, and those who are not known are strangers', () => {
  const { replica } = joined();
  assert.deepEqual(replica.counts, { members: 1_200, online: 130, shown: 1_000 });
  assert.deepEqual(replica.strangers, [
    { color: '#ff0000', counts: [99, 20, 5, 775] },
    { color: '', counts: [3, 1, 0, 95] },
  ]);
});

test('news replace what was told of a neighbourhood, and a resume all of it', () => {
  const { replica } = joined();
  hear(replica, { type: 'neighbourhoods', data: { neighbourhoods: [house('#ff0000', [0, 0, 0, 0]), house('#00ff00', [7, 0, 0, 0])] } });
  assert.equal(replica.counts.shown, 107);
  hear(replica, { type: 'server-join', data: { request: { server: 'x' }, resumed: true, neighbourhoods: [house('#00ff00', [9, 0, 0, 0])] } });
  assert.equal(replica.counts.shown, 9);
  hear(replica, { type: 'neighbourhoods', data: { neighbourhoods: [{ roleColor: '#00ff00', online: -5, idle: 'x', dnd: 1e999 }, null, 7] } });
  assert.ok(replica.counts.shown >= 0);
});

test('a bridge that lists everybody is believed as before', () => {
  const { replica } = joined({ neighbourhoods: undefined });
  assert.deepEqual(replica.counts, { members: 1_200, online: 2, shown: 2 });
  assert.deepEqual(replica.strangers, []);
});

test('who acts was there already, unless they have just joined; who is found is known', () => {
  const { replica, seen } = joined();
  hear(replica, { type: 'presence', data: user('3') });
  hear(replica, { type: 'presence', data: { ...user('4'), joined: NOW / 1000 - 5 } });
  hear(replica, { type: 'found', data: { text: 'n', users: { 5: user('5'), 1: user('1', 'dnd') } } });
  assert.deepEqual(seen, ['met 3', 'came 4', 'met 5']);
  assert.equal(replica.people.get('1')?.status, 'dnd');
  assert.deepEqual(new Roster(replica.people).find('name 5', 5).rows.map(({ uid }) => uid), ['5']);
  hear(replica, { type: 'presence', data: { uid: '77', status: 'offline', delete: true } });
  assert.equal(replica.counts.members, 1_200);
});

test('who has been quiet for longest is forgotten, but nobody who talks or is looked at', () => {
  const { replica, seen } = joined();
  replica.witness.isWatched = (uid) => uid === '2';
  hear(replica, { type: 'voice', data: { uid: '1', channel: '9', channelName: 'talk' } });
  for (let i = 0; i < 4_000; i++) hear(replica, { type: 'presence', data: user(String(100 + i)) });
  assert.equal(replica.people.size, 3_000);
  assert.ok(replica.people.get('1') && replica.people.get('2') && replica.people.get('4099'));
  assert.equal(replica.people.get('100'), undefined);
  assert.ok(seen.includes('forgotten 100') && !seen.some((what) => what.startsWith('went')));
});

/** How many windows strangers have, by status. @param {Homes} homes */
const windows = (homes) => homes.lodgers.reduce((sum, now) => sum.map((count, i) => count + (now?.[i] ?? 0)), [0, 0, 0, 0]);

test('each stranger has a window, in a house of their colour', () => {
  const land = island('guild', sizeFor(1_000), channels(10));
  const homes = new Homes(land.houses, land.side);
  finish(homes.house([{ color: '#ff0000', counts: [300, 50, 10, 340] }, { color: '', counts: [100, 0, 0, 100] }]));
  assert.deepEqual(windows(homes), [400, 50, 10, 440]);
  homes.lodgers.forEach((now, i) => {
    assert.equal(now !== undefined, homes.colors[i] !== null);
    assert.ok((now ?? []).reduce((sum, count) => sum + count, 0) <= CAPACITIES[homes.houses[i].kind] + 2);
  });
});

test('one who wakes lights a window or moves a few, and no house changes hands', () => {
  const land = island('guild', sizeFor(5_000), channels(20));
  const homes = new Homes(land.houses, land.side);
  finish(homes.house([{ color: '#ff0000', counts: [300, 50, 10, 4_000] }]));
  const before = [...homes.colors];
  homes.stale.clear();
  finish(homes.house([{ color: '#ff0000', counts: [301, 50, 10, 3_999] }]));
  assert.equal(windows(homes)[0], 301);
  assert.deepEqual(homes.colors, before);
  assert.equal(homes.houses.reduce((sum, _, house) => sum + homes.strangersIn(house), 0), 4_360);
  assert.ok(homes.stale.size > 0);
});

test('in a city of 300,000 a window stands for several, and the island is no larger than one can see', () => {
  assert.equal(sizeFor(300_000), sizeFor(20_000));
  const land = island('guild', sizeFor(300_000), channels(60));
  const homes = new Homes(land.houses, land.side);
  const tenants = Array.from({ length: 65 }, (_, i) => ({ color: i ? `#${String(i).padStart(6, '0')}` : '', counts: [1_000, 300, 100, 3_200] }));
  finish(homes.house(tenants));
  const lit = windows(homes);
  const all = lit.reduce((sum, count) => sum + count, 0);
  assert.ok(Math.abs(lit[0] / all - 1_000 / 4_600) < 0.02);
  assert.ok(new Set(homes.colors).size >= 65);
  const told = homes.houses.reduce((sum, _, house) => sum + homes.strangersIn(house), 0);
  assert.ok(Math.abs(told / (65 * 4_600) - 1) < 0.1, `${told}`);
});

test('somebody who is forgotten is no longer on the land, and one who is found is at home', () => {
  const sim = new Sim(island('guild', sizeFor(1_000), channels(10)));
  finish(sim.house([{ color: '', counts: [500, 0, 0, 500] }]));
  sim.add(member(1));
  assert.ok(sim.slotOf('u1') >= 0);
  sim.forget('u1');
  assert.equal(sim.slotOf('u1'), -1);
  sim.add(member(2));
  sim.stir('u2', true);
  sim.forget('u2');
  for (let i = 0; i < 600 && sim.slotOf('u2') >= 0; i++) sim.step();
  assert.equal(sim.slotOf('u2'), -1);
});
