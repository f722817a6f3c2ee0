/** What goes on once there is a picture: it is fetched right after that, before all else, as one script. */

import { parsed } from '../guild/frames.js';
import { News } from '../guild/news.js';
import { Pulse } from '../guild/pulse.js';
import { Sim } from '../world/sim.js';
import { Play } from './play.js';

export const LIFE = { News, Play, Pulse, Sim, parsed };
