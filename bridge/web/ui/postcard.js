/** The world as a picture to keep: what is in view, four times as large, with its guild's name and the date. */

import { make } from './dom.js';

const CARD_SCALE = 4; // pixels for one that was drawn
const MOST_PIXELS_SAVED = 40_000_000; // some browsers take no larger canvas
const CARD_BORDER = 0.02; // of the width
const CARD_CAPTION = 0.055;
const CARD_PAPER = '#fbfcfa';
const CARD_INK = '#1b231f';
const CARD_FAINT = '#52605a';

/** How many pixels of a postcard one that was drawn gets. @param {number} width @param {number} height */
export function enlargement(width, height) {
  for (let large = CARD_SCALE; large > 1; large--) if (width * height * large * large <= MOST_PIXELS_SAVED) return large;
  return 1;
}

/** @param {string} slug @param {Date} now */
export function fileName(slug, now) {
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
  return `${slug.replace(/[^\p{L}\p{N}-]+/gu, '-').slice(0, 60) || 'd-zone'}-${day}.png`;
}

/**
 * @param {HTMLCanvasElement} world
 * @param {string} name
 * @param {string} date
 * @returns {Promise<Blob>}
 */
export function postcard(world, name, date) {
  const large = enlargement(world.width, world.height);
  const [width, height] = [world.width * large, world.height * large];
  const border = Math.round(Math.max(width, height) * CARD_BORDER);
  const caption = Math.round(Math.max(width, height) * CARD_CAPTION);
  const card = make('canvas');
  card.width = width + 2 * border;
  card.height = height + border + caption;
  const pen = /** @type {CanvasRenderingContext2D} */ (card.getContext('2d'));
  pen.fillStyle = CARD_PAPER;
  pen.fillRect(0, 0, card.width, card.height);
  pen.clearRect(border, border, width, height); // where there is no sea there is none on the card
  pen.imageSmoothingEnabled = false;
  pen.drawImage(world, border, border, width, height);
  letter(pen, { name, date, left: border, right: border + width, middle: border + height + caption / 2, size: caption * 0.42 });
  return new Promise((resolve, reject) => {
    card.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}

/** @param {CanvasRenderingContext2D} pen @param {{name: string, date: string, left: number, right: number, middle: number, size: number}} where */
function letter(pen, { name, date, left, right, middle, size }) {
  const family = getComputedStyle(document.body).fontFamily;
  pen.textBaseline = 'middle';
  pen.font = `400 ${size * 0.75}px ${family}`;
  pen.textAlign = 'right';
  pen.fillStyle = CARD_FAINT;
  pen.fillText(date, right, middle);
  const room = right - left - pen.measureText(date).width - size;
  pen.font = `600 ${size}px ${family}`;
  pen.textAlign = 'left';
  pen.fillStyle = CARD_INK;
  pen.fillText(cut(pen, name, room), left, middle);
}

/** As much of a name as there is room for. @param {CanvasRenderingContext2D} pen @param {string} name @param {number} room */
function cut(pen, name, room) {
  const signs = [...name];
  if (pen.measureText(name).width <= room) return name;
  while (signs.length && pen.measureText(`${signs.join('')}…`).width > room) signs.pop();
  return `${signs.join('').trimEnd()}…`;
}
