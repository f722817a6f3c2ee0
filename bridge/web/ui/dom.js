/** Small tools for building the page. Text only ever becomes text. */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Where the keyboard goes when what had it is gone. */
export const focusTools = () => byId('tools').querySelector('button')?.focus();

/** Fetches a style sheet. @param {string} address @returns {Promise<unknown>} done when it holds */
export function dress(address) {
  const link = make('link');
  link.rel = 'stylesheet';
  link.href = address;
  document.head.append(link);
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(address));
    };
  });
}

/** Hides something, or shows it. @param {HTMLElement} node @param {boolean} isHidden */
export function hide(node, isHidden) {
  const hadFocus = isHidden && node.contains(document.activeElement);
  node.hidden = isHidden;
  if (hadFocus) focusTools();
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {...(Node | string)} children
 */
export function make(tag, className = '', ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/**
 * Words in which some parts are pictures.
 *
 * @param {string} text
 * @param {Record<string, string>} pictures their addresses, by the letters in their place
 * @returns {(string | Node)[]}
 */
export function illustrated(text, pictures) {
  const names = Object.keys(pictures);
  if (!names.length) return [text];
  return text.split(RegExp(`(${names.join('|')})`)).map((part) => (names.includes(part) ? emoji(part, pictures[part]) : part));
}

/** @param {string} name @param {string} address */
export function emoji(name, address) {
  const picture = make('img', 'emoji');
  picture.alt = picture.title = name;
  picture.src = address;
  return picture;
}

/** @template {keyof SVGElementTagNameMap} Tag @param {Tag} tag @param {string} className */
export function svg(tag, className) {
  const node = document.createElementNS(SVG, tag);
  node.setAttribute('class', className);
  return node;
}

/**
 * A picture from the page's own sheet; silent unless it gets a label.
 *
 * @param {string} name
 * @param {string} [label]
 */
export function icon(name, label) {
  const node = svg('svg', `icon ${name}`);
  node.append(svg('use', ''));
  setIcon(node, name, label);
  return node;
}

/**
 * @param {SVGElement} node
 * @param {string} name
 * @param {string} [label]
 */
export function setIcon(node, name, label) {
  node.firstElementChild?.setAttribute('href', `#${name}`);
  node.setAttribute('aria-hidden', String(!label));
  if (label) {
    node.setAttribute('role', 'img');
    node.setAttribute('aria-label', label);
  }
}

/**
 * Gives a node somebody's colours, for the style sheet to make readable on its ground.
 *
 * @param {HTMLElement} node
 * @param {{color?: string | null, color2?: string | null}} [whose] `#rrggbb`, and what it runs into
 */
export function tint(node, { color, color2 } = {}) {
  const role = `${color ?? ''} ${color2 ?? ''}`;
  if (node.dataset.role === role) return;
  node.dataset.role = role;
  node.classList.toggle('tinted', Boolean(color));
  node.classList.toggle('graded', Boolean(color && color2));
  node.style.setProperty('--role', color ?? '');
  node.style.setProperty('--role2', color2 ?? '');
}

/**
 * Touches the page only where it differs.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A list on the page that follows a list of values: rows are kept, moved and changed, never rebuilt.
 *
 * @template Item
 */
export class KeyedList {
  #parent;
  #keyOf;
  #create;
  #update;
  /** @type {Map<unknown, {node: HTMLElement, item: Item | undefined}>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(item: Item) => unknown} keyOf
   * @param {(item: Item) => HTMLElement} create
   * @param {(node: HTMLElement, item: Item, before?: Item) => void} update for a new row, or another item
   */
  constructor(parent, keyOf, create, update) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#create = create;
    this.#update = update;
  }

  /** @param {readonly Item[]} items */
  show(items) {
    this.#dropAllBut(new Set(items.map(this.#keyOf)));
    let here = this.#parent.firstElementChild;
    for (const item of items) {
      const node = this.#rowFor(item);
      if (here && node === here.nextElementSibling) {
        const moved = here; // one that moved down: it is put in again when its turn comes
        here = node;
        moved.remove();
      }
      if (node === here) here = here.nextElementSibling;
      else this.#parent.insertBefore(node, here);
    }
  }

  /** @param {Set<unknown>} wanted */
  #dropAllBut(wanted) {
    for (const [key, { node }] of this.#rows) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#rows.delete(key);
    }
  }

  /** @param {Item} item */
  #rowFor(item) {
    const key = this.#keyOf(item);
    let row = this.#rows.get(key);
    if (!row) {
      row = { node: this.#create(item), item: undefined };
      this.#rows.set(key, row);
    }
    if (row.item !== item) {
      this.#update(row.node, item, row.item);
      row.item = item;
    }
    return row.node;
  }
}
