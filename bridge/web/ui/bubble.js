/**
 * One speech bubble: words that appear letter by letter, a tail to who speaks, a thread to whom they answer.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('./layout.js').Box} Box
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('./talk.js').Bubble} Shown
 */

import { portraitOf } from './figure.js';
import { make, setText } from './dom.js';
import { illustrated } from './emoji.js';
import { shorten, typingTime } from './talk.js';
import { tint } from './tint.js';

const SHRINK = [1, 0.93, 0.93]; // of a bubble that newer ones stand beside; its letters stay large enough
const LONG_TAIL = 84; // pixels of a tail that nobody follows with their eyes: the bubble shows who speaks instead
const SHORT_TAIL = 56; // and has a tail again
const SLENDER = 36; // pixels from which on a tail is the slimmer, the longer it is
const APPEAR_MS = 120;
const CORNER = 16; // the tail keeps away from it
/** Made for the first words: making it takes long. @type {Intl.Segmenter | null} */
let letters = null;

/** Where each letter ends. @param {string} text */
function ends(text) {
  letters ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(letters.segment(text), ({ index, segment }) => index + segment.length);
}

/** @implements {Box} */
export class Bubble {
  #words;
  #said = make('span');
  #unsaid = make('span', 'unsaid');
  #edited = make('span', 'edited');
  #more = make('p', 'more');
  #tail = make('span', 'tail');
  #thread = make('span', 'thread');
  /** Whether it stands so far from who speaks that it shows their figure. */
  isApart = false;
  isShown = false;
  /** Whether that has just changed, and with it its size. */
  isTurning = false;
  // For how many frames, and since when, it would be shown if nothing were in its way.
  waited = 0;
  waitsSince = 0;
  #text = '';
  /** @type {number[]} */
  #ends = [];
  #typed = 0;
  #scale = 1;
  /** @type {Point} */
  anchor = { x: 0, y: 0 };
  /** @type {Point | null} */
  offset = null;
  // Where it is on its way to there.
  /** @type {Point | null} */
  #at = null;
  #size = { width: 0, height: 0 };

  /**
   * @param {import('../words.js').AllWords} words
   * @param {Message} message
   * @param {number} born
   * @param {boolean} calm no letter by letter, no gliding
   */
  constructor(words, message, born, calm) {
    this.#words = words;
    this.message = message;
    this.born = born;
    this.calm = calm;
    const who = make('p', 'who', make('span', 'name', message.author || words.someone));
    if (message.replyTo) who.append(make('span', 'reply', words.replying(message.replyTo)));
    if (message.channel) who.append(make('span', 'place', `#${message.channel}`));
    const says = make('p', 'says', make('span', 'apart', this.#said, this.#unsaid), this.#edited);
    says.dir = 'auto';
    this.node = make('div', 'bubble', this.#more, who, says);
    this.parts = [this.#thread, this.#tail, this.node];
    for (const part of this.parts) {
      tint(part, message);
      part.style.visibility = 'hidden';
    }
    this.#read(message);
  }

  get width() {
    return this.#size.width * this.#scale;
  }

  get height() {
    return this.#size.height * this.#scale;
  }

  /** Whether it has been laid out, so that it can be put somewhere. */
  get ready() {
    return this.#size.width > 0;
  }

  /** What it covers just now. */
  get rect() {
    return this.#rectAt(this.#at);
  }

  /** What it covers once it is there. */
  get goal() {
    return this.#rectAt(this.offset);
  }

  /** @param {Point | null} at @returns {import('./layout.js').Rect} */
  #rectAt(at) {
    const [x, y] = [this.anchor.x + (at?.x ?? 0), this.anchor.y + (at?.y ?? 0)];
    return { left: x - this.width / 2, right: x + this.width / 2, top: y - this.height, bottom: y };
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.#size = { width, height };
  }

  /**
   * Goes with who speaks, or stays where it is on the land: so it does if it shows their figure.
   *
   * @param {Point} head
   * @param {Point | null} shift how far the land has moved
   * @param {boolean} isAfar whether it stays there anyway
   */
  keepTo(head, shift, isAfar) {
    const stays = shift && this.isShown && (isAfar || this.isApart);
    const x = stays ? this.anchor.x + shift.x - head.x : 0;
    const y = stays ? this.anchor.y + shift.y - head.y : 0;
    if (this.offset) this.offset = { x: this.offset.x + x, y: this.offset.y + y };
    if (this.#at) this.#at = { x: this.#at.x + x, y: this.#at.y + y };
    this.anchor = head;
  }

  /** @param {Shown} shown */
  show({ words: { message }, age, more }) {
    if (message !== this.message) {
      this.message = message;
      this.#read(message, true);
      setText(this.#edited, ` (${this.#words.edited})`);
    }
    this.#scale = SHRINK[age];
    this.node.style.zIndex = String(3 - age);
    this.node.classList.toggle('older', age > 0);
    setText(this.#more, more ? this.#words.earlier(more) : '');
  }

  /** @param {Message} message @param {boolean} [atOnce] */
  #read({ text, emoji }, atOnce = this.calm) {
    this.#text = shorten(text);
    this.#ends = ends(this.#text);
    const hasPictures = Object.keys(emoji).length > 0; // which have no letters to appear one by one
    if (atOnce || hasPictures) this.#typed = this.#ends.length;
    if (hasPictures) this.#said.replaceChildren(...illustrated(this.#text, emoji));
    else this.#spell();
  }

  /** Lets letters appear. @param {number} age milliseconds since it was said */
  type(age) {
    const all = this.#ends.length;
    if (this.#typed === all) return;
    this.#typed = Math.min(all, Math.ceil((age / typingTime(this.#text)) * all));
    this.#spell();
  }

  #spell() {
    const end = this.#ends[this.#typed - 1] ?? 0;
    setText(this.#said, this.#text.slice(0, end));
    setText(this.#unsaid, this.#text.slice(end));
  }

  /** @param {boolean} visible */
  reveal(visible) {
    if (this.isShown === visible) return;
    this.isShown = visible;
    this.node.style.visibility = visible ? 'visible' : 'hidden';
    if (visible && !this.calm) this.node.animate({ opacity: [0, 1] }, APPEAR_MS);
    this.#showTail();
    if (!visible) this.#thread.style.visibility = 'hidden';
  }

  #showTail() {
    this.#tail.style.visibility = this.isApart ? 'hidden' : this.node.style.visibility;
  }

  /** With the speaker's figure instead of a tail where that would be long. @param {number} length of the tail */
  #keepNear(length) {
    const isApart = length > (this.isApart ? SHORT_TAIL : LONG_TAIL);
    this.isTurning = isApart !== this.isApart;
    if (!this.isTurning) return;
    this.isApart = isApart;
    if (isApart && !this.node.querySelector('.figure')) this.node.append(portraitOf(this.message));
    this.node.classList.toggle('far', isApart);
    this.#showTail();
  }

  /**
   * Stands where it belongs this frame.
   *
   * @param {Point | null} answered the head of whom it answers, if in view
   * @param {number} ease how much of the way to its spot it glides
   */
  stand(answered, ease) {
    const { offset, anchor } = this;
    if (!offset) return;
    const before = this.calm || !this.isShown ? null : this.#at;
    const at = before
      ? { x: before.x + (offset.x - before.x) * ease, y: before.y + (offset.y - before.y) * ease }
      : offset;
    this.#at = at;
    const [x, y] = [anchor.x + at.x, anchor.y + at.y];
    const [left, top] = [Math.round(x - this.width / 2), Math.round(y - this.height)];
    move(this.node, `translate(${left}px,${top}px) scale(${this.#scale})`);
    this.#keepNear(this.#point(this.#tail, x, y, anchor));
    this.#thread.style.visibility = answered && this.isShown ? 'visible' : 'hidden';
    if (answered) this.#point(this.#thread, x, y - this.height / 2, answered);
  }

  /**
   * Stretches a part from within the bubble to a head.
   *
   * @param {HTMLElement} part
   * @param {number} x the bubble's middle
   * @param {number} bottom as far down as the part may begin
   * @param {Point} to
   * @returns {number} how long it is now
   */
  #point(part, x, bottom, to) {
    const room = Math.max(0, this.width / 2 - CORNER);
    const fromX = Math.round(Math.max(x - room, Math.min(x + room, to.x)));
    const fromY = Math.round(Math.max(bottom - this.height + CORNER, Math.min(bottom - 2, to.y)));
    const [dx, dy] = [to.x - fromX, to.y - fromY];
    const turn = Math.atan2(-dx, dy).toFixed(3);
    const length = Math.round(Math.hypot(dx, dy));
    const wide = part === this.#tail ? Math.min(1, SLENDER / length).toFixed(2) : 1;
    move(part, `translate(${fromX}px,${fromY}px) rotate(${turn}rad) scale(${wide},${length})`);
    return length;
  }

  /** Goes: at once, or softly where that is wished for. @param {boolean} softly */
  leave(softly) {
    for (const part of this.parts) {
      if (this.calm || !softly) part.remove();
      else part.animate({ opacity: 0 }, { duration: 220, fill: 'forwards' }).onfinish = () => part.remove();
    }
  }
}

/** @param {HTMLElement} node @param {string} transform */
function move(node, transform) {
  if (node.style.transform !== transform) node.style.transform = transform;
}
