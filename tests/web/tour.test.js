/** The camera's walks: only when nobody has touched it, only where people talk, and back to the whole. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CLOSE_MS, Tour, UNTOUCHED_MS, WHOLE_MS } from '../../bridge/web/ui/tour.js';

const WHOLE = { to: 'whole' };
/** @param {string} place */
const close = (place) => ({ to: 'place', place });

test('it goes to where people talk, once it was left alone', () => {
  const tour = new Tour(0);
  tour.heard('well');
  assert.equal(tour.next(UNTOUCHED_MS - 1), null);
  assert.deepEqual(tour.next(UNTOUCHED_MS), close('well'));
  assert.equal(tour.next(UNTOUCHED_MS + 1), null);
});

test('it stays a while, goes back to the whole for a while, and to the latest from there', () => {
  const tour = new Tour(0);
  tour.heard('well');
  const start = UNTOUCHED_MS;
  tour.next(start);
  tour.heard('fire');
  tour.heard('oak');
  assert.equal(tour.next(start + CLOSE_MS - 1), null);
  assert.deepEqual(tour.next(start + CLOSE_MS), WHOLE);
  assert.equal(tour.next(start + CLOSE_MS + WHOLE_MS - 1), null);
  assert.deepEqual(tour.next(start + CLOSE_MS + WHOLE_MS), close('oak'));
  assert.deepEqual(tour.next(start + 2 * CLOSE_MS + WHOLE_MS), WHOLE);
  assert.equal(tour.next(start * 9), null, 'nobody talks');
});

test('a touch ends it', () => {
  const tour = new Tour(0);
  tour.heard('well');
  tour.next(UNTOUCHED_MS);
  tour.heard('fire');
  tour.touched(UNTOUCHED_MS + 1);
  assert.equal(tour.next(UNTOUCHED_MS + CLOSE_MS), null);
  assert.equal(tour.next(UNTOUCHED_MS * 2 + 1), null);
  tour.heard('fire');
  assert.deepEqual(tour.next(UNTOUCHED_MS * 2 + 1), close('fire'));
});
