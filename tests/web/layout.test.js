/** Bubbles find room: beside one another, near their heads, and steady. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrange, landBelow } from '../../bridge/web/ui/layout.js';

const BOUNDS = { left: 0, top: 0, right: 1_000, bottom: 700 };
const box = (x, y, offset = null) => ({ anchor: { x, y }, width: 180, height: 60, offset });
const rects = (boxes, offsets) => boxes.map(({ anchor, width, height }, i) => ({
  left: anchor.x + offsets[i].x - width / 2,
  right: anchor.x + offsets[i].x + width / 2,
  top: anchor.y + offsets[i].y - height,
  bottom: anchor.y + offsets[i].y,
}));
const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

test('one alone stands above its head', () => {
  const [{ x, y }] = arrange([box(500, 400)], BOUNDS);
  assert.equal(x, 0);
  assert.ok(y < 0 && y > -20);
});

test('at the edge it stays in view', () => {
  const boxes = [box(2, 5), box(999, 699)];
  for (const rect of rects(boxes, arrange(boxes, BOUNDS))) {
    assert.ok(rect.left >= 0 && rect.top >= 0 && rect.right <= 1_000 && rect.bottom <= 700);
  }
});

test('a dozen in one crowd do not cover one another', () => {
  const boxes = Array.from({ length: 12 }, (_, i) => box(480 + (i % 4) * 12, 340 + i * 4));
  const placed = rects(boxes, arrange(boxes, BOUNDS));
  for (const [i, a] of placed.entries()) for (const b of placed.slice(i + 1)) assert.ok(!overlap(a, b));
});

test('who stands well stays there while others come and heads bob', () => {
  const first = [box(300, 300), box(340, 310), box(700, 300)];
  const offsets = arrange(first, BOUNDS);
  const again = first.map(({ anchor }, i) => box(anchor.x + (i % 2), anchor.y - 1, offsets[i]));
  for (const [i, { x, y }] of arrange(again, BOUNDS).entries()) {
    assert.ok(Math.hypot(x - offsets[i].x, y - offsets[i].y) < 6);
  }
});

test('with no room left nobody is lost', () => {
  const tight = { left: 0, top: 0, right: 200, bottom: 80 };
  const boxes = [box(100, 70), box(100, 70), box(100, 70)];
  for (const { x, y } of arrange(boxes, tight)) assert.ok(Number.isFinite(x + y));
});

test('over a small island they stand over the sea, over a large one at the heads', () => {
  const boxes = [box(500, 400), box(520, 390), box(480, 410)];
  const small = { left: 400, top: 300, right: 620, bottom: 450 };
  const large = { left: 0, top: 100, right: 1_000, bottom: 650 };
  for (const { left, right, top, bottom } of rects(boxes, arrange(boxes, BOUNDS, [], small))) {
    const across = Math.max(0, Math.min(right, small.right) - Math.max(left, small.left));
    const down = Math.max(0, Math.min(bottom, small.bottom) - Math.max(top, small.top));
    assert.ok(across * down < 220 * 150 * 0.05);
  }
  assert.deepEqual(arrange(boxes.slice(0, 1), BOUNDS, [], large), arrange(boxes.slice(0, 1), BOUNDS));
});

test('all together cover at most a fifth of the island, but for the first one', () => {
  const land = { left: 100, top: 150, right: 900, bottom: 550 };
  const fifth = (Math.PI / 4) * 800 * 400 * 0.2;
  const boxes = Array.from({ length: 18 }, (_, i) => box(250 + (i % 6) * 100, 250 + i * 12));
  const offsets = arrange(boxes, BOUNDS, [], land);
  const shown = boxes.filter((_, i) => offsets[i]);
  const covered = rects(shown, offsets.filter(Boolean)).reduce((sum, rect) => sum + landBelow(land, rect), 0);
  assert.ok(shown.length >= 8, `${shown.length} of them are shown`);
  assert.ok(covered <= fifth, `${covered} of ${fifth}`);
  const tiny = { left: 480, top: 330, right: 520, bottom: 370 };
  assert.ok(arrange([{ ...box(500, 350), width: 990, height: 690 }], BOUNDS, [], tiny)[0]);
});

test('how much land lies below', () => {
  const land = { left: 0, top: 0, right: 200, bottom: 100 };
  assert.equal(landBelow(land, { left: 300, top: 0, right: 400, bottom: 100 }), 0);
  assert.equal(landBelow(land, { left: 0, top: -50, right: 200, bottom: -10 }), 0);
  assert.equal(landBelow(land, { left: 90, top: 40, right: 110, bottom: 60 }), 400);
  const all = landBelow(land, { left: -10, top: -10, right: 210, bottom: 110 });
  assert.ok(Math.abs(all - (Math.PI / 4) * 20_000) < 600);
});
