/** The pictures that come later than the tools': they go to the page's own sheet. */

import { svg } from './dom.js';

/** Name, size and outline of each. @type {[string, number, string][]} */
const DRAWINGS = [
  ['badge-online', 8, 'M8 4A4 4 0 1 1 0 4a4 4 0 0 1 8 0z'],
  ['badge-idle', 8, 'M8 4.6A4 4 0 1 1 3.4 0 3.2 3.2 0 0 0 8 4.6z'],
  ['badge-dnd', 8, 'M4 0a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM1.5 3.2v1.6h5V3.2z'],
  ['badge-offline', 8, 'M4 0a4 4 0 1 1 0 8 4 4 0 0 1 0-8zm0 1.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z'],
  ['lock', 16, 'M4 7V5a4 4 0 1 1 8 0v2h1v7H3V7zm2 0h4V5a2 2 0 1 0-4 0z'],
  ['muted', 16, 'M6 3a2 2 0 0 1 4 0v3.2L6 7zM3.5 8H5a3 3 0 0 0 6 0h1.5a4.5 4.5 0 0 1-3.7 4.4V15H7.2v-2.6A4.5 4.5 0 0 1 3.5 8zM2 13.3 13.3 2l1 1L3 14.3z'],
  ['deafened', 16, 'M2 9a6 6 0 0 1 12 0v5h-3.5V9.5h2V9a4.5 4.5 0 0 0-9 0v.5h2V14H2zM2 14.3 13.3 3l1 1L3 15.3z'],
  ['streaming', 16, 'M1 4h9v8H1zM11 7l4-2.5v7L11 9z'],
  ['voice', 16, 'M2 6h3l4-4v12l-4-4H2zM11 5a4 4 0 0 1 0 6V9.5a2 2 0 0 0 0-3zM11 2a7 7 0 0 1 0 12v-1.7a5.5 5.5 0 0 0 0-8.6z'],
  ['down', 16, 'M7 2h2v7.2l2.6-2.6L13 8l-5 5-5-5 1.4-1.4L7 9.2z'],
  ['key', 16, 'M5 4a4 4 0 0 1 3.8 2.8H15v2.5h-1.5V11H11V9.3H8.8A4 4 0 1 1 5 4zm0 2.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z'],
];

export function addIcons() {
  document.querySelector('.sheet')?.append(...DRAWINGS.map(([name, size, outline]) => {
    const symbol = svg('symbol', '');
    symbol.id = name;
    symbol.setAttribute('viewBox', `0 0 ${size} ${size}`);
    symbol.append(svg('path', ''));
    symbol.firstElementChild?.setAttribute('d', outline);
    return symbol;
  }));
}
