/** Who is where before anybody can move, and that they go on from there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NONE, RATE, TENT, WALK } from '../../bridge/web/world/crowd.js';
import { Settlement } from '../../bridge/web/world/settlement.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { finish } from '../../bridge/web/world/slices.js';
import { sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, island, member, members, voice } from './guild.js';

/** @param {number} i */
const told = (i) => (i % 9 === 4 ? { voice: { ...voice(`c${[3, 5, 10][i % 3]}`), speaker: i % 2 > 0 } } : {});

/** Everybody where they are, as far as that can be seen. @param {Settlement} crowd */
const seen = ({ slots, state, cell, facing, goal, sleepers }) =>
  [[...slots].map(([uid, slot]) => [uid, state[slot], cell[slot], facing[slot], goal[slot]]), sleepers];

for (const count of [4, 50, 600]) {
  test(`${count} members: they are where they would be if they could move, and stay there when they can`, () => {
    const land = island('1', sizeFor(count), channels(12));
    const [still, moving] = [new Settlement(land), new Sim(land)];
    for (const crowd of [still, moving]) for (let i = 0; i < count; i++) crowd.add(member(i, told(i)));
    assert.deepEqual(seen(still), seen(moving));
    const alive = new Sim(land, still);
    finish(alive.adopt(still));
    assert.deepEqual(new Map(/** @type {any} */ (seen(alive)[0]).map(([uid, ...where]) => [uid, where])),
      new Map(/** @type {any} */ (seen(still)[0]).map(([uid, ...where]) => [uid, where])));
    for (let i = 0; i < RATE / 2; i++) alive.step();
    const walking = [...alive.slots.values()].filter((slot) => alive.state[slot] === WALK).length;
    assert.ok(walking <= count / 8, `${walking} set out at once`);
    for (let i = 0; i < 20 * RATE; i++) alive.step();
    assert.notDeepEqual(seen(alive), seen(still));
  });
}

test('who has gone before anybody can move is nowhere', () => {
  for (const count of [20, 200]) {
    const crowd = new Settlement(island('1', sizeFor(count), channels(4)));
    for (const one of members(count)) crowd.add(one);
    for (const one of members(count)) crowd.drop(crowd.slotOf(one.uid));
    crowd.drop(crowd.slotOf('nobody'));
    assert.equal(crowd.people + crowd.out.size, 0);
    assert.ok(crowd.cells.holder.every((slot) => slot === NONE));
    assert.ok(crowd.sleepers.every((sleepers) => !sleepers));
    assert.ok((crowd.homes?.rooms.flat() ?? []).every((slot) => slot === NONE));
    assert.ok(!crowd.state.includes(TENT));
  }
});
