/**
 * The page as a whole: once per animation frame it is brought in line with store and connection.
 *
 * @typedef {import('./session.js').Refusal} Refusal
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('./store.js').Store} Store
 * @typedef {{
 *   pick(slug: string | null, password?: string): void, hurry(): void, mayAskForPasswords: boolean,
 * }} Wishes
 */

import { byId, setText } from './dom.js';
import { refusalKind } from './i18n.js';
import { Card, sceneOf } from './ui/card.js';
import { Feed } from './ui/feed.js';
import { GuildList } from './ui/guilds.js';
import { LinkLamp } from './ui/link.js';
import { MemberList } from './ui/members.js';
import { Notice } from './ui/notice.js';

export class View {
  #words;
  #store;
  #session;
  #planned = false;
  /** @type {Refusal | null} */
  #refusal = null;
  /** @type {number | undefined} */
  #fading;

  /**
   * @param {import('./i18n.js').Words} words
   * @param {Store} store
   * @param {Session} session
   * @param {Wishes} wishes
   */
  constructor(words, store, session, wishes) {
    this.#words = words;
    this.#store = store;
    this.#session = session;
    this.guilds = new GuildList(words, (slug) => wishes.pick(slug));
    this.members = new MemberList(words, () => this.refresh());
    this.feed = new Feed(words);
    this.lamp = new LinkLamp(words, () => wishes.hurry());
    this.card = new Card(words, () => wishes.pick(null));
    /** @type {((slug: string, password: string) => void) | null} */
    const enter = wishes.mayAskForPasswords ? (slug, password) => wishes.pick(slug, password) : null;
    this.notice = new Notice(words, enter, () => this.explain(null));
    for (const tab of tabs()) tab.addEventListener('click', () => this.turnTo(tab.dataset.panel ?? ''));
    this.turnTo('messages');
  }

  /** Draws with the next frame, once for however much has changed. */
  refresh() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#draw();
    });
  }

  /**
   * Small screens show one panel at a time.
   *
   * @param {string} panel
   */
  turnTo(panel) {
    document.body.dataset.panel = panel;
    for (const tab of tabs()) tab.setAttribute('aria-pressed', String(tab.dataset.panel === panel));
  }

  /** @param {Refusal | null} refusal null: nothing any more */
  explain(refusal) {
    this.#refusal = refusal;
    this.refresh();
  }

  #draw() {
    const store = this.#store;
    const { link, asking } = this.#session;
    this.#planFading();
    document.body.dataset.link = link.phase;
    this.lamp.show(link);
    const scene = sceneOf(link, store);
    this.card.show(scene);
    this.notice.show(scene === 'refused' && this.#isHidden() ? null : this.#refusal, this.#refusedName());
    this.guilds.show(store.guilds, store.room?.slug ?? null, asking);
    this.members.show(store.roster);
    this.feed.show(store);
    this.#title(scene === 'lobby' ? null : store.room);
  }

  #isHidden() {
    return refusalKind(this.#refusal?.text ?? '') === 'hidden'; // which the card says already
  }

  /** What a guild that stays shut is called; at first maybe not known yet. */
  #refusedName() {
    const slug = this.#refusal?.slug ?? '';
    return this.#store.guilds.find((guild) => guild.slug === slug)?.name ?? slug;
  }

  /** @param {import('./store.js').Room | null} room null: nowhere yet */
  #title(room) {
    const name = room?.name ?? 'd-zone';
    const { members, online } = this.#store.counts;
    setText(byId('guild'), name);
    setText(byId('counts'), members ? this.#words.counts(members, online) : '');
    const title = room ? `${name} · d-zone` : name;
    if (document.title !== title) document.title = title;
  }

  /** Draws again when the next thing fades by itself. */
  #planFading() {
    clearTimeout(this.#fading);
    const now = Date.now();
    const next = this.#store.fade(now);
    if (next !== Infinity) this.#fading = setTimeout(() => this.refresh(), next - now);
  }
}

/** @returns {HTMLElement[]} */
function tabs() {
  return [...byId('tabs').querySelectorAll('button')];
}
