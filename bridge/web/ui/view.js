/**
 * The frame around the world: once per animation frame it is brought in line with replica and connection.
 *
 * @typedef {import('../guild/conversation.js').Refusal} Refusal
 * @typedef {import('../guild/conversation.js').Conversation} Conversation
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {import('./feed.js').Feed} Feed
 * @typedef {{
 *   pick(slug: string | null, password?: string): void, dismissed(): void, hurry(): void, openStreams(): void, isOwn: boolean,
 * }} Wishes
 */

import { byId, setText } from './dom.js';
import { Card, sceneOf } from './card.js';
import { LinkLamp } from './link.js';
import { Notice } from './notice.js';
import { Panels } from './panels.js';

const MISSING = new Set(['unknown-server', 'gone', 'not-there-yet']);
/** @type {Refusal} */
const INCOMPLETE = { code: 'incomplete', slug: '' };
const LONGEST_MS = 86_400_000; // that a browser is asked to wait: many can't for longer than some weeks

export class View {
  #words;
  #replica;
  #conversation;
  #planned = false;
  /** @type {Refusal | null} */
  #refusal = null;
  #refusedName = '';
  /** What who runs the bot has to say. @type {Refusal | null} */
  #announcement = null;
  /** @type {number | undefined} */
  #announced;
  #saidAt = 0;
  #closedOf = 0;
  #wasLocked = false;
  wishes;
  /** What lies beside the world, once that is there. @type {Feed | null} */
  feed = null;
  /** @type {import('./lists.js').Lists | null} */
  lists = null;
  /** @type {import('./account.js').Account | null} */
  account = null;
  #isIncomplete = false;
  /** @type {number | undefined} */
  #fading;
  /** @param {string} [slug] */
  #login = (slug) => /** @type {import('./account.js').Account} */ (this.account).button(slug);

  /**
   * @param {import('../words.js').Words} words
   * @param {Replica} replica
   * @param {Conversation} conversation
   * @param {Stage} stage
   * @param {import('./preferences.js').Preferences} preferences
   * @param {Wishes} wishes
   */
  constructor(words, replica, conversation, stage, preferences, wishes) {
    this.#words = words;
    this.#replica = replica;
    this.#conversation = conversation;
    this.wishes = wishes;
    this.panels = new Panels(preferences, (free) => {
      stage.setFree(free);
      this.refresh();
    });
    this.lamp = new LinkLamp(words, () => wishes.hurry());
    this.card = new Card(words, () => wishes.pick(null));
    this.notice = new Notice(words, () => this.#dismiss());
  }

  /** Whether a part of the page can't be fetched, as long as that is so. @param {boolean} isMissing */
  miss(isMissing) {
    this.#isIncomplete = isMissing;
    this.refresh();
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

  /** @param {Refusal | null} refusal null: nothing any more */
  explain(refusal) {
    this.#refusal = refusal;
    this.#refusedName = refusal?.slug ?? '';
    this.#wasLocked = false;
    this.#nameRefused();
    this.refresh();
  }

  /**
   * Who runs the bot has something to say; whoever comes back hears it again, and has perhaps closed it.
   *
   * @param {import('../guild/conversation.js').Notified | null} said null: nothing any more
   */
  announce(said) {
    if (said?.at && said.at === this.#closedOf) return;
    clearTimeout(this.#announced);
    this.#saidAt = said?.at ?? 0;
    this.#announcement = said?.text ? { code: '', text: this.#words.announced(said.text), slug: '' } : null;
    if (said?.text) this.#announced = setTimeout(() => this.announce(null), said.seconds * 1000);
    this.refresh();
  }

  /**
   * A room is open: nothing is left to explain if it is what was refused.
   *
   * @param {string} slug
   * @returns {boolean} whether it isn't there instead of another
   */
  enter(slug) {
    if (this.#refusal?.slug === null || this.#refusal?.slug === slug) this.explain(null);
    return !this.#refusal?.slug;
  }

  /** Closes what was said or opened last. */
  close() {
    if (this.#refusal || this.#isIncomplete || this.#announcement) this.#dismiss();
    else this.panels.close();
  }

  #dismiss() {
    const wasRefused = this.#refusal !== null;
    if (!wasRefused && !this.#isIncomplete) {
      this.#closedOf = this.#saidAt;
      this.announce(null);
    } else if (!wasRefused) this.#isIncomplete = false;
    this.explain(null);
    if (wasRefused) this.wishes.dismissed();
  }

  /** Somebody wants to look for a member. */
  search() {
    this.panels.turnTo('members');
    const search = /** @type {HTMLInputElement} */ (byId('search'));
    search.focus();
    search.select();
  }

  #draw() {
    const replica = this.#replica;
    const { link, asking, lostAt } = this.#conversation;
    this.#planFading();
    document.body.dataset.link = link.phase;
    this.lamp.show(link, lostAt);
    const scene = sceneOf(link, replica);
    const login = this.account?.possible ? this.#login : null;
    if (this.card.show(scene, this.account?.user ? null : login)) this.panels.measure();
    if (this.#isOpen()) this.explain(null);
    this.#nameRefused();
    const refusal = this.#isSaid(scene) || !this.account ? null : this.#refusal; // the words for it come with the rest
    this.notice.show(refusal ?? (this.#isIncomplete ? INCOMPLETE : this.#announcement), this.#refusedName, login);
    this.lists?.show(asking, this.panels.open === 'members', this.account?.user?.id ?? '');
    this.feed?.show(replica);
    this.#title(scene === 'lobby' ? null : replica.room);
  }

  /** Whether the card says already why there is nothing to see. @param {import('./card.js').Scene} scene */
  #isSaid(scene) {
    const code = this.#refusal?.code;
    return (scene === 'refused' && code === 'gone') || (scene === 'full' && code === 'full');
  }

  /** Whether what was refused is open by now: it is there again, or has lost its lock, while another is shown. */
  #isOpen() {
    const slug = this.#refusal?.slug;
    const guild = this.#replica.guilds.find((one) => one.slug === slug);
    if (!guild || this.#replica.room?.slug === slug) return false;
    return MISSING.has(this.#refusal?.code ?? '') || (this.#wasLocked && !guild.locked);
  }

  /** Finds what a guild that stays shut is called: maybe not known at first, and forgotten once it is shut. */
  #nameRefused() {
    const guild = this.#replica.guilds.find(({ slug }) => slug === this.#refusal?.slug);
    if (guild) this.#refusedName = guild.name;
    this.#wasLocked ||= guild?.locked === true;
  }

  /** @param {import('../guild/replica.js').Room | null} room null: nowhere yet */
  #title(room) {
    const name = room?.name ?? 'd-zone';
    const { members, online } = this.#replica.counts;
    const counts = members ? this.#words.counts(members, online) : '';
    const isRenamed = byId('guild').textContent !== name;
    setText(byId('guild'), name);
    setText(byId('counts'), counts);
    if (isRenamed) this.panels.measure(); // it may need more lines
    byId('world').ariaLabel = room ? [this.#words.island(name), counts].filter(Boolean).join(': ') : name;
    const title = room ? `${this.#words.called(name)} · d-zone` : name;
    if (document.title !== title) document.title = title;
  }

  /** Draws again when the next thing fades by itself. */
  #planFading() {
    clearTimeout(this.#fading);
    const now = Date.now();
    const next = this.#replica.fade(now);
    if (next !== Infinity) this.#fading = setTimeout(() => this.refresh(), Math.min(next - now, LONGEST_MS));
  }
}
