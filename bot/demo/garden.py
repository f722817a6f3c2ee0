"""Who and what there is in the made-up guilds."""

from typing import Final, NamedTuple

from bridge.model import Channel, GuildInfo, Happening, Member, Status, Voice

PASSWORD: Final = "turnip"  # noqa: S105 - of a guild that is made up, and told to everybody

GARDEN_ROLES: Final = {
    "#e06c75": "Rose growers", "#e5a04b": "Pumpkin club", "#d9c65d": "Beekeepers", "#7fb069": "Gardeners",
    "#4fb3a5": "Pond watch", "#5b8dd9": "Night shift", "#9a7bd0": "Lavender circle", "#d977a8": "Tulips",
    "#8a8f98": "Helpers",
}  # fmt: skip
HARBOUR_ROLES: Final = {
    "#e06c75": "Skippers", "#e5a04b": "Net menders", "#d9c65d": "Bakers", "#7fb069": "Harbour watch",
    "#4fb3a5": "Divers", "#5b8dd9": "Fishers", "#9a7bd0": "Shanty choir", "#d977a8": "Boatbuilders",
}  # fmt: skip
"""What the roles are called that give people their colour; here each role's id is its colour."""

GARDEN: Final = GuildInfo(
    id="232769614004748288", slug="garden", name="The Garden", default=True, recent=True,
    role_names=GARDEN_ROLES,
)  # fmt: skip
HARBOUR: Final = GuildInfo(
    id="482241773318701056", slug="harbour", name="The Harbour", role_names=HARBOUR_ROLES
)
CELLAR: Final = GuildInfo(
    id="123456789012345678", slug="cellar", name="The Cellar", protected=True, password=PASSWORD
)

FIRE, POND, STAGE = "36", "37", "38"  # the voice channels
CHANNELS: Final = [
    Channel("31", "general", category="Meadow", position=0),
    Channel("32", "seedlings", category="Meadow", position=1),
    Channel("33", "announcements", "news", "Meadow", 2),
    Channel("34", "tools", category="Shed", position=3),
    Channel("35", "off-topic", category="Shed", position=4),
    Channel("39", "ideas", "forum", "Shed", 5),
    Channel(FIRE, "Campfire", "voice", "Evenings", 6, "ghost stories"),
    Channel(POND, "Pond", "voice", "Evenings", 7),
    Channel(STAGE, "Open air", "stage", "Evenings", 8),
]
QUAYS: Final = [
    Channel("61", "general", category="Quay", position=0),
    Channel("62", "market", category="Quay", position=1),
    Channel("63", "news", "news", "Quay", 2),
    Channel("64", "boats", category="Docks", position=3),
    Channel("65", "help", category="Docks", position=4),
    Channel("66", "recipes", category="Tavern", position=5),
    Channel("67", "music", category="Tavern", position=6),
    Channel("68", "Tavern", "voice", "Tavern", 7),
]
THREADS: Final = {"41": ("which tulip is this?", "32"), "42": ("a bench by the pond", "39")}
"""Threads and posts by id: what they are called, and where they are."""

QUIZ: Final = Happening("51", "event", channel=STAGE, text="Tulip quiz")
PICNIC: Final = Happening("52", "event", text="Picnic", location="The old mill")
BOOSTERS: Final = ("Juno", "Tomoko", "Ada")
QUESTION: Final = "Roses or tulips by the pond?"

NAMES: Final = (
    "Ada", "Beppo", "Chiara", "Dmitri", "Esra", "Farid", "Greta", "Hugo", "Inés", "Jonas", "Kim", "Lena",
    "Marek", "Noor", "Olga", "Paulo", "Quentin", "Rosa", "Sven", "Tomoko", "Uma", "Vera", "Wim", "Xenia",
    "Yusuf", "Zofia", "Amara", "Bram", "Cosima", "Diego", "Elif", "Finn", "Gül", "Hanna", "Ilya", "Juno",
    "Kofi", "Leila",
)  # fmt: skip
_STATUSES: Final[tuple[Status, ...]] = ("online", "online", "idle", "online", "dnd", "online", "offline")
_COLORS: Final = (
    "#e06c75", "#e5a04b", "#d9c65d", "#7fb069", "#4fb3a5", "#5b8dd9", "#9a7bd0", "#d977a8",
)  # fmt: skip
_GRADIENTS: Final = {"Ada": "#d9c65d", "Tomoko": "#5b8dd9", "Juno": "#e06c75"}
_SEATS: Final = {
    "Greta": Voice(FIRE, "Campfire"),
    "Noor": Voice(FIRE, "Campfire", muted=True),
    "Sven": Voice(FIRE, "Campfire", streaming=True),
    "Paulo": Voice(POND, "Pond", deafened=True, muted=True),
    "Uma": Voice(POND, "Pond"),
    "Inés": Voice(STAGE, "Open air", speaker=True),
    "Wim": Voice(STAGE, "Open air", muted=True),
    "Elif": Voice(STAGE, "Open air", muted=True),
    "Kofi": Voice(STAGE, "Open air", muted=True),
}
_ACTIVITIES: Final = {
    "Beppo": "Watching the rain", "Farid": "Playing Stardew Valley", "Lena": "Listening to Robin",
    "Olga": "Playing Chess", "Diego": "Playing Factorio", "Hanna": "Watching the tulips",
}  # fmt: skip
_LINES: Final = {"Esra": "tea at four", "Hugo": "back at noon", "Zofia": "learning Spanish 🌷"}
_BOTS: Final = {"Almanac": "Listening to the weather", "Sprinkler": None, "Robin": None}

NEWCOMER: Final = "Mika"  # who isn't there at first


def uid_of(name: str) -> str:
    """Number somebody."""
    return str(1000 + (*NAMES, *_BOTS, NEWCOMER).index(name))


def gardeners() -> list[Member]:
    """Make up the people of the garden, with bots among them."""
    people = [
        Member(
            uid=uid_of(name),
            username=name,
            status="online" if name in _SEATS else _STATUSES[number % len(_STATUSES)],
            role_color=_COLORS[number * 3 % len(_COLORS)],
            voice=_SEATS.get(name),
            activity=_ACTIVITIES.get(name),
            role_color2=_GRADIENTS.get(name),
            line=_LINES.get(name),
        )
        for number, name in enumerate(NAMES)
    ]
    bots = [
        Member(uid_of(name), name, "online", "#8a8f98", bot=True, activity=doing)
        for name, doing in _BOTS.items()
    ]
    return [one._replace(role=one.role_color) for one in people + bots]


def crew(*names: str) -> list[Member]:
    """Make up a few people for a guild where less happens."""
    return [
        Member(str(2000 + number), name, _STATUSES[number % len(_STATUSES)], _COLORS[number % len(_COLORS)])
        for number, name in enumerate(names)
    ]


def townspeople() -> list[Member]:
    """Make up so many people that they live in houses, most of whom are quiet."""
    names = [f"{name} {initial}." for initial in "ABCDEFGH" for name in NAMES]
    return [
        Member(
            str(3000 + number),
            name,
            _STATUSES[number * 5 % 11] if number * 5 % 11 < len(_STATUSES) else "offline",
            _COLORS[number // 9 % len(_COLORS)],
            voice=Voice("68", "Tavern") if number % 60 == 0 else None,
            role=_COLORS[number // 9 % len(_COLORS)],
        )
        for number, name in enumerate(names)
    ]


class Line(NamedTuple):
    """Something that somebody says; perhaps it `answers` somebody, and perhaps others react to it."""

    author: str
    place: str
    words: str
    answers: str | None = None
    reactions: tuple[tuple[str, str], ...] = ()


TALK: Final = (
    Line("Ada", "32", "The tulips are out!", reactions=(("Chiara", "🌷"), ("Kim", "🎉"))),
    Line("Chiara", "32", "Mine need another week.", answers="Ada"),
    Line("Hugo", "34", "Who has the long ladder?"),
    Line("Esra", "31", "Good morning! Tea is ready.", reactions=(("Beppo", "🫖"),)),
    Line("Marek", "41", "Red with a yellow rim: does anybody know it?"),
    Line("Rosa", "34", "Behind the shed, as always.", answers="Hugo"),
    Line("Almanac", "33", "Tonight down to 3 °C: cover the seedlings.", reactions=(("Olga", "🥶"),)),
    Line("Vera", "41", "Looks like a Kees Nelis.", answers="Marek"),
    Line("Jonas", "39", "Let's build a bench by the pond."),
    Line("Diego", "42", "I still have planks.", answers="Jonas", reactions=(("Jonas", "🪵"),)),
    Line("Kim", "31", "👋"),
    Line("Leila", "35", "¿Quién viene esta noche?"),
    Line("Ilya", "35", "Ich bringe Brot mit.", answers="Leila"),
    Line("Bram", "31", "Who left the camp fire burning? 🔥"),
    Line(
        "Lena",
        "31",
        "Not me. I was at the pond the whole evening, counting frogs: forty-one.",
        answers="Bram",
    ),
)
SHANTIES: Final = (
    ("61", "The tide turns at six."),
    ("62", "Fresh bread at the stall!"),
    ("64", "My boat leaks again."),
    ("61", "⛵"),
    ("65", "Who has seen my anchor?"),
    ("66", "Fish soup: the secret is patience."),
    ("67", "Tonight we sing. Bring your own shanty."),
)
"""What is said in the harbour, and where."""
