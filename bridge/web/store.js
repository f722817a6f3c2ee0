/**
 * The guild's truth: what the bridge has told, and nothing else. Knows no DOM and no socket.
 *
 * @typedef {import('./net.js').Frame} Frame
 * @typedef {import('./roster.js').Member} Member
 * @typedef {import('./roster.js').Status} Status
 * @typedef {{key: string, slug: string, name: string, locked: boolean}} Guild
 * @typedef {{id: string, slug: string, name: string}} Room
 * @typedef {{id: string, name: string, kind: string, category: string, position: number}} ChannelInfo
 * @typedef {{key: number, id: string, uid: string, author: string, color: string | null, bot: boolean,
 *   channelId: string, channel: string, text: string, answers: string, replyTo: string, at: number,
 *   edited: boolean, emoji: Record<string, string>}} Message `answers` is the uid of whom it replies to, `replyTo` their
 *   name; `emoji` has the addresses of pictures for parts of the text
 * @typedef {{key: number, gap: true}} Gap
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
 * @property {(uid: string) => void} went
 * @property {(message: Message) => void} said
 * @property {(message: Message) => void} corrected
 * @property {(message: Message) => void} unsaid
 * @property {(uid: string, emoji: string, picture: string) => void} reacted `picture`: its address, or nothing
 */

import { Roster, STATUSES, fold } from './roster.js';

export const FEED_LENGTH = 50;
const TYPING_MS = 8_000; // Discord repeats the event while somebody keeps typing
const REACTION_MS = 6_000;
const A_DAY_MS = 86_400_000; // for so long somebody is new here
const DISCORD_EPOCH = 1_420_070_400_000;

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');

/** @param {unknown} value @returns {Status} */
const statusOf = (value) => STATUSES.find((known) => known === value) ?? 'offline';

/**
 * A role's colour. White is what members without a coloured role are sent as.
 *
 * @param {unknown} value
 * @returns {string | null}
 */
const color = (value) => (/^#(?!f{6})[0-9a-f]{6}$/i.test(text(value)) ? text(value) : null);

/** A guild's own emoji by its name, where a bridge sends it as Discord writes it. @param {string} words */
const readable = (words) => words.replace(/<a?(:\w{1,32}:)\d{1,20}>/g, '$1');

/** The address of a picture. @param {unknown} value */
const pictureAt = (value) => (text(value).startsWith('https://') ? text(value) : '');

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

export class Store {
  /** @type {Guild[]} */
  guilds = [];
  /** @type {Room | null} */
  room = null;
  roster = new Roster();
  // Oldest first. Replaced, never changed, so that a reader sees by identity whether it is news.
  /** @type {(Message | Gap)[]} */
  feed = [];
  // Who is typing, and until when.
  /** @type {Map<string, number>} */
  typing = new Map();
  /** @type {Map<string, ChannelInfo>} */
  channels = new Map();
  /** @type {Partial<Witness>} */
  witness = {};
  #hasPictures;
  /** How many members there are beside those that are shown. */
  #unseen = 0;
  // Whose reaction is to be seen, and who is new here; until when.
  /** @type {Map<string, number>} */
  #reactions = new Map();
  /** @type {Map<string, number>} */
  #newcomers = new Map();
  #keys = 0;

  /** @type {Record<string, (data: any, now: number) => void>} */
  #readers = {
    'server-list': (data) => this.#list(data),
    servers: (data) => this.#list(data),
    'server-join': (data, now) => this.#join(data, now),
    channels: (data) => {
      this.#build(data);
      this.witness.rebuilt?.();
    },
    presence: (data, now) => this.#presence(data, now),
    message: (data, now) => this.#message(data, now),
    edit: (data) => this.#edit(data),
    typing: (data, now) => { this.typing.set(text(data.uid), now + TYPING_MS); },
    reaction: (data, now) => this.#reaction(data, now),
    voice: (data) => this.#amend(text(data.uid), { voice: this.#voice(data) }),
    activity: (data) => this.#amend(text(data.uid), { activity: text(data.text) }),
  };

  /** @param {boolean} [hasPictures] whether pictures that the bridge names may be shown */
  constructor(hasPictures = false) {
    this.#hasPictures = hasPictures;
  }

  /**
   * Takes one frame in. Types and fields it doesn't know are left alone.
   *
   * @param {Frame} frame
   * @param {number} now
   */
  apply(frame, now) {
    if (frame.type === 'user_data') this.#renew(frame.users ?? {}, now);
    else if (Object.hasOwn(this.#readers, frame.type)) this.#readers[frame.type](frame.data ?? {}, now);
  }

  get counts() {
    return { members: this.roster.size + this.#unseen, online: this.roster.present };
  }

  /** The room may not be shown any longer: nothing of it stays. */
  leave() {
    this.guilds = this.guilds.filter(({ slug }) => slug !== this.room?.slug);
    this.room = null;
    this.#empty();
    this.roster.replace([]);
    this.#unseen = 0;
    this.witness.left?.();
  }

  /**
   * Ends what fades by itself.
   *
   * @param {number} now
   * @returns {number} when the next thing fades; Infinity when nothing does
   */
  fade(now) {
    for (const [uid, until] of this.typing) if (until <= now) this.typing.delete(uid);
    for (const [uid, until] of this.#reactions) {
      if (until > now) continue;
      this.#reactions.delete(uid);
      this.#amend(uid, { reaction: '' });
    }
    for (const [uid, until] of this.#newcomers) {
      if (until > now) continue;
      this.#newcomers.delete(uid);
      this.#amend(uid, { fresh: false });
    }
    return Math.min(...this.typing.values(), ...this.#reactions.values(), ...this.#newcomers.values());
  }

  #empty() {
    this.feed = [];
    this.typing.clear();
    this.#reactions.clear();
    this.channels = new Map();
  }

  /** @param {Record<string, any>} data */
  #list(data) {
    this.guilds = Object.entries(data).map(([key, guild]) => ({
      key,
      slug: text(guild?.id),
      name: text(guild?.name) || text(guild?.id),
      locked: guild?.passworded === true,
    }));
  }

  /** @param {any} data @param {number} now */
  #join(data, now) {
    const slug = text(data.request?.server);
    const returning = this.room?.slug === slug;
    const id = this.guilds.find((guild) => guild.slug === slug)?.key ?? slug;
    this.room = { id, slug, name: text(data.serverName) || slug };
    if (!returning) this.#empty();
    if (data.channels) this.#build(data.channels);
    if (data.resumed) {
      if (data.channels) this.witness.rebuilt?.();
      return;
    }
    this.typing.clear();
    this.#reactions.clear();
    this.#members(data.users ?? {}, now);
    this.#unseen = Math.max(0, (Number(data.counts?.members) || 0) - this.roster.size);
    if (this.feed.length) this.#say({ key: this.#keys++, gap: true });
    this.witness.entered?.();
  }

  /** @param {Record<string, any>} channels */
  #build(channels) {
    this.channels = new Map(Object.entries(channels).map(([id, channel]) => [id, {
      id,
      name: text(channel?.name),
      kind: text(channel?.kind) || 'text',
      category: text(channel?.category),
      position: Number(channel?.position) || 0,
    }]));
  }

  /** What is told of a channel that nobody has listed: some bridges list none. @param {any} data @param {string} kind */
  #meet(data, kind) {
    const id = text(data.channel);
    const name = text(data.channelName);
    if (!id || !name || this.channels.has(id)) return;
    this.channels.set(id, { id, name, kind, category: '', position: this.channels.size });
    this.witness.rebuilt?.();
  }

  /** @param {Record<string, any>} users @param {number} now */
  #renew(users, now) {
    this.#members(users, now);
    this.witness.entered?.();
  }

  /** @param {Record<string, any>} users @param {number} now */
  #members(users, now) {
    this.#newcomers.clear();
    this.roster.replace(Object.entries(users).map(([uid, user]) => this.#member(uid, user ?? {}, now)));
  }

  /** @param {string} uid @param {any} user @param {number} now @returns {Member} */
  #member(uid, user, now) {
    const name = text(user.username) || uid;
    const newUntil = user.joined > 0 ? Math.min(user.joined * 1000, now) + A_DAY_MS : 0;
    if (newUntil > now) this.#newcomers.set(uid, newUntil);
    return {
      uid,
      name,
      fold: fold(name),
      status: statusOf(user.status),
      color: color(user.roleColor),
      bot: user.bot === true,
      voice: user.voice ? this.#voice(user.voice) : null,
      activity: text(user.activity),
      reaction: '',
      fresh: newUntil > now,
    };
  }

  /** @param {any} data */
  #voice(data) {
    if (!data.channel) return null;
    this.#meet(data, 'voice');
    return {
      channelId: text(data.channel),
      channel: this.#channelName(data),
      muted: data.muted === true,
      deafened: data.deafened === true,
      streaming: data.streaming === true,
      speaker: data.speaker === true,
    };
  }

  /** @param {any} data */
  #channelName(data) {
    return text(data.channelName) || (this.channels.get(text(data.channel))?.name ?? '');
  }

  /**
   * @param {string} uid
   * @param {Partial<Member>} change
   */
  #amend(uid, change) {
    const member = this.roster.get(uid);
    if (!member) return;
    const changed = { ...member, ...change };
    this.roster.set(changed);
    this.witness.changed?.(changed);
  }

  /** @param {any} data @param {number} now */
  #presence(data, now) {
    const uid = text(data.uid);
    const known = this.roster.get(uid);
    if (data.delete === true) {
      if (known) this.#leave(uid);
    } else if (known) {
      this.#amend(uid, this.#news(data, now));
    } else {
      const member = this.#member(uid, data, now);
      this.roster.set(member);
      this.witness.came?.(member);
      if (this.#unseen) this.#unseen -= 1; // where some are not shown, who appears was most likely one of them
    }
  }

  /** @param {string} uid */
  #leave(uid) {
    this.roster.delete(uid);
    this.typing.delete(uid);
    this.#newcomers.delete(uid);
    if (this.#unseen) this.#unseen += 1;
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
    const told = this.#member(data.uid, data, now);
    return {
      status: told.status,
      ...('username' in data && { name: told.name, fold: told.fold }),
      ...('roleColor' in data && { color: told.color }),
      ...('bot' in data && { bot: told.bot }),
      ...('voice' in data && { voice: told.voice }),
      ...('activity' in data && { activity: told.activity }),
    };
  }

  /** @param {any} data @param {number} now */
  #message(data, now) {
    const uid = text(data.uid);
    const member = this.roster.get(uid);
    const answers = text(data.replyTo);
    this.typing.delete(uid);
    this.#meet(data, 'text');
    const message = {
      key: this.#keys++,
      id: text(data.id),
      uid,
      author: member?.name ?? '',
      color: member?.color ?? null,
      bot: member?.bot ?? false,
      channelId: text(data.channel),
      channel: this.#channelName(data),
      text: readable(text(data.message)),
      answers,
      replyTo: this.roster.get(answers)?.name ?? '',
      at: writtenAt(text(data.id), now),
      edited: false,
      emoji: this.#emoji(data),
    };
    this.#say(message);
    this.witness.said?.(message);
  }

  /** @param {Message | Gap} entry */
  #say(entry) {
    this.feed = [...this.feed, entry].slice(-FEED_LENGTH);
  }

  /** @param {any} data */
  #edit(data) {
    const id = text(data.id);
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

  /** @param {any} data @param {number} now */
  #reaction(data, now) {
    const uid = text(data.uid);
    this.#reactions.set(uid, now + REACTION_MS);
    const emoji = readable(text(data.emoji));
    this.#amend(uid, { reaction: emoji });
    if (emoji) this.witness.reacted?.(uid, emoji, this.#hasPictures ? pictureAt(data.image) : '');
  }

  /** A guild's own emoji in a message, by how they are written there. @param {any} data @returns {Record<string, string>} */
  #emoji({ emoji }) {
    const pictures = Object.entries(this.#hasPictures && emoji ? emoji : {});
    return Object.fromEntries(pictures.filter(([name, at]) => /^:\w{1,32}:$/.test(name) && pictureAt(at)));
  }
}
