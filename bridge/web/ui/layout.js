/**
 * Where bubbles stand so that they don't cover one another: near the head they belong to, and steady.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{left: number, top: number, right: number, bottom: number}} Rect
 * @typedef {{anchor: Point, width: number, height: number, offset: Point | null}} Box
 *   `offset`: where its middle bottom was put last, from the anchor
 */

const TIP = 12; // from the head to the bubble
const GAP = 6;
const LEEWAY = 4; // pixels between two at the least: who speaks may take a step
const HABIT = 0.6; // how much staying where it was is worth
const MOVE_COST = 70; // of going anywhere else: all that move are in one another's way
const FACE = { width: 26, height: 30 }; // of a speaker, which a bubble had better not cover
const FACE_COST = 60;
const LAND_COST = 12_000; // of all of the island; of a half a quarter: only where it is small it matters
const LAND_SHARE = 0.2; // of the island, which all together may cover
const NEW_SHARE = 0.17; // as long as one may come that isn't there yet: at the limit they don't come and go
const STRIPS = 5; // in which it is measured how much of the island one covers
const BEYOND_COST = 0.5; // of each square pixel that the first one covers beyond its share

/** How much of one stretch is in another. @param {number} from @param {number} to @param {number} low @param {number} high */
const shared = (from, to, low, high) => Math.max(0, Math.min(to, high) - Math.max(from, low));

/** Which part of the land something covers, from 0 to 1. @param {Rect} land @param {Rect} rect */
const covered = ({ left, right, top, bottom }, rect) =>
  (shared(left, right, rect.left, rect.right) * shared(top, bottom, rect.top, rect.bottom)) / ((right - left) * (bottom - top));

/**
 * How much of an island's land lies below something, in square pixels. Its shape is about an ellipse.
 *
 * @param {Rect} land the rectangle around it
 * @param {Rect} rect
 */
export function landBelow(land, rect) {
  const top = Math.max(rect.top, land.top);
  const strip = (Math.min(rect.bottom, land.bottom) - top) / STRIPS;
  if (strip <= 0) return 0;
  const x = (land.left + land.right) / 2;
  const y = (land.top + land.bottom) / 2;
  let area = 0;
  for (let i = 0; i < STRIPS; i++) {
    const up = (top + (i + 0.5) * strip - y) / (y - land.top);
    const half = (x - land.left) * Math.sqrt(1 - up * up);
    area += strip * shared(x - half, x + half, rect.left, rect.right);
  }
  return area;
}

/** @param {Rect} a @param {Rect} b */
export const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Whether one is too near to another. @param {Rect} a @param {Rect} b */
const meet = (a, b) => a.left < b.right + LEEWAY && b.left < a.right + LEEWAY && a.top < b.bottom + LEEWAY && b.top < a.bottom + LEEWAY;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** @param {Box} box @param {Point} at its middle bottom @returns {Rect} */
const rectAt = ({ width, height }, at) => ({
  left: at.x - width / 2, right: at.x + width / 2, top: at.y - height, bottom: at.y,
});

/**
 * Finds a place for each box. Those that stand choose first, and else those that come first; but if nothing is left for the
 * first one, it chooses before the last ones, or before all.
 *
 * @param {readonly Box[]} boxes
 * @param {Rect} bounds
 * @param {Rect[]} [signs] what they had better not cover either
 * @param {Rect} [land] and what they may not cover much of; but the first one is always shown
 * @param {Rect[]} [plates] where none may stand
 * @returns {(Point | null)[]} the middle bottom of each, from its anchor; null if there is no room
 */
export function arrange(boxes, bounds, signs = [], land = undefined, plates = []) {
  const faces = boxes.map(({ anchor: { x, y } }) => ({
    left: x - FACE.width / 2, right: x + FACE.width / 2, top: y, bottom: y + FACE.height,
  })).concat(signs);
  const isle = land ?? bounds;
  const seen = {
    left: Math.max(isle.left, bounds.left), right: Math.min(isle.right, bounds.right),
    top: Math.max(isle.top, bounds.top), bottom: Math.min(isle.bottom, bounds.bottom),
  };
  const size = land ? landBelow(land, bounds) : Infinity; // as far as it is in view
  /** @param {readonly Box[]} order @param {boolean} isForced whether the first one has to stand somewhere */
  const settle = (order, isForced) => {
    /** @type {Rect[]} */
    const taken = [...plates];
    /** @type {Map<Box, Point>} */
    const spots = new Map();
    let used = 0;
    for (const box of order) {
      const left = size * (box.offset ? LAND_SHARE : NEW_SHARE) - used;
      const at = bestSpot(box, taken, faces, bounds, { isle, seen }, left, isForced && box === boxes[0]);
      const rect = at && rectAt(box, at);
      const isCrammed = !isForced && box === boxes[0] && rect && taken.some((other) => overlap(rect, other));
      if (!rect || isCrammed) continue;
      spots.set(box, { x: at.x - box.anchor.x, y: at.y - box.anchor.y });
      taken.push(rect);
      used += landBelow(isle, rect);
    }
    return spots;
  };
  const standing = boxes.filter(({ offset }) => offset);
  const others = boxes.filter(({ offset }) => !offset);
  let settled = settle([...standing, ...others], boxes[0]?.offset !== null);
  for (let left = standing.length; boxes.length && !settled.has(boxes[0]); left--) {
    settled = settle([...standing.slice(0, left), ...others, ...standing.slice(left)], left === 0);
  }
  return boxes.map((box) => settled.get(box) ?? null);
}

/**
 * Above the head, where it was, or along the edges of those that stand already: the nearest that is free.
 *
 * It looks at hundreds of spots a dozen times a second, so it makes nothing for those that are too far anyway.
 *
 * @param {Box} box
 * @param {readonly Rect[]} taken
 * @param {readonly Rect[]} faces
 * @param {Rect} bounds
 * @param {{isle: Rect, seen: Rect}} land all of it, and what is in view
 * @param {number} share how much of the land it may cover
 * @param {boolean} isFirst whether it is to be seen whatever it covers
 * @returns {Point | null}
 */
function bestSpot(box, taken, faces, bounds, { isle, seen }, share, isFirst) {
  const { anchor, offset, width, height } = box;
  const withinX = (/** @type {number} */ x) =>
    clamp(x, bounds.left + width / 2, Math.max(bounds.left, bounds.right - width) + width / 2);
  const withinY = (/** @type {number} */ y) =>
    clamp(y, bounds.top + height, Math.max(bounds.bottom, bounds.top + height));
  const wish = { x: withinX(anchor.x), y: withinY(anchor.y - TIP) };
  const habit = offset && { x: withinX(anchor.x + offset.x), y: withinY(anchor.y + offset.y) };
  /** @type {Point | null} */
  let best = isFirst ? wish : null;
  let least = Infinity;

  /** @param {number} x @param {number} y */
  function weigh(x, y) {
    let cost = Math.hypot(x - wish.x, y - wish.y);
    if (habit && (x !== habit.x || y !== habit.y)) cost += MOVE_COST + HABIT * Math.hypot(x - habit.x, y - habit.y);
    if (cost >= least) return;
    const rect = rectAt(box, { x, y });
    if (taken.some((other) => meet(rect, other))) return;
    cost += LAND_COST * covered(seen, rect) ** 2;
    for (const face of faces) if (overlap(rect, face)) cost += FACE_COST;
    if (cost >= least) return;
    const beyond = landBelow(isle, rect) - share;
    if (beyond > 0 && !isFirst) return;
    cost += BEYOND_COST * Math.max(0, beyond);
    if (cost >= least) return;
    best = { x, y };
    least = cost;
  }

  weigh(wish.x, wish.y);
  if (habit) weigh(habit.x, habit.y);
  const beside = width / 2 + GAP;
  const xs = [wish.x, withinX(seen.left - beside), withinX(seen.right + beside), ...taken.flatMap(({ left, right }) => [withinX(left - beside), withinX(right + beside)])];
  const ys = [wish.y, withinY(seen.top), withinY(seen.bottom + height), ...taken.flatMap(({ top, bottom }) => [withinY(top - GAP), withinY(bottom + GAP + height)])];
  for (const x of xs) for (const y of ys) weigh(x, y);
  if (!best && landBelow(isle, rectAt(box, wish)) <= share) best = wish; // where there is no room they cover one another
  return best;
}
