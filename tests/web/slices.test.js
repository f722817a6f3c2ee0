/** That nothing that grows with a guild is done in one piece: counted, not timed. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { parsed } from '../../bridge/web/guild/frames.js';
import { survey } from '../../bridge/web/world/cells.js';
import { SIDE } from '../../bridge/web/world/isle.js';
import { Land } from '../../bridge/web/world/land.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { finish, pursue, through } from '../../bridge/web/world/slices.js';
import { News } from '../../bridge/web/guild/news.js';
import { Replica } from '../../bridge/web/guild/replica.js';
import { sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, growing, island, members, voice } from './guild.js';

const MANY = 50_000;

/**
 * How much each slice of some work did.
 *
 * @param {Generator<void, unknown>} work
 * @param {() => number} done how much is done so far
 */
function slices(work, done) {
  const sizes = [];
  for (let before = done(), step = work.next(); ; step = work.next()) {
    sizes.push(done() - before);
    before = done();
    if (step.done) return sizes;
  }
}

/** @param {number[]} sizes */
const most = (sizes) => sizes.reduce((one, other) => Math.max(one, other), 0);

const { Uint8Array: Plain } = globalThis;
afterEach(() => { globalThis.Uint8Array = Plain; });

/** Counts how often numbers of lists of bytes are asked for, in all that are made from now on. */
function countBytes() {
  const looks = { count: 0 };
  globalThis.Uint8Array = /** @type {any} */ (new Proxy(Plain, { construct: (_, [what]) => counted(new Plain(what), looks) }));
  return looks;
}

/** @param {Uint8Array} list @param {{count: number}} looks @returns {Uint8Array} */
function counted(list, looks) {
  return new Proxy(list, {
    get(_, name) {
      looks.count += 1;
      const found = Reflect.get(list, name);
      return typeof found === 'function' ? found.bind(list) : found;
    },
  });
}

test('many small things are done in pieces', () => {
  /** @type {number[]} */
  const seen = [];
  assert.deepEqual(slices(through(10, (at) => seen.push(at), 4), () => seen.length), [4, 4, 2]);
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('work goes on until its time is over, and at least one slice of it is done', () => {
  let done = 0;
  const work = through(3, () => { done += 1; }, 1);
  assert.equal(pursue(work, 0).done, false);
  assert.equal(done, 1);
  assert.equal(pursue(work).done, true);
  assert.equal(done, 3);
});

for (const [count, places] of [[5_000, 200], [MANY, 1], [MANY, 500]]) {
  test(`an island for ${count} with ${places} places grows in slices`, () => {
    const looks = countBytes();
    const sizes = slices(growing('guild', sizeFor(count), channels(places)), () => looks.count);
    const cells = SIDE ** 2;
    assert.ok(most(sizes) < 6 * cells, `${most(sizes)} looks for ${cells} cells`); // where a way or all of the shore is followed
    assert.ok(sizes.filter((size) => size > 250_000).length <= 5 + places / 20, 'nearly all of them are small');
  });
}

test('land is looked over for who can be seen where in slices, once', () => {
  const terrain = island('guild', sizeFor(MANY), channels(500));
  const looks = { count: 0 };
  const land = { ...terrain, open: counted(terrain.open, looks) };
  const sizes = slices(survey(land), () => looks.count);
  assert.ok(sizes.length > 100);
  assert.ok(most(sizes) < 30_000, `${most(sizes)} looks`);
  looks.count = 0;
  assert.ok(new Sim(land).cover);
  assert.ok(looks.count < 300_000, 'what was found is kept');
});

test('the ground is baked in slices', () => {
  const terrain = island('guild', sizeFor(MANY), channels(1));
  const looks = { count: 0 };
  const land = new Land({ ...terrain, ground: counted(terrain.ground, looks) }, () => 0);
  const sizes = slices(land.ground(2).bake(), () => looks.count);
  assert.ok(sizes.length > 500);
  assert.ok(most(sizes) < 30_000, `${most(sizes)} looks`);
});

test('people are taken over to another island some at a time', () => {
  const before = new Sim(island('guild', sizeFor(2_000), channels(20)));
  for (const one of members(2_000, { status: 'online' })) before.add(one);
  const after = new Sim(island('guild', sizeFor(2_000), channels(21)));
  assert.ok(most(slices(after.adopt(before), () => after.people)) <= 32);
  assert.equal(after.people, 2_000);
});

test('people get to where they were going some at a time', () => {
  const sim = new Sim(island('guild', sizeFor(2_000), channels(20)));
  for (const one of members(2_000, { status: 'online' })) sim.add(one);
  for (const one of members(2_000, { status: 'online', voice: voice('c3') })) sim.change(one);
  const sizes = slices(sim.skip(60), () => 0);
  assert.ok(sizes.length > 60);
  assert.equal(sim.movers, 0);
});

test('a snapshot\'s members are read some at a time, and none of another guild is there meanwhile', () => {
  const replica = new Replica();
  replica.news = new News(replica);
  finish(replica.take({ type: 'server-join', data: { request: { server: 'one' }, users: { 1: { username: 'Ada' } } } }, 0));
  let read = 0;
  const users = Object.fromEntries(Array.from({ length: 9_999 }, (_, i) => [`9${i}`, { get username() { read += 1; return 'Bo'; } }]));
  const work = replica.take({ type: 'server-join', data: { request: { server: 'two' }, users } }, 0);
  work.next();
  assert.equal(replica.counts.members, 0);
  assert.ok(most(slices(work, () => read)) <= 64);
  assert.equal(replica.counts.members, 9_999);
});

test('no more members are kept than a page can bear, however they come', () => {
  const replica = new Replica();
  replica.news = new News(replica);
  const users = Object.fromEntries(Array.from({ length: MANY }, (_, i) => [i, { username: 'Bo' }]));
  finish(replica.take({ type: 'server-join', data: { request: { server: 'one' }, users } }, 0));
  for (let i = 0; i < 9; i++) finish(replica.take({ type: 'presence', data: { uid: `later ${i}`, status: 'online' } }, 0));
  assert.equal(replica.people.size, MANY);
  finish(replica.take({ type: 'presence', data: { uid: '7', status: 'idle', delete: true } }, 0));
  finish(replica.take({ type: 'presence', data: { uid: 'later', status: 'online' } }, 0));
  assert.ok(replica.people.get('later'));
});

/** Values of every kind, also those that look like the end of others. @param {number} count */
const odd = (count) => Array.from({ length: count }, (_, i) => ({
  [`key "${i}" \\`]: ['{', ']', '\\', '\\"', '', i, -1.5e-7, true, null, {}, [], [[{}]]], ' ': '\u2028 ü 🌸',
}));

for (const [kind, value] of /** @type {[string, unknown][]} */ ([
  ['small', odd(2)], ['list', odd(9_000)], ['record', { users: Object.fromEntries(odd(9_000).entries()), last: 1 }],
  ['deep', { a: { b: [1, { c: odd(9_000) }, 2] } }], ['text', { a: 'x"\\'.repeat(200_000), b: 'y' }],
])) {
  for (const space of [0, 3]) {
    test(`a ${kind} frame says the same, taken apart${space ? ', with spaces' : ''}`, () => {
      const text = JSON.stringify(value, null, space);
      assert.equal(JSON.stringify(finish(parsed(text))), JSON.stringify(value));
    });
  }
}

test('a large frame is parsed in small parts', () => {
  const text = JSON.stringify({ users: Object.fromEntries(odd(20_000).entries()) });
  const { parse } = JSON;
  let letters = 0;
  try {
    JSON.parse = (part, ...rest) => {
      letters += part.length;
      return parse(part, ...rest);
    };
    assert.ok(most(slices(parsed(text), () => letters)) <= 200_000);
  } finally {
    JSON.parse = parse;
  }
});

const LARGE = JSON.stringify(odd(9_000));
for (const [kind, text] of Object.entries({
  empty: '', unended: LARGE.slice(0, -1), 'without a comma': LARGE.replace('},{', '}{'), 'without a colon': `{"a" ${LARGE}}`,
  'without a key': `{${LARGE}:1}`, 'an unended text': `["${'x'.repeat(300_000)}`, deep: '['.repeat(1_000_000), spaces: ' '.repeat(300_000),
  'something after its end': `${LARGE} x`, 'two of them': LARGE + LARGE, 'a space that JSON has not': `\u00a0${LARGE}`,
})) {
  test(`a broken frame is no frame: ${kind}`, () => {
    assert.throws(() => finish(parsed(text)), SyntaxError);
  });
}
