/** What is said only in panels: it comes after the first picture. */
export const moreEnglish = {
  /** @type {Record<string, [string, Record<string, string>]>} */
  choices: {
    density: ['Bubbles and names', { calm: 'Few', normal: 'Some', lively: 'Many' }],
    hour: ['Time of day', { auto: 'By my clock', day: 'Day', dusk: 'Dusk', night: 'Night' }],
    season: ['Season', { auto: 'By my calendar', north: 'By the calendar, north', south: 'By the calendar, south', spring: 'Spring', summer: 'Summer', autumn: 'Autumn', winter: 'Winter' }],
    motion: ['Motion', { auto: 'Same as my system', full: 'Lively', less: 'Reduced' }],
    sound: ['Sound', { off: 'Off', on: 'A soft pop for each message' }],
    language: ['Language', { auto: 'Same as my browser', en: 'English', de: 'Deutsch', es: 'Español' }],
  },
  live: (/** @type {number} */ n) => `${n} ${n === 1 ? 'lives' : 'live'} here`,
  unlet: 'Nobody lives here yet',
  empty: 'Nobody is here right now',
  people: 'People',
  land: 'Land',
  keys: 'Mouse, touch and keys',
  looks: {
    online: 'Online: up and about',
    idle: 'Idle: sits and dozes',
    dnd: 'Do not disturb: carries a red sign and keeps apart',
    offline: 'Offline: asleep in a tent, or not to be seen',
    bot: 'A bot: antenna and square feet',
    voice: 'In a voice channel: headphones; a red cross when muted',
    streaming: 'Streaming: a small camera',
    fresh: 'Here for less than a day: a leaf on the head',
  },
  lands: [
    'A signpost is a channel. Whoever writes there walks to it, so a lively channel looks lively.',
    'Camp fires are voice channels, a stage is a stage, boards are announcements and forums. A district is a category.',
    'Paths appear where many walk, and grow over again.',
    'The lighthouse turns faster the more there is going on, and goes dark when the connection is lost.',
  ],
  handling: [
    ['drag, arrow keys', 'look around'],
    ['wheel, pinch, + −', 'closer, farther'],
    ['0, Home', 'the whole island'],
    ['double-click, Enter', 'follow somebody, go to a place'],
    ['Tab', 'through people and places'],
    ['/', 'look for somebody'],
    ['Esc', 'close, stop following'],
    ['?', 'this page'],
  ],
};
