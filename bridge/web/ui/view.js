/**
 * The frame around the world: once per animation frame it is brought in line with replica and connection.
 *
 * @typedef {import('../guild/conversation.js').Refusal} Refusal
 * @typedef {import('../guild/conversation.js').Conversation} Conversation
 * @typedef {import('./stage.js').Stage} Stage
 * @typedef {import('../guild/replica.js').Replica} Replica
 * @typedef {typeof import('./later.js').LATER} Later
 * @typedef {import('./feed.js').Feed} Feed
 * @typedef {import('./guilds.js').GuildList} GuildList
 * @typedef {import('./members.js').MemberList} MemberList
 * @typedef {{
 *   pick(slug: string | null, password?: string): void, dismissed(): void, hurry(): void, openStreams(): void, isOwn: boolean,
 * }} Wishes
 */

import { byId, setText } from './dom.js';
import { ask } from '../guild/net.js';
import { Account } from './account.js';
import { Card, sceneOf } from './card.js';
import { LinkLamp } from './link.js';
import { Notice } from './notice.js';
import { Panels } from './panels.js';

const MISSING = new Set(['unknown-server', 'gone', 'not-there-yet']);
/** @type {Refusal} */
const INCOMPLETE = { code: 'incomplete', slug: '' };
const LONGEST_MS = 86_400_000; // that a browser is asked to wait: many can't for longer than some weeks
const MEMBERS_MS = 200; // between two looks at a list that may change with each frame

export class View {
  #words;
  #replica;
  #conversation;
  #stage;
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
  #preferences;
  #wishes;
  /** @type {{guilds: GuildList, members: MemberList, feed: Feed} | null} */
  #lists = null;
  #isIncomplete = false;
  /** @type {number | undefined} */
  #fading;
  #listedAt = 0;
  /** For whom the bridge was asked where, without an answer. */
  #missed = '';
  /** @type {number | undefined} */
  #listing;
  /** How many are online in each guild, as far as it is known. @type {Map<string, number>} */
  #present = new Map();
  /** @param {string} [slug] */
  #login = (slug) => this.account.button(slug);

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
    this.#stage = stage;
    this.#preferences = preferences;
    this.#wishes = wishes;
    this.panels = new Panels(preferences, (free) => {
      stage.setFree(free);
      this.refresh();
    });
    this.lamp = new LinkLamp(words, () => wishes.hurry());
    this.card = new Card(words, () => wishes.pick(null));
    this.account = new Account(words, () => {
      stage.user = this.account.user?.id ?? '';
      this.refresh();
    });
    /** @type {((slug: string, password: string) => void) | null} */
    const enter = wishes.isOwn ? (slug, password) => wishes.pick(slug, password) : null;
    this.notice = new Notice(words, enter, () => this.#dismiss());
    byId('find-me').addEventListener('click', () => this.#visit(this.account.user?.id ?? ''));
    if (!wishes.isOwn) return;
    this.account.look();
    byId('servers').addEventListener('beforetoggle', ({ newState }) => {
      if (newState === 'open') this.#count();
    });
  }

  /**
   * Fills what lies beside the world.
   *
   * @param {Later} later
   * @param {import('../words.js').MoreWords} more
   */
  furnish({ Feed, GuildList, MemberList, explain, offerChoices, offerMenu }, more) {
    const words = this.#words;
    this.#lists = {
      guilds: new GuildList(words, (slug) => this.#wishes.pick(slug)),
      members: new MemberList(words, () => this.refresh(), (uid) => this.#visit(uid), (text) => this.#conversation.find(text)),
      feed: new Feed(words, more, (said) => {
        this.panels.makeRoom();
        this.#stage.visitSpeaker(said);
      }),
    };
    whenOpened('legend', () => explain(more));
    whenOpened('menu', () => offerMenu(more, words.language, this.#replica, this.#wishes.openStreams));
    whenOpened('settings', () => offerChoices(more, this.#preferences));
    this.#isIncomplete = false;
    this.refresh();
  }

  /** What should fill it can't be fetched; as long as that is so. */
  miss() {
    this.#isIncomplete = true;
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
    if (wasRefused) this.#wishes.dismissed();
  }

  /** Somebody wants to look for a member. */
  search() {
    this.panels.turnTo('members');
    const search = /** @type {HTMLInputElement} */ (byId('search'));
    search.focus();
    search.select();
  }

  /** @param {string} uid */
  #visit(uid) {
    this.panels.makeRoom();
    this.#stage.visit(uid);
  }

  #draw() {
    const replica = this.#replica;
    const { link, asking, lostAt } = this.#conversation;
    this.#planFading();
    document.body.dataset.link = link.phase;
    this.lamp.show(link, lostAt);
    const scene = sceneOf(link, replica);
    const login = this.account.possible ? this.#login : null;
    if (this.card.show(scene, this.account.user ? null : login)) this.panels.measure();
    if (this.#isOpen()) this.explain(null);
    this.#nameRefused();
    const refusal = this.#isSaid(scene) ? null : this.#refusal;
    this.notice.show(refusal ?? (this.#isIncomplete ? INCOMPLETE : this.#announcement), this.#refusedName, login);
    if (replica.room) this.#present.set(replica.room.slug, replica.counts.online);
    this.#lists?.guilds.show(replica.guilds, replica.room?.slug ?? null, asking, this.#present);
    this.#listMembers();
    this.#lists?.feed.show(replica);
    this.#title(scene === 'lobby' ? null : replica.room);
  }

  /** The list is long, and out of sight most of the time. */
  #listMembers() {
    const members = this.#lists?.members;
    if (!members || this.panels.open !== 'members') return;
    clearTimeout(this.#listing);
    const wait = this.#listedAt + MEMBERS_MS - performance.now();
    if (wait > 0) {
      this.#listing = setTimeout(() => this.refresh(), wait);
      return;
    }
    this.#listedAt = performance.now();
    const before = members.found;
    const { people, census } = this.#replica;
    members.show(people, census.isTaken ? census.totals : undefined);
    if (members.found !== before) this.#stage.seek(members.found);
    this.#lookForMe();
  }

  /** Offers the way to who is watching, if they are there: in a crowd that has to be asked, once. */
  #lookForMe() {
    const me = this.account.user?.id ?? '';
    const isListed = this.#replica.people.get(me) !== undefined;
    byId('find-me').hidden = !isListed;
    const missed = isListed ? '' : `${this.#replica.room?.id} ${me}`;
    if (isListed || !me) this.#missed = '';
    else if (missed !== this.#missed && this.#conversation.find(me)) this.#missed = missed;
  }

  /** Asks how many are in the guilds that can be picked. */
  async #count() {
    const counts = await ask('api/counts');
    for (const { key, slug } of this.#replica.guilds) {
      const online = counts?.[key]?.online;
      if (typeof online === 'number') this.#present.set(slug, online);
    }
    this.refresh();
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

/** Few open it: it is made when somebody does, or has done so already. @param {string} id @param {() => void} make */
function whenOpened(id, make) {
  const panel = byId(id);
  if (panel.matches(':popover-open')) make();
  else panel.addEventListener('beforetoggle', make, { once: true });
}
