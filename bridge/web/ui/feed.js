/**
 * What is being said, newest last. Follows the talk until the reader scrolls back.
 *
 * @typedef {import('../words.js').AllWords} AllWords
 * @typedef {import('../guild/replica.js').Message} Message
 * @typedef {import('../guild/replica.js').Gap} Gap
 * @typedef {import('../guild/replica.js').Note} Note
 * @typedef {Message | Gap | Note} Entry
 * @typedef {import('../guild/replica.js').Replica} Replica
 */

import { byId, icon, make, setText } from './dom.js';
import { illustrated } from './emoji.js';
import { KeyedList } from './list.js';
import { portraitOf } from './figure.js';
import { roam } from './roam.js';
import { trimmed } from './talk.js';
import { localeFor } from './locale.js';
import { tint } from './tint.js';

const LONG_WORDS = 100; // characters, from which on it may need more lines than are shown of it
const FEED_REST_MS = 250; // between two looks at what is new, which may be more than anybody reads
const NEAR_END = 24; // pixels from the end that still count as reading the latest

export class Feed {
  #words;
  #more;
  #go;
  /** Made for the first words: making it takes long. @type {Intl.DateTimeFormat | undefined} */
  #clock;
  #log = byId('feed');
  #latest = byId('latest');
  /** @type {KeyedList<Entry>} */
  #list;
  /** @type {readonly unknown[] | null} */
  #shown = null;
  #count = 0;
  /** Until when nothing new is shown. */
  #resting = 0;
  #following = true;
  /** Shows a button where words are cut. */
  #cuts = new ResizeObserver((entries) => {
    for (const { target } of entries) this.#cut(/** @type {HTMLElement} */ (target));
    this.#keepUp();
  });

  /** @param {AllWords} words @param {import('../words.js').MoreWords} more @param {(said: {uid: string, placeId: string}) => void} go to where that was said */
  constructor(words, more, go) {
    this.#words = words;
    this.#more = more;
    this.#go = go;
    this.#list = new KeyedList(
      this.#log, (entry) => entry.key, (entry) => this.#create(entry), (row, entry) => this.#update(row, entry),
    );
    this.#latest.append(icon('down'), words.latest);
    this.#latest.addEventListener('click', () => this.#follow());
    this.#log.addEventListener('scroll', () => this.#scrolled());
    new ResizeObserver(() => this.#keepUp()).observe(this.#log);
    roam(this.#log);
  }

  /** @param {Replica} replica */
  show(replica) {
    const { feed, typing, people } = replica;
    const names = [...typing.keys()].flatMap((uid) => people.get(uid)?.name ?? []);
    setText(byId('typing'), names.length ? this.#words.typing(names) : '');
    if (feed === this.#shown || (this.#resting && feed.length >= this.#count)) return; // what may not be shown any longer goes at once
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#resting = 0;
      this.show(replica);
    }, FEED_REST_MS);
    this.#shown = feed;
    this.#count = feed.length;
    const hadFocus = this.#log.contains(document.activeElement);
    this.#list.show(feed);
    if (hadFocus && !this.#log.contains(document.activeElement)) this.#log.focus({ preventScroll: true }); // that row is gone
    byId('quiet').hidden = feed.length > 0;
    if (!feed.length) this.#following = true;
    this.#keepUp();
  }

  #follow() {
    this.#following = true;
    this.#keepUp();
    this.#log.focus({ preventScroll: true });
  }

  #keepUp() {
    const isHeld = this.#log.querySelector('button:focus-visible'); // it would be moved out of view
    if (this.#following && isHeld) this.#scrolled();
    else if (this.#following) this.#log.scrollTop = this.#log.scrollHeight;
    this.#latest.hidden = this.#following;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (!clientHeight) return; // out of sight, as another panel is shown
    this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END;
    this.#latest.hidden = this.#following;
  }

  /** @param {Entry} entry */
  #create(entry) {
    if ('gap' in entry) return make('p', 'gap', this.#words.gap);
    if ('happening' in entry) return this.#note(entry);
    const name = entry.author || this.#words.someone;
    const byline = make('p', 'byline', entry.placeId ? way('name', name) : make('span', 'name', name));
    if (entry.bot) byline.append(make('span', 'tag', this.#words.bot));
    if (entry.replyTo) byline.append(make('span', 'reply', this.#words.replying(entry.replyTo)));
    this.#clock ??= new Intl.DateTimeFormat(localeFor(this.#words.language), { timeStyle: 'short' });
    const time = make('time', '', this.#clock.format(entry.at));
    time.dateTime = new Date(entry.at).toISOString();
    byline.append(make('span', 'when', ...(entry.channel ? [make('span', 'place', `#${entry.channel}`)] : []), time));
    const words = make('p', 'words');
    words.dir = 'auto';
    const row = make('article', 'message', portraitOf(entry), byline, words);
    tint(row, entry);
    return this.#leading(row, entry);
  }

  /** What happened beside words, in a sentence. @param {Note} note */
  #note({ happening, author }) {
    const { kind, placeId, channel, text, location } = happening;
    const { called, someone } = this.#words;
    const [name, where] = [text && called(text), channel || location];
    const sentence = this.#more.happened[kind](called(author || someone), name, where && called(where));
    return this.#leading(make('p', 'note', placeId ? way('', sentence) : sentence), { uid: '', placeId });
  }

  /** A click leads to where that was said; the keyboard has a button for it. @param {HTMLElement} row @param {{uid: string, placeId: string}} said */
  #leading(row, said) {
    if (!said.placeId) return row;
    row.classList.add('leading');
    row.addEventListener('click', ({ target, detail }) => {
      const isElsewhere = target instanceof Element && target.closest('button:not(.way)');
      const isMarking = detail && getSelection()?.isCollapsed === false; // who marks words wants to copy them
      if (!isElsewhere && !isMarking) this.#go(said);
    });
    return row;
  }

  /** @param {HTMLElement} row @param {Entry} entry */
  #update(row, entry) {
    if ('gap' in entry || 'happening' in entry) return;
    const words = /** @type {Element} */ (row.querySelector('.words'));
    const text = trimmed(entry.text);
    words.replaceChildren(make('span', 'apart', ...illustrated(text, entry.emoji)));
    if (text.length > LONG_WORDS || text.includes('\n')) this.#cuts.observe(words);
    if (entry.edited) words.append(' ', make('span', 'edited', `(${this.#words.edited})`));
  }

  /** @param {HTMLElement} words */
  #cut(words) {
    if (!words.isConnected) {
      this.#cuts.unobserve(words); // too many have been said since
      return;
    }
    const isCut = words.scrollHeight > words.clientHeight + 1;
    const before = words.nextElementSibling;
    if (!isCut || before) {
      if (before && !isCut && !words.classList.contains('whole')) before.remove();
      return;
    }
    const button = make('button', 'all', this.#words.all);
    button.type = 'button';
    button.tabIndex = -1; // arrows lead to it
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => {
      const isWhole = words.classList.toggle('whole');
      button.setAttribute('aria-expanded', String(isWhole));
      setText(button, isWhole ? this.#words.less : this.#words.all);
    });
    words.after(button);
  }
}

/** What leads to where something was said, for whom arrows bring there. @param {string} className @param {string} text */
function way(className, text) {
  const button = make('button', `${className} way`, text);
  button.type = 'button';
  button.tabIndex = -1;
  return button;
}
