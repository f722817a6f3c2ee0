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
import { through } from '../world/slices.js';

export const FEED_LENGTH = 50;
const TYPING_MS = 8_000; // Discord repeats the event while somebody keeps typing
const REACTION_MS = 6_000;
const MOST_GUILDS = 5_000; // in the list of them
const MOST_CHANNELS = 1_000; // a guild has at most half as many
const MOST_MEMBERS = 50_000; // as many as a page can bear
const MOST_KNOWN = 3_000; // of a crowd; there, whoever has been quiet for longest is forgotten first
const JUST_NOW_MS = 120_000; // who joined before that has been there, unknown
const READ_AT_ONCE = 64; // of them
const MOST_FOUND = 100;
const MOST_PICTURES = 20; // of a message
const MOST_TO_COME = 200;
const A_DAY_MS = 86_400_000; // for so long somebody is new here
const DISCORD_EPOCH = 1_420_070_400_000;

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

/** A guild's own emoji by its name, where a bridge sends it as Discord writes it. @param {string} words */
const readable = (words) => words.replace(/<a?(:\w{1,32}:)\d{1,20}>/g, '$1');

/** The address of a picture. @param {unknown} value */
const pictureAt = (value) => (text(value).startsWith('https://') ? text(value) : '');

/**
 * Takes out of a list what has ended by now.
 *
 * @param {Map<string, number>} list until when, by uid
 * @param {number} now
 * @param {(uid: string) => void} end
 * @returns {number} when the next one ends; Infinity without one
 */
export function ended(list, now, end) {
  let next = Infinity;
  for (const [uid, until] of list) {
    if (until > now) {
      next = Math.min(next, until);
      continue;
    }
    list.delete(uid);
    end(uid);
  }
  return next;
}

/**
 * When a message was written: its id says so, if it is a snowflake of about now.
 *
 * @param {string} id
 * @param {number} now
 */
export function writtenAt(id, now) {
  if (!/^\d{16,20}$/.test(id)) return now;
  const at = Number(BigInt(id) >> 22n) + DISCORD_EPOCH;
  return Math.abs(now - at) < A_DAY_MS ? Math.min(at, now) : now;
}

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
  /** What goes on beside words, once that is there. @type {import('./happenings.js').Happenings | null} */
  #happenings = null;
  /** What happens before that. @type {((happenings: import('./happenings.js').Happenings) => void)[]} */
  #untold = [];
  // Who is typing, and until when.
  /** @type {Map<string, number>} */
  typing = new Map();
  /** @type {Map<string, ChannelInfo>} */
  channels = new Map();
  /** @type {Partial<Witness>} */
  witness = {};
  /** Whether members who watch may make their own figure move. */
  gestures = false;
  #hasPictures;
  /** Whether the bridge says which channels there are. */
  #isListed = false;
  /** How many members there are beside those that are shown. */
  #unseen = 0;
  // Whose reaction is to be seen, and who is new here; until when.
  /** @type {Map<string, number>} */
  #reactions = new Map();
  /** @type {Map<string, number>} */
  #newcomers = new Map();
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
    presence: (data, now) => this.#presence(data, now),
    message: (data, now) => this.#message(data, now),
    edit: (data) => this.#edit(data),
    typing: (data, now) => this.#type(label(data.uid), now),
    reaction: (data, now) => this.#reaction(data, now),
    gesture: (data) => {
      this.#note(label(data.uid));
      this.witness.acted?.(label(data.uid), label(data.gesture));
    },
    voice: (data) => this.#amend(label(data.uid), { voice: this.#voice(data) }),
    happening: (data, now) => this.#tell((happenings) => happenings.take(data, now)),
    neighbourhoods: (data) => this.census.take(data.neighbourhoods),
    found: (data, now) => this.#found(record(data.users), now),
    activity: (data) => this.#amend(label(data.uid), { activity: label(data.text) }),
  };

  /** @param {boolean} [hasPictures] whether pictures that the bridge names may be shown */
  constructor(hasPictures = false) {
    this.#hasPictures = hasPictures;
  }

  /**
   * Takes one frame in; a large one in slices. Types and fields it doesn't know are left alone.
   *
   * @param {Frame} frame
   * @param {number} now
   * @returns {Generator<void, void>}
   */
  *take(frame, now) {
    if (frame.type === 'user_data') yield* this.#renew(record(frame.users), now);
    else if (Object.hasOwn(this.#readers, frame.type)) yield* this.#readers[frame.type](record(frame.data), now) ?? [];
  }

  get happenings() {
    return this.#happenings;
  }

  set happenings(happenings) {
    this.#happenings = happenings;
    for (const tell of this.#untold.splice(0)) this.#tell(tell);
  }

  /** @param {(happenings: import('./happenings.js').Happenings) => void} tell */
  #tell(tell) {
    if (this.#happenings) tell(this.#happenings);
    else if (this.#untold.push(tell) > MOST_TO_COME) this.#untold.shift();
  }

  /** Tells what stands in the feed apart. */
  nextKey() {
    return this.#keys++;
  }

  get counts() {
    const { size, present } = this.census.isTaken ? this.census : this.people;
    return { members: size + this.#unseen, online: present, shown: size };
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
    return Math.min(
      ended(this.typing, now, () => {}),
      ended(this.#reactions, now, (uid) => this.#amend(uid, { reaction: '' })),
      ended(this.#newcomers, now, (uid) => this.#amend(uid, { fresh: false })),
      this.#happenings?.fade(now) ?? Infinity,
    );
  }

  #empty() {
    this.people.clear();
    this.census.clear();
    this.#unseen = 0;
    this.feed = [];
    this.typing.clear();
    this.#reactions.clear();
    this.#untold = [];
    this.#happenings?.clear();
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
    this.#reactions.clear();
    yield* this.#members(record(data.users), now);
    this.#unseen = Math.max(0, number(data.counts?.members) - this.counts.shown);
    const recalled = this.#recall(Array.isArray(data.recent) ? data.recent.map(record) : [], now);
    this.#tell((happenings) => happenings.enter(data.happenings, now));
    this.witness.entered?.();
    if (recalled.length) this.witness.recalled?.(recalled);
  }

  /** What was said before, as far as it is news. @param {Record<string, any>[]} recent @param {number} now */
  #recall(recent, now) {
    const known = new Set(this.feed.map((entry) => ('id' in entry ? entry.id : '')));
    const news = recent.filter(({ id }) => label(id) && !known.has(label(id)));
    if (this.feed.length && news.length === recent.length) this.#say({ key: this.nextKey(), gap: true }); // else nothing is missing
    const messages = news.map((words) => this.#read(words, Math.min(now, number(words.at) * 1000)));
    for (const message of messages) this.#say(message);
    return messages;
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
      const line = this.#lineOf(voice?.channelId);
      if (voice && voice.line !== line) this.#amend(uid, { voice: { ...voice, line } });
    }
  }

  /** @param {string} [channelId] */
  #lineOf(channelId) {
    return this.channels.get(channelId ?? '')?.status ?? '';
  }

  /** What is told of a channel where none are listed, as by some bridges; elsewhere it is a thread. @param {any} data @param {string} kind */
  #meet(data, kind) {
    const id = label(data.channel);
    const name = label(data.channelName);
    if (this.#isListed || !id || !name || this.channels.has(id) || this.channels.size >= MOST_CHANNELS) return;
    this.channels.set(id, { id, name, kind, category: '', position: this.channels.size, status: '', plot: null });
    this.witness.rebuilt?.();
  }

  /** @param {Record<string, any>} users @param {number} now @returns {Generator<void, void>} */
  *#renew(users, now) {
    yield* this.#members(users, now);
    this.witness.entered?.();
  }

  /** @param {Record<string, any>} users @param {number} now @returns {Generator<void, void>} */
  *#members(users, now) {
    const uids = Object.keys(users).slice(0, MOST_MEMBERS);
    /** @type {Member[]} */
    const members = [];
    this.#newcomers.clear();
    yield* through(uids.length, (i) => members.push(this.#member(label(uids[i]), record(users[uids[i]]), now)), READ_AT_ONCE);
    yield* this.people.replace(members);
    yield* through(members.length, (i) => this.census.note(members[i].uid));
  }

  /** @param {string} uid @param {any} user @param {number} now @returns {Member} */
  #member(uid, user, now) {
    const name = label(user.username) || uid;
    const color2 = anyColor(user.roleColor2);
    const newUntil = number(user.joined) > 0 ? Math.min(user.joined * 1000, now) + A_DAY_MS : 0;
    if (newUntil > now) this.#newcomers.set(uid, newUntil);
    return {
      uid,
      name,
      fold: fold(name),
      status: statusOf(user.status),
      color: color(user.roleColor) ?? (color2 && anyColor(user.roleColor)),
      color2,
      bot: user.bot === true,
      voice: user.voice ? this.#voice(record(user.voice)) : null,
      activity: label(user.activity),
      line: label(user.line),
      reaction: '',
      fresh: newUntil > now,
    };
  }

  /** @param {any} data */
  #voice(data) {
    if (!data.channel) return null;
    this.#meet(data, 'voice');
    return {
      channelId: label(data.channel),
      channel: this.#channelName(data),
      muted: data.muted === true,
      deafened: data.deafened === true,
      streaming: data.streaming === true,
      speaker: data.speaker === true,
      line: this.#lineOf(label(data.channel)),
    };
  }

  /** @param {any} data */
  #channelName(data) {
    return label(data.channelName) || (this.channels.get(label(data.channel))?.name ?? '');
  }

  /**
   * @param {string} uid
   * @param {Partial<Member>} change
   */
  #amend(uid, change) {
    const member = this.people.get(uid);
    if (!member) return;
    const changed = { ...member, ...change };
    this.people.set(changed);
    this.#note(uid);
    this.witness.changed?.(changed);
  }

  /** @param {any} data @param {number} now */
  #presence(data, now) {
    const uid = label(data.uid);
    const known = this.people.get(uid);
    if (data.delete === true) {
      if (known) this.#leave(uid);
    } else if (known) {
      this.#amend(uid, this.#news(data, now));
    } else if (this.people.size < MOST_MEMBERS) {
      const member = this.#member(uid, data, now);
      const wasThere = this.census.isTaken && !(number(data.joined) * 1000 > now - JUST_NOW_MS);
      this.people.set(member);
      if (wasThere) this.witness.met?.(member);
      else this.witness.came?.(member);
      if (!this.census.isTaken && this.#unseen) this.#unseen -= 1; // where some are not shown, who appears was most likely one of them
    }
    this.#note(uid);
  }

  /** Somebody did something; who has been quiet for long makes room. @param {string} uid */
  #note(uid) {
    if (!this.census.isTaken || !this.people.get(uid)) return;
    this.census.note(uid);
    if (this.people.size <= MOST_KNOWN) return;
    for (const quiet of this.census.quietest()) {
      if (quiet === uid) return;
      if (this.people.get(quiet)?.voice || this.witness.isWatched?.(quiet)) continue;
      this.#forget(quiet);
      return;
    }
  }

  /** @param {string} uid */
  #forget(uid) {
    this.census.forget(uid);
    this.typing.delete(uid);
    this.#newcomers.delete(uid);
    this.#reactions.delete(uid);
    if (!this.people.get(uid)) return;
    this.people.delete(uid);
    this.witness.forgotten?.(uid);
  }

  /** Some were looked for. @param {Record<string, any>} users @param {number} now */
  #found(users, now) {
    for (const [uid, user] of Object.entries(users).slice(0, MOST_FOUND)) this.#presence({ ...record(user), uid }, now);
  }

  /** @param {string} uid */
  #leave(uid) {
    this.people.delete(uid);
    this.census.forget(uid);
    this.typing.delete(uid);
    this.#newcomers.delete(uid);
    if (!this.census.isTaken && this.#unseen) this.#unseen += 1;
    this.witness.went?.(uid);
  }

  /**
   * What a presence tells anew; what it leaves out stays as it was.
   *
   * @param {any} data
   * @param {number} now
   * @returns {Partial<Member>}
   */
  #news(data, now) {
    const { status, name, fold, color, color2, bot, voice, activity, line } = this.#member(label(data.uid), data, now);
    return {
      status,
      ...('username' in data && { name, fold }),
      ...('roleColor' in data && { color }),
      ...('roleColor2' in data && { color2 }),
      ...('bot' in data && { bot }),
      ...('voice' in data && { voice }),
      ...('activity' in data && { activity }),
      ...('line' in data && { line }),
    };
  }

  /** @param {any} data @param {number} now */
  #message(data, now) {
    const message = this.#read(data, now);
    this.typing.delete(message.uid);
    this.#note(message.uid);
    this.#say(message);
    this.witness.said?.(message);
  }

  /** @param {any} data @param {number} now @returns {Message} */
  #read(data, now) {
    const uid = label(data.uid);
    const member = this.people.get(uid);
    const answers = label(data.replyTo);
    this.#meet(data, 'text');
    const channelId = label(data.channel);
    return {
      key: this.nextKey(),
      id: label(data.id),
      uid,
      author: member?.name ?? '',
      color: member?.color ?? null,
      bot: member?.bot ?? false,
      channelId,
      placeId: this.channels.has(channelId) ? channelId : label(data.parent) || channelId,
      channel: this.#channelName(data),
      text: readable(text(data.message)),
      answers,
      replyTo: this.people.get(answers)?.name ?? '',
      at: writtenAt(label(data.id), now),
      edited: false,
      emoji: this.#emoji(data),
    };
  }

  /** @param {Message | Gap | Note} entry */
  #say(entry) {
    this.feed = [...this.feed, entry].slice(-FEED_LENGTH);
  }

  /** @param {any} data */
  #edit(data) {
    const id = label(data.id);
    if (!id) return;
    const before = this.feed.find((entry) => 'id' in entry && entry.id === id);
    if (!before || !('id' in before)) return;
    if (data.message === null) {
      this.feed = this.feed.filter((entry) => entry !== before);
      this.witness.unsaid?.(before);
      return;
    }
    const message = { ...before, text: readable(text(data.message)), edited: true, emoji: this.#emoji(data) };
    this.feed = this.feed.map((entry) => (entry === before ? message : entry));
    this.witness.corrected?.(message);
  }

  /** @param {string} uid @param {number} now */
  #type(uid, now) {
    if (this.people.get(uid)) this.typing.set(uid, now + TYPING_MS);
  }

  /** @param {any} data @param {number} now */
  #reaction(data, now) {
    const uid = label(data.uid);
    if (!this.people.get(uid)) return;
    this.#reactions.set(uid, now + REACTION_MS);
    const emoji = readable(label(data.emoji));
    this.#amend(uid, { reaction: emoji });
    if (emoji) this.witness.reacted?.(uid, emoji, this.#hasPictures ? pictureAt(data.image) : '');
  }

  /** A guild's own emoji in a message, by how they are written there. @param {any} data @returns {Record<string, string>} */
  #emoji({ emoji }) {
    const pictures = Object.entries(this.#hasPictures ? record(emoji) : {}).slice(0, MOST_PICTURES);
    return Object.fromEntries(pictures.filter(([name, at]) => /^:\w{1,32}:$/.test(name) && pictureAt(at)));
  }
}
