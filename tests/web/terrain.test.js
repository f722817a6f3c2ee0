import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ring } from '../../bridge/web/world/routes.js';
import { ZONE } from '../../bridge/web/world/isle.js';
import { Random } from '../../bridge/web/world/random.js';
import { AWAITING, finish, pursue } from '../../bridge/web/world/slices.js';
import { GRASS, HUT, PLANKS, SAND, WATER, allot, areaFor, TOWN_SIZE, flood, grow, sizeFor } from '../../bridge/web/world/terrain.js';
import { TOWN } from '../../bridge/web/world/town.js';
import { channels, growing, island } from './guild.js';

/** Members and channels. @type {[number, number][]} */
const GUILDS = [[0, 0], [1, 1], [4, 8], [4, 500], [21, 0], [40, 12], [300, 30], [1_000, 60], [5_000, 120], [20_000, 500]];

/** Where there are huts. @param {import('../../bridge/web/world/terrain.js').Terrain} land */
const hutsOf = (land) => land.houses.flatMap(({ cell, kind }) => (kind === HUT ? cell : []));

for (const [count, places] of GUILDS) {
  const land = island('guild', sizeFor(count), channels(places));
  const { side, ground, height, open, zone, pier, tents, lighthouse } = land;

  test(`${count} members, ${places} channels: the island is the same every time`, () => {
    const again = island('guild', sizeFor(count), channels(places));
    for (const list of /** @type {const} */ (['ground', 'height', 'open', 'ways', 'zone', 'district', 'trail', 'offshore'])) {
      assert.ok(Buffer.from(again[list].buffer).equals(Buffer.from(land[list].buffer)), list);
    }
    assert.deepEqual([again.places, again.props, again.pier, again.tents], [land.places, land.props, pier, tents]);
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
    const reached = finish(flood(land, pier[0], (from, to) => open[to] === 1 && Math.abs(height[to] - height[from]) <= 1));
    assert.ok(Buffer.from(reached).equals(Buffer.from(open)));
    for (const place of land.places) assert.ok(ring(land, place).length >= 6, `${place.id} has room around it`);
  });

  test(`${count} members, ${places} channels: there is room for everyone`, () => {
    assert.ok(land.walkable > count * 1.2, `${land.walkable} cells`);
  });

  test(`${count} members, ${places} channels: nothing stands on anything else, or in the way`, () => {
    const solid = [...land.props.map(({ cell }) => cell), ...land.places.map(({ cell }) => cell), ...tents, ...hutsOf(land)];
    assert.equal(new Set(solid).size, solid.length);
    for (const cell of solid) assert.equal(open[cell], 0);
    assert.ok(solid.includes(lighthouse));
  });

  test(`${count} members, ${places} channels: the ground never rises towards the viewer`, () => {
    for (let cell = 0; cell < ground.length - side; cell++) {
      if (ground[cell] && (height[cell] < height[cell + 1] || height[cell] < height[cell + side])) assert.fail(`at ${cell}`);
    }
  });

  test(`${count} members, ${places} channels: sea all around, a beach wherever it begins, a pier into it`, () => {
    for (let i = 0; i < side; i++) for (const cell of [i, ground.length - 1 - i]) assert.equal(ground[cell], WATER);
    for (let row = 0; row < ground.length; row += side) for (const cell of [row, row + side - 1]) assert.equal(ground[cell], WATER);
    for (let cell = side; cell < ground.length - side; cell++) {
      const isShore = [1, -1, side, -side].some((step) => !ground[cell + step]);
      if (ground[cell] && isShore && ![SAND, PLANKS].includes(ground[cell])) assert.ok(pier.includes(cell) || zone[cell], `at ${cell}`);
    }
    assert.ok(ground.includes(GRASS));
    assert.ok(pier.length > 3 && pier.slice(1).every((cell) => ground[cell] === PLANKS));
    assert.equal(ground[pier[pier.length - 1] + 1], WATER);
    assert.ok(zone.every((place, cell) => !place || ground[cell] !== WATER));
  });
}

test('each guild has an island of its own', () => {
  const [one, other] = ['1', '2'].map((id) => island(id, 21, channels(8)));
  assert.ok(!Buffer.from(one.ground).equals(Buffer.from(other.ground)));
});

test('channels that came one after the other are near one another', () => {
  /** @type {Record<'own' | 'any', number[]>} */
  const far = { own: [], any: [] };
  for (const id of ['guild', '1', '2', '3']) { // on one island or the other they can't be
    const { side, district, places } = island(id, 300, channels(42));
    for (const place of places) {
      assert.equal(district[place.cell], place.district);
      for (const other of places) {
        if (other === place) continue;
        const distance = Math.hypot(place.x - other.x, place.y - other.y) / side;
        far.any.push(distance);
        if (other.category === place.category) far.own.push(distance);
      }
    }
  }
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  assert.ok(mean(far.own) < 0.8 * mean(far.any), `${mean(far.own)} of ${mean(far.any)}`);
});

/** @typedef {import('../../bridge/web/world/terrain.js').Terrain} Terrain */

/** Nothing that was on an island is elsewhere, or gone. @param {Terrain} before @param {Terrain} after @param {string} what */
function assertKept(before, after, what) {
  const kept = new Map(after.places.map(({ id, cell }) => [id, cell]));
  for (const { id, cell } of before.places) assert.equal(kept.get(id) ?? cell, cell, `${id} moved: ${what}`);
  assert.equal(after.lighthouse, before.lighthouse, what);
  assert.deepEqual(after.tents.slice(0, before.tents.length), before.tents, what);
  if (after.age) assert.deepEqual(hutsOf(after).slice(0, hutsOf(before).length), hutsOf(before), what);
  assert.deepEqual(after.plots.slice(0, before.plots.length), before.plots, what);
  const standing = (/** @type {Terrain} */ land) => land.props
    .filter(({ kind, cell }) => kind !== 'sign' && land.ground[cell] && land.ground[cell] !== PLANKS)
    .map((prop) => (prop.kind === 'lighthouse' ? { ...prop, variant: 0 } : prop)); // it grows with the settlement
  assert.deepEqual(standing(after).slice(0, standing(before).length), standing(before), what);
  for (let cell = before.first; cell < before.last; cell++) {
    if (!before.ground[cell] || before.ground[cell] === PLANKS) continue;
    if (!after.ground[cell] || after.height[cell] !== before.height[cell]) assert.fail(`${cell} isn't what it was: ${what}`);
    if (before.lot[cell] !== after.lot[cell]) assert.fail(`${cell} is somebody else's: ${what}`);
  }
}

for (const seed of [1, 2, 3]) {
  test(`whatever happens to a guild, nothing on its island moves (${seed})`, () => {
    const dice = new Random(seed);
    const chance = (/** @type {number} */ below) => Math.floor(dice.next() * below);
    let next = 100;
    let people = 4;
    const make = () => ({ ...channels(20)[chance(20)], id: `${next++}`, category: `category ${chance(4)}`, position: chance(50) });
    let list = Array.from({ length: 4 }, make);
    let land = island(`${seed}`, people, list);
    for (let i = 0; i < 30; i++) {
      const what = ['comes', 'comes', 'goes', 'is renamed', 'is moved', 'members come', 'members go'][chance(7)];
      const one = list[chance(list.length)];
      if (what === 'comes') list = [...list, ...Array.from({ length: 1 + chance(5) }, make)];
      if (what === 'goes') list = list.filter((other) => other !== one);
      if (what === 'is renamed') list = list.map((other) => (other === one ? { ...one, name: `music ${i}`, kind: 'voice' } : other));
      if (what === 'is moved') list = list.map((other) => (other === one ? { ...one, category: 'another', position: -1 } : other)).reverse();
      people = what === 'members come' ? Math.ceil(people * 1.9) : what === 'members go' ? Math.ceil(people / 3) : people;
      const after = finish(growing(`${seed}`, sizeFor(people), list, land));
      assertKept(land, after, `${i}: ${what}`);
      assert.equal(after.places.length, Math.max(1, list.length));
      land = after;
    }
    // who looks at it for the first time, and is told the plots, sees the same
    const told = land.places.map(({ id, plot }) => ({ ...list.find((one) => one.id === id) ?? make(), plot }));
    const fresh = island(`${seed}`, sizeFor(people), told);
    assertKept(fresh, land, 'seen anew');
    for (const { id, cell } of fresh.places) assert.equal(land.places.find((place) => place.id === id)?.cell, cell);
  });
}

test('an island that grows ring by ring is the one that was made at once', () => {
  const [small, large] = [30, 2_000].map(sizeFor);
  const grown = finish(growing('1', large, channels(8), island('1', small, channels(8))));
  const made = island('1', large, channels(8));
  for (const list of /** @type {const} */ (['ground', 'height', 'open', 'lot', 'trail'])) {
    assert.ok(Buffer.from(grown[list].buffer).equals(Buffer.from(made[list].buffer)), list);
  }
  assert.deepEqual(grown.props, made.props);
});

test('an island that nobody waited for is finished the next time', () => {
  const before = island('1', 6, channels(4));
  const work = growing('1', sizeFor(3_000), channels(4), before);
  for (let i = 0; i < 25; i++) work.next();
  const after = finish(growing('1', 6, channels(5), before));
  assertKept(before, after, 'interrupted');
  const last = finish(growing('1', sizeFor(3_000), channels(5), after));
  assertKept(after, last, 'gone on');
  assert.deepEqual(last.props, island('1', sizeFor(3_000), channels(5)).props);
});

test('where there are to be houses it waits for what builds them', () => {
  let town = /** @type {typeof TOWN | null} */ (null);
  const work = grow('1', TOWN_SIZE, channels(4), null, () => town);
  for (let i = 0; i < 3; i++) assert.equal(pursue(work).value, AWAITING);
  town = TOWN;
  assert.deepEqual(finish(work).houses, island('1', TOWN_SIZE, channels(4)).houses);
  assert.equal(finish(grow('1', TOWN_SIZE - 1, channels(4))).town, null);
});

const told = (/** @type {string} */ id, /** @type {number | null} */ plot = null) => ({ ...channels(1)[0], id, plot });

test('a channel has the plot that the bridge says; else the oldest takes the first', () => {
  assert.deepEqual(allot([told('30'), told('4', 1), told('20'), told('100', 0)], null), [3, 1, 2, 0]);
});

test('a plot that can\'t be is none', () => {
  assert.deepEqual(allot([told('1', 7), told('2', 7), told('3', -1), told('4', 1e9), told('5', 0.5)], null), [7, 0, 1, 2, 3]);
});

test('a channel keeps the plot it had, whoever goes', () => {
  const before = island('1', 6, ['1', '2', '3'].map((id) => told(id)));
  assert.deepEqual(allot(['3', '2', '9'].map((id) => told(id)), before), [2, 1, 0]);
});

test('the island grows with its members, ever less for each', () => {
  const sizes = [4, 21, 300, 1_000, 5_000, 20_000, 50_000];
  const areas = sizes.map((count) => areaFor(count));
  areas.slice(1).forEach((area, i) => assert.ok(area > areas[i]));
  const each = sizes.map((count, i) => areas[i] / count);
  each.slice(1).forEach((area, i) => assert.ok(area < each[i]));
});

test('there is as much land as there shall be, and not two rings more', () => {
  for (const count of [4, 30, 300, 1_000, 5_000, 20_000]) {
    const land = island('1', count, channels(3));
    const found = land.ground.reduce((sum, one) => sum + Number(one > 0 && one !== PLANKS), 0);
    assert.ok(found >= areaFor(count) && found < 2.2 * areaFor(count), `${found} cells for ${count} members`);
  }
});

test('a few who come don\'t make it another island', () => {
  assert.equal(sizeFor(1_000), sizeFor(1_010));
  assert.ok(sizeFor(1_000) >= 1_000);
});
