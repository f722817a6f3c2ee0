/**
 * What there is to draw of people once things happen: who is behind something shows through it, who fades is there in
 * part, and some sit in the boat. The page fetches this after its first picture.
 *
 * @typedef {import('./buffer.js').Buffer} Buffer
 * @typedef {import('./buffer.js').Stamp} Stamp
 * @typedef {import('./settlement.js').Settlement} Settlement
 * @typedef {import('./folk.js').Folk['kit']} Kit
 * @typedef {{kinds: Int32Array, xs: Int32Array, ys: Int32Array, zs: Int32Array, order: Int32Array, count: number}} Drawn
 *   what is drawn, and where; `order`: from the back to the front
 */

import { RIM } from './buffer.js';
import { EYES_OPEN, HEADS, OWN, REST, SITTING } from './figures.js';
import { poseOf, seatOf } from './folk.js';
import { BODY_HIGH, BODY_WIDE, HIDDEN, WHOLE } from './sight.js';
import { BOT, BUILD, HAT_SHIFT } from './wardrobe.js';

const SEAT = 7; // pixels between two in the boat

/** Draws who is behind something once more, so that it shows. @param {Drawn} drawn @param {Settlement} sim @param {boolean} far @param {Kit} kit */
export function showThrough(drawn, sim, far, kit) {
  for (let i = 0; i < drawn.count; i++) {
    const at = drawn.order[i];
    const slot = drawn.kinds[at];
    if (slot < 0 || sim.fading[slot]) continue;
    const isTalking = sim.talkUntil[slot] > sim.tick;
    const cover = Math.max(sim.cover[sim.cell[slot]], sim.cover[sim.from[slot]]);
    if (isTalking ? cover + masked(drawn, i, far) >= HIDDEN : cover >= HIDDEN && !far) {
      reveal(kit, sim, slot, drawn.xs[at], drawn.ys[at] - drawn.zs[at]);
    }
  }
}

/** How much of somebody is behind other people. @param {Drawn} drawn @param {number} i @param {boolean} far */
function masked({ kinds, xs, ys, zs, order, count }, i, far) {
  const at = order[i];
  const [wide, high] = far ? [BODY_WIDE / 2, BODY_HIGH / 2] : [BODY_WIDE, BODY_HIGH];
  let hidden = 0;
  for (let j = i + 1; j < count; j++) {
    const other = order[j];
    const up = ys[other] - ys[at];
    if (up > 2 * high) break;
    if (kinds[other] < 0) continue;
    const across = wide - Math.abs(xs[other] - xs[at]);
    const down = high - Math.abs(up - zs[other] + zs[at]);
    if (across > 0 && down > 0) hidden += across * down;
  }
  return (hidden * WHOLE) / (wide * high);
}

/** All of somebody if they talk, else their outline. @param {Kit} kit @param {Settlement} sim @param {number} slot @param {number} x @param {number} y */
function reveal({ buffer, wardrobe, figures, levels, time, scale }, sim, slot, x, y) {
  const { colors, traits, skins } = wardrobe;
  const isTalking = sim.talkUntil[slot] > sim.tick;
  const { bodies, faces } = figures;
  const first = skins[slot] + levels[sim.cell[slot]] * OWN;
  const pose = poseOf(seatOf(sim, slot), sim.hop[slot], time + (sim.self[slot] & 0xfff) / 256);
  dither(buffer, bodies[traits[slot] & BUILD][pose], x, y, colors, first, !isTalking);
  const face = isTalking && faces[sim.facing[slot]];
  if (face && scale === 1) buffer.put(face[EYES_OPEN], x, y + HEADS[REST] - HEADS[pose], colors, first);
}

/**
 * Puts a rim, and of all else three of four pixels: so it shows through what is before it.
 *
 * @param {Buffer} buffer
 * @param {Stamp} stamp
 * @param {number} x
 * @param {number} y
 * @param {Uint32Array} colors
 * @param {number} first
 * @param {boolean} isFaint but every other pixel of the rim
 */
function dither(buffer, stamp, x, y, colors, first, isFaint) {
  buffer.each(stamp, x, y, (to, i) => {
    const row = (to / buffer.stride) | 0;
    const ink = stamp.inks[i];
    if (!(ink === RIM ? isFaint && (row + to) & 1 : isFaint || row & to & 1)) buffer.pixels[to] = colors[first + ink];
  });
}

/** Puts a part of the pixels only. @param {Buffer} buffer @param {Stamp} stamp @param {number} x @param {number} y @param {Uint32Array} colors @param {number} first @param {number} share */
export function fade(buffer, stamp, x, y, colors, first, share) {
  buffer.each(stamp, x, y, (to, i) => { if (((i * 5) & 7) < share * 8) buffer.pixels[to] = colors[first + stamp.inks[i]]; });
}

/** The boat, and who sits in it. @param {Kit} kit @param {Record<string, Stamp>} things @param {Uint32Array} colors @param {Settlement} sim @param {number} x @param {number} y */
export function putBoat(kit, things, colors, sim, x, y) {
  const { isComing = false, riders = [] } = sim.ferry ?? {};
  kit.buffer.put(things.boat, x, y, colors, 0);
  riders.forEach((slot, i) => {
    putRider(kit, sim, slot, x + Math.floor((SEAT * i - 15) * kit.scale), y - Math.floor(7 * kit.scale), isComing ? 3 : 1);
  });
  kit.buffer.put(things.hull, x, y, colors, 0);
}

/** @param {Kit} kit @param {Settlement} sim @param {number} slot @param {number} x @param {number} y @param {number} facing */
function putRider({ buffer, wardrobe, figures, scale }, sim, slot, x, y, facing) {
  wardrobe.dress(slot, sim.members[slot], sim.self[slot]);
  const { bodies, faces, hats } = figures;
  const traits = wardrobe.traits[slot];
  const head = y + Math.round((HEADS[REST] - HEADS[SITTING]) * scale);
  const parts = [faces[facing]?.[EYES_OPEN], traits & BOT ? undefined : hats[traits >> HAT_SHIFT][0]];
  buffer.put(bodies[traits & BUILD][SITTING], x, y, wardrobe.colors, wardrobe.skins[slot]);
  for (const part of parts) if (part) buffer.put(part, x, head, wardrobe.colors, wardrobe.skins[slot]);
}
