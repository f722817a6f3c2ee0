/**
 * What else can be done with the page: seen in full, shown to others, kept as a picture, put on a stream.
 *
 * @typedef {import('../words.js').MoreWords} MoreWords
 * @typedef {import('../guild/replica.js').Replica} Replica
 */

import { byId, make, setText } from './dom.js';
import { copy, linkTo } from './links.js';
import { fileName, postcard } from './postcard.js';

const DONE_MS = 4_000;

/**
 * @param {MoreWords} words
 * @param {string} locale how dates are written
 * @param {Replica} replica
 * @param {() => void} openStreams
 */
export function offerMenu(words, locale, replica, openStreams) {
  const done = make('p', 'done');
  done.setAttribute('role', 'status');
  /** @type {number | undefined} */
  let fading;
  /** @param {string} text */
  function tell(text) {
    setText(done, text);
    clearTimeout(fading);
    fading = setTimeout(() => setText(done, ''), DONE_MS);
  }

  const acts = make('div', 'acts');
  /** @param {string} title @param {string} hint @param {() => void} act */
  function offer(title, hint, act) {
    const button = make('button', '', make('span', '', title), make('span', 'hint', hint));
    button.type = 'button';
    button.addEventListener('click', act);
    acts.append(button);
    return button;
  }

  if (document.fullscreenEnabled) {
    const full = offer(words.fullScreen, words.fullScreenHint, () => toggleFullScreen());
    const name = () => setText(/** @type {Node} */ (full.firstChild), document.fullscreenElement ? words.leaveFullScreen : words.fullScreen);
    document.addEventListener('fullscreenchange', name);
    name();
  }
  offer(words.copyLink, words.copyLinkHint, async () => {
    const isCopied = await copy(linkTo(location.href, replica.room?.slug));
    tell(isCopied ? words.copied : words.notCopied);
  });
  offer(words.postcard, words.postcardHint, async () => {
    const { room } = replica;
    if (!room) return;
    const now = new Date();
    const picture = await postcard(/** @type {HTMLCanvasElement} */ (byId('world')), room.name, new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(now));
    save(picture, fileName(room.slug, now));
    tell(words.saved);
  });
  offer(words.streams, words.streamsHint, openStreams);
  byId('menu').append(acts, done);
}

/** @param {typeof import('./streams.js')} got @param {MoreWords} words @param {Replica} replica */
export const makeStreams = ({ Streams }, words, replica) => new Streams(words, { copy, link: (slug, settings) => linkTo(location.href, slug, settings) }, () => {
  const { room, guilds } = replica;
  return room && { slug: room.slug, locked: guilds.find(({ slug }) => slug === room.slug)?.locked === true };
});

/** Leaves what a viewer has asked for, where a browser lets nobody in. */
function toggleFullScreen() {
  const turned = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  turned.catch(() => {}); // refused: all stays as it is
}

/** @param {Blob} picture @param {string} name */
function save(picture, name) {
  const link = make('a');
  link.href = URL.createObjectURL(picture);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it when the viewer has agreed
}
