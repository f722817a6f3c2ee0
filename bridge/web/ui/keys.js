/**
 * Keys that open and close what is around the world; those that move it are hands' (`controls.js`).
 *
 * @typedef {{search(): void, explain(): void, escape(): void}} Doors
 */

/** Whether a key belongs to something else just now. @param {KeyboardEvent} event @param {string} [others] what else it may belong to */
export const isTaken = ({ altKey, ctrlKey, metaKey, target }, others = '') =>
  altKey || ctrlKey || metaKey || (target instanceof Element && Boolean(target.closest(`input, select, textarea${others}`)));

/** @param {Doors} doors */
export function listenForKeys({ search, explain, escape }) {
  addEventListener('keydown', (event) => {
    const { key } = event;
    if (key === 'Escape' && !document.querySelector(':popover-open')) escape(); // the browser's own Esc closes that
    if ((key !== '/' && key !== '?') || isTaken(event)) return;
    event.preventDefault();
    (key === '/' ? search : explain)();
  });
}
