/**
 * What is told of a room after it was entered: the first picture does without.
 *
 * @typedef {import('./net.js').Frame} Frame
 * @typedef {import('./people.js').Member} Member
 * @typedef {import('./replica.js').Gap} Gap
 * @typedef {import('./replica.js').Message} Message
 * @typedef {import('./replica.js').Note} Note
 * @typedef {import('./replica.js').Replica} Replica
 */

import { FEED_LENGTH, Happenings, ended } from './happenings.js';
import { label, number, record, text } from './parse.js';
import { A_DAY_MS, MOST_MEMBERS } from './replica.js';

const TYPING_MS = 8_000; // Discord repeats the event while somebody keeps typing
const REACTION_MS = 6_000;
const MOST_KNOWN = 3_000; // of a crowd; there, whoever has been quiet for longest is forgotten first
const JUST_NOW_MS = 120_000; // who joined before that has been there, unknown
const MOST_FOUND = 100;
const MOST_PICTURES = 20; // of a message
const DISCORD_EPOCH = 1_420_070_400_000;

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
function writtenAt(id, now) {
  if (!/^\d{16,20}$/.test(id)) return now;
  const at = Number(BigInt(id) >> 22n) + DISCORD_EPOCH;
  return Math.abs(now - at) < A_DAY_MS ? Math.min(at, now) : now;
}

export class News {
  #replica;

  /** @type {Record<string, (data: any, now: number) => void>} */
  #readers = {
    presence: (data, now) => this.#presence(data, now),
    message: (data, now) => this.#message(data, now),
    edit: (data) => this.#edit(data),
    typing: (data, now) => this.#type(label(data.uid), now),
    reaction: (data, now) => this.#reaction(data, now),
    gesture: (data) => {
      this.#note(label(data.uid));
      this.#replica.witness.acted?.(label(data.uid), label(data.gesture));
    },
    voice: (data) => this.#amend(label(data.uid), { voice: this.#replica.voice(data) }),
    found: (data, now) => this.#found(record(data.users), now),
    activity: (data) => this.#amend(label(data.uid), { activity: label(data.text) }),
    happening: (data, now) => this.happenings.take(data, now),
  };

  /** @param {Replica} replica */
  constructor(replica) {
    this.#replica = replica;
    /** What goes on beside words. */
    this.happenings = new Happenings(replica);
  }

  /** What a room's snapshot tells beside people and places. @param {any} data @param {number} now @returns {Generator<void, void>} */
  *enter(data, now) {
    const messages = this.#recall(Array.isArray(data.recent) ? data.recent.map(record) : [], now);
    yield;
    this.happenings.enter(data.happenings, now);
    if (messages.length) this.#replica.witness.recalled?.(messages);
  }

  /** Ends what fades by itself. @param {number} now @returns {number} when the next thing does; Infinity without one */
  fade(now) {
    const { typing, reactions, newcomers } = this.#replica;
    return Math.min(
      ended(typing, now, () => {}),
      ended(reactions, now, (uid) => this.#replica.amend(uid, { reaction: '' })),
      ended(newcomers, now, (uid) => this.#replica.amend(uid, { fresh: false })),
      this.happenings.fade(now),
    );
  }

  /** @param {Frame} frame @param {number} now @returns {Generator<void, void>} */
  *take(frame, now) {
    if (frame.type === 'user_data') {
      yield* this.#replica.members(record(frame.users), now);
      this.#replica.witness.entered?.();
    } else if (Object.hasOwn(this.#readers, frame.type)) {
      this.#readers[frame.type](record(frame.data), now);
    }
  }

  /** @param {string} uid @param {Partial<Member>} change */
  #amend(uid, change) {
    this.#replica.amend(uid, change);
    this.#note(uid);
  }

  /** @param {any} data @param {number} now */
  #presence(data, now) {
    const { people, census, witness } = this.#replica;
    const uid = label(data.uid);
    const known = people.get(uid);
    if (data.delete === true) {
      if (known) this.#leave(uid);
    } else if (known) {
      this.#amend(uid, this.#told(data, now));
    } else if (people.size < MOST_MEMBERS) {
      const member = this.#replica.member(uid, data, now);
      const wasThere = census.isTaken && !(number(data.joined) * 1000 > now - JUST_NOW_MS);
      people.set(member);
      if (wasThere) witness.met?.(member);
      else witness.came?.(member);
      if (!census.isTaken && this.#replica.unseen) this.#replica.unseen -= 1; // where some are not shown, who appears was most likely one of them
    }
    this.#note(uid);
  }

  /** Somebody did something; who has been quiet for long makes room. @param {string} uid */
  #note(uid) {
    const { people, census, witness } = this.#replica;
    if (!census.isTaken || !people.get(uid)) return;
    census.note(uid);
    if (people.size <= MOST_KNOWN) return;
    for (const quiet of census.quietest()) {
      if (quiet === uid) return;
      if (people.get(quiet)?.voice || witness.isWatched?.(quiet)) continue;
      this.#forget(quiet);
      return;
    }
  }

  /** @param {string} uid */
  #forget(uid) {
    const { people, census, typing, newcomers, reactions, witness } = this.#replica;
    census.forget(uid);
    typing.delete(uid);
    newcomers.delete(uid);
    reactions.delete(uid);
    if (!people.get(uid)) return;
    people.delete(uid);
    witness.forgotten?.(uid);
  }

  /** Some were looked for. @param {Record<string, any>} users @param {number} now */
  #found(users, now) {
    for (const [uid, user] of Object.entries(users).slice(0, MOST_FOUND)) this.#presence({ ...record(user), uid }, now);
  }

  /** @param {string} uid */
  #leave(uid) {
    const { people, census, typing, newcomers, witness } = this.#replica;
    people.delete(uid);
    census.forget(uid);
    typing.delete(uid);
    newcomers.delete(uid);
    if (!census.isTaken && this.#replica.unseen) this.#replica.unseen += 1;
    witness.went?.(uid);
  }

  /**
   * What a presence tells anew; what it leaves out stays as it was.
   *
   * @param {any} data
   * @param {number} now
   * @returns {Partial<Member>}
   */
  #told(data, now) {
    const { status, name, fold, color, color2, bot, voice, activity, line } = this.#replica.member(label(data.uid), data, now);
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
    this.#replica.typing.delete(message.uid);
    this.#note(message.uid);
    this.#say(message);
    this.#replica.witness.said?.(message);
  }

  /** @param {any} data */
  #edit(data) {
    const replica = this.#replica;
    const id = label(data.id);
    if (!id) return;
    const before = replica.feed.find((entry) => 'id' in entry && entry.id === id);
    if (!before || !('id' in before)) return;
    if (data.message === null) {
      replica.feed = replica.feed.filter((entry) => entry !== before);
      replica.witness.unsaid?.(before);
      return;
    }
    const message = { ...before, text: readable(text(data.message)), edited: true, emoji: this.#emoji(data) };
    replica.feed = replica.feed.map((entry) => (entry === before ? message : entry));
    replica.witness.corrected?.(message);
  }

  /** @param {string} uid @param {number} now */
  #type(uid, now) {
    if (this.#replica.people.get(uid)) this.#replica.typing.set(uid, now + TYPING_MS);
  }

  /** @param {any} data @param {number} now */
  #reaction(data, now) {
    const uid = label(data.uid);
    if (!this.#replica.people.get(uid)) return;
    this.#replica.reactions.set(uid, now + REACTION_MS);
    const emoji = readable(label(data.emoji));
    this.#amend(uid, { reaction: emoji });
    if (emoji) this.#replica.witness.reacted?.(uid, emoji, this.#replica.hasPictures ? pictureAt(data.image) : '');
  }

  /** What was said before, as far as it is news. @param {Record<string, any>[]} recent @param {number} now */
  #recall(recent, now) {
    const { feed } = this.#replica;
    const known = new Set(feed.map((entry) => ('id' in entry ? entry.id : '')));
    const news = recent.filter(({ id }) => label(id) && !known.has(label(id)));
    if (feed.length && news.length === recent.length) this.#say({ key: this.#replica.nextKey(), gap: true }); // else nothing is missing
    const messages = news.map((words) => this.#read(words, Math.min(now, number(words.at) * 1000)));
    for (const message of messages) this.#say(message);
    return messages;
  }

  /** @param {any} data @param {number} now @returns {Message} */
  #read(data, now) {
    const uid = label(data.uid);
    const member = this.#replica.people.get(uid);
    const answers = label(data.replyTo);
    this.#replica.meet(data, 'text');
    const channelId = label(data.channel);
    return {
      key: this.#replica.nextKey(),
      id: label(data.id),
      uid,
      author: member?.name ?? '',
      color: member?.color ?? null,
      bot: member?.bot ?? false,
      channelId,
      placeId: this.#replica.channels.has(channelId) ? channelId : label(data.parent) || channelId,
      channel: this.#replica.channelName(data),
      text: readable(text(data.message)),
      answers,
      replyTo: this.#replica.people.get(answers)?.name ?? '',
      at: writtenAt(label(data.id), now),
      edited: false,
      emoji: this.#emoji(data),
    };
  }

  /** @param {Message | Gap | Note} entry */
  #say(entry) {
    this.#replica.feed = [...this.#replica.feed, entry].slice(-FEED_LENGTH);
  }

  /** A guild's own emoji in a message, by how they are written there. @param {any} data @returns {Record<string, string>} */
  #emoji({ emoji }) {
    const pictures = Object.entries(this.#replica.hasPictures ? record(emoji) : {}).slice(0, MOST_PICTURES);
    return Object.fromEntries(pictures.filter(([name, at]) => /^:\w{1,32}:$/.test(name) && pictureAt(at)));
  }
}
