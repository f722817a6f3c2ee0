/** Houses, and who lives in which: fetched where a guild has enough members for a village or a town. */

import { build } from './build.js';
import { addHarbour, paintHarbour } from './harbour.js';
import { TENT } from './crowd.js';
import { Homes } from './homes.js';
import { paintHouse } from './houses.js';
import { Skyline } from './skyline.js';

/** @typedef {typeof TOWN} Town */

/**
 * Those in a village that is there already get their huts: nobody else is elsewhere for it.
 *
 * @param {import('./settlement.js').Settlement} sim
 */
function settleIn(sim) {
  const { land } = sim;
  land.town = TOWN;
  if (!land.houses.length) return;
  sim.homes = new Homes(land.houses, land.side);
  for (const slot of sim.slots.values()) {
    sim.moveIn(slot);
    if (sim.state[slot] === TENT) sim.sleep(slot);
  }
}

export const TOWN = { Homes, Skyline, addHarbour, build, paintHarbour, paintHouse, settleIn };
