/** Houses: they never move, everybody has a window, and nobody is hidden behind them who has something to say. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CAPACITIES } from '../../bridge/web/world/build.js';
import { NONE, RATE, TENT } from '../../bridge/web/world/crowd.js';
import { Homes } from '../../bridge/web/world/homes.js';
import { paintHut, paintHutRoof } from '../../bridge/web/world/huts.js';
import { groundOf } from '../../bridge/web/world/isle.js';
import { Random } from '../../bridge/web/world/random.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { Settlement } from '../../bridge/web/world/settlement.js';
import { finish } from '../../bridge/web/world/slices.js';
import { eachStill } from '../../bridge/web/world/stills.js';
import { HUT, TOWN_SIZE, grow, sizeFor } from '../../bridge/web/world/terrain.js';
import { TOWN } from '../../bridge/web/world/town.js';
import { channels, island, member, members, voice } from './guild.js';

/** @param {number} count */
function town(count, places = 12) {
  const sim = new Sim(island('guild', sizeFor(count), channels(places)));
  for (const one of members(count)) sim.add(one);
  return sim;
}

/** Who is to be seen on the land. @param {Sim} sim */
const outside = (sim) => [...sim.slots.values()].filter((slot) => sim.state[slot] !== TENT);

/** @param {Sim} sim @param {number} seconds */
const run = (sim, seconds) => { for (let i = 0; i < seconds * RATE; i++) sim.step(); };

test('a camp has tents, a village has huts as well, a town has houses', () => {
  const kinds = [14, 15, TOWN_SIZE - 1, TOWN_SIZE].map((count) => new Set(island('1', count, channels(5)).houses.map(({ kind }) => kind === HUT)));
  assert.deepEqual(kinds.map((found) => [...found].sort()), [[], [true], [true], [false, true]]);
});

test('there is a window for everybody, and no house in another\'s way', () => {
  for (const count of [60, 300, 1_000, 5_000, 20_000]) {
    const { houses, places, trail, side, height, ground } = island('guild', sizeFor(count), channels(40));
    const under = (/** @type {typeof houses[0]} */ { cell, kind }) => (kind === HUT ? [cell] : groundOf(cell));
    const cells = houses.flatMap(under);
    assert.ok(houses.reduce((sum, { kind }) => sum + (kind === HUT ? 0 : CAPACITIES[kind]), 0) >= count, `${count}`);
    assert.equal(new Set(cells).size, cells.length);
    for (const one of houses) assert.equal(new Set(under(one).map((cell) => height[cell])).size, 1);
    assert.ok(cells.every((cell) => ground[cell] && !trail[cell]));
    const taken = new Set(cells);
    for (const { x, y } of places) {
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) assert.ok(!taken.has((y + dy) * side + x + dx));
    }
  }
});

test('a house is no higher than lets one see the places behind it', () => {
  const { houses, places, side } = island('guild', sizeFor(20_000), channels(60));
  for (const { cell, kind, high } of houses) {
    for (const place of places) {
      const dx = (cell % side) - place.x;
      const dy = ((cell / side) | 0) - place.y;
      if (Math.abs(dx - dy) <= 2 && dx + dy > 0) assert.ok(high <= (dx + dy) * 4 + 8 || !kind || (kind === HUT && dx + dy > 3));
    }
  }
});

test('no house moves when a guild grows, shrinks or has other channels; it only gets higher', () => {
  const dice = new Random(5);
  /** @type {import('../../bridge/web/world/terrain.js').Terrain | null} */
  let land = null;
  /** @type {Map<number, number>} */
  const kinds = new Map();
  for (let i = 0; i < 12; i++) {
    const count = i % 3 ? 60 + Math.floor(dice.next() * 3_000) : 15 + Math.floor(dice.next() * 40);
    const wanted = channels(40).filter(() => dice.next() < 0.6);
    const next = island('guild', sizeFor(count), wanted, land);
    const [fewer, more] = [land?.houses ?? [], next.houses].sort((a, b) => a.length - b.length);
    fewer.forEach(({ cell }, house) => assert.equal(more[house].cell, cell));
    land = next;
    for (const { cell, kind } of next.houses) kinds.set(cell, kind);
  }
  assert.ok(kinds.size > 40);
});

test('those of a colour live side by side, and stay where they live', () => {
  const { houses, side } = island('guild', sizeFor(1_000), channels(10));
  const homes = new Homes(houses, side);
  const colors = ['#e06c75', '#5b8dd9', null];
  const lived = Array.from({ length: 900 }, (_, slot) => homes.moveIn(slot, colors[slot % 3]));
  lived.forEach((house, slot) => {
    assert.equal(homes.colors[house], colors[slot % 3] ?? '');
    assert.ok(homes.rooms[house].includes(slot));
  });
  const near = (/** @type {string} */ color) => {
    const own = houses.filter((_, house) => homes.colors[house] === color);
    const [x, y] = [0, 1].map((axis) => own.reduce((sum, { cell }) => sum + (axis ? (cell / side) | 0 : cell % side), 0) / own.length);
    return own.reduce((sum, { cell }) => sum + Math.hypot((cell % side) - x, ((cell / side) | 0) - y), 0) / own.length;
  };
  const all = houses.reduce((sum, { cell }) => sum + Math.hypot((cell % side) - 256, ((cell / side) | 0) - 256), 0) / houses.length;
  assert.ok(near('#e06c75') < all * 0.8, `${near('#e06c75')} of ${all}`);
  const before = homes.rooms[lived[7]].indexOf(7);
  homes.moveOut(4, lived[4]);
  homes.moveOut(1, lived[1]);
  assert.equal(homes.rooms[lived[7]].indexOf(7), before, 'nobody changes windows when a neighbour moves out');
  assert.equal(homes.rooms[lived[1]].filter((slot) => slot === 1).length, 0);
  assert.ok(homes.rooms[lived[1]].includes(NONE));
  assert.equal(homes.moveIn(1, colors[1], lived[1]), lived[1]);
});

test('more people than windows live together', () => {
  const homes = new Homes([{ cell: 1_000, kind: 0 }], 512);
  const lived = Array.from({ length: 20 }, (_, slot) => homes.moveIn(slot, `#00000${slot % 9}`));
  assert.ok(lived.every((house) => house === 0));
  assert.equal(homes.rooms[0].length, 20);
});

test('in a town the quiet are at home, and who says something comes out and goes home again', () => {
  const sim = town(300);
  assert.deepEqual(outside(sim), []);
  const slot = sim.slotOf('u5');
  sim.say('u5', 2);
  assert.notEqual(sim.state[slot], TENT);
  run(sim, 40);
  assert.equal(sim.goal[slot], 2);
  const house = sim.home[slot];
  for (let second = 0; second < 500 && sim.state[slot] !== TENT; second++) run(sim, 1); // and maybe goes for a walk later
  assert.equal(sim.state[slot], TENT);
  assert.equal(sim.home[slot], house);
});

test('who is online is in nobody\'s tent, and who changes status comes out for a moment', () => {
  const sim = town(300);
  const one = member(8, { status: 'online' });
  sim.change(one);
  sim.change({ ...one, status: 'dnd' });
  assert.notEqual(sim.state[sim.slotOf('u8')], TENT);
});

test('who sits in voice is out for as long as that', () => {
  const sim = town(300);
  sim.change(member(9, { status: 'online', voice: voice('c3') }));
  run(sim, 300);
  assert.equal(sim.goal[sim.slotOf('u9')], sim.placeOf('c3'));
  sim.change(member(9, { status: 'online' }));
  run(sim, 200);
  sim.stayUntil.fill(-Infinity);
  run(sim, 120);
  assert.equal(sim.state[sim.slotOf('u9')], TENT);
});

test('never more are out than anybody could tell apart', () => {
  const sim = town(5_000, 60);
  for (let i = 0; i < 600; i++) {
    sim.say(`u${i * 7}`, i % 60);
    sim.step();
    assert.ok(outside(sim).length <= 150);
  }
  assert.ok(outside(sim).length >= 120);
  const last = sim.slotOf('u4193');
  assert.notEqual(sim.state[last], TENT, 'who says something now is among them');
});

test('a town is never without a soul', () => {
  const sim = town(300);
  run(sim, 60);
  const count = outside(sim).length;
  assert.ok(count >= 10 && count <= 30, `${count}`);
});

test('who moves house with another colour has one window', () => {
  const sim = town(300);
  const one = member(3);
  const slot = sim.slotOf('u3');
  sim.change({ ...one, color: '#123456' });
  const { homes } = sim;
  assert.ok(homes);
  assert.equal(homes.colors[sim.home[slot]], '#123456');
  assert.equal(homes.rooms.flat().filter((other) => other === slot).length, 1);
  sim.remove('u3');
  assert.equal(homes.rooms.flat().filter((other) => other === slot).length, 0);
});

test('another island leaves everybody their house', () => {
  const before = town(300);
  before.say('u7', 1);
  run(before, 5);
  const after = new Sim(island('guild', sizeFor(700), channels(14), before.land), before);
  finish(after.adopt(before));
  for (const [uid, old] of before.slots) {
    assert.equal(after.homes?.houses[after.home[after.slotOf(uid)]].cell, before.homes?.houses[before.home[old]].cell, uid);
  }
  assert.notEqual(after.state[after.slotOf('u7')], TENT);
});

test('a village that becomes a town has nobody vanish before one\'s eyes', () => {
  const before = new Sim(island('guild', 50, channels(6)));
  for (const one of members(50, { status: 'online' })) before.add(one);
  const after = new Sim(island('guild', 72, channels(6), before.land), before);
  finish(after.adopt(before));
  assert.ok(outside(after).length > 40);
});

/** @param {number} count @param {Partial<import('../../bridge/web/guild/people.js').Member>} [told] */
function village(count, told = {}) {
  const sim = new Sim(island('guild', sizeFor(count), channels(8)));
  for (const one of members(count, told)) sim.add(one);
  return sim;
}

/** Who sleeps in a tent. @param {Settlement} sim */
const campers = (sim) => [...sim.slots.values()].filter((slot) => sim.tent[slot] !== NONE);

test('in a village all who are awake are out of doors, and everybody else is at home or in a tent', () => {
  for (const count of [15, 40, 58]) {
    const sim = village(count);
    for (const slot of sim.slots.values()) {
      const { status, color, fresh } = sim.members[slot];
      assert.equal(sim.state[slot] === TENT, status === 'offline');
      if (color && !fresh) assert.notEqual(sim.home[slot], NONE);
      if (sim.state[slot] === TENT) assert.notEqual(sim.home[slot] === NONE, sim.tent[slot] === NONE);
      if (sim.home[slot] !== NONE) assert.ok(sim.homes?.rooms[sim.home[slot]].includes(slot));
    }
    assert.equal(sim.sleepers.reduce((sum, one) => sum + one), campers(sim).length);
  }
});

test('the huts of a village are of one colour each', () => {
  const sim = village(58);
  const colors = new Set(sim.homes?.colors);
  assert.ok(colors.size > 3, 'each colour has one, and straw');
  for (const slot of sim.slots.values()) {
    if (sim.home[slot] !== NONE) assert.equal(sim.homes?.colors[sim.home[slot]], sim.members[slot]?.color ?? '');
  }
});

test('who is new sleeps in a tent, and the next day at home', () => {
  const sim = village(20);
  const one = member(30, { status: 'offline', color: '#e06c75', fresh: true });
  sim.add(one);
  const slot = sim.slotOf('u30');
  assert.deepEqual([sim.home[slot], sim.tent[slot] !== NONE], [NONE, true]);
  sim.change({ ...one, fresh: false });
  assert.deepEqual([sim.home[slot] !== NONE, sim.tent[slot]], [true, NONE]);
  assert.equal(sim.cell[slot], sim.land.houses[sim.home[slot]].cell);
  sim.change({ ...one, fresh: false, color: null });
  assert.equal(sim.homes?.rooms.flat().filter((other) => other === slot).length, sim.home[slot] === NONE ? 0 : 1);
  sim.remove('u30');
  assert.ok(!sim.homes?.rooms.flat().includes(slot));
});

test('who goes offline in a village goes home, and comes out of the door', () => {
  const sim = village(40, { status: 'online' });
  const uid = [...sim.slots.keys()].find((one) => sim.home[sim.slotOf(one)] !== NONE) ?? '';
  const slot = sim.slotOf(uid);
  const one = /** @type {import('../../bridge/web/guild/people.js').Member} */ (sim.members[slot]);
  sim.change({ ...one, status: 'offline' });
  for (let second = 0; second < 200 && sim.state[slot] !== TENT; second++) run(sim, 1);
  const { cell } = sim.land.houses[sim.home[slot]];
  assert.equal(sim.cell[slot], cell);
  sim.change(one);
  const { side } = sim.land;
  const far = [sim.cell[slot] % side - (cell % side), ((sim.cell[slot] / side) | 0) - ((cell / side) | 0)].map(Math.abs);
  assert.ok(Math.max(...far) <= 2, `${far}`);
  assert.ok(outside(sim).includes(slot));
});

test('when huts come to a village that was there already, nobody is elsewhere for it', () => {
  for (const Kind of [Settlement, Sim]) {
    const land = finish(grow('guild', sizeFor(40), channels(8)));
    const sim = new Kind(land);
    for (const one of members(40)) sim.add(one);
    const seen = () => [...sim.slots.values()].map((slot) => (sim.state[slot] === TENT ? sim.tent[slot] : sim.cell[slot]));
    const [before, cover] = [seen(), sim.cover.slice()];
    assert.equal(sim.homes, null);
    TOWN.settleIn(sim);
    const built = village(40);
    assert.deepEqual(seen(), before);
    assert.deepEqual(built.land.houses, land.houses);
    assert.deepEqual(built.cover, cover, 'a hut hides what it will hide before it is there');
    assert.deepEqual([...built.slots.values()].map((slot) => built.home[slot]), [...sim.slots.values()].map((slot) => sim.home[slot]));
  }
});

test('a village that becomes a town keeps its huts, whose they are and who lives there', () => {
  const before = village(58);
  const after = new Sim(island('guild', 72, channels(8), before.land), before);
  finish(after.adopt(before));
  const huts = before.land.houses.length;
  assert.deepEqual(after.land.houses.slice(0, huts).map(({ cell, kind }) => [cell, kind]), before.land.houses.map(({ cell }) => [cell, HUT]));
  assert.deepEqual(after.homes?.colors.slice(0, huts), before.homes?.colors);
  for (const [uid, old] of before.slots) {
    const isRoomy = before.homes && before.home[old] !== NONE && before.homes.rooms[before.home[old]].length <= CAPACITIES[HUT];
    if (isRoomy) assert.equal(after.home[after.slotOf(uid)], before.home[old], uid);
    else assert.notEqual(after.home[after.slotOf(uid)], NONE, 'who had but a tent has a window');
  }
});

test('a hut hides no more than is reckoned with', () => {
  const land = island('guild', 40, channels(8));
  /** @type {import('../../bridge/web/world/sheet.js').Sprite[]} */
  const shapes = [];
  eachStill(land, (sprite, _, cell) => { if (land.houses.some((one) => one.cell === cell)) shapes.push(sprite); });
  assert.equal(shapes.length, land.houses.length);
  for (const look of [0, 1, 2]) {
    for (const part of [paintHut([0, 0, 0], look), paintHutRoof(look)]) {
      let out = 0;
      part.inks.forEach((ink, i) => {
        const x = (i % part.width) - part.x + shapes[0].x;
        const y = Math.floor(i / part.width) - part.y + shapes[0].y;
        if (ink && !(x >= 0 && x < shapes[0].width && shapes[0].inks[y * shapes[0].width + x])) out += 1;
      });
      assert.ok(out < part.inks.filter(Boolean).length * 0.2, `${look}: ${out} pixels`);
    }
  }
});
