/**
 * What happens in the room is played here: in the world, and in its air once there is any.
 *
 * @typedef {import('../guild/people.js').Member} Member
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('../guild/replica.js').Witness} Witness
 * @typedef {import('./stage.js').Furniture} Furniture
 */

const MOST_UNTOLD = 60;

/** @implements {Witness} */
export class Play {
  #stage;
  #replica;
  /** What happens before there is any air; the latest. @type {((furniture: Furniture) => void)[]} */
  #untold = [];

  /** @param {import('./stage.js').Stage} stage @param {import('../guild/replica.js').Replica} replica */
  constructor(stage, replica) {
    this.#stage = stage;
    this.#replica = replica;
    stage.furnished = (furniture) => {
      for (const tell of this.#untold.splice(0)) tell(furniture);
    };
  }

  /** @param {(furniture: Furniture) => void} tell */
  #tell(tell) {
    const { furniture } = this.#stage;
    if (furniture) return tell(furniture);
    this.#untold.push(tell);
    this.#untold.splice(0, this.#untold.length - MOST_UNTOLD);
  }

  /** @param {(message: Message) => boolean} isGone */
  #unsay(isGone) {
    this.#tell(({ air }) => air.drop(isGone));
  }

  entered() {
    const { people, room } = this.#replica;
    if (room?.slug !== this.#stage.slug) this.#untold = []; // nothing of what was said in another room stays
    this.#unsay(({ uid }) => !people.get(uid));
    this.#stage.entered();
  }

  left() {
    this.#untold = [];
    this.#stage.left();
  }

  rebuilt() {
    this.#stage.rebuilt();
  }

  /** @param {Member} member */
  came(member) {
    this.#stage.world.arrive(member);
    this.#stage.meetAwaited();
  }

  /** They are there already. @param {Member} member */
  met(member) {
    this.#stage.changed(member);
    this.#stage.meetAwaited();
    this.#stage.lookout?.met(member.uid);
  }

  /** They still are, as one of many. @param {string} uid */
  forgotten(uid) {
    this.#stage.world.forget(uid);
  }

  /** @param {string} uid */
  isWatched(uid) {
    return uid === this.#stage.world.following;
  }

  /** @param {Member} member */
  changed(member) {
    this.#stage.changed(member);
  }

  /** @param {string} uid */
  went(uid) {
    this.#stage.world.leave(uid);
    this.#unsay((message) => message.uid === uid);
  }

  /** @param {Message} message */
  said(message) {
    const now = performance.now();
    const isGesture = this.#stage.furniture?.air.gestured(message, now);
    if (!isGesture) this.#stage.world.say(message.uid, message.placeId);
    this.#tell(({ air, lookout }) => {
      if (!isGesture) air.say(message, now);
      lookout.heard(message.placeId, now);
      air.heard(message.uid);
    });
  }

  /** Where it was said is lively, and the last of it can still be read. @param {Message[]} messages */
  recalled(messages) {
    for (const { uid, placeId } of messages) this.#stage.world.say(uid, placeId);
    this.#tell(({ air, lookout }) => {
      for (const { placeId, at } of messages) lookout.heard(placeId, performance.now() - (Date.now() - at), false);
      air.recall(messages);
    });
  }

  /** Somebody makes their own figure do something. @param {string} uid @param {string} gesture */
  acted(uid, gesture) {
    this.#stage.furniture?.air.act(uid, gesture, performance.now());
  }

  /** @param {Message} message */
  corrected(message) {
    const now = performance.now();
    this.#tell(({ air }) => air.correct(message, now));
  }

  /** @param {Message} message */
  unsaid(message) {
    this.#unsay(({ key }) => key === message.key);
  }

  /** @param {string} uid @param {string} emoji @param {string} picture */
  reacted(uid, emoji, picture) {
    this.#stage.world.stir(uid);
    this.#tell(({ air }) => air.react(uid, emoji, picture, performance.now()));
  }

  /** @param {import('../guild/happenings.js').Happening | null} happening */
  happened(happening) {
    const air = this.#stage.furniture?.air;
    if (happening) air?.happened(happening);
    air?.mark();
  }
}
