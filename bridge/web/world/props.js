/**
 * What stands in the middle of a channel's place: what its name says, in English, German or Spanish, or its kind; else
 * by chance, from its id.
 *
 * @typedef {'well' | 'table' | 'easel' | 'stall' | 'oak' | 'fountain' | 'fire' | 'stage' | 'board' | 'tablet' | 'piano' | 'booth' |
 *   'robot' | 'chess' | 'oven' | 'totem' | 'gate' | 'screen' | 'desk' | 'shelf' | 'flowers' | 'globe' | 'hoop' | 'kennel' | 'pavilion' |
 *   'camera' | 'telescope' | 'letterbox' | 'chest'} Thing
 */

import { hash } from './random.js';

/** @type {Thing[]} */
const ANY = ['well', 'table', 'oak', 'fountain', 'stall', 'flowers'];

/**
 * Words for each thing; those that say more come first. One of up to three letters is all of a part of a name, one of
 * four is how a part begins, a longer one is anywhere in it.
 *
 * @type {[Thing, string][]}
 */
const WORDS = [
  ['tablet', 'rule regel regla norma law tos guideline richtlin verify verifi gesetz conduct'],
  ['gate', 'introduc vorstell presenta welcom willkom bienven hello hallo hola newcom arrival start'],
  ['board', 'announc ankund anunci news neuigk notici update aktuell changelog release info wichtig important'],
  ['booth', 'help hilfe ayuda support soporte question frage pregunta faq ticket ask duda'],
  ['robot', 'bot command befehl comando automat robot roboter'],
  ['screen', 'movie film peli cine kino serie video clip youtube anime stream twitch watch media medien'],
  ['camera', 'photo foto pic picture bild image imagen selfie screenshot galer galler instagram'],
  ['piano', 'music musik musica song lied lieder cancion playlist radio spotify band jam'],
  ['oven', 'food essen comid cook koch cocin recipe rezept receta kitchen kuche bake back coffee kaffee cafe tea tee pizza'],
  ['totem', 'meme shitpost joke witz chiste humor humour spam funny lustig gracio cursed lol'],
  ['chess', 'game gaming spiel jueg zock minecraft valorant league chess schach ajedrez pokemon roblox rpg dnd lfg play'],
  ['desk', 'code coding dev program tech technik tecn linux web software python java computer pc hardware homework hausau tarea studie study lern estudi school schule escuela work arbeit trabaj'],
  ['easel', 'art arte kunst draw zeich dibuj creativ kreativ design paint malen pint craft basteln'],
  ['shelf', 'book buch bucher libro read lesen leer writ schreib escri poet poesi poem literat story geschicht wiki resource archiv quote zitat'],
  ['kennel', 'pet haust mascot dog hund perro cat katze gato animal tier tiere'],
  ['flowers', 'garden garten jardin plant pflanz flower blume flor natur beet bed'],
  ['hoop', 'sport deport fussb futbol football soccer fitness gym train workout basket'],
  ['globe', 'travel reise viaj world welt mundo language sprach idioma english deutsch espanol country land politi global'],
  ['pavilion', 'event veranst termin calendar kalend meetup treffen party fiesta birthday geburt cumple giveaway'],
  ['telescope', 'science wissensch ciencia space weltraum espacio astro math physik physic'],
  ['letterbox', 'suggest vorschlag sugeren idea idee feedback wunsch wunsche report bug'],
  ['chest', 'trade trading handel comerc market markt mercado shop laden tiend sell verkauf venta crypto money geld dinero bazaar'],
  ['fountain', 'general allgemein lounge main haupt plaza square chat town'],
  ['oak', 'offtopic topic random zufall plauder laber charla quatsch chill talk hangout'],
];

/** Letters without what is written over them, in parts. @param {string} name */
const parts = (name) => name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').replace(/ß/g, 'ss').toLowerCase().split(/[^a-z]+/);

/** Whether a part of a name is about a word. @param {string} part @param {string} word */
const isAbout = (part, word) =>
  word.length > 4 ? part.includes(word) : word.length > 3 ? part.startsWith(word) : part === word || part === `${word}s`;

/** @param {string} name @returns {Thing | undefined} */
function named(name) {
  const found = parts(name).filter((part) => part);
  return WORDS.find(([, words]) => words.split(' ').some((word) => found.some((part) => isAbout(part, word))))?.[0];
}

/** @param {{id: string, name: string, kind: string}} channel @returns {Thing} */
export function propFor({ id, name, kind }) {
  if (kind === 'voice') return 'fire';
  if (kind === 'stage') return 'stage';
  return (kind === 'news' ? 'board' : named(name)) ?? (kind === 'forum' ? 'board' : ANY[hash(id) % ANY.length]);
}
