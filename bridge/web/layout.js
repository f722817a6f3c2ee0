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
 * @returns {Point[]} the middle bottom of each, from its anchor
 */
export function arrange(boxes, bounds, signs = []) {
  const faces = boxes.map(({ anchor: { x, y } }) => ({
    left: x - FACE.width / 2, right: x + FACE.width / 2, top: y, bottom: y + FACE.height,
  })).concat(signs);
  /** @type {Rect[]} */
  const taken = [];
  return boxes.map((box) => {
    const at = bestSpot(box, taken, faces, bounds);
    taken.push(rectAt(box, at));
    return { x: at.x - box.anchor.x, y: at.y - box.anchor.y };
  });
}

/**
 * @param {Box} box
 * @param {readonly Rect[]} taken
 * @param {readonly Rect[]} faces
 * @param {Rect} bounds
 */
function bestSpot(box, taken, faces, bounds) {
  const within = (/** @type {Point} */ { x, y }) => ({
    x: clamp(x, bounds.left + box.width / 2, Math.max(bounds.left, bounds.right - box.width) + box.width / 2),
    y: clamp(y, bounds.top + box.height, Math.max(bounds.bottom, bounds.top + box.height)),
  });
  const wish = within({ x: box.anchor.x, y: box.anchor.y - TIP });
  const habit = box.offset && within({ x: box.anchor.x + box.offset.x, y: box.anchor.y + box.offset.y });
  let best = wish;
  let least = Infinity;
  for (const spot of spots(box, wish, habit, taken)) {
    const at = within(spot);
    const rect = rectAt(box, at);
    if (taken.some((other) => overlap(rect, other))) continue;
    let cost = Math.hypot(at.x - wish.x, at.y - wish.y);
    if (habit) cost += HABIT * Math.hypot(at.x - habit.x, at.y - habit.y);
    if (cost >= least) continue;
    for (const face of faces) if (overlap(rect, face)) cost += FACE_COST;
    if (cost >= least) continue;
    best = at;
    least = cost;
  }
  return best;
}

/**
 * Where a box may stand: above the head, where it was, and along the edges of those that stand already.
 *
 * @param {Box} box
 * @param {Point} wish
 * @param {Point | null} habit
 * @param {readonly Rect[]} taken
 */
function* spots(box, wish, habit, taken) {
  yield wish;
  if (habit) yield habit;
  const beside = box.width / 2 + GAP;
  const xs = [wish.x];
  const ys = [wish.y];
  for (const { left, right, top, bottom } of taken) {
    xs.push(left - beside, right + beside);
    ys.push(top - GAP, bottom + GAP + box.height);
  }
  for (const x of xs) for (const y of ys) yield { x, y };
}
