/** The camera's walks: only when nobody has touched it, only where something happens, and not in haste. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UNTOUCHED_MS, Tour } from '../../bridge/web/ui/tour.js';

test('it goes to where something happens, once it was left alone', () => {
  const tour = new Tour(0);
  tour.heard('well');
  assert.equal(tour.next(UNTOUCHED_MS - 1), null);
  assert.equal(tour.next(UNTOUCHED_MS), 'well');
  assert.equal(tour.next(UNTOUCHED_MS * 2), null);
});

test('it stays a while', () => {
  const tour = new Tour(0);
  tour.heard('well');
  tour.next(UNTOUCHED_MS);
  tour.heard('fire');
  assert.equal(tour.next(UNTOUCHED_MS + 1_000), null);
  assert.equal(tour.next(UNTOUCHED_MS + 20_000), 'fire');
});

test('a touch ends it', () => {
  const tour = new Tour(0);
  tour.heard('well');
  tour.touched(UNTOUCHED_MS);
  assert.equal(tour.next(UNTOUCHED_MS), null);
  tour.heard('fire');
  assert.equal(tour.next(UNTOUCHED_MS * 2), 'fire');
});
