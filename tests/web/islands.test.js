/** What is kept of islands for the next visit, and what isn't any longer. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Islands } from '../../bridge/web/ui/islands.js';
import { outlineOf } from '../../bridge/web/ui/outline.js';
import { cornerOf } from '../../bridge/web/world/spots.js';

const GARDEN = { width: 100, height: 50, points: '0,25 50,0 100,25 50,50', isTown: false };
const HARBOUR = { ...GARDEN, width: 80, isTown: true };
const HERE = 'ws://here/';

/** @param {string | null} kept */
const box = (kept = null) => ({
  kept,
  getItem() { return this.kept; },
  setItem(_, value) { this.kept = value; },
});

test('what was seen last stands for a guild that nobody names', () => {
  const storage = box();
  const islands = new Islands(storage, HERE);
  islands.keep('garden', GARDEN, true);
  islands.keep('harbour', HARBOUR, false);
  const again = new Islands(storage, HERE);
  assert.deepEqual([again.of('garden'), again.of('harbour'), again.of(null), again.of('pub')], [GARDEN, HARBOUR, GARDEN, null]);
  assert.equal(new Islands(storage, 'ws://there/').of('garden'), null);
});

test('what may not be shown any longer is erased', () => {
  for (const slug of ['garden', null]) {
    const storage = box();
    const islands = new Islands(storage, HERE);
    islands.keep('garden', GARDEN, true);
    islands.forget(slug);
    assert.deepEqual([islands.of('garden'), islands.of(null)], [null, null]);
    assert.ok(!storage.kept.includes('25'));
  }
});

test('few are kept, and in little room', () => {
  const storage = box();
  const islands = new Islands(storage, HERE);
  const points = Array.from({ length: 128 }, (_, i) => `${1_000 + i},${900 + i}`).join(' ');
  for (let i = 0; i < 50; i++) islands.keep(`guild-${i}`, { width: 2_000, height: 1_000, points }, i === 49);
  assert.deepEqual([islands.of('guild-0'), islands.of('guild-49')?.width], [null, 2_000]);
  assert.ok(storage.kept.length < 20_000);
});

test('nonsense is no outline, and a browser that keeps nothing shows none', () => {
  for (const kept of ['null', '7', '{"ws://here/ garden":[1,2,"<svg>"]}', '{"ws://here/ garden":[0,2,"0,0 1,1 2,2"]}', '{"ws://here/ garden":{}}']) {
    assert.equal(new Islands(box(kept), HERE).of('garden'), null);
  }
  const none = new Islands({ getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } }, HERE);
  none.keep('garden', GARDEN, true);
  assert.equal(none.of('garden'), null);
});

test('an outline goes around the land, whatever its height', () => {
  const side = 12;
  const ground = new Uint8Array(side * side);
  for (let y = 3; y < 9; y++) for (let x = 3; x < 9; x++) ground[y * side + x] = 1;
  const terrain = /** @type {any} */ ({ side, ground, height: new Uint8Array(side * side), houses: [] });
  const corners = [...ground.keys()].filter((cell) => ground[cell]).map((cell) => cornerOf(terrain, cell));
  const [left, right] = [Math.min(...corners.map(({ x }) => x)) - 8, Math.max(...corners.map(({ x }) => x)) + 8];
  const [top, bottom] = [Math.min(...corners.map(({ y }) => y)), Math.max(...corners.map(({ y }) => y)) + 8];
  const { width, height, points } = outlineOf(terrain, { left, right, top, bottom });
  assert.deepEqual([width, height], [right - left, bottom - top]);
  const spots = points.split(' ').map((point) => point.split(',').map(Number));
  assert.equal(Math.min(...spots.map(([, y]) => y)), 0);
  assert.equal(Math.max(...spots.map(([, y]) => y)), height);
  assert.ok(spots.every(([x, y]) => x >= 0 && x <= width && y >= 0 && y <= height));
});
