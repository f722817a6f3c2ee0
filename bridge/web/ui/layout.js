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
const HABIT = 0.6; // how much staying where it was is worth
const FACE = { width: 26, height: 30 }; // of a speaker, which a bubble had better not cover
const FACE_COST = 60;
const LAND_COST = 12_000; // of all of the island; of a half a quarter: only where it is small it matters

/** How much of one stretch is in another. @param {number} from @param {number} to @param {number} low @param {number} high */
const shared = (from, to, low, high) => Math.max(0, Math.min(to, high) - Math.max(from, low));

/** Which part of the land something covers, from 0 to 1. @param {Rect} land @param {Rect} rect */
const covered = ({ left, right, top, bottom }, rect) =>
  (shared(left, right, rect.left, rect.right) * shared(top, bottom, rect.top, rect.bottom)) / ((right - left) * (bottom - top));

/** @param {Rect} a @param {Rect} b */
export const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** @param {Box} box @param {Point} at its middle bottom @returns {Rect} */
const rectAt = ({ width, height }, at) => ({
  left: at.x - width / 2, right: at.x + width / 2, top: at.y - height, bottom: at.y,
});

/**
 * Finds a place for each box; those that come first choose first.
 *
 * @param {readonly Box[]} boxes
 * @param {Rect} bounds
 * @param {Rect[]} [signs] what they had better not cover either
 * @param {Rect} [land] and what they had better not cover much of
 * @returns {Point[]} the middle bottom of each, from its anchor
 */
export function arrange(boxes, bounds, signs = [], land = bounds) {
  const faces = boxes.map(({ anchor: { x, y } }) => ({
    left: x - FACE.width / 2, right: x + FACE.width / 2, top: y, bottom: y + FACE.height,
  })).concat(signs);
  const seen = {
    left: Math.max(land.left, bounds.left), right: Math.min(land.right, bounds.right),
    top: Math.max(land.top, bounds.top), bottom: Math.min(land.bottom, bounds.bottom),
  };
  /** @type {Rect[]} */
  const taken = [];
  return boxes.map((box) => {
    const at = bestSpot(box, taken, faces, bounds, seen);
    taken.push(rectAt(box, at));
    return { x: at.x - box.anchor.x, y: at.y - box.anchor.y };
  });
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
 * @param {Rect} land
 * @returns {Point}
 */
function bestSpot(box, taken, faces, bounds, land) {
  const { anchor, offset, width, height } = box;
  const withinX = (/** @type {number} */ x) =>
    clamp(x, bounds.left + width / 2, Math.max(bounds.left, bounds.right - width) + width / 2);
  const withinY = (/** @type {number} */ y) =>
    clamp(y, bounds.top + height, Math.max(bounds.bottom, bounds.top + height));
  const wish = { x: withinX(anchor.x), y: withinY(anchor.y - TIP) };
  const habit = offset && { x: withinX(anchor.x + offset.x), y: withinY(anchor.y + offset.y) };
  let best = wish;
  let least = Infinity;

  /** @param {number} x @param {number} y */
  function weigh(x, y) {
    let cost = Math.hypot(x - wish.x, y - wish.y);
    if (habit) cost += HABIT * Math.hypot(x - habit.x, y - habit.y);
    if (cost >= least) return;
    const rect = rectAt(box, { x, y });
    if (taken.some((other) => overlap(rect, other))) return;
    cost += LAND_COST * covered(land, rect) ** 2;
    for (const face of faces) if (overlap(rect, face)) cost += FACE_COST;
    if (cost >= least) return;
    best = { x, y };
    least = cost;
  }

  weigh(wish.x, wish.y);
  if (habit) weigh(habit.x, habit.y);
  const beside = width / 2 + GAP;
  const xs = [wish.x, ...taken.flatMap(({ left, right }) => [withinX(left - beside), withinX(right + beside)])];
  const ys = [wish.y, withinY(land.top), ...taken.flatMap(({ top, bottom }) => [withinY(top - GAP), withinY(bottom + GAP + height)])];
  for (const x of xs) for (const y of ys) weigh(x, y);
  return best;
}
