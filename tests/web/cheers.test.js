/** Fireworks are for when many react at once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cheers } from '../../bridge/web/ui/cheers.js';

test('eight reactions in six seconds are a feast, spread out they are none', () => {
  const cheers = new Cheers();
  assert.ok(![...Array(40).keys()].some((i) => cheers.heard(i * 1_000)));
  const crowd = new Cheers();
  assert.deepEqual([...Array(9).keys()].map((i) => crowd.heard(i * 500)), [false, false, false, false, false, false, false, true, false]);
});

test('there is no other one for a while', () => {
  const cheers = new Cheers();
  const feasts = [...Array(700).keys()].filter((i) => cheers.heard(i * 100));
  assert.deepEqual(feasts, [7, 307, 607]);
});
