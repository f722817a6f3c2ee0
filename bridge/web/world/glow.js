/**
 * What is lit: places with talk in the last minutes, fires that somebody sits at, the lamp on the pier.
 *
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./terrain.js').Terrain} Terrain
 */

import { RATE, SIT } from './crowd.js';
import { cellSpot } from './spots.js';
import { LEVELS } from './light.js';

const LIVELY = 180 * RATE; // steps after which a place is quiet again
/** How far light reaches, in cells: faint, good, bright. */
export const REACHES = [0, 6.4, 4.4, 2.6];

export class Glow {
  /** How brightly each cell is lit. */
  levels;
  /** Where something shines, in pixels of art. @type {{x: number, y: number}[]} */
  spots = [];
  /** Another one for each set of lamps. */
  key = '-';
  /** Which places are lively. */
  lively;
  /** How many sit at each fire, or stand on each stage. */
  seated;
  #land;

  /** @param {Terrain} land */
  constructor(land) {
    this.#land = land;
    this.levels = new Uint8Array(land.open.length);
    this.lively = new Uint8Array(land.places.length);
    this.seated = new Uint16Array(land.places.length);
  }

  /** @param {Settlement} sim */
  update(sim) {
    const { lively, seated } = this;
    const { places, raised } = this.#land;
    seated.fill(0);
    for (let slot = 0; slot < sim.size; slot++) {
      const isHeard = sim.state[slot] === SIT || raised[sim.cell[slot]];
      if (isHeard && sim.goal[slot] >= 0) seated[sim.goal[slot]] += 1;
    }
    let key = '';
    for (let i = 0; i < places.length; i++) {
      lively[i] = seated[i] || sim.tick - sim.spoken[i] < LIVELY ? 1 : 0;
      if (lively[i]) key += `${i} `;
    }
    if (key === this.key) return;
    this.key = key;
    const { pier, lighthouse } = this.#land;
    this.#shine([pier[pier.length - 1], lighthouse, ...places.filter((_, i) => lively[i]).map(({ cell }) => cell)]);
  }

  /** @param {number[]} lamps */
  #shine(lamps) {
    const { side } = this.#land;
    this.levels.fill(0);
    const reach = Math.ceil(REACHES[1]);
    this.spots = lamps.map((cell) => cellSpot(this.#land, cell, { x: 0, y: 0, z: 0 }));
    for (const lamp of lamps) {
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const cell = lamp + dy * side + dx;
          let level = LEVELS - 1;
          while (level && Math.hypot(dx, dy) > REACHES[level]) level -= 1;
          if (this.levels[cell] < level) this.levels[cell] = level;
        }
      }
    }
  }
}
