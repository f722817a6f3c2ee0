import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ABOARD, DOZE, GONE, RATE, SIT, TENT, WALK } from '../../bridge/web/world/crowd.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { finish } from '../../bridge/web/world/slices.js';
import { personSpot } from '../../bridge/web/world/spots.js';
import { sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, growing, island, member, members, voice } from './guild.js';

/**
 * @param {number} count
 * @param {number} places
 * @param {Partial<import('../../bridge/web/guild/people.js').Member>} [told]
 */
function populated(count, places, told) {
  const sim = new Sim(camp(island('guild', sizeFor(count), channels(places))));
  for (const one of members(count, told)) sim.add(one);
  return sim;
}

/** Where everybody is out of doors, as in a village, however many they are. @param {import('../../bridge/web/world/terrain.js').Terrain} land */
const camp = (land) => ({ ...land, houses: [] });

/** @param {Sim} sim @param {number} seconds @param {() => void} [each] */
function run(sim, seconds, each = () => {}) {
  for (let i = 0; i < seconds * RATE; i++) {
    sim.step();
    each();
  }
}

/** @param {Sim} sim @param {string} uid */
const stateOf = (sim, uid) => sim.state[sim.slotOf(uid)];

/** How far somebody is from a place, in cells. @param {Sim} sim @param {string} uid @param {number} place */
function away(sim, uid, place) {
  const { side, places } = sim.land;
  const cell = sim.cell[sim.slotOf(uid)];
  return Math.hypot((cell % side) - places[place].x, Math.floor(cell / side) - places[place].y);
}

/** How many pairs stay at a place right beside each other. @param {Sim} sim @param {number} place */
function closePairs(sim, place) {
  const { side } = sim.land;
  const cells = [];
  for (let slot = 0; slot < sim.size; slot++) if (sim.goal[slot] === place && sim.state[slot] !== WALK) cells.push(sim.cell[slot]);
  return cells.flatMap((one, i) => cells.slice(i + 1).filter((other) =>
    Math.abs((one % side) - (other % side)) < 2 && Math.abs(Math.floor(one / side) - Math.floor(other / side)) < 2)).length;
}

/** Each on a cell of their own, that one can stand on. @param {Sim} sim */
function assertNobodyStacked(sim) {
  const taken = new Map();
  for (let slot = 0; slot < sim.size; slot++) {
    if ([GONE, TENT, ABOARD].includes(sim.state[slot])) continue;
    const cell = sim.cell[slot];
    const { uid } = sim.members[slot] ?? { uid: 'nobody' };
    assert.equal(taken.get(cell), undefined, `${uid} stands on ${taken.get(cell)}`);
    assert.ok(sim.land.open[cell] || sim.land.raised[cell]);
    taken.set(cell, uid);
  }
}

for (const [count, places] of [[4, 8], [300, 30], [1_000, 60], [5_000, 60]]) {
  test(`${count} members: nobody ever stands on another, whatever happens`, () => {
    const sim = populated(count, places);
    let second = 0;
    run(sim, count > 1_000 ? 8 : 30, () => {
      if (sim.tick % RATE) return;
      second += 1;
      for (let i = 0; i < count / 20 + 1; i++) sim.say(`u${(i * 13 + second) % count}`, second % sim.land.places.length);
      sim.change(member(second, { status: second % 2 ? 'offline' : 'idle' }));
      sim.change(member(second + 1, { voice: second % 3 ? voice('c3') : null, status: 'online' }));
      sim.remove(`u${second * 3}`);
      sim.add(member(count + second, { status: 'online' }), true);
      assertNobodyStacked(sim);
    });
  });
}

test('who sits by their own wish stays for a while, or until there is a reason to go', () => {
  const sim = populated(40, 4, { status: 'online' });
  const slots = [...Array(20).keys()].map((i) => sim.slotOf(`u${i}`));
  run(sim, 5);
  for (let i = 0; i < 20; i++) sim.pause(`u${i}`, true);
  run(sim, 4);
  const seats = slots.map((slot) => sim.cell[slot]);
  const sitting = () => slots.filter((slot) => sim.sitsUntil[slot] > sim.tick && sim.state[slot] !== WALK);
  assert.ok(sitting().length > 15, 'but for those whom others walk past');
  sim.say('u1', 1);
  sim.pause('u2', false);
  assert.ok(!sitting().includes(sim.slotOf('u1')) && !sitting().includes(sim.slotOf('u2')));
  run(sim, 60);
  for (const slot of sitting()) assert.equal(sim.cell[slot], seats[slot - slots[0]]);
  assert.ok(sitting().length > 8);
  run(sim, 70);
  assert.deepEqual(sitting(), []);
  assertNobodyStacked(sim);
});

for (const places of [65, 500]) {
  test(`${places} places and few people: lists of places are none of people`, () => {
    const sim = populated(4, places, { status: 'online' });
    assert.equal(sim.spoken.length, sim.land.places.length);
    sim.say('u1', places - 1);
    run(sim, 5);
    assertNobodyStacked(sim);
  });
}

test('four thousand in one channel have room around it, and again after nobody watched', () => {
  const sim = new Sim(island('1', sizeFor(4_000), channels(10)));
  for (let i = 0; i < 4_000; i++) sim.add(member(i, { status: 'online', voice: voice('c3') }));
  assertNobodyStacked(sim);
  finish(sim.skip(60));
  assertNobodyStacked(sim);
  assert.ok(away(sim, 'u0', sim.placeOf('c3')) < 4, 'those who came first sit nearest');
});

test('the same calls give the same crowd', () => {
  const [one, other] = [0, 1].map(() => {
    const sim = populated(100, 12);
    sim.say('u1', 2);
    run(sim, 20);
    return [sim.cell, sim.state, sim.hop, sim.facing];
  });
  assert.deepEqual(one, other);
});

test('who writes walks to the place, stays a while, and goes', () => {
  const sim = populated(60, 10, { status: 'online' });
  sim.say('u7', 0);
  run(sim, 25);
  assert.ok(away(sim, 'u7', 0) < 3);
  run(sim, 30);
  assert.ok(away(sim, 'u7', 0) < 3, 'still there');
  run(sim, 150);
  assert.ok(away(sim, 'u7', 0) > 2.5, 'gone on');
});

test('a crowd that talks stands in rings around the place', () => {
  const sim = populated(300, 20, { status: 'online' });
  for (let i = 0; i < 60; i++) sim.say(`u${i}`, 4);
  run(sim, 60);
  const distances = Array.from({ length: 60 }, (_, i) => away(sim, `u${i}`, 4));
  assert.ok(Math.max(...distances) < 12, `the farthest is ${Math.max(...distances)} away`);
  assert.ok(distances.filter((far) => far < 3).length >= 5, 'the first ring is used');
  assertNobodyStacked(sim);
});

test('people at a place keep a cell free between them as long as there is room', () => {
  const sim = populated(300, 20, { status: 'online' });
  const fire = sim.land.places.findIndex(({ thing }) => thing === 'fire');
  const isThere = { status: 'online', voice: voice(sim.land.places[fire].id) };
  for (let i = 300; i < 340; i++) sim.add(member(i, isThere));
  assert.equal(closePairs(sim, fire), 0, 'those who were there before');
  for (let i = 0; i < 20; i++) sim.say(`u${i}`, 4);
  run(sim, 60);
  assert.ok(closePairs(sim, 4) < 5, `${closePairs(sim, 4)} who came stand right beside each other`);
});

for (const count of [8, 40, 120]) {
  test(`a crowd of ${count} comes to rest`, () => {
    const sim = populated(300, 20, { status: 'online' });
    const fire = sim.land.places.findIndex(({ thing }) => thing === 'fire');
    const uids = Array.from({ length: count }, (_, i) => `u${i}`);
    for (let i = 0; i < count; i++) sim.change(member(i, { status: 'online', voice: voice(sim.land.places[fire].id) }));
    run(sim, 300);
    const cells = () => uids.map((uid) => sim.cell[sim.slotOf(uid)]);
    const before = cells();
    run(sim, 60, () => assert.deepEqual(cells(), before));
    assert.deepEqual(uids.filter((uid) => stateOf(sim, uid) !== SIT), []);
  });
}

test('who is in a meadow stands right before nobody, but for moments', () => {
  const sim = populated(58, 8);
  const pairs = () => {
    const standing = new Set([...sim.slots.values()].filter((slot) => sim.goal[slot] < 0 && ![WALK, TENT].includes(sim.state[slot])).map((slot) => sim.cell[slot]));
    return [...standing].filter((cell) => standing.has(cell + sim.land.side + 1)).length;
  };
  assert.equal(pairs(), 0);
  let sum = 0;
  run(sim, 60, () => { sum += pairs(); });
  assert.ok(sum / (60 * RATE) < 1, `${sum / (60 * RATE)}`);
});

test('a thousand who go to one place all arrive', () => {
  const sim = populated(1_000, 40, { status: 'online' });
  for (let i = 0; i < 1_000; i++) sim.say(`u${i}`, 11);
  run(sim, 90);
  const far = Array.from({ length: 1_000 }, (_, i) => away(sim, `u${i}`, 11)).sort((a, b) => a - b);
  assert.ok(far[990] < 45, `990 are within ${far[990]}`);
  assertNobodyStacked(sim);
});

test('talkers get through a crowd that is in the way', () => {
  const sim = populated(1_000, 20, { status: 'idle' });
  for (let i = 0; i < 20; i++) sim.say(`u${i}`, i % sim.land.places.length);
  run(sim, 70);
  for (let i = 0; i < 20; i++) {
    const far = away(sim, `u${i}`, i % sim.land.places.length);
    assert.ok(far < 4, `u${i} is ${far} away`);
  }
});

test('who is in voice sits at that fire, from the first moment', () => {
  const sim = populated(200, 20);
  const fire = sim.land.places.findIndex(({ thing }) => thing === 'fire');
  const { id } = sim.land.places[fire];
  for (let i = 200; i < 206; i++) sim.add(member(i, { status: 'online', voice: voice(id) }));
  for (let i = 200; i < 206; i++) {
    assert.equal(stateOf(sim, `u${i}`), SIT);
    assert.ok(away(sim, `u${i}`, fire) < 3);
  }
  sim.change(member(3, { status: 'online', voice: voice(id) }));
  run(sim, 40);
  assert.equal(stateOf(sim, 'u3'), SIT);
  assert.ok(away(sim, 'u3', fire) < 5); // six are in the first arc
  sim.change(member(3, { status: 'online', voice: null }));
  run(sim, 20);
  assert.notEqual(stateOf(sim, 'u3'), SIT);
});

test('who speaks on a stage stands on it; the others stand before it', () => {
  const sim = populated(40, 10, { status: 'online' });
  const on = (/** @type {boolean} */ speaker) => ({ status: 'online', voice: { ...voice('c5'), speaker } });
  const { boards } = sim.land.places[sim.placeOf('c5')];
  const isSeen = (/** @type {number} */ i) => boards.includes(sim.cell[sim.slotOf(`u${i}`)]);
  assert.equal(boards.length, 3);
  for (let i = 50; i < 55; i++) sim.add(member(i, on(i < 54)));
  assert.deepEqual([50, 51, 52, 53, 54].map(isSeen), [true, true, true, false, false], 'three have room on it');
  sim.change(member(51, on(false)));
  sim.change(member(1, on(false)));
  run(sim, 40);
  assert.deepEqual([50, 51, 52, 53, 54].map(isSeen), [true, false, true, true, false], 'the fourth takes the first free place');
  for (const i of [1, 51, 54]) assert.ok(away(sim, `u${i}`, sim.placeOf('c5')) < 5, `u${i} listens`);
  assertNobodyStacked(sim);
  sim.change(member(50, { status: 'online' }));
  sim.remove('u52');
  run(sim, 60);
  assert.ok(!isSeen(50) && stateOf(sim, 'u52') === undefined, 'they have left');
});

test('who listens to a stage is not hidden by it', () => {
  const sim = populated(40, 10, { status: 'online' });
  const listens = { status: 'online', voice: { ...voice('c5'), speaker: false } };
  for (let i = 50; i < 62; i++) sim.add(member(i, listens));
  for (let i = 0; i < 6; i++) sim.change(member(i, listens)); // and so they walk there
  run(sim, 60);
  const { side, places } = sim.land;
  const { x, y } = places[sim.placeOf('c5')];
  for (let slot = 0; slot < sim.size; slot++) {
    if (sim.goal[slot] !== sim.placeOf('c5')) continue;
    const [dx, dy] = [(sim.cell[slot] % side) - x, Math.floor(sim.cell[slot] / side) - y];
    assert.ok(Math.abs(dx - dy) > 2 || dx + dy > 0 || dx + dy < -6, `${sim.members[slot]?.uid} is at ${dx}, ${dy}`);
  }
});

test('who has said what they had to say leaves the middle of a place', () => {
  const sim = populated(30, 10, { status: 'online' });
  for (let i = 0; i < 12; i++) sim.say(`u${i}`, 0);
  run(sim, 260);
  const still = Array.from({ length: 12 }, (_, i) => away(sim, `u${i}`, 0)).filter((far) => far < 2.9);
  assert.deepEqual(still, []);
});

test('who is in voice keeps the seat while writing elsewhere', () => {
  const sim = populated(20, 10);
  sim.add(member(99, { status: 'online', voice: voice('c3') }));
  sim.say('u99', 0);
  run(sim, 20);
  assert.equal(stateOf(sim, 'u99'), SIT);
  assert.ok(away(sim, 'u99', sim.placeOf('c3')) < 3);
});

test('who is idle dozes; who is offline sleeps in a tent, and gets up again', () => {
  const sim = populated(40, 10, { status: 'online' });
  sim.change(member(1, { status: 'idle' }));
  sim.change(member(2, { status: 'offline' }));
  run(sim, 60);
  assert.equal(stateOf(sim, 'u1'), DOZE);
  assert.equal(stateOf(sim, 'u2'), TENT);
  assert.equal(sim.sleepers.reduce((sum, one) => sum + one, 0), 1);
  sim.change(member(2, { status: 'online' }));
  run(sim, 5);
  assert.notEqual(stateOf(sim, 'u2'), TENT);
  assert.equal(sim.sleepers.reduce((sum, one) => sum + one, 0), 0);
});

test('who joins comes by boat and steps ashore', () => {
  const sim = populated(20, 10);
  for (let i = 100; i < 112; i++) sim.add(member(i, { status: 'online' }), true);
  assert.equal(stateOf(sim, 'u100'), ABOARD);
  run(sim, 60);
  for (let i = 100; i < 112; i++) assert.notEqual(stateOf(sim, `u${i}`), ABOARD, `u${i}`);
  assertNobodyStacked(sim);
});

test('who leaves goes to the pier, takes the boat, and is gone', () => {
  const sim = populated(60, 10, { status: 'online' });
  for (let i = 0; i < 12; i++) sim.remove(`u${i}`);
  assert.equal(sim.people, 60);
  run(sim, 90);
  assert.equal(sim.people, 48);
  assert.equal(sim.slotOf('u3'), -1);
  assertNobodyStacked(sim);
});

test('who leaves and comes back before the boat has gone stays', () => {
  const sim = populated(20, 10, { status: 'online' });
  sim.remove('u1');
  run(sim, 6);
  sim.add(member(1, { status: 'online' }), true);
  run(sim, 90);
  assert.notEqual(sim.slotOf('u1'), -1);
  assertNobodyStacked(sim);
});

test('who leaves while still at sea never comes ashore', () => {
  const sim = populated(20, 10);
  sim.add(member(99, { status: 'online' }), true);
  run(sim, 1);
  sim.remove('u99');
  assert.equal(sim.slotOf('u99'), -1);
  run(sim, 20);
  assert.equal(sim.people, 20);
});

test('when half of a large guild leaves at once, it does not take for ever', () => {
  const sim = populated(1_000, 20, { status: 'online' });
  for (let i = 0; i < 500; i++) sim.remove(`u${i}`);
  run(sim, 240);
  assert.equal(sim.people, 500);
  assertNobodyStacked(sim);
});

test('time that nobody watched is skipped: everyone is where they were going', () => {
  const sim = populated(300, 20, { status: 'online' });
  sim.add(member(400, { status: 'online' }), true);
  sim.change(member(5, { status: 'offline' }));
  sim.change(member(6, { status: 'online', voice: voice('c3') }));
  sim.remove('u7');
  sim.say('u8', 2);
  finish(sim.skip(60));
  assert.equal(stateOf(sim, 'u400') === ABOARD, false);
  assert.equal(stateOf(sim, 'u5'), TENT);
  assert.equal(stateOf(sim, 'u6'), SIT);
  assert.equal(sim.slotOf('u7'), -1);
  assert.ok(away(sim, 'u8', 2) < 3);
  assertNobodyStacked(sim);
  finish(sim.skip(3600));
  assertNobodyStacked(sim);
  run(sim, 30);
  assertNobodyStacked(sim);
  assert.ok(sim.state.includes(WALK), 'life goes on');
});

test('with reduced motion people fade from place to place', () => {
  const sim = populated(100, 12, { status: 'online' });
  sim.reducedMotion = true;
  run(sim, 5);
  sim.say('u3', 1);
  const slot = sim.slotOf('u3');
  assert.equal(sim.fading[slot], 1);
  assert.equal(sim.cell.filter((cell) => cell === sim.cell[slot]).length, 1);
  run(sim, 2);
  assert.equal(sim.fading[slot], 0);
  assert.ok(away(sim, 'u3', 1) < 3);
  run(sim, 30);
  assert.equal(sim.state.includes(WALK), false);
  assertNobodyStacked(sim);
});

test('with reduced motion a crowd fades to where there is room, and nobody walks', () => {
  const sim = populated(300, 20, { status: 'online' });
  sim.reducedMotion = true;
  for (let i = 0; i < 40; i++) sim.say(`u${i}`, 4);
  run(sim, 60, () => {
    for (let slot = 0; slot < sim.size; slot++) assert.ok(sim.state[slot] !== WALK || sim.fading[slot], `u${slot} walks`);
  });
  assert.equal(closePairs(sim, 4), 0);
});

test('ground that is walked on turns into paths, and grows back', () => {
  const sim = populated(60, 10, { status: 'online' });
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 60; i++) sim.say(`u${i}`, round % 3);
    run(sim, 15);
  }
  const worn = () => sim.land.open.reduce((sum, _, cell) => sum + Number(sim.wear.at(cell) > 0), 0);
  assert.ok(worn() > 10, `${worn()} cells are worn`);
  assert.ok(sim.wear.changed.length >= worn());
  finish(sim.skip(6 * 3600));
  assert.equal(worn(), 0);
});

test('another island of the same guild takes its people over', () => {
  const before = populated(300, 20, { status: 'online' });
  before.say('u3', 2);
  run(before, 20);
  const after = new Sim(island('guild', sizeFor(300), channels(21)));
  finish(after.adopt(before));
  assert.equal(after.people, 300);
  assertNobodyStacked(after);
  run(after, 25);
  assert.ok(away(after, 'u3', 2) < 3);
});

test('on an island that grows people stay where they are, and go on with what they do', () => {
  const before = populated(300, 20, { status: 'online' });
  const fire = before.land.places.findIndex(({ thing }) => thing === 'fire');
  for (let i = 0; i < 10; i++) before.change(member(i, { status: 'online', voice: voice(before.land.places[fire].id) }));
  run(before, 120);
  before.say('u20', 2);
  run(before, 2);
  const after = new Sim(camp(finish(growing('guild', sizeFor(3_000), channels(22), before.land))));
  finish(after.adopt(before));
  assert.ok(after.land.rings > before.land.rings);
  for (const [uid, slot] of before.slots) {
    const now = after.slotOf(uid);
    const isThere = before.state[slot] !== WALK && after.land.open[before.cell[slot]];
    if (isThere) assert.equal(after.cell[now], before.cell[slot], uid);
    assert.equal(stateOf(after, uid) === SIT, before.state[slot] === SIT, uid);
  }
  for (const slot of before.slots.values()) assert.equal(after.wear.at(before.cell[slot]), before.wear.at(before.cell[slot]));
  run(after, 30);
  assert.ok(away(after, 'u20', 2) < 3);
  assertNobodyStacked(after);
});

test('where there are no channels, an island that grows sends nobody to its square', () => {
  const before = populated(1, 0);
  const after = new Sim(before.land, before);
  finish(after.adopt(before));
  assert.deepEqual([after.cell[0], after.goal[0]], [before.cell[0], -1]);
});

test('an empty island goes on', () => {
  const sim = populated(0, 0);
  run(sim, 10);
  sim.say('nobody', 0);
  sim.remove('nobody');
  finish(sim.skip(100));
  assert.equal(sim.people, 0);
});

test('who walks is never drawn ahead of where they are', () => {
  const sim = populated(21, 8, { status: 'online' });
  const spots = members(21).map(() => ({ x: 0, y: 0, z: 0 }));
  const look = () => spots.map((spot, i) => ({ ...personSpot(sim, sim.slotOf(`u${i}`), spot) ?? spot, x: spot.x, y: spot.y - spot.z }));
  run(sim, 1);
  for (let i = 0; i < 21; i++) sim.say(`u${i}`, i % 8);
  let before = look();
  run(sim, 10, () => {
    const now = look();
    now.forEach(({ x, y }, i) => assert.ok(Math.hypot(x - before[i].x, y - before[i].y) < 6));
    before = now;
  });
});

/**
 * A guild whose land counts how often somebody looks whether one can stand on a cell.
 *
 * @param {number} count
 * @param {number} places
 */
function counting(count, places) {
  const land = island('guild', sizeFor(count), channels(places));
  const looks = { count: 0 };
  land.open = new Proxy(land.open, {
    get(list, name) {
      looks.count += 1;
      const found = Reflect.get(list, name);
      return typeof found === 'function' ? found.bind(list) : found;
    },
  });
  return { sim: new Sim(land), looks };
}

test('a way to each of many places is searched for once', () => {
  const { sim, looks } = counting(500, 200);
  const places = sim.land.places.map((_, place) => sim.routes.to(place));
  looks.count = 0;
  assert.ok(places.every((field, place) => sim.routes.to(place) === field));
  assert.equal(looks.count, 0);
});

test('a way to each of as many places as a guild can have is kept, and not many more', () => {
  const sim = new Sim(island('guild', 50_000, channels(600)));
  const fields = sim.land.places.slice(0, 500).map((_, place) => sim.routes.to(place));
  assert.ok(fields.every((field, place) => sim.routes.to(place) === field));
  for (let place = 500; place < 600; place++) sim.routes.to(place);
  assert.notEqual(sim.routes.to(0), fields[0]);
});

test('a crowd that is far too large for its place costs each of them but a few looks', () => {
  const { sim, looks } = counting(5_000, 1);
  const crowd = members(5_000, { status: 'online', voice: voice('c0') });
  looks.count = 0;
  for (const one of crowd) sim.add(one);
  assertNobodyStacked(sim);
  assert.ok(looks.count < 1_000 * crowd.length, `${looks.count}`);
  looks.count = 0;
  finish(sim.skip(10));
  assert.ok(looks.count < 1_000 * crowd.length, `${looks.count}`);
});

test('an island takes as many as can stand on it, and each finds a cell soon', () => {
  const { sim, looks } = counting(500, 20);
  looks.count = 0;
  const crowd = members(sim.land.walkable - 8, { status: 'online' });
  for (const one of crowd) sim.add(one);
  assertNobodyStacked(sim);
  assert.ok(looks.count < 300 * crowd.length, `${looks.count}`);
});

test('nobody stays where the lighthouse hides them', () => {
  for (const seed of ['guild', 'garden', 'harbour', 'town', 'cellar', 'meadow']) {
    const sim = new Sim(island(seed, sizeFor(40), channels(5)));
    for (const one of members(40)) sim.add(one);
    run(sim, 12);
    const { side, lighthouse } = sim.land;
    for (let slot = 0; slot < sim.size; slot++) {
      if ([GONE, TENT, ABOARD, WALK].includes(sim.state[slot])) continue;
      const dx = (lighthouse % side) - (sim.cell[slot] % side);
      const dy = Math.floor(lighthouse / side) - Math.floor(sim.cell[slot] / side);
      const hidden = Math.min(dx, dy) >= 1 && Math.abs(dx - dy) <= 1 && dx + dy <= 14;
      assert.ok(!hidden, `${seed}: ${sim.members[slot]?.uid} is ${dx}, ${dy} behind it`);
    }
  }
});
