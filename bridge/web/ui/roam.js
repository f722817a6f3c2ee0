/** Long lists by keyboard: arrows go from row to row, so that Tab stops once and not at each of hundreds. */

/** @type {Record<string, (at: number, count: number) => number>} */
const ROW_KEYS = { ArrowUp: (at) => at - 1, ArrowDown: (at) => at + 1, Home: () => 0, End: (_, count) => count - 1 };

/**
 * Has arrows lead through the buttons of a list.
 *
 * @param {HTMLElement} list where Tab stops if it can have the keyboard itself; otherwise at the row that had it last
 */
export function roam(list) {
  list.addEventListener('keydown', (event) => {
    const step = ROW_KEYS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...list.querySelectorAll('button')];
    const at = rows.findIndex((row) => row === event.target);
    const next = at < 0 ? entry(list, rows, event.key) : rows[step(at, rows.length)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  list.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLButtonElement && !list.hasAttribute('tabindex')) stopAt(list, target);
  });
}

/** From the list itself: to the last row in view, or the first. @param {HTMLElement} list @param {HTMLButtonElement[]} rows @param {string} key */
function entry(list, rows, key) {
  const view = list.getBoundingClientRect();
  const isInView = (/** @type {HTMLButtonElement} */ row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  };
  if (key === 'ArrowUp') return rows.findLast(isInView);
  return key === 'ArrowDown' ? rows.find(isInView) : undefined;
}

/** Lets Tab stop at one of the rows. @param {HTMLElement} list @param {HTMLButtonElement | null} [row] by default where it stopped, or else the first */
export function stopAt(list, row) {
  const before = /** @type {HTMLButtonElement | null} */ (list.querySelector('[tabindex="0"]'));
  const stop = row ?? before ?? list.querySelector('button');
  if (stop === before) return;
  if (before) before.tabIndex = -1;
  if (stop) stop.tabIndex = 0;
}
