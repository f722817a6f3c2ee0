/** What goes on beside words: as it is told, for how long, and where it stands; whoever tells it. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { News } from '../../bridge/web/guild/news.js';
import { Replica } from '../../bridge/web/guild/replica.js';
import { marksFor } from '../../bridge/web/world/marks.js';
import { finish } from '../../bridge/web/world/slices.js';

const NOW = 1_764_000_000_000;
const CHANNELS = { 5: { name: 'beds', kind: 'text' }, 6: { name: 'Open air', kind: 'stage' }, 7: { name: 'Fire', kind: 'voice', status: 'ghost stories' } };

/** @type {Replica} */
let replica;
/** @type {unknown[]} */
let told;

/** @param {Record<string, any>} data */
const tell = (data, type = 'happening') => finish(replica.take({ type, data }, NOW));
const join = (data = {}) => tell({ request: { server: 'garden' }, users: { 1: { username: 'Ada' } }, channels: CHANNELS, ...data }, 'server-join');
const going = () => [...(replica.happenings?.all() ?? [])].map(({ id }) => id);
const notes = () => replica.feed.flatMap((entry) => ('happening' in entry ? `${entry.author} ${entry.happening.kind} ${entry.happening.text}` : []));
const marks = () => marksFor((replica.happenings?.all() ?? []), replica.channels.values()).map(({ placeId, frames }) => `${placeId} ${frames.length}`);

beforeEach(() => {
  told = [];
  replica = new Replica();
  replica.witness = { happened: (one) => told.push(one?.id ?? null) };
  replica.news = new News(replica);
  join();
});

test('each happens, is mentioned, and is seen for as long as it goes on', () => {
  tell({ id: 'a', kind: 'boost', uid: '1' });
  tell({ id: 'b', kind: 'thread', uid: '1', channel: '99', parent: '5', text: 'which tulip?' });
  tell({ id: 'c', kind: 'poll', uid: '1', channel: '5', text: 'Tea?', until: NOW / 1000 + 600 });
  tell({ id: 'd', kind: 'event', channel: '6', text: 'Quiz' });
  assert.deepEqual(told, ['a', 'b', 'c', 'd']);
  assert.deepEqual(notes(), ['Ada boost ', 'Ada thread which tulip?', ' event Quiz'], 'a poll is a message as well');
  assert.deepEqual(marks(), [' 4', '5 4', '5 4', '6 4', '7 1']);
  assert.equal(replica.fade(NOW), NOW + 60_000);
  assert.equal(replica.fade(NOW + 200_000), NOW + 600_000);
  assert.deepEqual(going(), ['c', 'd']);
  replica.fade(NOW + 600_000);
  assert.deepEqual(going(), ['d']);
  tell({ id: 'd', kind: 'event', over: true });
  assert.deepEqual([going(), told.slice(4)], [[], [null, null, null, null]]);
  assert.equal(notes().length, 3, 'what happened stays in the feed');
  tell({ id: 'b', kind: 'thread', over: true, gone: true });
  assert.deepEqual(notes(), ['Ada boost ', ' event Quiz'], 'but for what is taken back');
});

test('a post and a poll in its first message have one id, and are two', () => {
  tell({ id: 'a', kind: 'thread', uid: '1', channel: 'a', parent: '5', text: 'Tea or coffee' });
  tell({ id: 'a', kind: 'poll', uid: '1', channel: 'a', parent: '5', text: 'Tea?' });
  assert.deepEqual([going(), notes(), marks()], [['a', 'a'], ['Ada thread Tea or coffee'], ['5 4', '5 4', '7 1']]);
  replica.fade(NOW + 200_000);
  assert.deepEqual(marks(), ['5 4', '7 1'], 'the poll is open for longer');
  tell({ id: 'a', kind: 'poll', over: true, gone: true });
  assert.deepEqual([going(), notes()], [[], ['Ada thread Tea or coffee']]);
});

test('who comes is told what goes on, once; in another room nothing of it does', () => {
  const happenings = [{ id: 'c', kind: 'poll', channel: '5', text: 'Tea?' }, { id: 'd', kind: 'event', channel: '6', text: 'Quiz' }];
  join({ happenings });
  join({ happenings });
  assert.deepEqual(going(), ['c', 'd']);
  assert.deepEqual(notes(), [' poll Tea?', ' event Quiz']);
  tell({ id: 'd', kind: 'event', channel: '6', text: '' });
  assert.deepEqual(notes(), [' poll Tea?', ' event '], 'called otherwise, it is the same');
  join({ resumed: true, users: undefined });
  assert.deepEqual(going(), ['c', 'd']);
  join({ request: { server: 'harbour' } });
  assert.deepEqual([going(), notes()], [[], []]);
});

test('what is none, or too much, does no harm', () => {
  for (const odd of [null, 7, 'x', [], { id: 'x' }, { kind: 'poll' }, { id: 7, kind: 'poll' }, { id: 'x', kind: 'toString' }, { id: 'x', kind: ['poll'] }, { id: 'x', kind: 'poll', until: 1 }]) {
    tell(/** @type {any} */ (odd));
    join({ happenings: [odd] });
    join({ happenings: odd });
  }
  assert.deepEqual(going(), []);
  tell({ id: 'x', kind: 'event', text: 'y'.repeat(90_000), location: {}, channel: '__proto__', until: 1e307 });
  const [one] = (replica.happenings?.all() ?? []);
  assert.deepEqual([one.text.length, one.location, one.until], [200, '', Infinity]);
  for (let i = 0; i < 999; i++) tell({ id: `${i}`, kind: 'event', channel: '5', text: `${i}` });
  assert.equal(going().length, 200);
  assert.equal(marks().length, 3, 'one of a kind at a place');
  tell({ id: 'x', kind: 'event', over: true, gone: 'yes' });
  assert.equal(going().length, 199);
});

test('what comes after the first picture learns what happened until then, and where it stood', () => {
  replica = new Replica();
  join({ request: { server: 'harbour' }, happenings: [{ id: 'a', kind: 'event', text: 'of another room' }] });
  join({ happenings: [{ id: 'd', kind: 'event', channel: '6', text: 'Quiz' }] });
  tell({ id: 'b', kind: 'boost', uid: '1' });
  finish(replica.take({ type: 'message', data: { uid: '1', message: 'Thanks!' } }, NOW + 1));
  tell({ id: 'd', kind: 'event', over: true });
  assert.equal(replica.fade(NOW), Infinity);
  replica.news = new News(replica);
  assert.deepEqual(going(), ['b']);
  assert.deepEqual(replica.feed.map((entry) => ('happening' in entry ? entry.happening.id : 'message')), ['d', 'b', 'message']);
  assert.equal(new Set(replica.feed.map(({ key }) => key)).size, 3);
});
