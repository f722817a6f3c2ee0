/** @type {import('../words.js').MoreWords} */
export const moreSpanish = {
  choices: {
    density: ['Bocadillos y nombres', { calm: 'Pocos', normal: 'Algunos', lively: 'Muchos' }],
    hour: ['Hora del día', { auto: 'La de mi reloj', day: 'Día', dusk: 'Atardecer', night: 'Noche' }],
    motion: ['Movimiento', { auto: 'El de mi sistema', full: 'Animado', less: 'Reducido' }],
    sound: ['Sonido', { off: 'Desactivado', on: 'Un sonido suave con cada mensaje' }],
    language: ['Idioma', { auto: 'El de mi navegador', en: 'English', de: 'Deutsch', es: 'Español' }],
  },
  people: 'Gente',
  land: 'Tierra',
  keys: 'Ratón, pantalla táctil y teclado',
  looks: {
    online: 'En línea: de un lado a otro',
    idle: 'Ausente: dormita en el suelo',
    dnd: 'No molestar: lleva un cartel rojo y va a lo suyo',
    offline: 'Desconectado: duerme en una tienda, o no se le ve',
    bot: 'Un bot: antena y pies cuadrados',
    voice: 'En un canal de voz: auriculares; una cruz roja si está en silencio',
    streaming: 'En directo: una cámara pequeña',
    fresh: 'Lleva aquí menos de un día: una hoja en la cabeza',
  },
  lands: [
    'Un letrero es un canal. Quien escribe en él se acerca andando: así se ve dónde hay ambiente.',
    'Las hogueras son canales de voz, un escenario es un escenario, y los tablones, anuncios y foros. Un barrio es una categoría.',
    'Donde pasa mucha gente se abren caminos, que luego vuelven a cubrirse.',
    'El faro gira más deprisa cuanto más ocurre, y se apaga si se pierde la conexión.',
  ],
  handling: [
    ['arrastrar, flechas', 'mirar alrededor'],
    ['rueda, pellizco, + −', 'acercar, alejar'],
    ['0, Inicio', 'toda la isla'],
    ['doble clic, Intro', 'seguir a alguien, ir a un lugar'],
    ['Tab', 'recorrer personas y lugares'],
    ['/', 'buscar a alguien'],
    ['Esc', 'cerrar, dejar de seguir'],
    ['?', 'esta página'],
  ],
};
