/** The camera's walks: only when nobody has touched it, only where something happens, and not in haste. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PATIENCE_MS, Tour } from '../../bridge/web/tour.js';

test('it goes to where something happens, once it was left alone', () => {
  const tour = new Tour(0);
  tour.heard('well');
  assert.equal(tour.next(PATIENCE_MS - 1), null);
  assert.equal(tour.next(PATIENCE_MS), 'well');
  assert.equal(tour.next(PATIENCE_MS * 2), null);
});

test('it stays a while', () => {
  const tour = new Tour(0);
  tour.heard('well');
  tour.next(PATIENCE_MS);
  tour.heard('fire');
  assert.equal(tour.next(PATIENCE_MS + 1_000), null);
  assert.equal(tour.next(PATIENCE_MS + 20_000), 'fire');
});

test('a touch ends it', () => {
  const tour = new Tour(0);
  tour.heard('well');
  tour.touched(PATIENCE_MS);
  assert.equal(tour.next(PATIENCE_MS), null);
  tour.heard('fire');
  assert.equal(tour.next(PATIENCE_MS * 2), 'fire');
});
