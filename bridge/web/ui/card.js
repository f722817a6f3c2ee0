/**
 * What stands in place of the room when there is none to see.
 *
 * @typedef {'room' | 'connecting' | 'lost' | 'full' | 'refused' | 'lobby' | 'empty'} Scene
 * @typedef {import('../net.js').LinkState} LinkState
 * @typedef {import('../store.js').Store} Store
 */

import { byId, make } from '../dom.js';
import { person, pose } from './figure.js';

/**
 * @param {LinkState} link
 * @param {Store} store
 * @returns {Scene}
 */
export function sceneOf(link, store) {
  if (!store.room) return link.phase === 'waiting' ? link.why : 'connecting';
  if (store.roster.size || store.feed.length) return 'room';
  return store.guilds.length ? 'empty' : 'lobby';
}

export class Card {
  #words;
  #askDefault;
  /** @type {Scene} */
  #scene = 'room';

  /**
   * @param {import('../i18n.js').Words} words
   * @param {() => void} askDefault
   */
  constructor(words, askDefault) {
    this.#words = words;
    this.#askDefault = askDefault;
  }

  /** @param {Scene} scene */
  show(scene) {
    document.body.dataset.scene = scene;
    if (scene === this.#scene) return;
    this.#scene = scene;
    const card = byId('card');
    card.hidden = scene === 'room';
    card.replaceChildren(...(scene === 'room' ? [] : this.#content(scene)));
  }

  /** @param {Exclude<Scene, 'room'>} scene */
  #content(scene) {
    const [title, advice] = this.#words.cards[scene];
    const figure = person();
    pose(figure, scene === 'connecting' ? 'online' : 'offline', '', false);
    const content = [figure, make('h2', '', title), make('p', '', advice)];
    if (scene !== 'refused') return content;
    const button = make('button', 'primary', this.#words.otherServer);
    button.type = 'button';
    button.addEventListener('click', this.#askDefault);
    return [...content, button];
  }
}
