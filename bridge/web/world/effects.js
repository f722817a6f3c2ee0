/** What the land is seen without at first: what passes over it, shines, comes up and is celebrated, what people do without words, and flights over it. */

import { drawBeam } from './beam.js';
import { drawFeast } from './feast.js';
import { steer } from './flights.js';
import { GESTURE_S, motionOf } from './gestures.js';
import { moods } from './moods.js';
import { RISING, Rising } from './rising.js';

/** @typedef {typeof EFFECTS} Effects */

export const EFFECTS = { GESTURE_S, RISING, Rising, beam: drawBeam, feast: drawFeast, moods, motionOf, steer };
