/**
 * What there is to know about who is pointed at: name, status, where they talk, what they do.
 *
 * @typedef {import('../guild/people.js').Member} Member
 */

import { byId, make, setText, tint } from './dom.js';

export class Tip {
  #words;
  #node = make('div', 'tip', make('p', 'name'), make('p', 'state'));
  /** @type {Member | null} */
  #shown = null;

  /** @param {import('../words.js').Words} words */
  constructor(words) {
    this.#words = words;
    this.#node.hidden = true;
    byId('air').append(this.#node);
  }

  /**
   * @param {Member | null} member
   * @param {{x: number, y: number, visible: boolean} | null} at their head
   */
  show(member, at) {
    const visible = Boolean(member && at?.visible);
    if (this.#node.hidden === visible) this.#node.hidden = !visible;
    if (!member || !at?.visible) return;
    if (member !== this.#shown) this.#describe(member);
    const transform = `translate(${Math.round(at.x)}px,${Math.round(at.y)}px) translate(-50%,-100%)`;
    if (this.#node.style.transform !== transform) this.#node.style.transform = transform;
  }

  /** @param {Member} member */
  #describe(member) {
    this.#shown = member;
    const [name, state] = this.#node.children;
    tint(this.#node, member);
    setText(name, member.name);
    const { bot, fresh, speaker, status } = this.#words;
    const { voice } = member;
    const parts = [
      member.bot && bot, member.fresh && fresh, status[member.status], voice?.channel, voice?.line, voice?.speaker && speaker, member.activity, member.line,
    ];
    setText(state, parts.filter(Boolean).join(' · '));
  }
}
