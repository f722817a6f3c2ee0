/** What comes in over a line: in order, in slices, and not more than anybody could read. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { parsed } from '../../bridge/web/guild/frames.js';
import { Line } from '../../bridge/web/guild/net.js';
import { Pulse } from '../../bridge/web/guild/pulse.js';

/** @type {any} */
let socket;
/** @type {unknown[]} */
let seen;
/** Milliseconds that each frame seems to take. */
let pace = 0;
/** How often what takes large frames apart was asked for. */
let asked = 0;
let now = 0;
/** @type {Line} */
let line;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  mock.method(performance, 'now', () => now);
  globalThis.WebSocket = /** @type {any} */ (class {
    constructor() { socket = this; }
    close() {}
  });
  [seen, pace, now, asked] = [[], 0, 0, 0];
  line = new Line('ws://somewhere', {
    opened() {},
    *frame({ type }) {
      now += pace;
      if (type === 'broken') throw new TypeError('broken');
      seen.push(type);
    },
    changed({ phase }) { seen.push(phase); },
    large() { asked += 1; },
  });
  line.open();
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** @param {string} type */
const hear = (type) => socket.onmessage({ data: JSON.stringify({ type }) });
const types = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => `${i}`);

test('what comes is read at once', () => {
  hear('a');
  hear('b');
  assert.deepEqual(seen, ['a', 'b']);
});

test('what takes long is read some at a time, in order, with pauses in between', () => {
  pace = 5;
  types(10).forEach(hear);
  assert.deepEqual(seen, types(3));
  mock.timers.tick(6);
  assert.deepEqual(seen, types(6));
  mock.timers.tick(6);
  mock.timers.tick(6);
  assert.deepEqual(seen, types(10));
});

test('a connection ends after all that came over it', () => {
  pace = 5;
  types(5).forEach(hear);
  socket.onclose({ code: 1001 });
  mock.timers.tick(100);
  assert.deepEqual(seen, [...types(5), 'waiting']);
});

test('what is left of a connection that is no more is not read', () => {
  pace = 5;
  types(5).forEach(hear);
  line.open();
  mock.timers.tick(100);
  assert.deepEqual(seen, types(3));
});

test('a frame that fails takes no other with it', () => {
  assert.throws(() => hear('broken'), TypeError);
  socket.onmessage({ data: '{' });
  hear('a');
  assert.deepEqual(seen, ['a']);
});

test('who sends more than anybody can read is left', () => {
  pace = 50;
  const text = JSON.stringify({ type: 'a', words: 'x'.repeat(9_999_000) });
  for (let i = 0; i < 8 && socket.onmessage; i++) socket.onmessage({ data: text });
  assert.equal(seen.at(-1), 'waiting');
  assert.equal(socket.onmessage, null);
});

test('a line that lives before there is anything to watch over it is watched over from then on', () => {
  const sent = [];
  globalThis.WebSocket = /** @type {any} */ (Object.assign(class { readyState = 1; constructor() { socket = this; } send(/** @type {string} */ text) { sent.push(text); } close() {} }, { OPEN: 1 }));
  line.open();
  line.settle();
  mock.timers.tick(30_000);
  assert.deepEqual(sent, []);
  line.furnish({ parsed, Pulse });
  mock.timers.tick(15_000);
  assert.deepEqual(sent, ['{"type":"beat"}']);
  hear('a'.repeat(250_000));
  assert.equal(String(seen.at(-1)).length, 250_000);
  socket.onclose({ code: 1006 }); // nothing is left to watch
});

test('what is too large to be read at once waits for what takes it apart, and what comes after it as well', () => {
  hear('a'.repeat(1_900_000));
  assert.equal(asked, 0);
  hear('b'.repeat(2_100_000));
  hear('c');
  mock.timers.tick(12);
  assert.ok(asked > 0);
  assert.deepEqual(seen.map((type) => String(type)[0]), ['a']);
  line.furnish({ parsed, Pulse });
  mock.timers.tick(6);
  assert.deepEqual(seen.map((type) => String(type)[0]), ['a', 'b', 'c']);
});
