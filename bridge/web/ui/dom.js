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
 * Touches the page only where it differs.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
