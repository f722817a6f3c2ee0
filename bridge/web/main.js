/** Puts the parts together: address, reader, replica, conversation, world, frame. */

// First: what it asks for is on its way while the rest is made.
import { address, comingWords, preferences, storage } from './ui/reader.js';

import { byId, dress, icon } from './ui/dom.js';
import { moreWordsFor, translate } from './words.js';
import { isOwnBridge, socketUrl } from './guild/net.js';
import { Conversation } from './guild/conversation.js';
import { Islands } from './ui/islands.js';
import { listenForKeys } from './ui/keys.js';
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

const TOUCHES = ['pointermove', 'pointerdown', 'keydown', 'focusin'];

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
    if (document.hidden) life.start(); // there is no picture for long
    if (view.enter(slug)) keepAddress(slug);
  },
  refused(refusal) {
    view.explain(refusal);
    if (!PASSING.has(refusal.code)) islands.forget(refusal.slug);
    fetchRest(); // it has the words for it
  },
  announced: (said) => view.announce(said),
  balked: (code) => stage.balked(code),
  large: () => life.start(),
}, isEmbedded); // somebody else's page shall show the guild that it names, or none
conversation.start(); // what it hears comes when all of this is there

const stage = new Stage(replica, preferences, {
  transparent: isTransparent,
  follow: address.follow,
  zoom: address.zoom,
  drawn() {
    setTimeout(() => life.start()); // when it is to be seen
    soon();
  },
  needTown: () => town.start(),
  outline: (slug) => islands.of(slug ?? address.s),
  arrived: keepOutline,
  find: (text) => conversation.find(text),
});
replica.witness = stage;
preferences.changed = (name) => {
  if (name === 'language') speakAnother();
  if (name === 'sound') fetchRest();
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

const page = { words, address, replica, conversation, stage, view, preferences };

listenForKeys({
  search() {
    if (isEmbedded) return;
    stage.lookout?.touched();
    want();
    view.search();
  },
  explain() {
    if (isEmbedded) return;
    stage.lookout?.touched();
    want();
    byId('legend').togglePopover();
    byId('legend-text').focus();
  },
  escape() {
    if (stage.closeRing()) return;
    if (stage.world.following) stage.world.follow(null);
    else if (!isEmbedded) view.close();
  },
});

/** What lacks of the page, though it was asked for. @type {Set<Part<any>>} */
const missing = new Set();
let isTold = false; // once, and again to who wants it again

/** @template Content @param {(again: string) => Promise<Content>} load @param {(content: Content) => void} arrived */
function partOf(load, arrived) {
  /** @type {Part<Content>} */
  const part = new Part(load, (content) => {
    missing.delete(part);
    arrived(content);
    if (!missing.size) view.miss(false);
  }, (failures) => {
    if (failures < 2) return;
    missing.add(part);
    if (!isTold) view.miss(true);
    isTold = true;
  });
  return part;
}

/** What an island with houses needs. */
const town = partOf((again) => import(`./world/town.js${again}`), (/** @type {typeof import('./world/town.js')} */ { TOWN }) => {
  stage.world.town = TOWN;
});
if (islands.of(address.s)?.isTown) town.start(); // it was one

/** What goes on once there is a picture: people move, what happens is told, the line is watched over. */
const life = partOf((again) => import(`./ui/life.js${again}`), (/** @type {typeof import('./ui/life.js')} */ { LIFE }) => {
  replica.witness = new LIFE.Play(stage, replica);
  replica.news = new LIFE.News(replica);
  stage.world.life = LIFE.Sim;
  conversation.furnish(LIFE);
  view.refresh();
});

/** The rest of the page: without it there is a picture already. */
const later = partOf(async (again) => {
  /** @type {Promise<typeof import('./ui/later.js')>} */
  const coming = import(`./ui/later.js${again}`);
  return Promise.all([coming, moreWordsFor(words.language, again), dress(`ui/later.css${again}`)]);
}, ([{ LATER }, more]) => {
  traceOutline = LATER.outlineOf;
  keepOutline();
  furnish([LATER, LATER.furnishPage(page, more)]);
  const code = LATER.outcomeOf(location);
  if (!code) return;
  changeAddress((here) => here.searchParams.delete('login'));
  view.explain({ code, slug: '' });
});
/** @type {(made: [import('./ui/later.js').Later, import('./ui/furnish.js').Furnished]) => void} */
let furnish;
/** What that has made, for what comes after it. @type {Promise<Parameters<typeof furnish>[0]>} */
const furnished = new Promise((resolve) => { furnish = resolve; });

/** What only who touches the page needs. */
const touched = partOf(async (again) => {
  /** @type {Promise<typeof import('./ui/touched.js')>} */
  const coming = import(`./ui/touched.js${again}`);
  return Promise.all([coming, furnished, dress(`ui/touched.css${again}`)]);
}, ([{ TOUCHED }, [LATER, made]]) => {
  TOUCHED.offerAll(page, made, LATER);
  furnishStreams = (got) => TOUCHED.makeStreams(got, made.more, replica);
});
for (const touch of TOUCHES) addEventListener(touch, () => touched.start(), { once: true });
let isPressed = false; // browsers let nothing sound before
for (const press of ['pointerdown', 'keydown']) addEventListener(press, () => { isPressed = true; }, { once: true });

/** What sounds, where somebody wants that. */
const sound = partOf(async (again) => {
  /** @type {Promise<typeof import('./ui/sound.js')>} */
  const coming = import(`./ui/sound.js${again}`);
  return Promise.all([coming, furnished]);
}, ([{ Sound }, [, { air }]]) => {
  air.sound = new Sound(stage.world, replica, isPressed);
  stage.adapt();
});

/** What few need: it comes when somebody wants it. @type {(got: typeof import('./ui/streams.js')) => void} */
let furnishStreams = () => {};
const streams = partOf((again) => import(`./ui/streams.js${again}`), (/** @type {typeof import('./ui/streams.js')} */ got) => furnishStreams(got));

function openStreams() {
  isTold = false;
  byId('menu').hidePopover();
  byId('streams').showPopover();
  streams.hurry();
}

byId('tools').addEventListener('click', want);

/** A next visit begins with the island as it is. */
function keepOutline() {
  if (!traceOutline || !seen || !stage.isThere) return;
  const { terrain, bounds } = stage.world.shape;
  islands.keep(seen, traceOutline(terrain, bounds), address.s === null);
}

/** Somebody wants what may not be there yet. */
function want() {
  isTold = false;
  for (const part of new Set([...missing, later, touched])) part.hurry();
}

/** Fetches the rest when the browser has time for it. */
function soon() {
  if ('requestIdleCallback' in window) requestIdleCallback(fetchRest, { timeout: IDLE_MS });
  else setTimeout(fetchRest);
}

function fetchRest() {
  later.start();
  if (preferences.choices.sound !== 'off') sound.start();
  if (view.panels.open === 'members') touched.start();
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

for (const [from, event] of OMENS) from?.addEventListener(event, () => conversation.doubt());
addEventListener('online', () => later.hurry());
