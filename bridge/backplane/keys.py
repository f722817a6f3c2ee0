"""The names of what is kept in Redis. All of a guild has its id in braces: one slot of a cluster.

A guild has, after `dzone:{<guild>}:`

| key | type | what |
|---|---|---|
| `meta` | hash | `generation`, `epoch`, `offset`, `sizes` of what can be read; `beat` counts looks at it |
| `<generation>:members` | hash | uid to member |
| `<generation>:facts` | hash | `channels`, `client`, and `said.<message>` of what was said, without words |
| `<generation>:events` | stream | what happened last, an entry for each flush; its id is the position |
| `live` | channel | the same as it happens |

and the list of guilds, after `dzone:{guilds}:`

| key | type | what |
|---|---|---|
| `parts` | hash | range of shards to `<generation> <offset> <complete>` of its part of the list |
| `infos` | hash | guild to what is told of it; no password, and no hash of one |
| `live` | channel | its changes |
| `alive:<range>` | string, a minute | whose part it is, and what they say of themselves |
| `turn:<name>` | string, some seconds | that somebody has a turn of which there is one at a time |

Of logins that were ended before their time there is, after `dzone:{logins}:`,

| key | type | what |
|---|---|---|
| `ended` | sorted set | the name of each, by until when it would have been good |
| `live` | channel | the same as it happens |

Of the addresses from which many come there is, after `dzone:{addresses}:`,

| key | type | what |
|---|---|---|
| `key` | string, an hour | by which they are named |
| `live` | channel | how many come to a process, each second; nobody keeps it |

Of what is announced there is, after `dzone:{notice}:`,

| key | type | what |
|---|---|---|
| `said` | string, as long as it stands | what, when, and until when |
| `live` | channel | the same as it happens |

and processes have channels of their own, on which they ask and answer:

| channel | who hears it |
|---|---|
| `dzone:{<life>}:asked` | the writer that calls its life so: the beginning of its generations |
| `dzone:{<reader>}:told` | a reader that asked |

A generation is a guild as one writer has written it whole. The next one is written beside it, and then takes
its place in one step, so that nobody ever reads half of one.
"""

from typing import Final

GUILDS_PARTS: Final = "dzone:{guilds}:parts"
GUILDS_INFOS: Final = "dzone:{guilds}:infos"
GUILDS_LIVE: Final = "dzone:{guilds}:live"
PROBE: Final = "dzone:{guilds}:probe"
LOGINS_ENDED: Final = "dzone:{logins}:ended"
LOGINS_LIVE: Final = "dzone:{logins}:live"
ADDRESSES_KEY: Final = "dzone:{addresses}:key"
ADDRESSES_LIVE: Final = "dzone:{addresses}:live"
NOTICE: Final = "dzone:{notice}:said"
NOTICE_LIVE: Final = "dzone:{notice}:live"


def meta(guild_id: str) -> str:
    """Name where it stands what can be read of a guild."""
    return f"dzone:{{{guild_id}}}:meta"


def live(guild_id: str) -> str:
    """Name the channel on which a guild's events are told."""
    return f"dzone:{{{guild_id}}}:live"


def members(guild_id: str, generation: str) -> str:
    """Name where a guild's members are."""
    return f"dzone:{{{guild_id}}}:{generation}:members"


def facts(guild_id: str, generation: str) -> str:
    """Name where a guild's channels are, its application, and what was said last."""
    return f"dzone:{{{guild_id}}}:{generation}:facts"


def events(guild_id: str, generation: str) -> str:
    """Name where a guild's last events are."""
    return f"dzone:{{{guild_id}}}:{generation}:events"


def alive(part: str) -> str:
    """Name where the writer of a part of the list says that it is there."""
    return f"dzone:{{guilds}}:alive:{part}"


def turn(name: str) -> str:
    """Name what whoever has a turn holds."""
    return f"dzone:{{guilds}}:turn:{name}"


def life_of(generation: str) -> str:
    """Name the life of the writer that wrote a generation."""
    return generation.rpartition(".")[0]


def asked(life: str) -> str:
    """Name the channel on which a writer is asked."""
    return f"dzone:{{{life}}}:asked"


def told(reader: str) -> str:
    """Name the channel on which a reader is answered."""
    return f"dzone:{{{reader}}}:told"
