import assert from 'node:assert/strict';
import { test } from 'node:test';

import { centres } from '../../bridge/web/ui/districts.js';

/** @param {string} id @param {string} category @param {number} x @param {number} y */
const place = (id, category, x, y) => ({ id, category, x, y });

test('a category is where most of its places are', () => {
  const found = centres([
    place('far', 'Games', 90, 90), place('a', 'Games', 10, 10), place('b', 'Games', 11, 10), place('c', 'Games', 12, 10), place('none', '', 10, 10), place('d', 'Music', 1, 1),
  ]);
  assert.deepEqual([...found].map(([category, places]) => [category, places.map(({ id }) => id)]), [['Games', ['b', 'a', 'c', 'far']], ['Music', ['d']]]);
});

test('where places lie all around, it is on the side of most of them, not in the middle', () => {
  const around = Array.from({ length: 9 }, (_, i) => place(`${i}`, 'Ring', Math.cos(i * 0.6) * 20, Math.sin(i * 0.6) * 20));
  const [[best]] = centres(around).values();
  assert.ok(Math.hypot(best.x, best.y) > 19);
});
