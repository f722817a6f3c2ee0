/**
 * Draws houses as they are just now: a window for each who lives there.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./buffer.js').Stamp} Stamp
 * @typedef {import('./light.js').Light} Light
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./draw.js').View} View
 */

import { CAPACITIES, PANES } from './build.js';
import { GUARD } from './buffer.js';
import { bodyColor, fromLch, ramp } from './color.js';
import { AWAKE, CURTAIN, DARK, DIM, LIT, ROOF, paintRoof, paintWalls } from './houses.js';
import { THATCH, drawSmoke, paintHut, paintHutRoof } from './huts.js';
import { ASLEEP, HOMELY, LEVELS } from './light.js';
import { mix } from './random.js';
import { SNOW } from './seasons.js';
import { halved } from './sheet.js';
import { HUT } from './terrain.js';

const WALLS_KEPT = 3_000; // walls, each as it is painted with some windows lit
const PLASTERS = 3;
const IN_TURN = 2; // seconds from when the first new house begins to rise until the last does
const RISE_S = 30; // pixels a second that they rise by
const TALLEST = 256; // pixels
const SMOKY = 30; // pixels that are up before anybody makes fire
// Of the dark: when the first house has its lamps on, and how much more there is until the last.
const FIRST_LIGHT = 0.03;
const DUSK = 0.45;
const AWAKE_SHARE = 0.1; // of the windows, from where on the walls shine with them
const ROOF_SHADES = [-0.16, -0.08, 0, 0.07];
const LODGERS = [LIT, DIM, CURTAIN, DARK]; // of those who are known by number, by status
/** What roofs are covered with in winter: beside the light, in it, and where they are flat. */
const ON_ROOFS = [SNOW[1], SNOW[3], SNOW[4]];
const FIRST = [LIT, CURTAIN, DIM, DARK]; // what counts where there are more people than windows

/** @type {Record<string, number>} */
const WINDOWS = { online: LIT, idle: DIM, dnd: CURTAIN, offline: DARK };

export class Skyline {
  #buffer;
  #light;
  /** @type {Settlement | null} */
  #sim = null;
  /** Of each house: how its walls look. @type {string[]} */
  #keys = [];
  /** Of each house: whether so many windows are lit that its walls are as well. @type {boolean[]} */
  #isHomely = [];
  /** Of each house: whether somebody in it is awake. @type {boolean[]} */
  #isAwake = [];
  /** By size. @type {[Map<string, Stamp>, Map<string, Stamp>]} */
  #walls = [new Map(), new Map()];
  /** By size and kind. @type {[(Stamp | undefined)[], (Stamp | undefined)[]]} */
  #roofs = [[], []];
  #isSnowy = false;
  /** From which house on they rise, and since when. */
  #newest = Infinity;
  #since = NaN;
  /** By colour: what a roof's inks look like, for each level of light. @type {Map<string, Uint32Array>} */
  #tiles = new Map();

  /** @param {Buffer} buffer @param {Light} light @param {import('./seasons.js').Season} season */
  constructor(buffer, light, season) {
    this.#buffer = buffer;
    this.#light = light;
    this.relight(light, season);
  }

  /** @param {Light} light @param {import('./seasons.js').Season} season */
  relight(light, season) {
    this.#light = light;
    this.#isSnowy = season === 'winter';
    this.#tiles.clear();
    this.#keys = [];
  }

  /** Another town, or the same with other houses: those rise that weren't there. @param {Settlement} sim @param {Settlement | null} [before] */
  meet(sim, before = null) {
    const isNew = !this.#sim;
    if (isNew || sim.land !== before?.land) {
      this.#newest = before?.land.id !== sim.land.id ? Infinity : isNew ? 0 : before.land.houses.length;
      this.#since = NaN;
    }
    this.#sim = sim;
    this.#keys = [];
  }

  /** The buffer has another size: no stamp is good any more. */
  forget() {
    this.#walls = [new Map(), new Map()];
    this.#roofs = [[], []];
  }

  /**
   * @param {number} house
   * @param {number} x
   * @param {number} y
   * @param {View} view
   * @param {Uint32Array} colors
   * @param {number} level how brightly it is lit
   */
  put(house, x, y, view, colors, level) {
    const homes = this.#sim?.homes;
    if (!homes) return;
    const { kind, cell } = homes.houses[house];
    if (homes.stale.delete(house) || !this.#keys[house]) {
      const [, , windows] = (this.#keys[house] = this.#look(house)).split(' ');
      this.#isAwake[house] = /[^0]/.test(windows);
      this.#isHomely[house] = windows.split(`${LIT}`).length > 1 + windows.length * AWAKE_SHARE;
    }
    const size = view.far ? 1 : 0;
    const look = styleOf(cell);
    const isHut = kind === HUT;
    const walls = level || (this.#isHomely[house] ? HOMELY : ASLEEP);
    const roof = this.#roofs[size][isHut ? kind + look : kind] ??= this.#stamp(isHut ? paintHutRoof(look) : paintRoof(kind), size);
    const tiles = this.#tilesOf(homes.colors[house] || (isHut ? THATCH : ''));
    const up = this.#risen(house, view) >> size;
    this.#raise(this.#wallsOf(this.#keys[house], kind, size), x, y, colors, walls * 256, up);
    this.#raise(roof, x, y, tiles, level * ROOF, up);
    if (isHut && view.moods && !size && up > SMOKY && this.#isAwake[house]) drawSmoke(this.#buffer, house, look, x, y, view.time, colors);
  }

  /** How many pixels of a house are there by now. @param {number} house @param {View} view */
  #risen(house, { time, moods }) {
    if (house < this.#newest || !moods) return TALLEST;
    if (Number.isNaN(this.#since)) this.#since = time;
    const turn = (house - this.#newest) / ((this.#sim?.land.houses.length ?? 0) - this.#newest);
    return Math.max(0, Math.min(TALLEST, (time - this.#since - turn * IN_TURN) * RISE_S));
  }

  /** Puts what is up of something. @param {Stamp} stamp @param {number} x @param {number} y @param {Uint32Array} colors @param {number} first @param {number} up */
  #raise(stamp, x, y, colors, first, up) {
    const buffer = this.#buffer;
    if (up >= stamp.top) return buffer.put(stamp, x, y, colors, first);
    const from = buffer.at(-GUARD, y + stamp.bottom - up);
    buffer.each(stamp, x, y, (to, i) => { if (to >= from) buffer.pixels[to] = colors[first + stamp.inks[i]]; });
  }

  /** @param {number} house */
  #look(house) {
    const sim = /** @type {Settlement} */ (this.#sim);
    const homes = /** @type {import('./homes.js').Homes} */ (sim.homes);
    const { kind, cell } = homes.houses[house];
    const isOn = (mix(cell, 24) & 255) / 256 < (this.#light.darkness - FIRST_LIGHT) / DUSK; // one after the other, at dusk
    const windows = homes.rooms[house].map((slot) => WINDOWS[sim.members[slot]?.status ?? 'offline']);
    const lodgers = homes.lodgers[house];
    lodgers?.forEach((count, status) => windows.push(...Array(count).fill(LODGERS[status])));
    const most = kind === HUT ? PANES : CAPACITIES[kind];
    if (windows.length > most) windows.sort((a, b) => FIRST.indexOf(a) - FIRST.indexOf(b)).length = most;
    const nobodys = Array(most - windows.length).fill(DARK);
    const look = styleOf(cell);
    // In a city many houses look alike: each is painted once.
    const order = lodgers ? look : cell;
    const shown = spread([...windows, ...nobodys], order).map((one) => (one === LIT && !isOn ? AWAKE : one));
    return `${kind} ${look} ${shown.join('')}`;
  }

  /** @param {string} key @param {number} kind @param {number} size */
  #wallsOf(key, kind, size) {
    const walls = this.#walls[size];
    let stamp = walls.get(key);
    if (stamp) return stamp;
    if (walls.size >= WALLS_KEPT) walls.clear();
    const [, look, windows] = key.split(' ');
    const panes = [...windows].map(Number);
    stamp = this.#stamp(kind === HUT ? paintHut(panes, Number(look)) : paintWalls(kind, panes, Number(look)), size);
    walls.set(key, stamp);
    return stamp;
  }

  /** @param {Sprite} sprite @param {number} size */
  #stamp(sprite, size) {
    return this.#buffer.stamp(size ? halved(sprite) : sprite);
  }

  /** @param {string} role */
  #tilesOf(role) {
    let tiles = this.#tiles.get(role);
    if (tiles) return tiles;
    const [lightness, chroma, hue] = bodyColor(role || null);
    /** @type {import('./color.js').Rgb[]} */
    const shades = [[0, 0, 0], fromLch([Math.max(0.2, lightness - 0.36), chroma * 0.8, hue]), ...ramp([lightness - 0.04, chroma, hue], ROOF_SHADES)];
    shades.push(...(this.#isSnowy ? ON_ROOFS : [shades[3], shades[5], shades[4]]));
    tiles = new Uint32Array(LEVELS * ROOF);
    for (let level = 0; level < LEVELS; level++) shades.forEach((rgb, i) => { tiles[level * ROOF + i] = this.#light.on(rgb, level); });
    this.#tiles.set(role, tiles);
    return tiles;
  }
}

/** How a house looks, of some ways. @param {number} cell */
const styleOf = (cell) => mix(cell, 15) % PLASTERS;

/** Spreads who lives there over the windows, so that not only the lower ones are used. @param {number[]} windows @param {number} seed */
function spread(windows, seed) {
  const ground = 3; // where the door is: the first to come live there
  const rest = windows.slice(ground);
  const order = rest.map((_, i) => i).sort((a, b) => mix(seed, a) - mix(seed, b));
  const upper = Array(rest.length).fill(DARK);
  order.forEach((at, i) => { upper[at] = rest[i]; });
  return [...windows.slice(0, ground), ...upper];
}
