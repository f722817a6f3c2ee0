/**
 * Hands on the world: drag, wheel, pinch, taps and keys move the camera and pick people.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('../world/flights.js').Flights} Flights
 * @typedef {{touched(): void, point(at: Point | null): void, tap(at: Point): void, enter(at: Point): void}} Hands
 */

import { byId } from './dom.js';
import { isTaken } from './keys.js';

const A_TAP = 6; // pixels a finger may slip
const DOUBLE_MS = 350;
const A_NOTCH = 100; // wheel pixels of one step
const A_PINCH = 1.4; // how far fingers part for one step
const A_PRESS = 24; // pixels
const SPEED = 0.7; // pixels a millisecond while an arrow key is held

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Controls {
  #flights;
  #hands;
  #canvas = byId('world');
  /** @type {Map<number, Point & {from: Point}>} */
  #fingers = new Map();
  #apart = 0;
  #wheel = 0;
  #dragged = false;
  /** @type {Point & {at: number}} */
  #tap = { x: 0, y: 0, at: 0 };
  /** @type {Set<string>} */
  #held = new Set();

  /** @param {Flights} flights @param {Hands} hands */
  constructor(flights, hands) {
    this.#flights = flights;
    this.#hands = hands;
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, (event) => this.#up(/** @type {PointerEvent} */ (event)));
    }
    canvas.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') hands.point(null); // a finger's tap goes on pointing
    });
    canvas.addEventListener('wheel', (event) => this.#turn(event), { passive: false });
    addEventListener('keydown', (event) => this.#press(event));
    addEventListener('keyup', (event) => this.#held.delete(event.key));
    addEventListener('blur', () => this.#held.clear());
    byId('closer').addEventListener('click', () => this.#zoom(1));
    byId('farther').addEventListener('click', () => this.#zoom(-1));
    byId('whole').addEventListener('click', () => this.#act(() => flights.fit()));
  }

  /** Moves on while an arrow key is held. @param {number} elapsed milliseconds */
  frame(elapsed) {
    let [x, y] = [0, 0];
    for (const key of this.#held) {
      x += ARROWS[key][0] * elapsed * SPEED;
      y += ARROWS[key][1] * elapsed * SPEED;
    }
    if (x || y) this.#act(() => this.#flights.pan(x, y));
  }

  /** @param {() => void} act */
  #act(act) {
    this.#hands.touched();
    act();
  }

  /** @param {number} steps */
  #zoom(steps, x = this.#canvas.clientWidth / 2, y = this.#canvas.clientHeight / 2) {
    this.#act(() => this.#flights.zoomBy(steps, x, y));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 0) return;
    const at = { x: event.offsetX, y: event.offsetY };
    this.#canvas.setPointerCapture(event.pointerId);
    this.#dragged = this.#fingers.size > 0;
    this.#fingers.set(event.pointerId, { ...at, from: at });
    this.#apart = this.#spread();
    this.#hands.touched();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const finger = this.#fingers.get(event.pointerId);
    const at = { x: event.offsetX, y: event.offsetY };
    if (!finger) {
      this.#hands.point(at);
      return;
    }
    const [dx, dy] = [at.x - finger.x, at.y - finger.y];
    if (Math.hypot(at.x - finger.from.x, at.y - finger.from.y) > A_TAP) this.#dragged = true;
    this.#fingers.set(event.pointerId, { ...at, from: finger.from });
    if (this.#fingers.size > 1) this.#pinch();
    if (!this.#dragged) return;
    const share = this.#fingers.size;
    this.#canvas.classList.add('dragging');
    this.#act(() => this.#flights.pan(-dx / share, -dy / share));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const finger = this.#fingers.get(event.pointerId);
    this.#fingers.delete(event.pointerId);
    this.#apart = this.#spread();
    this.#canvas.classList.remove('dragging');
    if (!finger || this.#dragged || event.type === 'pointercancel') return;
    const again = event.timeStamp - this.#tap.at < DOUBLE_MS
      && Math.hypot(finger.x - this.#tap.x, finger.y - this.#tap.y) < 4 * A_TAP;
    this.#tap = { x: finger.x, y: finger.y, at: again ? 0 : event.timeStamp };
    if (again) this.#hands.enter(finger);
    else this.#hands.tap(finger);
  }

  /** A short press moves as well. @param {string} key */
  #hold(key) {
    if (this.#held.has(key)) return;
    this.#held.add(key);
    this.#flights.pan(ARROWS[key][0] * A_PRESS, ARROWS[key][1] * A_PRESS);
  }

  #spread() {
    const [a, b] = this.#fingers.values();
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }

  #pinch() {
    const [a, b] = this.#fingers.values();
    const ratio = this.#spread() / this.#apart;
    if (ratio < A_PINCH && ratio > 1 / A_PINCH) return;
    this.#apart = this.#spread();
    this.#zoom(ratio > 1 ? 1 : -1, (a.x + b.x) / 2, (a.y + b.y) / 2);
  }

  /** @param {WheelEvent} event */
  #turn(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : A_NOTCH / 3);
    if (pixels * this.#wheel < 0) this.#wheel = 0;
    this.#wheel += pixels * (event.ctrlKey ? 4 : 1); // a pinch on a touch pad
    const steps = Math.trunc(this.#wheel / A_NOTCH);
    if (!steps) return;
    this.#wheel -= steps * A_NOTCH;
    this.#zoom(-Math.sign(steps), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const scrolls = Object.hasOwn(ARROWS, event.key) || event.key === 'Home';
    if (isTaken(event, scrolls ? ', .scroll, [popover]' : '')) return;
    const act = this.#actOf(event.key);
    if (!act) return;
    event.preventDefault();
    this.#act(act);
  }

  /** @param {string} key @returns {(() => void) | null} */
  #actOf(key) {
    if (Object.hasOwn(ARROWS, key)) return () => this.#hold(key);
    switch (key) {
      case '+': case '=': return () => this.#zoom(1);
      case '-': case '_': return () => this.#zoom(-1);
      case '0': case 'Home': return () => this.#flights.fit();
      default: return null;
    }
  }
}
