"""Settings of every kind, made up; and databases of both kinds to store them in."""

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, get_args

from hypothesis import strategies as st

from bot.storage.checks import MAX_ID, MAX_NAME
from cogs.settings import (
    MAX_LINE,
    Ending,
    GuildSettings,
    MemberSettings,
    MessageMode,
    OfflineMode,
    Protection,
)

# Of "an invented password"; always the same, for it stands in the names of tests.
HASH: Final = "scrypt$16384$8$1$Zgj6YKKx3WzLWIg1MCnS8w==$PwmBk6vyyUlTPvGi6bYYvs592KX7JgM3awMbGEKO42M="
FULL: Final = GuildSettings(
    shown=False,
    listed=False,
    name="Grüße 👋🏽 «x»",
    messages="bubble",
    offline="hide",
    bots=False,
    protection="password",
    role_id=MAX_ID,
    password_hash=HASH,
    audience=5,
    live_channel=6,
    live_message=MAX_ID,
    live_ended="forbidden",
    channels=MappingProxyType({1: True, 2: False, MAX_ID: True}),
    proxies=frozenset({1, MAX_ID}),
    hidden=frozenset({3, MAX_ID}),
    hidden_roles=frozenset({8, MAX_ID}),
    optin=True,
    gestures=False,
    role_names=True,
)
HIDDEN: Final = MemberSettings(hidden=True, muted=True, color="#5865F2", agreed=True, line="Grüße 👋🏽")
LONG_AGO: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

ids = st.integers(1, 5) | st.integers(1, MAX_ID)
names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\x7f"]),
    min_size=1, max_size=MAX_NAME,
)  # fmt: skip
lines = st.text(
    st.characters(exclude_categories=["Cs", "Zl", "Zp"], exclude_characters=[*map(chr, range(32)), "\x7f"]),
    min_size=1, max_size=MAX_LINE,
)  # fmt: skip
times = st.integers(0, 250_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
guild_settings = st.builds(
    GuildSettings,
    shown=st.booleans(),
    listed=st.booleans(),
    name=st.none() | names,
    messages=st.sampled_from(get_args(MessageMode)),
    offline=st.sampled_from(get_args(OfflineMode)),
    bots=st.booleans(),
    protection=st.sampled_from(get_args(Protection)),
    role_id=st.none() | ids,
    password_hash=st.none() | st.just(HASH),
    audience=st.none() | ids,
    live_channel=st.none() | ids,
    live_message=st.none() | ids,
    live_ended=st.none() | st.sampled_from(get_args(Ending)),
    channels=st.dictionaries(ids, st.booleans(), max_size=4),
    proxies=st.frozensets(ids, max_size=4),
    hidden=st.frozensets(ids, max_size=4),
    hidden_roles=st.frozensets(ids, max_size=4),
    optin=st.booleans(),
    gestures=st.booleans(),
    role_names=st.booleans(),
)
member_settings = st.builds(
    MemberSettings,
    hidden=st.booleans(),
    muted=st.booleans(),
    color=st.none() | st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True),
    agreed=st.booleans(),
    line=st.none() | lines,
)


def sqlite_url(path: Path) -> str:
    """Write where a file is."""
    return f"sqlite:///{path}"
