/** Puts the parts together: address, reader, replica, conversation, world, frame. */

// First: what it asks for is on its way while the rest is made.
import { address, comingWords, preferences, storage } from './ui/reader.js';

import { byId, icon, setText } from './ui/dom.js';
import { moreWordsFor, translate } from './words.js';
import { isOwnBridge, socketUrl } from './guild/net.js';
import { Conversation } from './guild/conversation.js';
import { Islands } from './ui/islands.js';
import { Part } from './ui/part.js';
import { Stage } from './ui/stage.js';
import { Replica } from './guild/replica.js';
import { View } from './ui/view.js';

// After these, an island may come back as it was.
const PASSING = new Set([
  'not-there-yet', 'too-many-tries', 'bot-silent', 'no-answer', 'crowded', 'full', 'provider-trouble', 'internal-error',
]);
const IDLE_MS = 1_000; // the longest that the rest of the page waits for the browser to have time
// After these a line may be dead without knowing, or the network back: another one, a page that was put away, a lock.
/** @type {[EventTarget | undefined, string][]} */
const OMENS = [
  [window, 'online'], [window, 'pageshow'], [document, 'visibilitychange'], [document, 'resume'],
  [/** @type {any} */ (navigator).connection, 'change'],
];

const isEmbedded = address.embed === true;
const isTransparent = address.background === 'transparent';
document.body.classList.toggle('embed', isEmbedded);
document.body.classList.toggle('with-feed', address.feed === true);
document.documentElement.classList.toggle('transparent', isTransparent);

const words = await comingWords;
translate(document, words);
for (const node of document.querySelectorAll('[data-icon]')) node.append(icon(node.getAttribute('data-icon') ?? ''));

const bridge = socketUrl(location);
const isOwn = isOwnBridge(bridge, location);
const islands = new Islands(storage, bridge);
const replica = new Replica(isOwn); // which pictures may be shown, the page's own bridge has said

/** What was entered last. */
let seen = '';
/** @type {typeof import('./ui/outline.js').outlineOf | null} */
let traceOutline = null;

/** @type {Conversation} */
const conversation = new Conversation(bridge, address.s, replica, {
  changed() {
    const { link } = conversation;
    stage.setConnected(link.phase === 'live');
    if (link.phase === 'waiting' && link.why === 'refused') islands.forget(seen);
    view.refresh();
    if (link.phase === 'waiting') soon(); // there may be no picture for long
  },
  heard: (events) => stage.pulse(events),
  joined(slug) {
    seen = slug;
    stage.seated();
    if (view.enter(slug)) keepAddress(slug);
  },
  refused(refusal) {
    view.explain(refusal);
    if (!PASSING.has(refusal.code)) islands.forget(refusal.slug);
    soon(); // and so it may be now
  },
  announced: (said) => view.announce(said),
  balked: (code) => stage.balked(code),
}, isEmbedded); // somebody else's page shall show the guild that it names, or none
conversation.start(); // what it hears comes when all of this is there

const stage = new Stage(words, replica, preferences, isEmbedded ? { search() {}, explain() {}, close() {} } : {
  search() {
    want();
    view.search();
  },
  explain() {
    want();
    byId('legend').togglePopover();
    byId('legend-text').focus();
  },
  close: () => view.close(),
}, {
  transparent: isTransparent,
  follow: address.follow,
  zoom: address.zoom,
  tour: address.tour !== false,
  names: address.names !== false,
  drawn: soon,
  outline: (slug) => islands.of(slug ?? address.s),
  arrived: keepOutline,
  find: (text) => conversation.find(text),
});
replica.witness = stage;
preferences.changed = (name) => {
  if (name === 'language') speakAnother();
  stage.adapt();
};

/** @type {View} */
const view = new View(words, replica, conversation, stage, preferences, {
  pick(slug, password) {
    view.explain(null);
    byId('servers').hidePopover();
    conversation.ask(slug, password);
  },
  dismissed() {
    conversation.stay();
    if (replica.room) keepAddress(replica.room.slug);
  },
  hurry: () => conversation.hurry(),
  openStreams,
  isOwn,
});

/** The rest of the page: without it there is a picture already. */
const later = new Part(async (again) => {
  /** @type {Promise<typeof import('./ui/later.js')>} */
  const coming = import(`./ui/later.js${again}`);
  const [{ LATER }, more] = await Promise.all([coming, moreWordsFor(words.language, again)]);
  return { LATER, more };
}, ({ LATER, more }) => {
  traceOutline = LATER.outlineOf;
  keepOutline();
  stage.furnish((world, talk) => new LATER.Air(words, world, talk, more, replica, isSomebodyInVoice, {
    own: () => stage.own,
    ask: (gesture) => conversation.gesture(gesture),
  }));
  view.furnish(LATER, more);
  setText(byId('streams-title'), more.streams);
  furnishStreams = ({ Streams }) => new Streams(more, { copy: LATER.copy, link: (slug, settings) => LATER.linkTo(location.href, slug, settings) }, () => {
    const { room, guilds } = replica;
    return room && { slug: room.slug, locked: guilds.find(({ slug }) => slug === room.slug)?.locked === true };
  });
}, tellOnce);

/** What few need: it comes when somebody wants it. @type {(got: typeof import('./ui/streams.js')) => void} */
let furnishStreams = () => {};
/** @type {Part<typeof import('./ui/streams.js')>} */
const streams = new Part((again) => import(`./ui/streams.js${again}`), (got) => furnishStreams(got), tellOnce);

function openStreams() {
  isTold = false;
  byId('menu').hidePopover();
  byId('streams').showPopover();
  streams.hurry();
}

/** @param {number} failures */
function tellOnce(failures) {
  if (failures < 2 || isTold) return;
  isTold = true;
  view.miss();
}
let isTold = false; // once, and again to who wants it again
byId('tools').addEventListener('click', want);

function isSomebodyInVoice() {
  for (const { voice } of replica.people.all()) if (voice) return true;
  return false;
}

/** A next visit begins with the island as it is. */
function keepOutline() {
  if (!traceOutline || !seen || !stage.isThere) return;
  const { terrain, bounds } = stage.world.shape;
  islands.keep(seen, traceOutline(terrain, bounds), address.s === null);
}

/** Somebody wants what may not be there yet. */
function want() {
  isTold = false;
  later.hurry();
}

/** Fetches the rest when the browser has time for it. */
function soon() {
  if ('requestIdleCallback' in window) requestIdleCallback(() => later.start(), { timeout: IDLE_MS });
  else setTimeout(() => later.start());
}

/**
 * The address names the room, so that a reload or a shared link leads back to it.
 *
 * @param {string} slug
 */
function keepAddress(slug) {
  changeAddress((here) => here.searchParams.set('s', slug));
}

/** The page begins anew in the language that was chosen, also where its address names one. */
function speakAnother() {
  changeAddress((here) => here.searchParams.delete('lang'));
  location.reload();
}

/** @param {(here: URL) => void} change */
function changeAddress(change) {
  const here = new URL(location.href);
  change(here);
  history.replaceState(null, '', here);
}

/** How a login ended that came to nothing: said once, and not kept in the address. */
function tellOfLogin() {
  const outcome = new URLSearchParams(location.search).get('login');
  if (!outcome) return;
  changeAddress((here) => here.searchParams.delete('login'));
  const code = outcome === 'silent' ? 'no-answer' : outcome === 'denied' ? 'login-denied' : 'login-failed';
  view.explain({ code, slug: '' });
}

for (const [from, event] of OMENS) from?.addEventListener(event, () => conversation.doubt());
addEventListener('online', () => later.hurry());
tellOfLogin();
