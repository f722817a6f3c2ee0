/**
 * For streams and other pages: builds the address of an embed, and shows what it shows.
 *
 * @typedef {import('../words.js').MoreWords} MoreWords
 * @typedef {{slug: string, locked: boolean}} Shown the guild that is on the page
 */

import { byId, make, setText } from './dom.js';
import { OPTIONS } from './preferences.js';

const SIZES = { '1920 × 1080': [1920, 1080], '1280 × 720': [1280, 720], '1080 × 1920': [1080, 1920], '800 × 600': [800, 600] };
/** What needn't be said in an address. @type {Record<string, string>} */
const DEFAULTS = { background: 'sea', hour: 'auto', density: 'normal', zoom: '', lang: 'auto', sound: 'off', tour: 'on', names: 'on', feed: 'off' };
const SWITCHED = ['tour', 'names', 'feed'];

/** What an address has to say of what was chosen. @param {Record<string, string>} chosen @param {boolean} [all] also what goes without saying */
export function settingsOf(chosen, all = false) {
  const said = Object.entries(DEFAULTS).filter(([name, value]) => chosen[name] && (all || chosen[name] !== value));
  return { embed: '1', ...Object.fromEntries(said.map(([name]) => [name, chosen[name]])) };
}

/** @param {string} name @param {string} title @param {Record<string, string> | [string, string][]} options @param {string} [first] what is chosen at first */
function choice(name, title, options, first = DEFAULTS[name]) {
  const select = make('select');
  select.name = name;
  for (const [value, text] of Array.isArray(options) ? options : Object.entries(options)) select.append(new Option(text, value));
  select.value = first;
  return make('label', 'choice', make('span', '', title), select);
}

/** @param {string} name @param {string} title */
function tick(name, title) {
  const box = make('input');
  box.type = 'checkbox';
  box.name = name;
  box.checked = DEFAULTS[name] === 'on';
  return make('label', 'tick', box, make('span', '', title));
}

export class Streams {
  #words;
  #link;
  #shown;
  #form = make('form', 'stream-form');
  #address = make('input');
  #preview = make('div', 'preview');
  #status = make('p', 'done');
  #hint = make('p', 'rest');
  #obs = make('ol', 'steps');
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {MoreWords} words
   * @param {{link(slug: string | undefined, settings: Record<string, string>): string, copy(words: string): Promise<boolean>}} links
   * @param {() => Shown | null} shown
   */
  constructor(words, links, shown) {
    this.#words = words;
    this.#link = links;
    this.#shown = shown;
    const { streams, choices, sizes, backgrounds, zooms, switches } = words;
    const languages = choices.language[1];
    const scales = ['1', '2', '3', '4'].map((zoom) => /** @type {[string, string]} */ ([zoom, zooms.scale(zoom)]));
    const [largest] = Object.keys(SIZES);
    this.#form.append(
      choice('size', sizes, Object.fromEntries(Object.keys(SIZES).map((size) => [size, size])), largest),
      choice('background', backgrounds.title, { transparent: backgrounds.transparent, sea: backgrounds.sea }, 'transparent'),
      choice('hour', ...choices.hour), choice('density', ...choices.density),
      choice('zoom', zooms.title, [['', zooms.whole], ...scales]),
      choice('lang', choices.language[0], Object.fromEntries(OPTIONS.language.map((tag) => [tag, tag === 'auto' ? words.theirLanguage : languages[tag]]))),
      choice('sound', ...choices.sound),
      make('div', 'ticks', ...SWITCHED.map((name) => tick(name, switches[name]))),
    );
    this.#address.readOnly = true;
    this.#address.setAttribute('aria-label', words.address);
    this.#address.addEventListener('focus', () => this.#address.select());
    const copyButton = make('button', 'primary', words.copy);
    copyButton.type = 'button';
    copyButton.addEventListener('click', () => this.#copy());
    this.#status.setAttribute('role', 'status');
    const content = make('div', 'scroll', make('p', '', words.streamsIntro), this.#form, make('div', 'seek', this.#address, copyButton),
      this.#status, this.#preview, make('h3', '', words.inObs), this.#obs, this.#hint);
    content.tabIndex = 0;
    content.setAttribute('role', 'group');
    content.setAttribute('aria-label', streams);
    byId('streams').append(content);
    this.#form.addEventListener('input', () => this.#changed());
    byId('streams').addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') this.#changed();
      else this.#preview.replaceChildren(); // nobody looks at it, and it is a world of its own
    });
    new ResizeObserver(() => this.#fit()).observe(this.#preview);
    if (byId('streams').matches(':popover-open')) this.#changed();
  }

  /** @returns {Record<string, string>} */
  get #chosen() {
    const given = Object.fromEntries([...new FormData(this.#form)].map(([name, value]) => [name, String(value)]));
    return { ...given, ...Object.fromEntries(SWITCHED.map((name) => [name, name in given ? 'on' : 'off'])) };
  }

  /** @returns {number[]} */
  get #size() {
    return /** @type {Record<string, number[]>} */ (SIZES)[this.#chosen.size];
  }

  #changed() {
    const shown = this.#shown();
    const chosen = this.#chosen;
    const [width, height] = this.#size;
    this.#address.value = this.#link.link(shown?.slug, settingsOf(chosen));
    this.#obs.replaceChildren(...this.#words.obs(width, height).map((step) => make('li', '', step)));
    setText(this.#hint, shown?.locked ? this.#words.streamLocked : '');
    clearTimeout(this.#timer);
    const settings = settingsOf({ ...chosen, sound: 'off' }, true);
    this.#timer = setTimeout(() => this.#show(this.#link.link(shown?.slug, settings)), 250);
  }

  /** @param {string} address */
  #show(address) {
    if (!byId('streams').matches(':popover-open')) return;
    const frame = make('iframe');
    frame.title = this.#words.preview;
    frame.tabIndex = -1;
    frame.src = address;
    frame.addEventListener('load', () => {
      if (!frame.contentDocument) this.#preview.replaceChildren(make('p', 'rest', this.#words.noPreview)); // the bridge lets nobody frame it
    });
    [frame.width, frame.height] = this.#size.map(String);
    this.#preview.replaceChildren(frame);
    this.#fit();
  }

  /** The frame is as large as it will be on the stream, and looked at from farther away. */
  #fit() {
    const [width, height] = this.#size;
    const part = Math.min(this.#preview.clientWidth / width, 480 / height);
    this.#preview.style.height = `${Math.round(height * part)}px`;
    const frame = this.#preview.querySelector('iframe');
    if (frame) frame.style.transform = `scale(${part})`;
  }

  async #copy() {
    const isCopied = await this.#link.copy(this.#address.value);
    setText(this.#status, isCopied ? this.#words.copied : this.#words.notCopied);
  }
}
