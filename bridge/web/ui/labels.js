/**
 * Names under people and on signs, where they help and where there is room; also the way through the world by Tab.
 *
 * @typedef {import('./layout.js').Point} Point
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {import('../world/world.js').World} World
 * @typedef {{key: string, uid: string, channelId: string, text: string, line: string, wanted: boolean, category?: string}} Wish
 *   `line`: what somebody says over their head; `wanted`: to be seen, and not only to be reached by Tab; `category`: which it
 *   names, at a place of it that is `channelId`
 */

import { byId, icon, make, setText } from './dom.js';
import { Districts } from './districts.js';
import { overlap } from './layout.js';
import { tint } from './tint.js';
import { lettered } from '../world/lettering.js';

const REST_MS = 250; // between two looks at who is near
const BY_TAB = 12; // people
const NEAR = { calm: 0, normal: 12, lively: 60 }; // people with names where it is near
const NEAR_SCALE = 3; // CSS pixels per art pixel from where on it counts as near
const A_FEW = 12; // who have names from afar as well
const SIGNS_SCALE = 2; // from where on all signs can be read
const SIGNS = 40;
const CLOSEST = 3; // people whose names matter more than signs
const FIGURE = 24; // art pixels from above the hair to below the feet
const TRUNK = { half: 5, top: 6, bottom: 18 }; // of them: what no other's name may cover
// As the style sheet has it, in pixels where letters are as large as usual.
const LETTERS = 13;
const HEIGHT = 18;
const PADDING = 12;
const ICON = 17; // with the gap after it
const WIDEST = 192;

export class Labels {
  #world;
  #where;
  #replica;
  /** @type {Map<string, {node: HTMLButtonElement, wish: Wish, width: number}>} */
  #labels = new Map();
  #chosenAt = 0;
  #pen = /** @type {CanvasRenderingContext2D} */ (make('canvas').getContext('2d'));
  #enlarged = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  /** Whom or what a pointer is at, or was tapped. @type {{uid?: string, channelId?: string, house?: number}} */
  pointed = {};
  /** Whom the viewer may have do something: always to be reached by Tab. */
  own = '';
  /** Who is looked for. @type {string[]} */
  sought = [];
  /** Who has a bubble. @type {Set<string>} */
  talking = new Set();
  /** Where talk was lately. @type {Iterable<string>} */
  lively = [];
  /** @type {keyof typeof NEAR} */
  density = 'normal';
  /** Whether more than those are named who are pointed at, followed or looked for. */
  hasNames = true;
  /** What is to be read, and where. @type {{wish: Wish, rect: Rect}[]} */
  #legible = [];
  /** Where there are drawn signs. @type {Rect[]} */
  #boards = [];
  /** Whose body is where, of those around. @type {Map<string, Rect>} */
  #bodies = new Map();
  /** Which category is where. */
  #districts = new Districts();

  /**
   * @param {World} world
   * @param {import('../world/whereabouts.js').Whereabouts} where
   * @param {Replica} replica
   * @param {(wish: Wish) => void} go
   */
  constructor(world, where, replica, go) {
    this.#world = world;
    this.#where = where;
    this.#replica = replica;
    this.#pen.font = `600 ${LETTERS}px ${getComputedStyle(document.body).fontFamily}`;
    byId('labels').addEventListener('click', (event) => {
      const node = /** @type {Element} */ (event.target).closest('button');
      for (const label of this.#labels.values()) if (label.node === node) go(label.wish);
    });
  }

  /** Looks anew at who is near with the next frame. */
  hurry() {
    this.#chosenAt = 0;
  }

  /** @param {number} now @param {Rect} free */
  frame(now, free) {
    if (now - this.#chosenAt > REST_MS) this.#choose(now, free);
    for (const { node, wish } of this.#labels.values()) {
      const at = this.#spotOf(wish);
      const visibility = at?.visible ? '' : 'hidden';
      if (node.style.visibility !== visibility) node.style.visibility = visibility;
      if (!at?.visible) continue;
      const transform = `translate(${Math.round(at.x)}px,${Math.round(at.y)}px) translate(-50%)`;
      if (node.style.transform !== transform) node.style.transform = transform;
    }
  }

  /** @param {Wish} wish */
  #spotOf({ uid, channelId, category }) {
    if (!uid) {
      const sign = this.#where.signOf(channelId);
      return sign && category ? { ...sign, y: sign.y - HEIGHT * this.#enlarged } : sign;
    }
    const head = this.#where.headOf(uid);
    return head && { ...head, y: head.y + FIGURE * this.#world.scale };
  }

  /** @param {number} now @param {Rect} free */
  #choose(now, free) {
    this.#chosenAt = now;
    const wishes = new Map(this.#wishes(free).map((wish) => [wish.key, wish]));
    for (const [key, { node, wish }] of this.#labels) {
      if (wishes.has(key)) continue;
      if (node === document.activeElement && this.#spotOf(wish)) wishes.set(key, wish);
      else this.#remove(key, node);
    }
    this.#legible = [];
    this.#boards = [...this.#replica.channels.keys()].flatMap((id) => this.#where.boardOf(id) ?? []);
    for (const wish of wishes.values()) {
      const label = this.#labelFor(wish);
      const isSeen = wish.category ? this.#findsPlace(label, free) : wish.wanted && (this.#isDrawn(label) || this.#findsRoom(label, free, wish.uid ? this.#before(wish.uid) : []));
      label.node.classList.toggle('quiet', !isSeen || this.#says(wish));
    }
  }

  /** What somebody's name may not cover: signs, and others. @param {string} uid */
  #before(uid) {
    return [...this.#boards, ...[...this.#bodies].flatMap(([other, body]) => (other === uid ? [] : body))];
  }

  /** @param {string} uid @returns {[string, Rect][]} */
  #bodyOf(uid) {
    const head = this.#where.headOf(uid);
    const { scale } = this.#world;
    return head ? [[uid, { left: head.x - TRUNK.half * scale, right: head.x + TRUNK.half * scale, top: head.y + TRUNK.top * scale, bottom: head.y + TRUNK.bottom * scale }]] : [];
  }

  /** Whether a sign is drawn, and can be read. @param {{wish: Wish}} label */
  #isDrawn({ wish }) {
    const at = wish.channelId && !wish.category ? this.#where.signOf(wish.channelId) : null;
    if (!at?.board || !at.visible) return false;
    const { width, height } = at.board;
    this.#legible.push({ wish, rect: { left: at.x - width / 2, right: at.x + width / 2, top: at.y, bottom: at.y + height } });
    return true;
  }

  /** Whether what is drawn says all there is to say. @param {Wish} wish */
  #says({ channelId, category }) {
    if (!channelId || category || this.pointed.channelId === channelId) return false;
    const { status = '', kind } = this.#replica.channels.get(channelId) ?? {};
    const isWritten = !status || (kind === 'voice' && lettered(status).length > 0); // that stands on a board as well
    return isWritten && Boolean(this.#where.signOf(channelId)?.board);
  }

  /** Which name or sign is there. @param {Point} at */
  under({ x, y }) {
    return this.#legible.find(({ rect }) => x > rect.left && x < rect.right && y > rect.top && y < rect.bottom)?.wish;
  }

  /** Where signs can be read. */
  get signs() {
    return this.#legible.filter(({ wish }) => wish.channelId).map(({ rect }) => rect);
  }

  /** Those who need a name most come first. @param {Rect} free @returns {Wish[]} */
  #wishes(free) {
    const { pointed, sought } = this;
    const world = this.#world;
    const near = world.scale >= NEAR_SCALE ? NEAR[this.density] : 0;
    const around = this.#where.visiblePeople(Math.max(BY_TAB, near, A_FEW + 1));
    this.#bodies = new Map(around.flatMap((uid) => this.#bodyOf(uid)));
    const seen = around.length <= A_FEW && this.density !== 'calm' ? A_FEW : near;
    const people = new Set([pointed.uid, world.following, ...sought, ...around, this.own]);
    const named = new Set(around.slice(0, seen).filter((uid) => this.#helps(uid)));
    for (const uid of [pointed.uid, world.following, ...sought]) if (uid) named.add(uid);
    const legible = world.scale >= SIGNS_SCALE ? this.#replica.channels.keys() : [];
    const places = new Set(this.hasNames ? [pointed.channelId, ...this.lively, ...legible] : [pointed.channelId]);
    const persons = [...people].flatMap((uid) => this.#person(uid, named.has(uid ?? '')));
    const signs = [...places].flatMap((id) => this.#place(id)).slice(0, SIGNS);
    const districts = this.hasNames && world.scale < SIGNS_SCALE ? this.#categories(free) : [];
    return [...persons.slice(0, CLOSEST), ...signs, ...districts, ...persons.slice(CLOSEST)];
  }

  /** Who speaks has their name in the bubble; who sleeps doesn't mind. @param {string} uid */
  #helps(uid) {
    return this.hasNames && !this.talking.has(uid) && this.#replica.people.get(uid)?.status !== 'offline';
  }

  /** @param {string | null | undefined} uid @param {boolean} wanted @returns {Wish[]} */
  #person(uid, wanted) {
    const member = uid ? this.#replica.people.get(uid) : undefined;
    return member ? [{ key: `u${uid}`, uid: member.uid, channelId: '', text: member.name, line: member.line, wanted }] : [];
  }

  /** @param {string | undefined} id @returns {Wish[]} */
  #place(id) {
    const channel = id ? this.#replica.channels.get(id) : undefined;
    if (!channel || !this.#where.signOf(channel.id)?.visible) return [];
    return [{ key: `c${id}`, uid: '', channelId: channel.id, text: channel.name + (channel.status && ` · ${channel.status}`), line: '', wanted: true }];
  }

  /** From afar: which category is where. @param {Rect} free @returns {Wish[]} */
  #categories(free) {
    const names = this.#districts.named(this.#world.shape.terrain, this.#replica.channels.values(), free);
    return names.map((category) => {
      const key = `g${category}`;
      const channelId = this.#labels.get(key)?.wish.channelId ?? '';
      return { key, uid: '', channelId, text: category, line: '', wanted: true, category };
    });
  }

  /** @param {Wish} wish */
  #labelFor(wish) {
    let label = this.#labels.get(wish.key);
    if (!label) {
      const node = make('button', wish.uid ? 'label' : wish.category ? 'label district' : 'label sign');
      node.type = 'button';
      if (this.#isVoice(wish)) node.append(icon('voice'));
      node.append(make('span'), make('small'));
      byId('labels').append(node);
      label = { node, wish: { ...wish, text: '' }, width: 0 };
      this.#labels.set(wish.key, label);
    }
    if (label.wish.text !== wish.text || label.wish.line !== wish.line) {
      const text = wish.uid || wish.category || this.#isVoice(wish) ? wish.text : `#${wish.text}`;
      const letters = Math.max(this.#pen.measureText(text).width, this.#pen.measureText(wish.line).width);
      const width = letters + PADDING + (this.#isVoice(wish) ? ICON : 0);
      label.width = Math.min(WIDEST, width) * this.#enlarged;
      const [name, line] = [...label.node.children].slice(-2);
      setText(name, text);
      setText(line, wish.line);
    }
    label.wish = wish;
    if (wish.uid && wish.uid === this.own) label.node.setAttribute('aria-haspopup', 'menu');
    tint(label.node, this.#replica.people.get(wish.uid));
    return label;
  }

  /** @param {Wish} wish */
  #isVoice({ channelId, category }) {
    return !category && ['voice', 'stage'].includes(this.#replica.channels.get(channelId)?.kind ?? '');
  }

  /** Lets the name of a category stand where it stood, or else by the place that is best for it and has room. @param {{wish: Wish, width: number}} label @param {Rect} free */
  #findsPlace(label, free) {
    const { wish } = label;
    return [wish.channelId, ...this.#districts.spots(wish.category ?? '')].some((id) => {
      wish.channelId = id;
      return this.#findsRoom(label, free, this.#boards);
    });
  }

  /** @param {{wish: Wish, width: number}} label @param {Rect} free @param {readonly Rect[]} [others] what else it may not cover */
  #findsRoom({ wish, width }, free, others = []) {
    const at = this.#spotOf(wish);
    if (!at?.visible || at.x < free.left || at.x > free.right) return false;
    const rect = { left: at.x - width / 2, right: at.x + width / 2, top: at.y, bottom: at.y + HEIGHT * (wish.line ? 2 : 1) * this.#enlarged };
    const isPointed = this.#isPointed(wish);
    const isCut = rect.left < free.left || rect.right > free.right || rect.top < free.top;
    if (isCut && !isPointed) return false;
    const room = !this.#legible.some((other) => overlap(rect, other.rect)) && (isPointed || !others.some((other) => overlap(rect, other)));
    if (room) this.#legible.push({ wish, rect });
    return room;
  }

  /** @param {Wish} wish */
  #isPointed({ uid, channelId, category }) {
    return !category && (uid ? uid === this.pointed.uid || uid === this.#world.following : channelId === this.pointed.channelId);
  }

  /** @param {string} key @param {HTMLElement} node */
  #remove(key, node) {
    node.remove();
    this.#labels.delete(key);
  }
}
