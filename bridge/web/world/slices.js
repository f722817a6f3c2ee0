/**
 * Long work in slices: a generator that yields where it can be interrupted. Whoever runs it decides how long it may
 * go on at a time, so that no frame has to wait for all of it. One that yields `AWAITING` can't go on before something
 * else has come.
 */

export const AWAITING = true;

const PIECE = 4_096; // of many small things alike, done without a look at the clock

/**
 * Does something for each number below a count, in pieces.
 *
 * @param {number} count
 * @param {(at: number) => void} act
 * @returns {Generator<void, void>}
 */
export function* through(count, act, piece = PIECE) {
  for (let at = 0; at < count; at++) {
    if (at && at % piece === 0) yield;
    act(at);
  }
}

/**
 * Goes on with some work until it is done, or its time is over.
 *
 * @template T
 * @param {Generator<boolean | void, T>} work
 * @param {number} until by `performance.now()`
 */
export function pursue(work, until = Infinity) {
  let step = work.next();
  while (!step.done && step.value !== AWAITING && performance.now() < until) step = work.next();
  return step;
}

/** All of some work, at once. @template T @param {Generator<boolean | void, T>} work @returns {T} */
export const finish = (work) => /** @type {T} */ (pursue(work).value);
