/**
 * The guild's truth: what the bridge has told, and nothing else. Knows no DOM and no socket.
 *
 * @typedef {import('./net.js').Frame} Frame
 * @typedef {import('./people.js').Member} Member
 * @typedef {import('./people.js').Status} Status
 * @typedef {{key: string, slug: string, name: string, locked: boolean}} Guild
 * @typedef {{id: string, slug: string, name: string}} Room
 * @typedef {{id: string, name: string, kind: string, category: string, position: number, status: string, plot: number | null}} ChannelInfo
 *   `status`: the line that people put over a voice channel
 * @typedef {{key: number, id: string, uid: string, author: string, color: string | null, bot: boolean,
 *   channelId: string, placeId: string, channel: string, text: string, answers: string, replyTo: string, at: number,
 *   edited: boolean, emoji: Record<string, string>}} Message `answers` is the uid of whom it replies to, `replyTo` their
 *   name; `placeId` is the channel that a thread belongs to; `emoji` has the addresses of pictures for parts of the text
 * @typedef {{key: number, gap: true}} Gap
 * @typedef {import('./happenings.js').Happening} Happening
 * @typedef {{key: number, happening: Happening, author: string, at: number}} Note that something happened
 */

/**
 * Who wants to know what happens while it happens, and not only how things stand after it.
 *
 * @typedef {object} Witness
 * @property {() => void} entered a room is there as a whole: new, or told again
 * @property {() => void} left there is no room any more
 * @property {() => void} rebuilt the channels are others
 * @property {(member: Member) => void} came
 * @property {(member: Member) => void} changed
 * @property {(member: Member) => void} met they were there already, unknown
 * @property {(uid: string) => void} went
 * @property {(uid: string) => void} forgotten they are still there, and not known any more
 * @property {(uid: string) => boolean} isWatched
 * @property {(message: Message) => void} said
 * @property {(messages: Message[]) => void} recalled what was said before one came, the oldest first
 * @property {(message: Message) => void} corrected
 * @property {(message: Message) => void} unsaid
 * @property {(uid: string, gesture: string) => void} acted they make their own figure do something
 * @property {(uid: string, emoji: string, picture: string) => void} reacted `picture`: its address, or nothing
 * @property {(happening: Happening | null) => void} happened null: something is over
 */

import { Census } from './census.js';
import { label, number, record, text } from './parse.js';
import { People, STATUSES, fold } from './people.js';
import { finish, through } from '../world/slices.js';

const MOST_GUILDS = 5_000; // in the list of them
const MOST_CHANNELS = 1_000; // a guild has at most half as many
export const MOST_MEMBERS = 50_000; // as many as a page can bear
const READ_AT_ONCE = 64; // of them
const MOST_FRAMES = 2_000; // that wait to be read, until there is what reads them
export const A_DAY_MS = 86_400_000; // for so long somebody is new here

/** @param {unknown} value @returns {Status} */
const statusOf = (value) => STATUSES.find((known) => known === value) ?? 'offline';

/** @param {unknown} value @returns {string | null} */
const anyColor = (value) => (/^#[0-9a-f]{6}$/i.test(text(value)) ? text(value) : null);

/**
 * A role's colour. White is what members without a coloured role are sent as.
 *
 * @param {unknown} value
 * @returns {string | null}
 */
const color = (value) => (/#f{6}/i.test(text(value)) ? null : anyColor(value));

export class Replica {
  /** @type {Guild[]} */
  guilds = [];
  /** @type {Room | null} */
  room = null;
  people = new People();
  census = new Census();
  // Oldest first. Replaced, never changed, so that a reader sees by identity whether it is news.
  /** @type {(Message | Gap | Note)[]} */
  feed = [];
  /** What reads all that is told of a room after it was entered, once that is there. @type {import('./news.js').News | null} */
  #news = null;
  /** What is told before that. @type {((news: import('./news.js').News) => Generator<void, void>)[]} */
  #untold = [];
  /** Whether some of it was forgotten: then all has to be told anew. */
  isBehind = false;
  /** Where there was talk just before one came. @type {string[]} */
  lively = [];
  // Who is typing, and until when.
  /** @type {Map<string, number>} */
  typing = new Map();
  /** @type {Map<string, ChannelInfo>} */
  channels = new Map();
  /** @type {Partial<Witness>} */
  witness = {};
  /** Whether members who watch may make their own figure move. */
  gestures = false;
  hasPictures;
  /** Whether the bridge says which channels there are. */
  #isListed = false;
  /** How many members there are beside those that are shown. */
  unseen = 0;
  // Whose reaction is to be seen, and who is new here; until when.
  /** @type {Map<string, number>} */
  reactions = new Map();
  /** @type {Map<string, number>} */
  newcomers = new Map();
  #keys = 0;

  /** @type {Record<string, (data: any, now: number) => Generator<void, void> | void>} */
  #readers = {
    'server-list': (data) => this.#list(data),
    servers: (data) => this.#list(data),
    'server-join': (data, now) => this.#join(data, now),
    channels: (data) => {
      this.#build(data);
      this.#caption();
      this.witness.rebuilt?.();
    },
    neighbourhoods: (data) => this.census.take(data.neighbourhoods),
  };

  /** @param {boolean} [hasPictures] whether pictures that the bridge names may be shown */
  constructor(hasPictures = false) {
    this.hasPictures = hasPictures;
  }

  /**
   * Takes one frame in; a large one in slices. Types and fields it doesn't know are left alone.
   *
   * @param {Frame} frame
   * @param {number} now
   * @returns {Generator<void, void>}
   */
  *take(frame, now) {
    if (Object.hasOwn(this.#readers, frame.type)) yield* this.#readers[frame.type](record(frame.data), now) ?? [];
    else yield* this.#tell((news) => news.take(frame, now));
  }

  /** @param {import('./news.js').News} news */
  set news(news) {
    this.#news = news;
    for (const tell of this.#untold.splice(0)) finish(tell(news));
  }

  /** @param {(news: import('./news.js').News) => Generator<void, void>} tell @returns {Iterable<void>} */
  #tell(tell) {
    if (this.#news) return tell(this.#news);
    if (this.#untold.push(tell) > MOST_FRAMES) [this.#untold, this.isBehind] = [[], true];
    return [];
  }

  /** What goes on beside words, once that is there. */
  get happenings() {
    return this.#news?.happenings ?? null;
  }

  /** Tells what stands in the feed apart. */
  nextKey() {
    return this.#keys++;
  }

  get counts() {
    const { size, present } = this.census.isTaken ? this.census : this.people;
    return { members: size + this.unseen, online: present, shown: size };
  }

  /** Those of a crowd whom the page doesn't know. */
  get strangers() {
    return this.census.isTaken ? this.census.strangers(this.people) : [];
  }

  /** The room may not be shown any longer: nothing of it stays. */
  leave() {
    this.guilds = this.guilds.filter(({ slug }) => slug !== this.room?.slug);
    this.room = null;
    this.#empty();
    this.witness.left?.();
  }

  /**
   * Ends what fades by itself.
   *
   * @param {number} now
   * @returns {number} when the next thing fades; Infinity when nothing does
   */
  fade(now) {
    return this.#news?.fade(now) ?? Infinity;
  }

  #empty() {
    this.people.replace([]);
    this.census.clear();
    this.unseen = 0;
    this.feed = [];
    this.typing.clear();
    this.reactions.clear();
    this.#untold = [];
    this.happenings?.clear();
    this.channels = new Map();
    this.#isListed = false;
  }

  /** @param {Record<string, any>} data */
  #list(data) {
    this.guilds = Object.entries(data).slice(0, MOST_GUILDS).map(([key, guild]) => ({
      key,
      slug: label(guild?.id),
      name: label(guild?.name) || label(guild?.id),
      locked: guild?.passworded === true,
    }));
    const own = this.guilds.find(({ key }) => key === this.room?.id);
    if (own) this.room = { id: own.key, slug: own.slug, name: own.name };
  }

  /** @param {any} data @param {number} now @returns {Generator<void, void>} */
  *#join(data, now) {
    const slug = label(data.request?.server);
    const returning = this.room?.slug === slug;
    // The list of guilds may come later; and an island grows from its guild's own number.
    const id = label(data.serverId) || (this.guilds.find((guild) => guild.slug === slug)?.key ?? slug);
    this.room = { id, slug, name: label(data.serverName) || slug };
    this.gestures = data.gestures === true;
    if (!returning) this.#empty(); // what follows may take a moment, in which nothing is to be seen of another guild
    if (data.channels) this.#build(record(data.channels));
    if (data.neighbourhoods) this.census.take(data.neighbourhoods, true);
    else if (this.census.isTaken) this.census.clear();
    if (data.resumed) {
      this.#caption();
      if (data.channels) this.witness.rebuilt?.();
      return;
    }
    this.typing.clear();
    this.reactions.clear();
    [this.#untold, this.isBehind] = [[], false];
    yield* this.members(record(data.users), now);
    this.unseen = Math.max(0, number(data.counts?.members) - this.counts.shown);
    this.lively = [data.recent ?? []].flat().flatMap((words) => [label(words?.channel), label(words?.parent)]);
    this.witness.entered?.();
    yield* this.#tell((news) => news.enter(data, now));
  }

  /** @param {Record<string, any>} channels */
  #build(channels) {
    this.#isListed = Object.keys(channels).length > 0;
    this.channels = new Map(Object.entries(channels).slice(0, MOST_CHANNELS).map(([id, channel]) => [id, {
      id,
      name: label(channel?.name),
      kind: label(channel?.kind) || 'text',
      category: label(channel?.category),
      position: number(channel?.position),
      status: label(channel?.status),
      plot: channel?.plot === undefined ? null : number(channel.plot),
    }]));
  }

  /** Who talks in a channel stands under what people put over it. */
  #caption() {
    for (const { uid, voice } of [...this.people.all()]) {
      const line = this.lineOf(voice?.channelId);
      if (voice && voice.line !== line) this.amend(uid, { voice: { ...voice, line } });
    }
  }

  /** @param {string} [channelId] */
  lineOf(channelId) {
    return this.channels.get(channelId ?? '')?.status ?? '';
  }

  /** What is told of a channel where none are listed, as by some bridges; elsewhere it is a thread. @param {any} data @param {string} kind */
  meet(data, kind) {
    const id = label(data.channel);
    const name = label(data.channelName);
    if (this.#isListed || !id || !name || this.channels.has(id) || this.channels.size >= MOST_CHANNELS) return;
    this.channels.set(id, { id, name, kind, category: '', position: this.channels.size, status: '', plot: null });
    this.witness.rebuilt?.();
  }

  /** @param {Record<string, any>} users @param {number} now @returns {Generator<void, void>} */
  *members(users, now) {
    const uids = Object.keys(users).slice(0, MOST_MEMBERS);
    /** @type {Member[]} */
    const members = [];
    this.newcomers.clear();
    yield* through(uids.length, (i) => members.push(this.member(label(uids[i]), record(users[uids[i]]), now)), READ_AT_ONCE);
    this.people.replace(members);
    for (const { uid } of members) this.census.note(uid);
  }

  /** @param {string} uid @param {any} user @param {number} now @returns {Member} */
  member(uid, user, now) {
    const name = label(user.username) || uid;
    const color2 = anyColor(user.roleColor2);
    const newUntil = number(user.joined) > 0 ? Math.min(user.joined * 1000, now) + A_DAY_MS : 0;
    if (newUntil > now) this.newcomers.set(uid, newUntil);
    return {
      uid,
      name,
      fold: fold(name),
      status: statusOf(user.status),
      color: color(user.roleColor) ?? (color2 && anyColor(user.roleColor)),
      color2,
      bot: user.bot === true,
      voice: user.voice ? this.voice(record(user.voice)) : null,
      activity: label(user.activity),
      line: label(user.line),
      reaction: '',
      fresh: newUntil > now,
    };
  }

  /** @param {any} data */
  voice(data) {
    if (!data.channel) return null;
    this.meet(data, 'voice');
    return {
      channelId: label(data.channel),
      channel: this.channelName(data),
      muted: data.muted === true,
      deafened: data.deafened === true,
      streaming: data.streaming === true,
      speaker: data.speaker === true,
      line: this.lineOf(label(data.channel)),
    };
  }

  /** @param {any} data */
  channelName(data) {
    return label(data.channelName) || (this.channels.get(label(data.channel))?.name ?? '');
  }

  /**
   * @param {string} uid
   * @param {Partial<Member>} change
   */
  amend(uid, change) {
    const member = this.people.get(uid);
    if (!member) return;
    const changed = { ...member, ...change };
    this.people.set(changed);
    this.witness.changed?.(changed);
  }
}
