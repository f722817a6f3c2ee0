/**
 * Draws the world into an array of pixels. Pure apart from that array: the same island, people and time give the
 * same pixels, in a browser and in Node.
 *
 * @typedef {import('./buffer.js').Stamp} Stamp
 * @typedef {import('./land.js').Land} Land
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./terrain.js').Terrain} Terrain
 * @typedef {{x: number, y: number, far: boolean, legible: boolean, time: number, beam: number, moods: boolean, grown: number, weather?: '' | 'rain' | 'snow', feast?: {from: number, until: number, isGreat: boolean} | null}} View
 *   `x`, `y`: the pixel in the upper left corner; `far`: at half the size; `legible`: whether small signs can be read; `time` in seconds;
 *   `grown`: how much of new land is up, from 0 to 1; `beam`: where the lighthouse shines, in turns, or -1 when it is dark; `moods`: whether clouds pass and gulls fly
 * @typedef {{x: number, y: number, cell: number, place: number, tent: number, house: number, hasLamp: boolean, frames: Stamp[], plays?: boolean}} Still
 *   what doesn't move
 * @typedef {{placeId: string, frames: import('./sheet.js').Sprite[], cellIn: (land: Terrain, middle: number) => number}} Mark
 *   what stands for a while at a place, or without one at the lighthouse; `cellIn` says where, by the middle of that
 * @typedef {{things: Record<string, any>, figures: import('./folk.js').Figures}} Atlas
 */

import { Backdrop } from './backdrop.js';
import { Buffer, GUARD } from './buffer.js';
import { ABOARD, GONE, TENT, WALK } from './crowd.js';
import { paintFigures } from './figures.js';
import { Folk } from './folk.js';
import { Glow } from './glow.js';
import { SEA, repeat, seaShift } from './grain.js';
import { Palette } from './inks.js';
import { Light } from './light.js';
import { paintPlace, sign } from './furniture.js';
import { paintThings, stillOf } from './paint.js';
import { inksOf } from './seasons.js';
import { halved } from './sheet.js';
import { pursue, through } from './slices.js';
import { boatSpot, cellSpot, houseSpot, personSpot } from './spots.js';
import { TOWN_AGE } from './terrain.js';

const BURN = 8; // frames a second of a fire
const SWAY = 3; // frames a second of what moves in the wind
const MANY = 1024;
const AHEAD = 16; // rows, or stills, that are painted at a time
const NOWHERE_SEEN = -9_999; // a column where nothing is put, but made ready
const IN_MOTION = ['fire', 'fountain', 'oak']; // places where no snow stays, or leaves have theirs

/** Painted once for all, but for what only a town has. @type {{things: any, figures: any} | null} */
let sprites = null;

/** How far the pattern of the open sea is shifted in a row of art. @param {View} view @param {number} y */
export function shiftOf({ x, far }, y) {
  const step = far ? 2 : 1;
  return x + seaShift(y * step) / step;
}

/** The same tree with something else made of every sprite. @param {any} tree @param {(sprite: any) => any} make @returns {any} */
function each(tree, make) {
  if (tree === null) return null;
  if (Array.isArray(tree)) return tree.map((branch) => each(branch, make));
  if ('inks' in tree) return make(tree);
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, each(branch, make)]));
}

export class Picture {
  buffer = new Buffer();
  /** What the land is seen without at first. @type {import('./effects.js').Effects | null} */
  #effects = null;
  #isSnowy = false;
  /** By size, each made when it is needed. @type {(Atlas | undefined)[]} */
  #atlases = [];
  #size = 0;
  #hasSea = true;
  #light = new Light(12, false);
  #palette = new Palette(this.#light, true);
  /** @type {Land | null} */
  #land = null;
  /** By size: what is behind all that stands there, and the work that it takes to have it. */
  /** @type {(Backdrop | undefined)[]} */
  #backdrops = [];
  /** @type {Generator<void, void>[]} */
  #works = [];
  /** Made for an island that comes next. @type {{land: Land, backdrops: (Backdrop | undefined)[]} | null} */
  #next = null;
  /** What an island was before it grew. @type {{land: Land, backdrops: (Backdrop | undefined)[], rising: import('./rising.js').Rising} | null} */
  #past = null;
  /** @type {Backdrop} */
  #backdrop = /** @type {any} */ (null);
  /** What comes in its place, and the work until that can be looked at. @type {Backdrop | undefined} */
  #coming;
  /** @type {Generator<void, void>} */
  #warming = /** @type {any} */ (null);
  #folk = new Folk(this.buffer, this.#light);
  /** Where there are houses. @type {import('./skyline.js').Skyline | null} */
  #skyline = null;
  /** @type {import('./seasons.js').Season} */
  #season = 'summer';
  /** @type {Settlement | null} */
  #sim = null;
  /** @type {Glow} */
  #glow = /** @type {any} */ (null);
  /** @type {Still[]} */
  #stills = [];
  /** @type {Mark[]} */
  #marks = [];
  // What is to be drawn: a slot, or a still counted down from -1, or the boat after the last of them; and where.
  #kinds = new Int32Array(MANY);
  #xs = new Int32Array(MANY);
  #ys = new Int32Array(MANY);
  #zs = new Int32Array(MANY);
  #order = new Int32Array(MANY);
  #count = 0;
  #rows = new Int32Array(0);
  /** Of each slot: the cell they stood on, and the three numbers that say where that is. */
  #stands = new Float32Array(0);
  #spot = { x: 0, y: 0, z: 0 };

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.buffer.resize(width, height);
    this.#rows = new Int32Array(height + 2 * GUARD + 1);
    this.#repaint();
    this.#skyline?.forget();
  }

  get effects() {
    return this.#effects;
  }

  set effects(effects) {
    this.#effects = effects;
    this.#repaint();
  }

  /** What stands there looks otherwise. */
  #repaint() {
    this.#atlases = [];
    this.#stills = [];
  }

  /** What stands somewhere for a while. @param {Mark[]} marks */
  set marks(marks) {
    this.#marks = marks;
    this.#stills = [];
  }

  /** Everything that is drawn, as stamps of the size that is looked at. @returns {Atlas} */
  get #atlas() {
    return (this.#atlases[this.#size] ??= this.#stamped({ ...sprites, things: { ...sprites?.things, gull: this.#effects?.moods.gull ?? null, ...this.#wintry(sprites?.things) } }));
  }

  /** With snow on what stands there, in winter. @param {any} things */
  #wintry({ rock, tent, lighthouse, kept = null, crane = null, moored = null, lamp }) {
    return this.#snowed({ rock, tent, lighthouse, kept, crane, moored, lamp });
  }

  /** @param {any} tree */
  #snowed(tree) {
    const { snowed } = this.#effects?.moods ?? {};
    return this.#isSnowy && snowed ? each(tree, snowed) : tree;
  }

  /** Sprites as stamps of the size that is looked at. @param {any} tree */
  #stamped(tree) {
    const sized = this.#size ? halved : (/** @type {any} */ sprite) => sprite;
    return each(tree, (sprite) => this.buffer.stamp(sized(sprite)));
  }

  /** @param {Light} light @param {boolean} hasSea @param {import('./seasons.js').Season} [season] */
  relight(light, hasSea, season = 'summer') {
    this.#light = light;
    this.#hasSea = hasSea;
    if (this.#isSnowy !== (season === 'winter')) this.#repaint();
    this.#isSnowy = season === 'winter';
    this.#palette = new Palette(light, hasSea, inksOf(season));
    this.#folk.relight(light);
    this.#season = season;
    this.#skyline?.relight(light, season);
  }

  /**
   * Gets ready to draw a land at one of its sizes, as far as there is time for it.
   *
   * @param {Land} land
   * @param {boolean} far
   * @param {number} [until]
   * @returns {boolean} whether it is ready
   */
  prepare(land, far, until) {
    const size = far ? 1 : 0;
    if (land !== this.#land) this.#change(land);
    return Boolean(this.#backdrops[size] || pursue((this.#works[size] ??= this.#make(land, size, this.#backdrops)), until).done);
  }

  /**
   * Paints ahead what the first picture of a land is made of, or the first at another size, as far as there is time for it.
   *
   * @param {Settlement} sim
   * @param {View} view
   * @param {number} rows that are seen of it
   * @param {number} until
   */
  warm(sim, view, rows, until) {
    const drop = /** @type {Backdrop} */ (this.#backdrops[view.far ? 1 : 0]);
    if (drop !== this.#coming) this.#warming = this.#heat(sim, view, rows, drop);
    this.#coming = drop;
    pursue(this.#warming, until);
  }

  /** Whether there is no more of it. @param {boolean} far */
  isWarm(far) {
    return this.#backdrops[far ? 1 : 0] === this.#backdrop;
  }

  /** @param {Settlement} sim @param {View} view @param {number} rows @param {Backdrop} drop @returns {Generator<void, void>} */
  *#heat(sim, view, rows, drop) {
    if (sim !== this.#sim) this.#meet(sim);
    this.#furnish(sim.land, view.far ? 1 : 0);
    yield;
    this.#glow.update(sim);
    drop.expire();
    const { y } = view;
    yield* through(rows, (row) => {
      drop.update(this.#palette, this.#glow, y + row - drop.top, y + row + 1 - drop.top, rows);
      drop.seaRow(y + row);
    }, AHEAD);
    const stills = this.#stills;
    yield* through(stills.length, (i) => this.#putStill(stills[i], view, NOWHERE_SEEN, 0), AHEAD);
    this.#backdrop = drop;
  }

  /** The picture at half the size was but a makeshift. */
  forgetFar() {
    this.#works.length = this.#backdrops.length = Math.min(1, this.#backdrops.length);
    this.#land?.forget(2);
  }

  /** Gets ready to draw a land that isn't looked at yet. @param {Land} land @param {boolean} far @returns {Generator<void, void>} */
  *ahead(land, far) {
    const backdrops = /** @type {(Backdrop | undefined)[]} */ ([]);
    yield* this.#make(land, far ? 1 : 0, backdrops);
    this.#next = { land, backdrops };
  }

  /** Another land. @param {Land} land */
  #change(land) {
    const before = this.#land;
    this.#past = this.effects && before && land.before === before && before.reach < land.reach
      ? { land: before, backdrops: this.#backdrops, rising: new this.effects.Rising(before.reach, land.reach) }
      : null;
    land.before = null;
    this.#land = land;
    this.#backdrops = this.#next?.land === land ? this.#next.backdrops : [];
    this.#works = [];
    this.#next = null;
  }

  /** @param {Land} land @param {number} size @param {(Backdrop | undefined)[]} backdrops @returns {Generator<void, void>} */
  *#make(land, size, backdrops) {
    sprites = { things: paintThings(land.terrain.town), figures: paintFigures() };
    yield;
    const backdrop = new Backdrop(land, size + 1);
    yield* backdrop.make();
    backdrops[size] = backdrop;
  }

  /** @param {Settlement} sim @param {Land} land @param {View} view */
  draw(sim, land, view) {
    const size = view.far ? 1 : 0;
    this.prepare(land, view.far);
    if (sim !== this.#sim || (sim.homes && !this.#skyline)) this.#meet(sim);
    if (size !== this.#size || !this.#stills.length) this.#furnish(sim.land, size);
    const { things, figures } = this.#atlas;
    const { beam, feast, moods, showThrough } = this.effects ?? {};
    this.#glow.update(sim);
    this.#palette.flow(view.time);
    this.#ground(view);
    if (view.grown >= 1) this.#past = null;
    this.#coverNew(view);
    if (this.#hasSea) moods?.glade(this.buffer, land, view, this.#light);
    if (view.moods && this.#light.darkness < 0.5) moods?.clouds(this.buffer, land, view);
    if (this.#palette.isDark && view.beam >= 0) beam?.({ buffer: this.buffer, sim, land, view, backdrop: this.#backdrop, palette: this.#palette });
    this.#count = 0;
    this.#addStills(sim, view);
    this.#addPeople(sim, view);
    this.#addBoat(sim, view);
    this.#sort();
    this.#folk.begin(figures, view.far, view.legible, view.time, this.#glow.levels, this.effects);
    for (let i = 0; i < this.#count; i++) {
      if (this.#kinds[i] >= 0) this.#folk.shadow(sim, this.#kinds[i], this.#xs[i], this.#ys[i], this.#zs[i]);
    }
    for (let i = 0; i < this.#count; i++) this.#item(sim, view, this.#order[i]);
    showThrough?.({ kinds: this.#kinds, xs: this.#xs, ys: this.#ys, zs: this.#zs, order: this.#order, count: this.#count }, sim, view.far, this.#folk.kit);
    if (view.moods && view.weather) moods?.weather(this.buffer, view, view.weather, this.#light);
    if (view.feast) feast?.(this.buffer, view, view.time - view.feast.from, view.feast.until - view.time, view.feast.isGreat);
    if (view.moods) moods?.creatures(this.buffer, land, view, things, this.#palette.colors, this.#light.darkness > 0.5);
  }

  /** Others live there, or it is another island. @param {Settlement} sim */
  #meet(sim) {
    const before = this.#sim;
    this.#sim = sim;
    this.#folk.meet(sim);
    this.#skyline ??= sim.land.town && new sim.land.town.Skyline(this.buffer, this.#light, this.#season);
    this.#skyline?.meet(sim, before);
    this.#stands = new Float32Array(0);
    if (sim.land === before?.land) return;
    this.#glow = new Glow(sim.land);
    this.#stills = [];
  }

  /** What stands where. @param {Terrain} land @param {number} size */
  #furnish(land, size) {
    this.#size = size;
    if (land.age >= TOWN_AGE && !this.#atlas.things.kept) delete this.#atlases[size];
    const props = this.#hasSea ? land.props : land.props.filter(({ cell }) => land.ground[cell]);
    this.#stills = props.map((prop) => this.#still(land, prop.cell, (things) => (
      prop.kind === 'sign' ? this.#sign(size ? '' : land.places[prop.variant].name) : stillOf(things, land, prop)
    )));
    land.places.forEach(({ cell, thing }, place) => {
      this.#stills.push({ ...this.#still(land, cell, () => this.#thing(thing)), place, hasLamp: thing !== 'fire' });
    });
    land.houses.forEach(({ cell }, house) => {
      const { x, y } = houseSpot(land, cell, this.#spot);
      this.#stills.push({ x, y, cell, place: -1, tent: -1, house, hasLamp: false, frames: [] });
    });
    for (const { placeId, frames, cellIn } of this.#marks) {
      const middle = placeId ? land.places.find(({ id }) => id === placeId)?.cell : land.lighthouse;
      if (middle !== undefined) this.#stills.push({ ...this.#still(land, cellIn(land, middle), () => this.#stamped(frames)), plays: true });
    }
    land.tents.forEach((cell, tent) => this.#stills.push({ ...this.#still(land, cell, (things) => things.tent), tent }));
  }

  /** What stands in the middle of a place: painted when there is one. @param {string} thing @returns {Stamp | Stamp[]} */
  #thing(thing) {
    return (this.#atlas.things[thing] ??= this.#stamped(IN_MOTION.includes(thing) ? paintPlace(thing) : this.#snowed(paintPlace(thing))));
  }

  /** @param {string} name @returns {Stamp} */
  #sign(name) {
    return (this.#atlas.things[`sign ${name}`] ??= this.#stamped(this.#snowed(sign(name))));
  }

  /** @param {Terrain} land @param {number} cell @param {(things: Record<string, any>) => Stamp | Stamp[]} choose @returns {Still} */
  #still(land, cell, choose) {
    const { x, y } = cellSpot(land, cell, this.#spot);
    return { x, y, cell, place: -1, tent: -1, house: -1, hasLamp: false, frames: [choose(this.#atlas.things)].flat() };
  }

  // ── the ground ──────────────────────────────────────────────────────────

  /** @param {View} view */
  #ground(view) {
    const { pixels, width, height } = this.buffer;
    const drop = /** @type {Backdrop} */ (this.#backdrops[view.far ? 1 : 0]);
    if (drop !== this.#backdrop) drop.expire();
    this.#backdrop = drop;
    drop.update(this.#palette, this.#glow, view.y - drop.top, view.y - drop.top + height);
    const left = view.x - drop.left;
    // columns before `from` and from `to` on are open sea
    const from = Math.min(width, Math.max(0, -left));
    const to = Math.max(from, Math.min(width, drop.width - left));
    for (let row = 0; row < height; row++) {
      const y = row + view.y;
      const line = y - drop.top;
      const isSea = line < 0 || line >= drop.height || from === to;
      const out = this.buffer.at(0, row);
      if (isSea || from || to < width) { // some of it is open sea
        const strip = drop.seaRow(y);
        const shift = shiftOf(view, y);
        this.#fill(out, 0, isSea ? width : from, strip, shift);
        if (isSea) continue;
        this.#fill(out, to, width, strip, shift);
      }
      const at = line * drop.width + left;
      pixels.set(drop.pixels.subarray(at + from, at + to), out + from);
    }
  }

  /** What isn't up yet is covered by what was there. @param {View} view */
  #coverNew(view) {
    const old = this.#past?.backdrops[view.far ? 1 : 0];
    if (old) this.#past?.rising.cover(this.buffer, view, old, this.#palette, this.#glow);
  }

  /** Open sea in a part of a row. @param {number} out @param {number} from @param {number} to @param {number} strip @param {number} left */
  #fill(out, from, to, strip, left) {
    const { pixels } = this.buffer;
    const { sea } = this.#backdrop;
    const once = Math.min(to, from + SEA);
    for (let column = from; column < once; column++) pixels[out + column] = sea[strip + ((column + left) & (SEA - 1))];
    repeat(pixels, out + from, out + to, SEA);
  }

  // ── what stands on it ───────────────────────────────────────────────────

  /** @param {number} kind @param {number} x in full-size art pixels @param {number} y @param {number} z @param {View} view */
  #add(kind, x, y, z, view) {
    const scale = view.far ? 0.5 : 1;
    const column = Math.round(x * scale) - view.x;
    const row = Math.round(y * scale) - view.y;
    if (column < -GUARD || column >= this.buffer.width + GUARD || row < -GUARD || row >= this.buffer.height + GUARD) return;
    if (this.#count === this.#kinds.length) this.#makeRoom();
    const i = this.#count++;
    this.#kinds[i] = kind;
    this.#xs[i] = column;
    this.#ys[i] = row;
    this.#zs[i] = Math.round(z * scale);
  }

  #makeRoom() {
    [this.#kinds, this.#xs, this.#ys, this.#zs, this.#order] = [this.#kinds, this.#xs, this.#ys, this.#zs, this.#order].map((list) => {
      const longer = new Int32Array(list.length * 2);
      longer.set(list);
      return longer;
    });
  }

  /** @param {Settlement} sim @param {View} view */
  #addStills(sim, view) {
    for (let i = 0; i < this.#stills.length; i++) {
      const { x, y, cell, tent } = this.#stills[i];
      if (this.#past && !this.#past.land.has(cell) && this.#past.rising.when(x, y) > view.grown) continue;
      if (tent < 0 || sim.sleepers[tent]) this.#add(-1 - i, x, y, 0, view);
    }
  }

  /** Most stand where they stood in the frame before. @param {Settlement} sim @param {View} view */
  #addPeople(sim, view) {
    if (this.#stands.length < sim.state.length * 4) this.#stands = new Float32Array(sim.state.length * 4).fill(-1);
    const stands = this.#stands;
    for (let slot = 0; slot < sim.size; slot++) {
      const state = sim.state[slot];
      if (state === GONE || state === TENT || state === ABOARD) continue;
      const at = slot * 4;
      if (state === WALK || stands[at] !== sim.cell[slot]) {
        personSpot(sim, slot, this.#spot);
        stands[at] = state === WALK ? -1 : sim.cell[slot];
        stands[at + 1] = this.#spot.x;
        stands[at + 2] = this.#spot.y;
        stands[at + 3] = this.#spot.z;
      }
      this.#add(slot, stands[at + 1], stands[at + 2], stands[at + 3], view);
    }
  }

  /** @param {Settlement} sim @param {View} view */
  #addBoat(sim, view) {
    if (sim.ferry?.isAway ?? true) return;
    const { x, y } = boatSpot(sim, this.#spot);
    this.#add(-1 - this.#stills.length, x, y + (Math.sin(view.time * 2) > 0 ? 1 : 0), 0, view);
  }

  /** By how far down they stand, by counting: as many buckets as there are rows. */
  #sort() {
    const rows = this.#rows.fill(0);
    for (let i = 0; i < this.#count; i++) rows[this.#ys[i] + GUARD + 1] += 1;
    for (let row = 1; row < rows.length; row++) rows[row] += rows[row - 1];
    for (let i = 0; i < this.#count; i++) this.#order[rows[this.#ys[i] + GUARD]++] = i;
  }

  /** @param {Settlement} sim @param {View} view @param {number} i */
  #item(sim, view, i) {
    const kind = this.#kinds[i];
    const x = this.#xs[i];
    const y = this.#ys[i];
    if (kind >= 0) this.#folk.draw(sim, kind, x, y, this.#zs[i]);
    else if (kind === -1 - this.#stills.length) this.effects?.putBoat(this.#folk.kit, this.#atlas.things, this.#palette.colors, sim, x, y);
    else this.#putStill(this.#stills[-1 - kind], view, x, y);
  }

  /** @param {Still} still @param {View} view @param {number} x @param {number} y */
  #putStill({ cell, place, house, hasLamp, frames, plays }, view, x, y) {
    const { colors } = this.#palette;
    const level = this.#glow.levels[cell];
    const first = level * 256;
    if (plays) return this.buffer.put(frames[view.moods ? Math.floor(view.time * SWAY) % frames.length : 0], x, y, colors, first);
    if (house >= 0) return this.#skyline?.put(house, x, y, view, colors, level);
    const isLively = this.#glow.lively[place] ?? 0;
    const moving = frames.length - 1; // the first one is for when nobody is there
    const frame = moving && isLively ? 1 + (Math.floor(view.time * BURN + cell) % moving) : 0;
    this.buffer.put(frames[frame], x, y, colors, first);
    if (hasLamp) this.buffer.put(this.#atlas.things.lamp[isLively], x + (20 >> this.#size), y - (4 >> this.#size), colors, first);
  }
}
