/** Nobody hides: whoever talks can be seen, wherever they stand and whoever goes by. Measured on what is drawn. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ABOARD, DOZE, GONE, RATE, STAND, TENT, WALK } from '../../bridge/web/world/crowd.js';
import { Picture } from '../../bridge/web/world/draw.js';
import { paintFigures } from '../../bridge/web/world/figures.js';
import { signOf } from '../../bridge/web/world/isle.js';
import { Land } from '../../bridge/web/world/land.js';
import { Light } from '../../bridge/web/world/light.js';
import { Sim } from '../../bridge/web/world/sim.js';
import { cellSpot, personSpot } from '../../bridge/web/world/spots.js';
import { sizeFor } from '../../bridge/web/world/terrain.js';
import { channels, island, member, members, voice } from './guild.js';

const MINUTES = 10;
const EACH = 2; // seconds between two looks
const WINDOW = 64; // pixels around whom is looked at
const BODY = Math.min(...paintFigures().bodies.flat().map(({ inks }) => inks.filter(Boolean).length));

/** A crowd that talks. @param {number} count @param {number} places */
function crowd(count, places) {
  const sim = new Sim(island('1', sizeFor(count), channels(places)));
  for (const one of members(count)) sim.add(one);
  for (let i = 0; i < Math.min(8, count / 3); i++) sim.change(member(i, { status: 'online', voice: voice('c3') }));
  return sim;
}

/** Which share of somebody is to be seen, of a body as small as it can be. @param {Sim} sim @param {Land} land @param {Picture} picture @param {number} slot */
function seen(sim, land, picture, slot) {
  const spot = { x: 0, y: 0, z: 0 };
  personSpot(sim, slot, spot);
  const view = {
    x: Math.round(spot.x) - WINDOW / 2, y: Math.round(spot.y - spot.z) - WINDOW / 2 - 8, far: false, legible: false, time: 7.3, beam: -1, moods: false, grown: 1,
  };
  const one = sim.members[slot];
  const [before, after] = ['#ff00ff', '#00ff00'].map((color) => {
    sim.members[slot] = member(0, { ...one, color, color2: null, bot: false });
    picture.draw(sim, land, view);
    return picture.buffer.pixels.slice();
  });
  sim.members[slot] = one;
  return before.reduce((sum, color, i) => sum + Number(color !== after[i]), 0) / BODY;
}

for (const [count, places] of [[21, 8], [300, 20], [1_000, 40]]) {
  test(`nobody of ${count} who talks is hidden by more than half`, () => {
    const sim = crowd(count, places);
    const land = new Land(sim.land, () => 0);
    const picture = new Picture();
    picture.resize(WINDOW, WINDOW);
    picture.relight(new Light(12, false), true);
    /** @type {string[]} */
    const hidden = [];
    let looks = 0;
    for (let second = 0; second < MINUTES * 60; second++) {
      sim.say(`u${(second * 37) % count}`, ((second / 20) | 0) % places);
      for (let i = 0; i < RATE; i++) sim.step();
      if (second % EACH) continue;
      for (let slot = 0; slot < sim.size; slot++) {
        if (sim.talkUntil[slot] <= sim.tick || sim.fading[slot] || [GONE, TENT, ABOARD].includes(sim.state[slot])) continue;
        const share = seen(sim, land, picture, slot);
        looks += 1;
        if (share < 0.5) hidden.push(`${second} s: ${sim.members[slot]?.uid} ${sim.state[slot] === WALK ? 'walks' : 'stands'} ${share.toFixed(2)}`);
      }
    }
    assert.ok(looks > 100, `${looks}`);
    assert.deepEqual(hidden, []);
  });
}

test('a name on a sign can be read: no tree is before it, nor anybody who stays there', () => {
  const sim = crowd(300, 20);
  const signs = sim.land.places.flatMap(({ cell, board }) => (board ? { ...cellSpot(sim.land, signOf(cell), { x: 0, y: 0, z: 0 }), wide: board.width / 2 } : []));
  assert.ok(signs.length > 15);
  const spot = { x: 0, y: 0, z: 0 };
  const isBefore = (/** @type {number} */ beside) => signs.some(({ x, y, wide }) => spot.y > y && spot.y < y + 11 && Math.abs(spot.x - x) < wide + beside);
  for (const { cell, kind } of sim.land.props) {
    cellSpot(sim.land, cell, spot);
    assert.ok(kind !== 'tree' || !isBefore(-4), `${cell}`);
  }
  let stays = 0;
  let before = 0;
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 6; i++) sim.say(`u${(second * 37 + i * 11) % 300}`, (second + i) % 20);
    for (let i = 0; i < RATE; i++) sim.step();
    for (let slot = 0; slot < sim.size; slot++) {
      if (![STAND, DOZE].includes(sim.state[slot]) || sim.goal[slot] < 0) continue;
      cellSpot(sim.land, sim.cell[slot], spot);
      stays += 1;
      before += Number(isBefore(0));
    }
  }
  assert.ok(stays > 500, `${stays}`);
  assert.ok(before < stays / 50, `${before} of ${stays}`);
});
