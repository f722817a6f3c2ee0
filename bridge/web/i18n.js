/**
 * Every word of the page, in the languages it speaks.
 *
 * @typedef {import('./roster.js').Status} Status
 * @typedef {typeof english} Words
 */

/** @param {string} language */
function tools(language) {
  const numbers = new Intl.NumberFormat(language);
  const lists = new Intl.ListFormat(language);
  return {
    number: (/** @type {number} */ n) => numbers.format(n),
    list: (/** @type {string[]} */ names) => lists.format(names),
  };
}

const { number: en, list: enList } = tools('en');
const english = {
  language: 'en',
  skip: 'Skip to messages',
  servers: 'Servers',
  messages: 'Messages',
  members: 'Members',
  search: 'Search members',
  views: 'Views',
  protected: 'protected',
  bot: 'bot',
  muted: 'muted',
  deafened: 'deafened',
  streaming: 'streaming',
  edited: 'edited',
  someone: 'Someone',
  latest: 'Latest messages',
  retry: 'Try now',
  otherServer: 'Show another server',
  close: 'Close',
  password: 'Password',
  enter: 'Enter',
  quiet: 'Nothing has been said since you came. New messages appear here as they are written.',
  gap: 'The connection was interrupted; some messages may be missing here.',
  noMatch: 'Nobody by that name.',
  /** @type {Record<Status, string>} */
  status: { online: 'Online', idle: 'Idle', dnd: 'Do not disturb', offline: 'Offline' },
  counts: (/** @type {number} */ members, /** @type {number} */ online) =>
    `${en(members)} ${members === 1 ? 'member' : 'members'} · ${en(online)} online`,
  number: en,
  more: (/** @type {number} */ n) => `and ${en(n)} more`,
  found: (/** @type {number} */ n) => `${en(n)} found`,
  typing: (/** @type {string[]} */ names) => (names.length > 3
    ? 'Several people are typing…'
    : `${enList(names)} ${names.length === 1 ? 'is' : 'are'} typing…`),
  replying: (/** @type {string} */ name) => `to ${name}`,
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting',
  full: 'Full',
  refused: 'Not shown',
  in: (/** @type {number} */ seconds) => `in ${en(seconds)} s`,
  inMinutes: (/** @type {number} */ minutes) => `in ${en(minutes)} min`,
  cards: {
    connecting: ['Connecting…', 'The server appears here in a moment.'],
    lost: ['No connection', 'Maybe the bridge is just restarting. This page keeps trying by itself.'],
    full: ['All places are taken', 'As many viewers are here as there is room for. This page keeps trying by itself.'],
    refused: ['This server is no longer shown', 'Its owner has hidden it, or you may not watch it here.'],
    lobby: [
      'There is no server to show yet',
      'Invite the bot to a Discord server, or switch a server on. It then appears here by itself.',
    ],
    empty: [
      'Nobody to be seen here',
      'Members appear as soon as they may be shown. Until then, look in on another server.',
    ],
  },
  /** @type {Record<string, (name: string) => string>} */
  refusals: {
    unknown: (name) => (name ? `There is no server “${name}” here.` : 'That server is not here.'),
    password: (name) => `That is not the password of ${name}.`,
    login: (name) => `${name} is protected: watching it needs a Discord login or its password.`,
    hidden: () => 'The server you were watching is no longer shown here.',
  },
};

const { number: de, list: deList } = tools('de');
/** @type {Words} */
const german = {
  language: 'de',
  skip: 'Zu den Nachrichten springen',
  servers: 'Server',
  messages: 'Nachrichten',
  members: 'Mitglieder',
  search: 'Mitglieder suchen',
  views: 'Ansichten',
  protected: 'geschützt',
  bot: 'Bot',
  muted: 'stumm',
  deafened: 'hört nicht zu',
  streaming: 'streamt',
  edited: 'bearbeitet',
  someone: 'Jemand',
  latest: 'Neueste Nachrichten',
  retry: 'Jetzt versuchen',
  otherServer: 'Anderen Server zeigen',
  close: 'Schließen',
  password: 'Passwort',
  enter: 'Öffnen',
  quiet: 'Seit du hier bist, hat niemand etwas geschrieben. Neue Nachrichten erscheinen hier von selbst.',
  gap: 'Die Verbindung war unterbrochen; hier können Nachrichten fehlen.',
  noMatch: 'Niemand heißt so.',
  status: { online: 'Online', idle: 'Abwesend', dnd: 'Bitte nicht stören', offline: 'Offline' },
  counts: (members, online) =>
    `${de(members)} ${members === 1 ? 'Mitglied' : 'Mitglieder'} · ${de(online)} online`,
  number: de,
  more: (n) => `und ${de(n)} weitere`,
  found: (n) => `${de(n)} gefunden`,
  typing: (names) => (names.length > 3
    ? 'Mehrere Leute schreiben …'
    : `${deList(names)} ${names.length === 1 ? 'schreibt' : 'schreiben'} …`),
  replying: (name) => `an ${name}`,
  connecting: 'Verbinde …',
  live: 'Live',
  lost: 'Neuer Versuch',
  full: 'Alles voll',
  refused: 'Nicht sichtbar',
  in: (seconds) => `in ${de(seconds)} s`,
  inMinutes: (minutes) => `in ${de(minutes)} min`,
  cards: {
    connecting: ['Verbinde …', 'Gleich ist der Server hier zu sehen.'],
    lost: ['Keine Verbindung', 'Vielleicht startet die Bridge gerade neu. Die Seite versucht es von selbst weiter.'],
    full: ['Gerade ist alles voll', 'Alle Zuschauerplätze sind besetzt. Die Seite versucht es von selbst weiter.'],
    refused: ['Dieser Server ist nicht mehr zu sehen', 'Er wurde ausgeblendet, oder du darfst ihn hier nicht ansehen.'],
    lobby: [
      'Noch gibt es keinen Server zu sehen',
      'Lade den Bot auf einen Discord-Server ein oder schalte einen Server ein. Er erscheint dann hier von selbst.',
    ],
    empty: [
      'Hier ist niemand zu sehen',
      'Mitglieder erscheinen, sobald sie gezeigt werden dürfen. Schau so lange auf einem anderen Server vorbei.',
    ],
  },
  refusals: {
    unknown: (name) => (name ? `Einen Server „${name}“ gibt es hier nicht.` : 'Diesen Server gibt es hier nicht.'),
    password: (name) => `Das ist nicht das Passwort von ${name}.`,
    login: (name) => `${name} ist geschützt: Zum Zuschauen brauchst du eine Anmeldung mit Discord oder das Passwort.`,
    hidden: () => 'Der Server, den du gesehen hast, wird hier nicht mehr gezeigt.',
  },
};

const { number: es, list: esList } = tools('es');
/** @type {Words} */
const spanish = {
  language: 'es',
  skip: 'Saltar a los mensajes',
  servers: 'Servidores',
  messages: 'Mensajes',
  members: 'Miembros',
  search: 'Buscar miembros',
  views: 'Vistas',
  protected: 'protegido',
  bot: 'bot',
  muted: 'sin micrófono',
  deafened: 'sin audio',
  streaming: 'en directo',
  edited: 'editado',
  someone: 'Alguien',
  latest: 'Mensajes más recientes',
  retry: 'Probar ahora',
  otherServer: 'Ver otro servidor',
  close: 'Cerrar',
  password: 'Contraseña',
  enter: 'Entrar',
  quiet: 'Nadie ha escrito nada desde que llegaste. Los mensajes nuevos aparecen aquí al momento.',
  gap: 'Se cortó la conexión; puede que aquí falten mensajes.',
  noMatch: 'Nadie se llama así.',
  status: { online: 'En línea', idle: 'Ausente', dnd: 'No molestar', offline: 'Sin conexión' },
  counts: (members, online) =>
    `${es(members)} ${members === 1 ? 'miembro' : 'miembros'} · ${es(online)} en línea`,
  number: es,
  more: (n) => `y ${es(n)} más`,
  found: (n) => (n === 1 ? '1 resultado' : `${es(n)} resultados`),
  typing: (names) => (names.length > 3
    ? 'Varias personas están escribiendo…'
    : `${esList(names)} ${names.length === 1 ? 'está' : 'están'} escribiendo…`),
  replying: (name) => `a ${name}`,
  connecting: 'Conectando…',
  live: 'En directo',
  lost: 'Reconectando',
  full: 'Completo',
  refused: 'No visible',
  in: (seconds) => `en ${es(seconds)} s`,
  inMinutes: (minutes) => `en ${es(minutes)} min`,
  cards: {
    connecting: ['Conectando…', 'El servidor aparecerá aquí enseguida.'],
    lost: ['No hay conexión', 'Quizá el servicio se esté reiniciando. Esta página seguirá intentándolo sola.'],
    full: ['Ahora mismo está lleno', 'No quedan plazas para mirar. Esta página seguirá intentándolo sola.'],
    refused: ['Este servidor ya no se muestra', 'Se ha ocultado, o aquí no puedes verlo.'],
    lobby: [
      'Todavía no hay ningún servidor que mostrar',
      'Invita al bot a un servidor de Discord o activa un servidor. Aparecerá aquí automáticamente.',
    ],
    empty: [
      'Aquí no se ve a nadie',
      'Los miembros aparecerán en cuanto puedan mostrarse. Mientras tanto, echa un vistazo a otro servidor.',
    ],
  },
  refusals: {
    unknown: (name) => (name ? `Aquí no hay ningún servidor «${name}».` : 'Ese servidor no está aquí.'),
    password: (name) => `Esa no es la contraseña de ${name}.`,
    login: (name) => `${name} está protegido: para verlo hay que iniciar sesión con Discord o saber la contraseña.`,
    hidden: () => 'El servidor que estabas viendo ya no se muestra aquí.',
  },
};

/** @type {Record<string, Words>} */
const LANGUAGES = { en: english, de: german, es: spanish };

// The sentences that the bridge says, as far as they are known.
/** @type {Record<string, string>} */
const REFUSALS = {
  'Sorry, couldn\'t connect to that Discord server.': 'unknown',
  'Sorry, wrong password for that Discord server.': 'password',
  'This server requires Discord authentication. Please login with Discord.': 'login',
  'This Discord server is no longer shown here.': 'hidden',
};

/**
 * The first of the reader's languages that the page speaks; English when there is none.
 *
 * @param {readonly string[]} wanted
 */
export function wordsFor(wanted) {
  const known = wanted.map((tag) => tag.split('-')[0].toLowerCase()).find((tag) => Object.hasOwn(LANGUAGES, tag));
  return LANGUAGES[known ?? 'en'];
}

/**
 * What the bridge's sentence is about: `unknown`, `password`, `login`, `hidden`, or nothing we know.
 *
 * @param {string} sentence
 * @returns {string | undefined}
 */
export function refusalKind(sentence) {
  return Object.hasOwn(REFUSALS, sentence) ? REFUSALS[sentence] : undefined;
}

/**
 * Puts the words into the page's own elements: `data-t` names a text, `data-t-label` an accessible name.
 *
 * @param {Document} page
 * @param {Words} words
 */
export function translate(page, words) {
  const say = /** @type {Record<string, any>} */ (words);
  page.documentElement.lang = words.language;
  for (const node of page.querySelectorAll('[data-t]')) node.textContent = say[node.getAttribute('data-t') ?? ''];
  for (const node of page.querySelectorAll('[data-t-label]')) {
    node.setAttribute('aria-label', say[node.getAttribute('data-t-label') ?? '']);
  }
}
