"""Whatever is decided and whatever happens, in any order: nobody watches who may not.

Whoever may is let in, and stays. The bot is the real one, as in `test_whole`; Discord's word about tokens is
taken for granted here.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.login.logins import Logins
from bot.policy import Policy
from bridge.access.login import Account, Login
from bridge.access.visitor import Visitor
from bridge.viewers.session import Session
from cogs.settings import GuildSettings
from tests.bot.house import House, Line, Page
from tests.bot.law import HASH, PASSWORD, Home
from tests.bot.stored import sqlite_url
from tests.e2e.model import Role, User

FOREVER = 1e12

people = st.integers(0, 3)
protections = st.sampled_from(["off", "login", "login", "login", "password"])


class Trusting(Logins):
    """Believes each token; who may watch is for the guild to say."""

    async def validate(self, token: str, user: Mapping[str, Any], server_id: str) -> bool:
        return await self.may_watch(str(user["id"]), server_id)


class Window(Page):
    """A page that shows, at the door, a token, a cookie, a password or nothing."""

    def __init__(self, way: str, user: User, key: str) -> None:
        super().__init__(full=False)
        self.way = way
        self.user = user
        self.key = key
        self.wanted = False
        """Whether it should be in the room, as far as is known."""
        self._house: House

    async def knock(self, house: House, guild: Home) -> None:
        """Connect, as somebody, and ask for the guild."""
        self._house = house
        self._line = Line(self, house.bridge._gate)
        bridge, connection = house.bridge, cast("Any", self._line)
        account = Account(str(self.user.id), self.user.username)
        login = Login(account, self.key, FOREVER) if self.way == "cookie" else None
        visitor = Visitor("?", login)
        self._session = Session(connection, visitor, bridge._directory, bridge._admission, bridge._refresher)
        bridge._sessions.join(connection, self._session)
        asked: dict[str, Any] = {"server": str(guild.id)}
        if self.way == "token":
            asked |= {"discordToken": "x" * 20, "discordUser": {"id": str(self.user.id)}}
        if self.way == "password":
            asked |= {"password": PASSWORD}
        await self._session._answer(json.dumps({"type": "connect", "data": asked}))
        if self.guild is None:
            self.go()

    def go(self) -> None:
        """Leave."""
        self._house.bridge._sessions.leave(cast("Any", self._line))
        super().go()


class Door(RuleBasedStateMachine):
    """A guild with two roles, some people inside and outside of it, and their windows."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.home = Home("guild", User("owner"), miscount=0)  # else nobody knows when all have come
        self.users = [User(f"user{number}") for number in range(4)]
        self.roles = [self.home.role("One"), self.home.role("Two")]
        for number, user in enumerate(self.users[:3]):
            self.home.settle(user, roles=(self.roles[number % 2],))
        self.decided = GuildSettings()
        self.windows: list[Window] = []
        self.keys: set[str] = set()
        self.house = House(sqlite_url(Path(self.folder) / "settings.sqlite3"))
        self.house.open(self.whole())
        logins = Trusting(self.house.bot, cast("Any", None), Policy(self.house.store))
        self.house.bridge.on_validate_discord_user(logins.validate)
        self.house.bridge._admission.doorkeeper.authority = logins
        self.decide("login", None)
        for who in range(3):  # there is something to lose from the beginning
            for way in ("token", "cookie"):
                self.come(who, way)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.leave()
            shutil.rmtree(self.folder)

    def whole(self) -> Any:
        return self.home.payload(self.home.owner) | {"unavailable": False}

    # The law

    def admits(self, window: Window) -> bool:
        """Say once more, as plainly as can be, who may watch."""
        if self.decided.protection == "off":
            return True
        if self.decided.protection == "password":
            return window.way == "password"
        if window.way not in ("token", "cookie") or (window.way == "cookie" and window.key not in self.keys):
            return False
        member = self.home.members.get(window.user.id)
        role = self.home.roles.get(self.decided.role_id or 0)
        return member is not None and (self.decided.role_id is None or role in member.roles)

    @invariant()
    def whoever_watches_may(self) -> None:
        if not hasattr(self, "house"):
            return
        for window in self.windows:
            window.wanted = window.wanted and self.admits(window)
            assert (window.guild is not None) is window.wanted, (window.way, window.user)

    # People

    @rule(who=people, way=st.sampled_from(["token", "cookie", "password", "nothing"]))
    def knock(self, who: int, way: str) -> None:
        self.come(who, way)

    def come(self, who: int, way: str) -> None:
        window = Window(way, self.users[who], f"key{len(self.windows)}")
        self.keys.add(window.key)
        self.windows.append(window)
        self.house.do(window.knock(self.house, self.home))
        window.wanted = self.admits(window)

    @rule(data=st.data())
    def log_out(self, data: st.DataObject) -> None:
        if self.windows:
            window = data.draw(st.sampled_from(range(len(self.windows))).map(self.windows.__getitem__))
            self.keys.discard(window.key)
            self.house.do(self._end_login(window.key))

    async def _end_login(self, key: str) -> None:
        self.house.bridge._sessions.end_login(key)

    @rule(who=people, roles=st.sets(st.integers(0, 1)))
    def join_or_leave(self, who: int, roles: set[int]) -> None:
        user = self.users[who]
        if user.id in self.home.members:
            member = self.home.members.pop(user.id)
            self.hear("GUILD_MEMBER_REMOVE", {"user": member.user.payload()})
        else:
            self.hear("GUILD_MEMBER_ADD", self.home.settle(user, roles=self.existing(roles)).payload())

    @rule(who=people, roles=st.sets(st.integers(0, 1)))
    def change_roles(self, who: int, roles: set[int]) -> None:
        member = self.home.members.get(self.users[who].id)
        if member is not None:
            member.roles = list(self.existing(roles))
            self.hear("GUILD_MEMBER_UPDATE", member.payload())

    @rule(number=st.integers(0, 1))
    def delete_role(self, number: int) -> None:
        role = self.roles[number]
        if role.id in self.home.roles:
            del self.home.roles[role.id]
            self.hear("GUILD_ROLE_DELETE", {"role_id": str(role.id)})
            for member in self.home.members.values():
                member.roles = [one for one in member.roles if one is not role]

    @rule(who=people, roles=st.sets(st.integers(0, 1)), stays=st.booleans(), away=st.booleans())
    def unnoticed(self, who: int, roles: set[int], stays: bool, away: bool) -> None:
        """Somebody leaves, comes, or gets other roles while the gateway is lost, or the guild is."""
        if away:
            self.hear("GUILD_DELETE", self.home.stub())
        self.home.members.pop(self.users[who].id, None)
        if stays:
            self.home.settle(self.users[who], roles=self.existing(roles))
        self.hear("GUILD_CREATE", self.whole())

    def existing(self, numbers: set[int]) -> tuple[Role, ...]:
        return tuple(self.roles[number] for number in numbers if self.roles[number].id in self.home.roles)

    def hear(self, event: str, payload: Any) -> None:
        self.house.hear(event, {"guild_id": str(self.home.id)} | payload)

    # Managers

    @rule(protection=protections, role=st.sampled_from([None, 0, 1]))
    def protect(self, protection: Any, role: int | None) -> None:
        self.decide(protection, role)

    def decide(self, protection: Any, role: int | None) -> None:
        role_id = self.roles[role].id if role is not None and protection == "login" else None
        password = HASH if protection == "password" else None

        def change(before: GuildSettings) -> GuildSettings:
            return replace(before, protection=protection, role_id=role_id, password_hash=password)

        before, self.decided = self.decided, change(self.decided)
        guild = self.house.bot.get_guild(self.home.id)
        assert guild is not None
        self.house.do(self.house.decisions.change_guild(guild, change))
        if before != self.decided and protection != "off":
            for window in self.windows:  # they came in by another door, and may come again
                window.wanted = False


TestDoor = pytest.mark.timeout(300)(Door.TestCase)
TestDoor.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestDoor.__doc__ = "Nobody watches who may not, and whoever may is let in."
