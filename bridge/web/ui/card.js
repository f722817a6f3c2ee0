/**
 * What stands over the sea when there is no room to see.
 *
 * @typedef {'room' | 'connecting' | 'lost' | 'full' | 'refused' | 'lobby' | 'empty'} Scene
 * @typedef {import('../guild/net.js').LinkState} LinkState
 * @typedef {import('../guild/replica.js').Replica} Replica
 */

import { byId, focusTools, make } from './dom.js';

/**
 * @param {LinkState} link
 * @param {Replica} replica
 * @returns {Scene}
 */
export function sceneOf(link, replica) {
  if (!replica.room) return link.phase === 'waiting' ? link.why : 'connecting';
  if (replica.people.size || replica.feed.length) return 'room';
  return replica.guilds.length ? 'empty' : 'lobby';
}

export class Card {
  #words;
  #askDefault;
  /** @type {string} */
  #shown = 'connecting false';

  /**
   * @param {import('../words.js').Words} words
   * @param {() => void} askDefault
   */
  constructor(words, askDefault) {
    this.#words = words;
    this.#askDefault = askDefault;
  }

  /**
   * @param {Scene} scene
   * @param {(() => HTMLElement) | null} login makes a button, where a login may help
   * @returns {boolean} whether the scene is another than before
   */
  show(scene, login) {
    const shown = `${scene} ${login !== null}`;
    if (shown === this.#shown) return false;
    this.#shown = shown;
    document.body.dataset.scene = scene;
    const card = byId('card');
    const hadFocus = card.contains(document.activeElement);
    card.hidden = scene === 'room';
    card.replaceChildren(...(scene === 'room' ? [] : this.#content(scene, login)));
    if (hadFocus) focusTools();
    return true;
  }

  /** @param {Exclude<Scene, 'room'>} scene @param {(() => HTMLElement) | null} login */
  #content(scene, login) {
    const [title, advice] = this.#words.cards[scene];
    const content = [make('h2', '', title), make('p', '', advice)];
    if (scene !== 'refused' && scene !== 'empty') return content;
    const button = make('button', 'primary', this.#words.otherServer);
    button.type = 'button';
    if (scene === 'empty') button.setAttribute('popovertarget', 'servers');
    else button.addEventListener('click', this.#askDefault);
    return [...content, make('div', 'ways', ...(login && scene === 'refused' ? [login()] : []), button)];
  }
}
