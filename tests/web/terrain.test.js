import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ring } from '../../bridge/web/world/routes.js';
import { GRASS, SAND, WATER, ZONE, areaFor, flood, sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, island } from './guild.js';

/** Members and channels. @type {[number, number][]} */
const GUILDS = [[0, 0], [1, 1], [4, 8], [4, 500], [21, 0], [300, 30], [1_000, 60], [5_000, 120], [20_000, 500]];

for (const [count, places] of GUILDS) {
  const land = island('guild', sizeFor(count), channels(places));
  const { side, ground, height, open, zone, pier, tents, lighthouse } = land;

  test(`${count} members, ${places} channels: the island is the same every time`, () => {
    assert.deepEqual(island('guild', sizeFor(count), channels(places)), land);
  });

  test(`${count} members, ${places} channels: each channel has a place, and none two`, () => {
    assert.equal(land.places.length, Math.max(1, places));
    assert.deepEqual(new Set(land.places.map(({ id }) => id)).size, land.places.length);
  });

  test(`${count} members, ${places} channels: places don't overlap`, () => {
    const taken = new Map();
    for (const { id, x, y } of land.places) {
      for (let dy = -ZONE; dy <= ZONE; dy++) {
        for (let dx = -ZONE; dx <= ZONE; dx++) {
          const cell = (y + dy) * side + x + dx;
          assert.equal(taken.get(cell), undefined, `${id} overlaps ${taken.get(cell)}`);
          assert.notEqual(ground[cell], WATER);
          assert.equal(height[cell], height[y * side + x]);
          taken.set(cell, id);
        }
      }
    }
  });

  test(`${count} members, ${places} channels: whoever stands anywhere can walk everywhere`, () => {
    const reached = flood(side, pier[0], (from, to) => open[to] === 1 && Math.abs(height[to] - height[from]) <= 1);
    assert.deepEqual(reached, open);
    for (const place of land.places) assert.ok(ring(land, place).length >= 6, `${place.id} has room around it`);
  });

  test(`${count} members, ${places} channels: there is room for everyone`, () => {
    assert.ok(land.walkable > count * 1.2, `${land.walkable} cells`);
  });

  test(`${count} members, ${places} channels: nothing stands on anything else, or in the way`, () => {
    const solid = [...land.props.map(({ cell }) => cell), ...land.places.map(({ cell }) => cell), ...tents];
    assert.equal(new Set(solid).size, solid.length);
    for (const cell of solid) assert.equal(open[cell], 0);
    assert.ok(solid.includes(lighthouse));
  });

  test(`${count} members, ${places} channels: the ground never rises towards the viewer`, () => {
    for (let cell = 0; cell < ground.length - side; cell++) {
      if (!ground[cell]) continue;
      assert.ok(height[cell] >= height[cell + 1] && height[cell] >= height[cell + side]);
    }
  });

  test(`${count} members, ${places} channels: sea all around, a beach, a pier into the sea`, () => {
    for (let i = 0; i < side; i++) {
      for (const cell of [i, i * side, (side - 1) * side + i, i * side + side - 1]) assert.equal(ground[cell], WATER);
    }
    assert.ok(ground.includes(SAND) && ground.includes(GRASS));
    assert.equal(ground[pier[pier.length - 1] + 1], WATER);
    assert.ok(zone.every((place, cell) => !place || ground[cell] !== WATER));
  });
}

test('each guild has an island of its own', () => {
  const one = island('1', 21, channels(8));
  const other = island('2', 21, channels(8));
  assert.notDeepEqual(one.ground, other.ground);
});

test('channels of a category are near one another', () => {
  const { side, district, places } = island('guild', 300, channels(42));
  /** @type {Record<'own' | 'any', number[]>} */
  const far = { own: [], any: [] };
  for (const place of places) {
    assert.equal(district[place.cell], place.district);
    for (const other of places) {
      if (other === place) continue;
      const distance = Math.hypot(place.x - other.x, place.y - other.y) / side;
      far.any.push(distance);
      if (other.district === place.district) far.own.push(distance);
    }
  }
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  assert.ok(mean(far.own) < 0.6 * mean(far.any), `${mean(far.own)} of ${mean(far.any)}`);
});

test('a channel that comes later moves none of those that are there', () => {
  const snowflake = (/** @type {number} */ i) => ({ ...channels(40)[i], id: `${100 + i}` });
  const before = island('1', 100, Array.from({ length: 13 }, (_, i) => snowflake(i)));
  const added = { ...snowflake(13), category: 'category 0', position: -1 };
  const after = island('1', 100, [added, ...Array.from({ length: 13 }, (_, i) => snowflake(i))]);
  assert.deepEqual(after.ground.length, before.ground.length);
  for (const { id, cell } of before.places) assert.equal(after.places.find((place) => place.id === id)?.cell, cell);
});

test('the island grows with its members, ever less for each', () => {
  const sizes = [4, 21, 300, 1_000, 5_000, 20_000, 50_000];
  const areas = sizes.map((count) => areaFor(count, 5));
  areas.slice(1).forEach((area, i) => assert.ok(area > areas[i]));
  const each = sizes.map((count, i) => areas[i] / count);
  each.slice(1).forEach((area, i) => assert.ok(area < each[i]));
});

test('there is as much land as there shall be, whatever the width of the sea around it', () => {
  for (let count = 300; count < 3_000; count = Math.round(count * 1.2)) {
    const land = island('1', count, channels(12));
    const wanted = areaFor(sizeFor(count), sizeFor(12));
    const found = land.ground.reduce((sum, one) => sum + Number(one > 0), 0);
    assert.ok(found > wanted * 0.9 && found < wanted * 1.1, `${found} cells for ${count} members, not ${wanted}`);
  }
});

test('a few who come don\'t make it another island', () => {
  assert.equal(sizeFor(1_000), sizeFor(1_010));
  assert.ok(sizeFor(1_000) >= 1_000);
});
