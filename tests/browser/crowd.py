"""Crowds for the page: a bridge within it that has very many people, and sends all of them at once."""

import json
from dataclasses import asdict, dataclass
from typing import Final


@dataclass(frozen=True)
class Scene:
    """So many people, and places, of which the first are voice channels with all of the people in them."""

    people: int
    places: int
    voices: int


MOVING: Final = Scene(people=5_000, places=220, voices=200)  # all of whom may change places
ONE_PLACE: Final = Scene(people=50_000, places=1, voices=0)
ENDLESS: Final = Scene(people=100_000, places=60, voices=40)  # more than a page can bear

# A bridge within the page, so that what it sends is there at once and in one piece, however much it is. It
# counts the frames from there until all of it is read, and until it is to be seen.
_BRIDGE: Final = """((scene) => {
  const uid = (i) => String(200000000000000000n + BigInt(i));
  const channel = (i) => String(3000 + i);
  const voice = (i) => ({ channel: channel(i % scene.voices), channelName: `voice ${i % scene.voices}` });
  const user = (i) => ({
    uid: uid(i), username: `Somebody ${i}`, status: 'online', roleColor: '#e06c75',
    voice: scene.voices ? voice(i) : null,
  });
  const kind = (i) => (i < scene.voices ? 'voice' : 'text');
  const place = (i) => ({ name: `place ${i}`, kind: kind(i), category: '', position: i });
  const moved = (i) => ({ type: 'voice', data: { uid: uid(i), ...voice(i + 1) } });
  const users = Object.fromEntries(Array.from({ length: scene.people }, (_, i) => [uid(i), user(i)]));
  const channels = Object.fromEntries(Array.from({ length: scene.places }, (_, i) => [channel(i), place(i)]));
  const data = { request: { server: 'town' }, serverName: 'The Town', users, channels };
  const snapshot = JSON.stringify({ type: 'server-join', data });
  globalThis.frames = { reading: 0, rising: 0 };
  const isThere = (selector) => document.querySelector(selector)?.matches('.awake, #counts:not(:empty)');
  const look = () => {
    if (!isThere('#counts')) frames.reading += 1;
    else if (!isThere('#world')) frames.rising += 1;
    requestAnimationFrame(look);
  };
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() {
      const send = (frame) => this.onmessage({ data: JSON.stringify(frame) });
      globalThis.tell = (type, data) => send({ type, data });
      globalThis.moves = () =>
        send({ type: 'batch', events: Array.from({ length: scene.people }, (_, i) => moved(i)) });
      setTimeout(() => this.onopen());
    }
    send() {
      if (globalThis.tellsAll) return;
      globalThis.tellsAll = true;
      requestAnimationFrame(look);
      performance.mark('crowd');
      this.onmessage({ data: snapshot });
    }
    close() {}
  };
})"""


def within(scene: Scene) -> str:
    """Write the script that puts the bridge into a page, before anything else."""
    return f"{_BRIDGE}({json.dumps(asdict(scene))})"
