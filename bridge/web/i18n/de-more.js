/** @type {import('../words.js').MoreWords} */
export const moreGerman = {
  choices: {
    density: ['Sprechblasen und Namen', { calm: 'Wenige', normal: 'Einige', lively: 'Viele' }],
    hour: ['Tageszeit', { auto: 'Wie auf meiner Uhr', day: 'Tag', dusk: 'Abend', night: 'Nacht' }],
    motion: ['Bewegung', { auto: 'Wie im System eingestellt', full: 'Lebhaft', less: 'Reduziert' }],
    sound: ['Ton', { off: 'Aus', on: 'Ein leiser Ton für jede Nachricht' }],
    language: ['Sprache', { auto: 'Wie im Browser eingestellt', en: 'English', de: 'Deutsch', es: 'Español' }],
  },
  people: 'Leute',
  land: 'Land',
  keys: 'Maus, Touch und Tastatur',
  looks: {
    online: 'Online: auf den Beinen',
    idle: 'Abwesend: sitzt und döst',
    dnd: 'Bitte nicht stören: trägt ein rotes Schild und bleibt für sich',
    offline: 'Offline: schläft im Zelt oder ist nicht zu sehen',
    bot: 'Ein Bot: Antenne und eckige Füße',
    voice: 'Im Sprachkanal: Kopfhörer; ein rotes Kreuz, wenn stumm',
    streaming: 'Streamt: eine kleine Kamera',
    fresh: 'Seit weniger als einem Tag hier: ein Blatt auf dem Kopf',
  },
  lands: [
    'Ein Schild ist ein Kanal. Wer dort schreibt, läuft hin – so sieht man, wo etwas los ist.',
    'Lagerfeuer sind Sprachkanäle, eine Bühne ist eine Bühne, Tafeln sind Ankündigungen und Foren. Ein Viertel ist eine Kategorie.',
    'Wo viele laufen, entstehen Wege; sie wachsen wieder zu.',
    'Der Leuchtturm dreht sich schneller, je mehr los ist, und erlischt, wenn die Verbindung abreißt.',
  ],
  handling: [
    ['Ziehen, Pfeiltasten', 'umsehen'],
    ['Rad, zwei Finger, + −', 'näher heran, weiter weg'],
    ['0, Pos1', 'die ganze Insel'],
    ['Doppelklick, Enter', 'jemandem folgen, zu einem Ort gehen'],
    ['Tab', 'durch Leute und Orte'],
    ['/', 'jemanden suchen'],
    ['Esc', 'schließen, nicht mehr folgen'],
    ['?', 'diese Seite'],
  ],
};
