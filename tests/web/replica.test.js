/** The guild's truth, and who is told of it as it happens. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { finish } from '../../bridge/web/world/slices.js';
import { News } from '../../bridge/web/guild/news.js';
import { Replica } from '../../bridge/web/guild/replica.js';

const NOW = 1_764_000_000_000;

/** @type {unknown[][]} */
let told;
/** @type {Replica} */
let replica;

beforeEach(() => {
  told = [];
  replica = new Replica();
  replica.news = new News(replica);
  replica.witness = new Proxy({}, { get: (_, name) => (...what) => { told.push([name, ...what]); } });
});

/** @param {import('../../bridge/web/guild/net.js').Frame} frame */
const take = (frame) => finish(replica.take(frame, NOW));
const names = () => told.map(([name]) => name);
const join = (data = {}) => take({ type: 'server-join', data: {
  request: { server: 'garden' }, serverName: 'The Garden', users: { 1: { username: 'Ada', status: 'online' } }, ...data,
} });
const tell = (type, data) => take({ type, data });

test('a room is entered as a whole, by the guild\'s own number', () => {
  tell('server-list', { 77: { id: 'garden', name: 'The Garden', passworded: false } });
  join({ channels: { 5: { name: 'beds', kind: 'text', category: 'Outside', position: 2 } } });
  assert.deepEqual(names(), ['entered'], 'its channels are part of it');
  assert.equal(replica.room?.id, '77');
  assert.deepEqual([...replica.channels.values()], [
    { id: '5', name: 'beds', kind: 'text', category: 'Outside', position: 2, status: '', plot: null },
  ]);
});

test('the guild\'s own number counts, whether the list comes before or after', () => {
  join({ serverId: '77' });
  assert.equal(replica.room?.id, '77');
  join();
  assert.equal(replica.room?.id, 'garden', 'of a bridge that tells neither');
});

test('what is resumed is not entered again', () => {
  join();
  told = [];
  join({ resumed: true, users: undefined });
  assert.deepEqual(names(), []);
  assert.equal(replica.people.size, 1);
});

test('somebody makes their own figure do something, where that may be', () => {
  join({ gestures: true });
  told = [];
  assert.equal(replica.gestures, true);
  tell('gesture', { uid: '1', gesture: 'wave' });
  assert.deepEqual(told, [['acted', '1', 'wave']]);
  for (const gestures of [false, undefined, 1, 'yes']) {
    join({ gestures, resumed: true });
    assert.equal(replica.gestures, false);
  }
});

test('what was said before one came is told as such, with its time', () => {
  const recent = [
    { uid: '1', message: 'First', channel: '5', id: '8', at: NOW / 1000 - 90 },
    { uid: '1', message: 'Then', channel: '5', id: '9', at: NOW / 1000 + 90 },
    { uid: '1', message: 'Of no message', channel: '5' }, null, 'rubbish',
  ];
  join({ recent });
  assert.deepEqual(names(), ['entered', 'recalled'], 'it is not said now');
  assert.deepEqual(/** @type {any[]} */ (replica.feed).map(({ text, author, at }) => [text, author, at]), [
    ['First', 'Ada', NOW - 90_000], ['Then', 'Ada', NOW],
  ]);
  tell('edit', { uid: '1', channel: '5', id: '8', message: null });
  assert.equal(replica.feed.length, 1, 'and may be taken back like any other');
});

test('what one knows is not told again, and tells that nothing is missing', () => {
  join();
  tell('message', { uid: '1', message: 'Known', channel: '5', id: '8' });
  told = [];
  join({ recent: [{ uid: '1', message: 'Known', channel: '5', id: '8', at: 1 }, { uid: '1', message: 'News', channel: '5', id: '9', at: 2 }] });
  assert.deepEqual(/** @type {any[]} */ (replica.feed).map(({ text }) => text), ['Known', 'News']);
  assert.deepEqual(names(), ['entered', 'recalled']);
  told = [];
  join({ recent: [] });
  assert.deepEqual(names(), ['entered']);
  assert.equal('gap' in replica.feed[2], true, 'whether anything was said in between, nobody knows');
  join({ recent: 'rubbish' });
});

test('people come, change and go', () => {
  join();
  told = [];
  tell('presence', { uid: '2', username: 'Bo', status: 'idle' });
  tell('presence', { uid: '2', status: 'dnd' });
  tell('presence', { uid: '2', status: 'offline', delete: true });
  tell('presence', { uid: '2', status: 'offline', delete: true });
  assert.deepEqual(names(), ['came', 'changed', 'went']);
});

test('a gradient comes and goes with the second colour', () => {
  join({ users: { 1: { username: 'Ada', status: 'online', roleColor: '#5865f2', roleColor2: '#ffffff' } } });
  const colors = () => [replica.people.get('1')?.color, replica.people.get('1')?.color2];
  assert.deepEqual(colors(), ['#5865f2', '#ffffff'], 'white may be a second colour');
  tell('presence', { uid: '1', status: 'idle' });
  tell('presence', { uid: '1', status: 'idle', roleColor: '#123456' });
  assert.deepEqual(colors(), ['#123456', '#ffffff'], 'what isn\'t told stays');
  tell('presence', { uid: '1', status: 'idle', roleColor2: null });
  assert.deepEqual(colors(), ['#123456', null]);
  tell('presence', { uid: '1', status: 'idle', roleColor: '#ffffff', roleColor2: '#654321' });
  assert.deepEqual(colors(), ['#ffffff', '#654321'], 'white may run into a colour');
  for (const roleColor2 of ['red', 7, {}, [], '#12345', '#1234567', 'url(x)', '#ffffff;']) {
    tell('presence', { uid: '1', status: 'idle', roleColor: '#ffffff', roleColor2 });
    assert.deepEqual(colors(), [null, null]);
  }
});

test('a line over somebody stays until another comes, and is text alone', () => {
  join({ users: { 1: { username: 'Ada', status: 'online', line: 'back at noon' }, 2: { username: 'Bo' } } });
  const line = () => replica.people.get('1')?.line;
  assert.equal(replica.people.get('2')?.line, '');
  tell('presence', { uid: '1', status: 'idle' });
  assert.equal(line(), 'back at noon');
  tell('presence', { uid: '1', status: 'idle', line: 'here' });
  assert.equal(line(), 'here');
  for (const none of [null, 7, {}, [], '\u3164']) {
    tell('presence', { uid: '1', status: 'idle', line: none });
    assert.equal(line(), '');
  }
});

test('who talks stands under what people put over the channel', () => {
  const lounge = (status) => ({ 6: { name: 'Lounge', kind: 'voice', status } });
  join({
    channels: lounge('movie night'),
    users: { 1: { username: 'Ada', voice: { channel: '6', channelName: 'Lounge' } }, 2: { username: 'Bo' } },
  });
  assert.equal(replica.channels.get('6')?.status, 'movie night');
  assert.equal(replica.people.get('1')?.voice?.line, 'movie night');
  told = [];
  tell('channels', lounge('chess'));
  assert.deepEqual(names(), ['changed', 'rebuilt'], 'of those whom it concerns');
  tell('voice', { uid: '2', channel: '6', channelName: 'Lounge' });
  assert.deepEqual([1, 2].map((uid) => replica.people.get(`${uid}`)?.voice?.line), ['chess', 'chess']);
  join({ resumed: true, users: undefined, channels: lounge('go') });
  assert.equal(replica.people.get('1')?.voice?.line, 'go');
  for (const rubbish of [undefined, null, 7, {}, ['x'], '\u200b']) {
    tell('channels', lounge(rubbish));
    assert.deepEqual([replica.channels.get('6')?.status, replica.people.get('2')?.voice?.line], ['', '']);
  }
  tell('channels', lounge('x'.repeat(5_000)));
  assert.equal(replica.people.get('2')?.voice?.line.length, 200);
});

test('somebody is new for a day', () => {
  const joined = Math.floor(NOW / 1000) - 3_600;
  join({ users: { 1: { username: 'Ann', status: 'online', joined: joined - 86_400 }, 2: { username: 'Bo', status: 'idle', joined } } });
  tell('presence', { uid: '3', username: 'Cy', status: 'online', joined: joined + 600 });
  tell('presence', { uid: '3', status: 'dnd' });
  const isNew = () => ['1', '2', '3'].map((uid) => replica.people.get(uid)?.fresh);
  assert.deepEqual(isNew(), [false, true, true]);
  const next = replica.fade(NOW);
  assert.equal(next, (joined + 86_400) * 1000);
  assert.equal(replica.fade(next), next + 600_000);
  assert.deepEqual(isNew(), [false, false, true]);
  assert.equal(replica.fade(next + 600_000), Infinity);
  assert.deepEqual(isNew(), [false, false, false]);
});

test('a channel that nobody listed is met where it is named', () => {
  join();
  told = [];
  tell('message', { uid: '1', message: 'Hi', channel: '9', channelName: 'attic' });
  tell('message', { uid: '1', message: 'Hi', channel: '9', channelName: 'attic' });
  tell('voice', { uid: '1', channel: '8', channelName: 'Cellar' });
  assert.deepEqual(names(), ['rebuilt', 'said', 'said', 'rebuilt', 'changed']);
  assert.deepEqual([...replica.channels.values()].map(({ name, kind }) => [name, kind]), [['attic', 'text'], ['Cellar', 'voice']]);
});

test('messages are said, corrected and unsaid; a guild\'s own emoji go by their names', () => {
  join();
  told = [];
  tell('message', { uid: '1', id: '50', message: 'Hi <a:wave:123>', channel: '9' });
  tell('edit', { id: '50', message: 'Bye' });
  tell('edit', { id: '50', message: null });
  tell('edit', { id: '51', message: 'never said' });
  assert.deepEqual(names(), ['said', 'corrected', 'unsaid']);
  assert.equal(/** @type {any} */ (told[0][1]).text, 'Hi :wave:');
  assert.equal(/** @type {any} */ (told[1][1]).text, 'Bye');
  assert.deepEqual(replica.feed, []);
});

test('a thread is no channel of its own where channels are listed', () => {
  join({ channels: { 5: { name: 'beds', kind: 'text' } } });
  tell('message', { uid: '1', message: 'In a thread', channel: '6', channelName: 'roses', parent: '5' });
  assert.deepEqual([...replica.channels.keys()], ['5']);
  assert.equal(/** @type {any} */ (replica.feed[0]).placeId, '5', 'and its talk is at the channel that it belongs to');
  assert.equal(/** @type {any} */ (replica.feed[0]).channel, 'roses');
});

const odd = { toString: 1, valueOf: 1 };
const rubbish = [null, undefined, 5, 'text', [], ['1'], odd, Number.NaN, 1e308, -1];
for (const type of ['server-list', 'servers', 'server-join', 'channels', 'presence', 'message', 'edit', 'typing', 'reaction', 'voice', 'activity', 'gesture']) {
  test(`rubbish as ${type} is survived`, () => {
    replica = new Replica(true);
    replica.news = new News(replica);
    join({ users: { '': { username: 'Nobody' }, 1: { username: 'Ada' } } });
    const fields = ['uid', 'username', 'status', 'voice', 'joined', 'request', 'users', 'channels', 'counts', 'emoji', 'message', 'channel', 'id', 'serverName'];
    for (const value of rubbish) {
      tell(type, value);
      for (const field of fields) tell(type, { uid: '1', id: '1', channel: '5', [field]: value, users: { 2: { username: 'Bo', [field]: value } }, 3: value });
      replica.fade(NOW);
    }
  });
}

test('a hundred thousand who are new, or who type, fade like few', () => {
  const users = Object.fromEntries(Array.from({ length: 150_000 }, (_, i) => [i, { username: 'Bee', joined: NOW / 1000 - 9 }]));
  join({ users });
  for (let i = 0; i < 150_000; i++) tell('typing', { uid: String(i) });
  assert.equal(replica.fade(NOW), NOW + 8_000);
  tell('typing', { uid: 'nobody' });
  assert.equal(replica.typing.has('nobody'), false);
});

test('what is too long is cut, and too many channels are not built', () => {
  const long = 'x'.repeat(1_000_000);
  const channels = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [i, { name: long }]));
  join({ users: { 1: { username: long } }, serverName: long, channels });
  tell('message', { uid: '1', message: long, channel: '5' });
  assert.equal(replica.channels.size, 1_000);
  assert.equal(replica.room?.name.length, 200);
  assert.equal(replica.people.get('1')?.name.length, 200);
  assert.equal(/** @type {any} */ (replica.feed[0]).text.length, 4_000);
});

test('of a bridge that tells of too many, as many are shown as a page can bear', () => {
  const users = Object.fromEntries(Array.from({ length: 50_010 }, (_, i) => [`u${i}`, { username: 'x', status: 'idle' }]));
  join({ users, counts: { members: 50_010 } });
  assert.deepEqual([replica.people.size, replica.counts.members], [50_000, 50_010]);
});

test('what is told before there is anybody to read it is read then, in order, and none of another room', () => {
  replica = new Replica();
  replica.witness = new Proxy({}, { get: (_, name) => (...what) => { told.push([name, ...what]); } });
  join();
  tell('message', { uid: '1', message: 'of another room' });
  join({ request: { server: 'harbour' }, recent: [{ id: '5', uid: '1', channel: '8', message: 'before' }] });
  tell('presence', { uid: '2', username: 'Bo', status: 'online' });
  tell('message', { uid: '2', message: 'Hello' });
  tell('presence', { uid: '1', status: 'idle', delete: true });
  assert.deepEqual([names(), replica.people.size, replica.feed.length], [['entered', 'entered'], 1, 0]);
  assert.deepEqual(replica.lively, ['8', '']);
  assert.equal(replica.fade(NOW), Infinity);
  replica.news = new News(replica);
  assert.deepEqual(names().slice(2), ['recalled', 'came', 'said', 'went']);
  assert.deepEqual(replica.feed.map((entry) => 'text' in entry && entry.text), ['before', 'Hello']);
  assert.deepEqual([...replica.people.all()].map(({ name }) => name), ['Bo']);
});

test('who was told too much before they could read it knows that they are behind', () => {
  replica = new Replica();
  join();
  for (let i = 0; i < 2_000; i++) tell('presence', { uid: '1', status: 'idle' });
  assert.equal(replica.isBehind, true);
  join();
  assert.equal(replica.isBehind, false);
  replica.news = new News(replica);
  assert.equal(replica.people.get('1')?.status, 'online');
});
