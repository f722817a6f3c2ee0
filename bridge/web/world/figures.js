/**
 * The people: one body, painted by code in the few poses that weight needs, and what they wear and carry.
 *
 * A figure's inks are numbers into its owner's own small palette; see `OWN`.
 *
 * @typedef {import('./sheet.js').Sprite} Sprite
 * @typedef {import('./color.js').Rgb} Rgb
 */

import { RIM } from './buffer.js';
import { bodyColor, fromLch, ramp } from './color.js';
import { mix } from './random.js';
import { Sheet, mirrored } from './sheet.js';

/** How many colours a figure has. */
export const OWN = 31;

const BODY = 2; // five shades
const EYE = 7;
const SHINE = 8;
const CHEEK = 9;
const HAT = 10; // three shades
const LEAF = 13;
const RED = 14;
const GREY = 15;
const BODY_BANDS = 4; // of a gradient, one below the other: the first has the body's own shades
const BAND = 16; // five shades for each of the others
const SHADES = [-0.15, -0.07, 0, 0.06, 0.13];

/** Poses. */
export const REST = 0;
export const STRETCHED = 1;
export const SQUASHED = 2;
export const SITTING = 3;
export const BREATHING = 4;
/** How many colours of hats go with a body's colour. */
export const ACCENTS = 5;

/** How wide and high the body is, and how high it holds its arms. */
const SHAPES = [
  { wide: 12, high: 14, arms: 6 },
  { wide: 11, high: 16, arms: 9 },
  { wide: 14, high: 11, arms: 4 },
  { wide: 13, high: 12, arms: 5 },
  { wide: 12, high: 13, arms: 6 },
];

const W = 26;
const H = 32;
const AXIS = W / 2;
const FOOT = 29;

/** How high the head is above the ground, in each pose. */
export const HEADS = SHAPES.map(({ high }) => high + 1);

/** @param {number} pose @param {boolean} isBot */
function body(pose, isBot) {
  const { wide, high, arms } = SHAPES[pose];
  const base = FOOT - 1;
  const feet = new Sheet(W, H);
  if (pose === SITTING) {
    feet.rect(AXIS - 5, base - 2, 4, 3, BODY + 1).rect(AXIS + 1, base - 2, 4, 3, BODY + 1);
  } else {
    const foot = isBot ? 4 : 3;
    feet.rect(AXIS - foot - 1, base - 1, foot, 2, BODY + 1).rect(AXIS + 1, base - 1, foot, 2, BODY);
  }
  feet.outline(RIM);

  const trunk = new Sheet(W, H);
  if (isBot) {
    trunk.ball(AXIS, base - high / 2, wide / 2, high / 2, BODY, 5, () => 0, 6);
  } else {
    trunk.ball(AXIS, base - high * 0.36, wide / 2, high * 0.36, BODY, 5, () => 0, 2.4);
    trunk.ball(AXIS, base - high * 0.56, wide / 2 - 0.5, high * 0.44, BODY, 5, () => 0, 2.3);
  }
  for (const side of [-1, 1]) {
    const x = side < 0 ? AXIS - wide / 2 - 1 : AXIS + wide / 2 - 1;
    const y = base - arms - 1;
    trunk.rect(Math.floor(x), y, 2, isBot ? 4 : 3, side < 0 ? BODY + 3 : BODY + 1);
  }
  trunk.outline(RIM);

  return feet.with(trunk).sprite(AXIS, FOOT);
}

/** The same body in bands of a gradient. @param {Sprite} sprite @returns {Sprite} */
function graded(sprite) {
  const { width, inks } = sprite;
  const top = Math.floor(inks.findIndex((ink) => ink === RIM) / width) + 1;
  return {
    ...sprite,
    inks: inks.map((ink, i) => {
      const band = Math.floor((BODY_BANDS * (Math.floor(i / width) - top)) / (FOOT - top));
      return ink >= BODY && ink < EYE && band > 0 ? ink - BODY + BAND + (band - 1) * SHADES.length : ink;
    }),
  };
}

/** What the eyes do. */
export const EYES_OPEN = 0;
export const SHUT = 1;
export const SPEAKING = 2;

/** @param {number} turn how far the face is turned to the right, in pixels @param {number} look */
function face(turn, look) {
  const sheet = new Sheet(W, H);
  const top = FOOT - 11;
  for (const side of [-1, 1]) {
    if (side * turn > 3) continue; // that eye is around the corner
    const x = AXIS + turn + (side < 0 ? -4 : 2);
    if (look === SHUT) sheet.rect(x, top + 2, 2, 1, EYE).set(x + (side < 0 ? -1 : 2), top + 1, EYE);
    else sheet.rect(x, top, 2, 3, EYE).set(x, top, SHINE);
    sheet.rect(side < 0 ? x - 1 : x + 1, top + 4, 2, 1, CHEEK);
  }
  if (look === SPEAKING) sheet.rect(AXIS + turn - 1, top + 3, 2, 3, EYE).set(AXIS + turn - 1, top + 5, CHEEK);
  return sheet.sprite(AXIS, FOOT);
}

/** By direction, as in `STEPS`: how far the face is turned; null where it can't be seen. */
const TURNS = [2, 0, -2, -4, null, null, null, 4];

/** What is worn on the head: rows from above the crown down over the brow. */
const HATS = [
  [],
  ['......oo......', '..oo.obbo.....', '.obboobo......', '..obbbbco.....', '...oooooo.....'], // a tuft
  ['..oo......oo..', '.o34o....o45o.', '.o3k4o..o4k5o.', '.o333....445o.'], // a cat's ears
  ['......oooo....', '....oobbccoo..', '...obbbbbccco.', '...obbbbbbcco.', '..oaaaaaaaaaoo', '..oooaaaaaaaao', '.....oooooooo.'], // a cap
  ['......oo......', '.....occo.....', '....oobboo....', '...obbcbbco...', '..obbbcbbbco..', '..ocacacacao..', '..oacacacaco..'], // a woollen hat
  ['....oooooo....', '..oobbbbccoo..', '.obbbbbbbccco.', '.obbbbbbbbcco.', '.obaaa..aabbo.', '.oba......bbo.', '.oao......oao.', '..o........o..'], // hair to the ears
  ['.........oo.oo', '........obcobc', '........obbobb', '.........oo.oo'], // a bow
  ['...oo....oo...', '..o34o..o34o..', '..o3ko..o3ko..', '..o3ko..o3ko..', '..o3ko..o3ko..', '..o33o..o33o..'], // a rabbit's ears
  ['.....oooo.....', '....obbcco....', '....obbcco....', '....oaaaao....', '..oobbbbccoo..', '.oaaaaaaaaaao.', '..oooooooooo..'], // a hat with a brim
];
const HAT_INKS = { o: RIM, a: HAT, b: HAT + 1, c: HAT + 2, k: CHEEK, 3: BODY + 2, 4: BODY + 3, 5: BODY + 4 };
/** How far down over the crown each of them comes. */
const HAT_DEPTHS = [0, 2, 3, 4, 4, 7, 3, 1, 3];

function hats() {
  return HATS.map((rows, i) => new Sheet(W, H)
    .rows(AXIS - 7, FOOT - 16 - rows.length + HAT_DEPTHS[i], rows, HAT_INKS).sprite(AXIS, FOOT));
}

/** A Z. */
const SNORE = ['kkkkkkk', 'kwwwwwk', 'kkkwwkk', '.kwwkk.', 'kkwwkkk', 'kwwwwwk', 'kkkkkkk'];

/** @returns {Record<string, Sprite>} */
function marks() {
  const on = (/** @type {string[]} */ rows, /** @type {number} */ up, x = 0) =>
    new Sheet(W, H).rows(Math.round(AXIS - rows[0].length / 2) + x, FOOT - up, rows, {
      o: RIM, k: EYE, w: SHINE, r: RED, g: LEAF, s: GREY, h: HAT + 1,
    }).sprite(AXIS, FOOT);
  return {
    antenna: on(['.kk.', 'krrk', 'krrk', '.kk.', '.ks.', '.ks.'], 21),
    leaf: on(['.kkk..kkk.', 'kggkkkgggk', 'kggggkggk.', '.kkggggk..', '...kgkk...', '...kgk....'], 21),
    headphones: on(['...kkkkkkkk...', '..k........k..', '.kk........kk.', 'kssk......kssk', 'kssk......kssk', 'kssk......kssk', '.kk........kk.'], 17),
    muted: on(['.kkkkk.', 'krwwwrk', 'kwrwrwk', 'kwwrwwk', 'kwrwrwk', 'krwwwrk', '.kkkkk.'], 25, 8),
    camera: on(['kkkkkk.kk', 'kssssksk.', 'ksrrssssk', 'ksrrssssk', 'kssssksk.', 'kkkkkk.kk'], 24, 8),
    stop: on(['..kkkk..', '.krrrrk.', 'krrrrrrk', 'kwwwwwwk', 'kwwwwwwk', 'krrrrrrk', '.krrrrk.', '..kkkk..', '...ks...', '...ks...', '...ks...'], 14, 9),
    doze: on(SNORE, 24, 8),
    deepDoze: on(SNORE, 28, 9),
  };
}

/** @param {number} wide @param {number} aside how far from the foot @param {number} down */
function shadow(wide, aside = 0, down = 0) {
  return new Sheet(W + 14, H + 4).ball(AXIS + 7, FOOT, wide, wide * 0.42, RIM, 1).sprite(AXIS + 7 - aside, FOOT - down);
}

function paintParts() {
  const worn = hats();
  const bodies = [false, true].map((isBot) => SHAPES.map((_, pose) => body(pose, isBot)));
  return {
    bodies: [...bodies, ...bodies.map((poses) => poses.map(graded))],
    faces: TURNS.map((turn) => (turn === null ? null : [EYES_OPEN, SHUT, SPEAKING].map((look) => face(turn, look)))),
    hats: worn.map((hat) => [hat, mirrored(hat)]),
    marks: marks(),
    shadows: [shadow(7), shadow(5.5), shadow(9, 7, 2), shadow(9, -7, 2)],
  };
}

/** @type {ReturnType<typeof paintParts> | null} */
let paintedFigures = null;

/** All parts of people; painted once. */
export function paintFigures() {
  paintedFigures ??= paintParts();
  return paintedFigures;
}

/** Which hat somebody wears. @param {number} self */
export const hatOf = (self) => mix(self, 3) % HATS.length;

/**
 * A figure's own colours.
 *
 * @param {string | null} role
 * @param {number} self
 * @param {string | null} [second] what the role's colour runs into
 * @returns {Rgb[]}
 */
export function ownColors(role, self, second) {
  const base = bodyColor(role);
  const [lightness, chroma, hue] = base;
  const accent = ramp([0.62, 0.11, (hue + 90 + (self % ACCENTS) * 45) % 360], [-0.12, 0, 0.1]);
  return [
    [0, 0, 0],
    fromLch([Math.max(0.2, lightness - 0.36), chroma * 0.8, hue]),
    ...ramp(base, SHADES),
    fromLch([0.22, 0.03, hue]),
    [1, 1, 1],
    fromLch([Math.min(0.8, lightness + 0.02), Math.max(0.1, chroma), 15]),
    ...accent,
    fromLch([0.72, 0.19, 140]),
    fromLch([0.6, 0.22, 27]),
    fromLch([0.7, 0.01, 260]),
    ...(second ? [1, 2, 3].flatMap((band) => ramp(bodyColor(role, second, band / 3), SHADES)) : []),
  ];
}
