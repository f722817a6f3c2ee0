/**
 * What there is to know about who or what is pointed at: name, status and activity of a person; who is at a place and
 * what was said there last; who lives in a house.
 *
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {import('../world/world.js').Point} Point
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {{uid?: string, channelId?: string, house?: number}} Pointed
 * @typedef {{member?: Member, name: string, state: string, said: string, on?: string}} Facts what is `on` there
 */

import { byId, make, setText } from './dom.js';
import { rolesIn } from '../guild/roles.js';
import { sayRole } from './roles.js';

const NAMES = 8;
const QUOTED = 90; // characters
const RETOLD_MS = 400; // people come and go

export class Tip {
  #later;
  #words;
  #more;
  #where;
  #replica;
  #node = make('div', 'tip', make('p', 'name'), make('p', 'state'), make('p', 'state said'), make('p', 'state on'));
  #shown = '';
  #describedAt = 0;

  /**
   * @param {import('./later.js').Later} later
   * @param {import('../words.js').AllWords} words
   * @param {import('../words.js').MoreWords} more
   * @param {import('../world/whereabouts.js').Whereabouts} where
   * @param {Replica} replica
   */
  constructor(later, words, more, where, replica) {
    this.#later = later;
    this.#words = words;
    this.#more = more;
    this.#where = where;
    this.#replica = replica;
    this.#node.hidden = true;
    byId('air').append(this.#node);
  }

  /** @param {number} now @param {Pointed} pointed @param {Rect} free where it may stand */
  show(now, pointed, { left, right, top }) {
    const at = this.#spotOf(pointed);
    const key = `${pointed.uid} ${pointed.channelId} ${pointed.house}`;
    if (at?.visible && (key !== this.#shown || now - this.#describedAt > RETOLD_MS)) {
      this.#shown = key;
      this.#describedAt = now;
      this.#tell(this.#factsOf(pointed));
    }
    const visible = Boolean(at?.visible && this.#node.children[0].textContent);
    if (this.#node.hidden === visible) this.#node.hidden = !visible;
    if (!at?.visible) {
      if (this.#shown) this.#tell(null); // what isn't to be seen is kept nowhere
      this.#shown = '';
      return;
    }
    const transform = `translate(clamp(${left}px,${Math.round(at.x)}px - 50%,${right}px - 100%),max(${top}px + .5rem,${Math.round(at.y)}px - 100%))`;
    if (this.#node.style.transform !== transform) this.#node.style.transform = transform;
  }

  /** @param {Pointed} pointed @returns {Point | null} */
  #spotOf({ uid, channelId, house = -1 }) {
    if (uid) return this.#where.headOf(uid);
    if (channelId) return this.#where.signOf(channelId);
    return this.#where.householdOf(house)?.at ?? null;
  }

  /** @param {Pointed} pointed @returns {Facts | null} */
  #factsOf({ uid, channelId, house = -1 }) {
    if (uid) return this.#person(this.#replica.people.get(uid));
    return channelId ? this.#place(channelId) : this.#house(house);
  }

  /** @param {Facts | null} facts */
  #tell(facts) {
    const [name, state, said, on] = this.#node.children;
    this.#later.tint(this.#node, facts?.member);
    setText(name, facts?.name ?? '');
    setText(state, facts?.state ?? '');
    setText(said, facts?.said ?? '');
    setText(on, facts?.on ?? '');
  }

  /** @param {Member | undefined} member @returns {Facts | null} */
  #person(member) {
    if (!member) return null;
    const { bot, fresh, speaker, status } = this.#words;
    const { voice } = member;
    const parts = [
      member.bot && bot, member.fresh && fresh, status[member.status], voice?.channel, voice?.line, voice?.speaker && speaker, member.activity, member.line,
    ];
    return { member, name: member.name, state: parts.filter(Boolean).join(' · '), said: '' };
  }

  /** @param {string} channelId @returns {Facts | null} */
  #place(channelId) {
    const channel = this.#replica.channels.get(channelId);
    if (!channel) return null;
    const people = this.#where.crowdAt(channelId);
    const last = this.#replica.feed.findLast((entry) => 'placeId' in entry && entry.placeId === channelId);
    const quoted = last && 'text' in last ? [...last.text.replace(/\s+/g, ' ')] : [];
    const text = quoted.length > QUOTED ? `${quoted.slice(0, QUOTED).join('')}…` : quoted.join('');
    const name = ['voice', 'stage'].includes(channel.kind) ? channel.name : `#${channel.name}`;
    const author = last && 'text' in last ? last.author || this.#words.someone : '';
    const on = [channel.status, ...this.#goingOn(channelId)].filter(Boolean).map(this.#words.called).join(' · ');
    return { name, on, state: people.length ? this.#list(people) : this.#more.empty, said: text && `${this.#words.called(author)}: ${this.#words.called(text)}` };
  }

  /** What goes on at a place. @param {string} channelId */
  #goingOn(channelId) {
    return [...this.#replica.happenings?.all() ?? []].flatMap(({ kind, placeId, text }) => (placeId === channelId ? this.#more.going[kind]?.(text) ?? [] : []));
  }

  /** @param {number} house @returns {Facts | null} */
  #house(house) {
    const household = this.#where.householdOf(house);
    if (!household) return null;
    const { people, strangers, color } = household;
    if (!people.length && !strangers) return { name: this.#more.unlet, state: '', said: '' };
    return { name: this.#more.live(people.length + strangers), state: this.#list(people, strangers), said: '', on: this.#role(color) };
  }

  /** What the roles are called that give this colour, and how many are online; nothing where that isn't shown. @param {string | null} color */
  #role(color) {
    const role = rolesIn(this.#replica.census).find((one) => one.color === color);
    return role && sayRole(role, this.#words);
  }

  /** Names, those who are awake first. @param {string[]} uids @param {number} [others] of whom no names are known */
  #list(uids, others = 0) {
    const order = ['online', 'dnd', 'idle', 'offline'];
    const members = uids.flatMap((uid) => this.#replica.people.get(uid) ?? []).sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
    const names = members.slice(0, NAMES).map(({ name }) => this.#words.called(name));
    const rest = names.length ? uids.length + others - names.length : 0;
    return names.join(', ') + (rest ? ` ${this.#words.more(rest)}` : '');
  }
}
