/**
 * Draws the people: the pose that their motion asks for, their face, and what tells more of them.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./buffer.js').Stamp} Stamp
 * @typedef {import('./light.js').Light} Light
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {{bodies: Stamp[][], faces: (Stamp[] | null)[], hats: Stamp[][], shadows: Stamp[], marks: Record<string, Stamp>}} Figures
 */

import { DOZE, RATE, SIT, STAND, WALK } from './crowd.js';
import { BREATHING, EYES_OPEN, HEADS, OWN, REST, SHUT, SITTING, SPEAKING, SQUASHED, STRETCHED } from './figures.js';
import { BUILD, BOT, DND, FRESH, HAT_SHIFT, MUTED, STREAMING, VOICE, Wardrobe } from './wardrobe.js';

const LEFT = 2; // directions from here up to `RIGHT` are to the left of the screen
const RIGHT = 6;

export class Folk {
  #buffer;
  #wardrobe;
  // For the frame that is being drawn:
  /** @type {Figures} */
  #figures = { bodies: [], faces: [], hats: [], shadows: [], marks: {} };
  #scale = 1;
  #time = 0;
  /** How long shadows are, and to which side. */
  #slant = 0;
  /** Whether small signs can be read. */
  #isLegible = false;
  /** @type {Uint8Array} */
  #levels = new Uint8Array(0);
  /** @type {import('./effects.js').Effects | null} */
  #effects = null;

  /** @param {Buffer} buffer @param {Light} light */
  constructor(buffer, light) {
    this.#buffer = buffer;
    this.#wardrobe = new Wardrobe(light);
  }

  /** @param {Light} light */
  relight(light) {
    this.#slant = light.slant;
    this.#wardrobe.relight(light);
  }

  /** @param {Settlement} sim */
  meet(sim) {
    this.#wardrobe.empty(sim.state.length);
  }

  /**
   * @param {Figures} figures
   * @param {boolean} far
   * @param {boolean} legible
   * @param {number} time
   * @param {Uint8Array} levels how brightly each cell is lit
   * @param {import('./effects.js').Effects | null} effects
   */
  begin(figures, far, legible, time, levels, effects) {
    this.#effects = effects;
    this.#figures = figures;
    this.#scale = far ? 0.5 : 1;
    this.#isLegible = legible && !far;
    this.#time = time;
    this.#levels = levels;
  }

  /** @param {Settlement} sim @param {number} slot @param {number} x @param {number} y @param {number} z */
  shadow(sim, slot, x, y, z) {
    if (this.#scale < 1 || sim.fading[slot]) return;
    const { shadows } = this.#figures;
    this.#buffer.darken(shadows[this.#slant ? (this.#slant > 0 ? 2 : 3) : z > 2 ? 1 : 0], x, y);
  }

  /** @param {Settlement} sim @param {number} slot @param {number} x @param {number} y @param {number} z how high they jump */
  draw(sim, slot, x, y, z) {
    const wardrobe = this.#wardrobe;
    wardrobe.dress(slot, sim.members[slot], sim.self[slot]);
    const { bodies, faces, hats } = this.#figures;
    const { colors } = wardrobe;
    const traits = wardrobe.traits[slot];
    const first = wardrobe.skins[slot] + this.#levels[sim.cell[slot]] * OWN;
    const state = sim.state[slot];
    const left = state === WALK || sim.reducedMotion ? 0 : (sim.gestureUntil[slot] - sim.tick) / RATE;
    const motion = left > 0 && this.#effects ? this.#effects.motionOf(sim.gesture[slot], this.#effects.GESTURE_S - left) : null;
    const facing = motion ? (sim.facing[slot] + motion.turn + 8) % 8 : sim.facing[slot];
    const isTalking = sim.talkUntil[slot] > sim.tick;
    const clock = this.#time + (sim.self[slot] & 0xfff) / 256; // so that no two are in step
    if (sim.fading[slot]) {
      return this.#buffer.fade(bodies[traits & BUILD][REST], x, y, colors, first, Math.abs(sim.hop[slot] - 0.5) * 2);
    }
    const pose = motion ? motion.pose : poseOf(seatOf(sim, slot), sim.hop[slot], clock);
    const nod = isTalking && state !== WALK ? Math.abs(Math.sin(clock * 9)) * 2 : 0;
    x += Math.round((motion?.x ?? 0) * this.#scale);
    const foot = y - z - Math.round((nod + (motion?.z ?? 0)) * this.#scale);
    const head = foot + Math.round((HEADS[REST] - HEADS[pose]) * this.#scale);
    this.#buffer.put(bodies[traits & BUILD][pose], x, foot, colors, first);
    const isFar = this.#scale < 1;
    const face = isFar ? null : faces[facing];
    if (face) this.#buffer.put(face[motion?.isShut ? SHUT : lookOf(state, isTalking, clock)], x, head, colors, first);
    if (!(traits & BOT)) this.#buffer.put(hats[traits >> HAT_SHIFT][facing >= LEFT && facing < RIGHT ? 1 : 0], x, head, colors, first);
    if (this.#isLegible && traits & DND) this.#buffer.put(this.#figures.marks.stop, x, foot, colors, first);
    if (!isFar && (traits & ~DND & 0xff || state === DOZE)) this.#marks(traits, state === DOZE, x, head, first, clock);
  }

  /** Somebody behind something: all of them if they talk, else their outline. @param {Settlement} sim @param {number} slot @param {number} x @param {number} y @param {number} z */
  reveal(sim, slot, x, y, z) {
    const { colors, traits, skins } = this.#wardrobe;
    const isTalking = sim.talkUntil[slot] > sim.tick;
    const { bodies, faces } = this.#figures;
    const first = skins[slot] + this.#levels[sim.cell[slot]] * OWN;
    const clock = this.#time + (sim.self[slot] & 0xfff) / 256;
    const pose = poseOf(seatOf(sim, slot), sim.hop[slot], clock);
    this.#buffer.dither(bodies[traits[slot] & BUILD][pose], x, y - z, colors, first, !isTalking);
    const face = isTalking && faces[sim.facing[slot]];
    if (face && this.#scale === 1) this.#buffer.put(face[EYES_OPEN], x, y - z + HEADS[REST] - HEADS[pose], colors, first);
  }

  /** Somebody in the boat. @param {Settlement} sim @param {number} slot @param {number} x @param {number} y @param {number} facing */
  passenger(sim, slot, x, y, facing) {
    const wardrobe = this.#wardrobe;
    wardrobe.dress(slot, sim.members[slot], sim.self[slot]);
    const { bodies, faces, hats } = this.#figures;
    const traits = wardrobe.traits[slot];
    const head = y + Math.round((HEADS[REST] - HEADS[SITTING]) * this.#scale);
    const parts = [faces[facing]?.[EYES_OPEN], traits & BOT ? undefined : hats[traits >> HAT_SHIFT][0]];
    this.#buffer.put(bodies[traits & BUILD][SITTING], x, y, wardrobe.colors, wardrobe.skins[slot]);
    for (const part of parts) if (part) this.#buffer.put(part, x, head, wardrobe.colors, wardrobe.skins[slot]);
  }

  /**
   * @param {number} traits
   * @param {boolean} isAsleep
   * @param {number} x
   * @param {number} y where the head is
   * @param {number} first
   * @param {number} clock
   */
  #marks(traits, isAsleep, x, y, first, clock) {
    const { marks } = this.#figures;
    const on = (/** @type {Stamp} */ mark) => this.#buffer.put(mark, x, y, this.#wardrobe.colors, first);
    if (traits & BOT) on(marks.antenna);
    if (traits & FRESH) on(marks.leaf);
    if (traits & VOICE) on(marks.headphones);
    if (traits & MUTED) on(marks.muted);
    if (traits & STREAMING) on(marks.camera);
    if (isAsleep && this.#isLegible && clock % 3 < 2.2) on(clock % 3 < 1.1 ? marks.doze : marks.deepDoze);
  }
}

/** What somebody does, or wants to do where they stand. @param {Settlement} sim @param {number} slot */
const seatOf = (sim, slot) => (sim.state[slot] === STAND && sim.sitsUntil[slot] > sim.tick ? SIT : sim.state[slot]);

/** @param {number} state @param {number} hop @param {number} clock */
function poseOf(state, hop, clock) {
  if (state === SIT || state === DOZE) return SITTING;
  if (state !== WALK) return clock % 2.6 < 1.3 ? REST : BREATHING;
  if (hop < 0.14 || hop > 0.88) return SQUASHED;
  return hop < 0.6 ? STRETCHED : REST;
}

/** @param {number} state @param {boolean} isTalking @param {number} clock */
function lookOf(state, isTalking, clock) {
  if (state === DOZE || clock % 4.1 < 0.14) return SHUT;
  return isTalking && clock % 0.3 < 0.16 ? SPEAKING : EYES_OPEN;
}
