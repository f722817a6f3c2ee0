/** When a page comes back, and to where. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isOwnBridge, meaningOf, pauseBefore, socketUrl } from '../../bridge/web/guild/net.js';

test('each failure doubles the pause, up to a bound; half of it is left to chance', () => {
  /** @param {import('../../bridge/web/guild/net.js').Why} why @param {number} random */
  const pauses = (why, random) => [0, 1, 2, 3, 9].map((failures) => pauseBefore(why, failures, () => random));
  assert.deepEqual(pauses('lost', 0), [500, 1_000, 2_000, 4_000, 7_500]);
  assert.deepEqual(pauses('lost', 1), [1_000, 2_000, 4_000, 8_000, 15_000]);
  assert.deepEqual(pauses('refused', 1), [60_000, 120_000, 240_000, 480_000, 600_000]);
});

test('a close code tells whether to come back soon', () => {
  for (const code of [1001, 1006, 1011]) assert.equal(meaningOf(code, true), 'lost');
  assert.equal(meaningOf(1008, true), 'refused');
  assert.equal(meaningOf(1013, false), 'full');
  assert.equal(meaningOf(1013, true), 'lost'); // too slow to keep up: there was a place
});

test('the bridge is beside the page, also below a path; or where the address says', () => {
  const of = (/** @type {string} */ page) => socketUrl(new URL(page));
  assert.equal(of('http://localhost:3000/'), 'ws://localhost:3000/');
  assert.equal(of('https://d-zone.example/watch/index.html?s=garden'), 'wss://d-zone.example/watch/');
  assert.equal(of('https://d-zone.example/?socketURL=ws://localhost:4000/'), 'ws://localhost:4000/');
});

test('only the bridge that served the page is our own', () => {
  const page = new URL('https://d-zone.example/');
  assert.ok(isOwnBridge('wss://d-zone.example/', page));
  assert.ok(!isOwnBridge('wss://d-zone.example.org/', page));
  assert.ok(!isOwnBridge('wss://d-zone.example:444/', page));
});
