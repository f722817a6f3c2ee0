"""Whatever is decided and whatever happens, in any order: viewers hold what the rules allow now.

The bot is the real one, with its cogs, its bridge, and its store in a file; it hears what a gateway would
say of two guilds. The rules are said once more in `law`, from what owners were promised.
"""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import policy
from cogs.settings import GuildSettings, MemberSettings
from tests.bot.house import House, Page
from tests.bot.law import CROWD, HASH, PASSWORD, Home, Json, Law, Memory, Words, visitor
from tests.bot.memory import MemorySettings
from tests.bot.stored import sqlite_url
from tests.e2e.guild import Member, answering, changed, written
from tests.e2e.model import (
    ADMINISTRATOR,
    CATEGORY,
    EVERYONE_MAY,
    FORUM,
    JOINED_AT,
    NEWS,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    STAGE,
    TEXT,
    VOICE,
    Channel,
    Role,
    User,
)

Some = TypeVar("Some")

PLACES = (TEXT, TEXT, VOICE, VOICE, NEWS, STAGE, FORUM, CATEGORY)
VISIT = 300.0  # seconds that somebody stays after their last words
LONG = 40  # seconds after which the oldest clients, too, have been told everything

numbers = st.sampled_from([0, 0, 0, 1])  # of guilds: most happens in one
statuses = st.sampled_from(["online", "idle", "dnd", "offline", "offline"])
levels = st.sampled_from([0, 0, 1, 2, 3])
passwords = st.sampled_from([None, PASSWORD, "guessed"])
fields = st.one_of(
    st.fixed_dictionaries({"shown": st.booleans()}),
    st.fixed_dictionaries({"listed": st.booleans()}),
    st.fixed_dictionaries({"name": st.sampled_from([None, "Public", "Open house"])}),
    st.fixed_dictionaries({"messages": st.sampled_from(["full", "full", "bubble", "off"])}),
    st.fixed_dictionaries({"offline": st.sampled_from(["show", "hide", "auto"])}),
    st.fixed_dictionaries({"bots": st.booleans()}),
    st.fixed_dictionaries({"role_id": st.sampled_from([None, 5])}),
    st.fixed_dictionaries({"proxies": st.just(frozenset())}),
    st.sampled_from(
        [
            {"protection": "off", "password_hash": None},
            {"protection": "login", "password_hash": None},
            {"protection": "password", "password_hash": HASH},
        ]
    ),
)
choices = st.one_of(
    st.fixed_dictionaries({"hidden": st.booleans()}),
    st.fixed_dictionaries({"muted": st.booleans()}),
    st.fixed_dictionaries({"color": st.sampled_from([None, "#123456", "#abcdef"])}),
)


def is_removal(event: Json) -> bool:
    """Tell whether this only takes somebody away, or words back: it has to name whom, or which."""
    data = event["data"]
    if event["type"] == "presence":
        return bool(data["status"] == "offline") and data.keys() <= {"uid", "status", "delete"}
    if event["type"] == "voice":
        return data["channel"] is None
    return bool(event["type"] == "edit") and data["message"] is None


class Whole(RuleBasedStateMachine):
    """A house, two guilds, some people, and two viewers."""

    # The world

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.crowd = mock.patch.object(policy, "HIDE_OFFLINE_ABOVE", CROWD)
        self.crowd.start()
        self.counter = itertools.count()
        self.book = MemorySettings()
        self.hook = User(self.fresh("hook"), bot=True)
        self.users = [User(self.fresh("user"), bot=number == 2) for number in range(5)]
        self.homes = [Home(self.fresh("guild"), User("owner")) for _ in range(2)]
        self.laws = [Law(home, self.book) for home in self.homes]
        self.memories = [Memory() for _ in self.homes]
        for home, memory, users in zip(
            self.homes, self.memories, (self.users[:4], self.users[1:3]), strict=True
        ):
            for user in users:
                home.settle(user, roles=(home.role(self.fresh("role"), 0x00FF00 + user.id % 255),))
            for kind in (VOICE, CATEGORY):
                home.channel(self.fresh("channel"), kind)
            home.channel(self.fresh("channel"), parent=list(home.channels.values())[-1])
            home.channel(self.fresh("thread"), PUBLIC_THREAD, parent=home.public)
            self.remember(home, memory)
        self.house = House(sqlite_url(Path(self.folder) / "settings.sqlite3"))
        self.house.open(*self.payloads())
        self.pages = [Page(full=False), Page(full=True)]
        self.traveller = Page(full=True)
        self.checked = dict.fromkeys((*self.pages, self.traveller), 0)
        self.strict = False
        for page in (*self.pages, self.traveller):
            self.enter(page, 0)
            self.check_page(page)
        self.traveller.go()
        for channel in (self.homes[0].public, list(self.homes[0].channels.values())[-1]):
            self.tell(0, next(iter(self.homes[0].members.values())), channel, self.fresh("word"))
            for page in self.pages:
                self.check_page(page)

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.wait(LONG)
            self.strict = True
            self.check()
            self.house.leave()
            self.crowd.stop()
            shutil.rmtree(self.folder)

    def fresh(self, what: str) -> str:
        """Make up a word that is part of no other."""
        return f"{what}{next(self.counter)}x"

    def payloads(self) -> Iterator[Json]:
        for home in self.homes:
            home.away = False
            home.visits.clear()
            if home.has_bot:
                yield home.payload(home.owner) | {"unavailable": False}

    def remember(self, home: Home, memory: Memory) -> None:
        """Keep in mind what everybody and everything is called."""
        for member in home.members.values():
            user = member.user
            called = {
                user.username,
                user.global_name,
                member.nick,
                *(a.get("state") or a["name"] for a in user.activities),
            }
            memory.names[member.id] |= called - {None}
        for channel in home.channels.values():
            memory.names[channel.id].add(channel.name)

    def hear(self, event: str, payload: Json, home: Home) -> None:
        """Let the gateway say something; in an outage, or of a guild without the bot, it says nothing."""
        for some, memory in zip(self.homes, self.memories, strict=True):
            self.remember(some, memory)
        if home.has_bot and not home.away:
            self.house.hear(event, payload | {"guild_id": str(home.id)})

    def pick(self, data: st.DataObject, some: Any) -> Any:
        some = list(some)
        return some[data.draw(st.integers(0, len(some) - 1))]

    def member(self, data: st.DataObject, home: Home) -> Member:
        member = self.pick(data, home.members.values())
        assert isinstance(member, Member)
        return member

    def channel(self, data: st.DataObject, home: Home, *kinds: int) -> Channel:
        some = [channel for channel in home.channels.values() if not kinds or channel.type in kinds]
        channel = self.pick(data, some)
        assert isinstance(channel, Channel)
        return channel

    # Viewers

    def enter(self, page: Page, number: int, password: str | None = None, *, resume: bool = False) -> None:
        law = self.laws[number]
        self.house.do(page.come(self.house, law.home.id, password, resume=resume))
        assert (page.guild == law.home.id) == law.admits(password)

    @rule(data=st.data(), number=numbers, password=passwords, resume=st.booleans())
    def come(self, data: st.DataObject, number: int, password: str | None, resume: bool) -> None:
        page = self.pick(data, self.pages)
        if page.guild is not None:
            page.go()
        self.enter(page, number, password, resume=resume)

    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        page = self.pick(data, self.pages)
        if page.guild is not None:
            page.go()

    @precondition(lambda self: any(page.guild is None for page in self.pages))
    @rule()
    def come_back(self) -> None:
        for page in self.pages:
            if page.guild is None:
                self.enter(page, 0, PASSWORD, resume=True)

    @rule()
    def visit(self) -> None:
        """Somebody comes back from afar, hears what they missed, and goes again."""
        self.enter(self.traveller, 0, PASSWORD, resume=True)
        self.check_page(self.traveller)
        if self.traveller.guild is not None:
            self.traveller.go()

    @rule(seconds=st.sampled_from([1, 6, LONG]))
    def wait(self, seconds: int) -> None:
        self.house.wait(seconds)
        self.strict = seconds == LONG

    # Decisions

    @rule(number=numbers, changes=fields)
    def decide(self, number: int, changes: Json) -> None:
        self.change(number, lambda before: replace(before, **changes))

    @rule(number=numbers, data=st.data(), shown=st.sampled_from([None, False, True]))
    def decide_on_channel(self, number: int, data: st.DataObject, shown: bool | None) -> None:
        channel = self.channel(data, self.homes[number])

        def change(before: GuildSettings) -> GuildSettings:
            others = {key: value for key, value in before.channels.items() if key != channel.id}
            return replace(before, channels=others if shown is None else others | {channel.id: shown})

        self.change(number, change)

    @rule(number=numbers, data=st.data())
    def decide_on_audience(self, number: int, data: st.DataObject) -> None:
        home = self.homes[number]
        audience = self.pick(data, [None, home.id, *home.roles])
        self.change(number, lambda before: replace(before, audience=audience))

    @rule(number=numbers, data=st.data())
    def decide_on_proxies(self, number: int, data: st.DataObject) -> None:
        channel = self.channel(data, self.homes[number])
        self.change(number, lambda before: replace(before, proxies=before.proxies ^ {channel.id}))

    @rule(number=numbers, data=st.data())
    def decide_on_member(self, number: int, data: st.DataObject) -> None:
        user = self.pick(data, self.users)
        self.change(number, lambda before: replace(before, hidden=before.hidden ^ {user.id}))

    def change(self, number: int, change: Callable[[GuildSettings], GuildSettings]) -> None:
        home = self.homes[number]
        guild = self.house.bot.get_guild(home.id)
        if guild is not None:
            self.book.guilds[home.id] = change(self.book.guild(home.id))
            self.house.do(self.house.decisions.change_guild(guild, change))

    @rule(data=st.data(), changes=choices)
    def choose(self, data: st.DataObject, changes: Json) -> None:
        user = self.pick(data, self.users)

        def change(before: MemberSettings) -> MemberSettings:
            return replace(before, **changes)

        self.book.members[user.id] = change(self.book.member(user.id))
        self.house.do(self.house.decisions.change_member(user.id, change))

    @rule(number=st.sampled_from([None, 0, 1]))
    def choose_default(self, number: int | None) -> None:
        self.book.default_guild = None if number is None else self.homes[number].id
        self.house.do(self.house.decisions.choose_default(self.book.default_guild))

    @rule(number=numbers)
    def forget(self, number: int) -> None:
        home = self.homes[number]
        guild = self.house.bot.get_guild(home.id)
        if guild is not None:
            self.book.guilds.pop(home.id, None)
            if self.book.default_guild == home.id:
                self.book.default_guild = None
            self.house.do(self.house.decisions.forget_guild(guild))

    @rule()
    def restart(self) -> None:
        watching = [(page, page.guild, page.password) for page in self.pages if page.guild is not None]
        for page, _, _ in watching:
            page.go()
        self.house.close()
        self.house.open(*self.payloads())
        for page, guild, password in watching:
            self.enter(page, [home.id for home in self.homes].index(guild), password, resume=True)

    # The guilds

    @rule(number=numbers, named=st.booleans(), level=levels)
    def update_guild(self, number: int, named: bool, level: int) -> None:
        home = self.homes[number]
        home.nsfw_level = level
        if named:
            home.name = self.fresh("guild")
        self.hear("GUILD_UPDATE", home.properties(), home)

    @rule(number=numbers, stub=st.booleans())
    def begin_outage(self, number: int, stub: bool) -> None:
        """Discord is away; with a new session, of which the bot knows no more than the guild's id."""
        home = self.homes[number]
        if home.has_bot and not home.away:
            self.hear("GUILD_DELETE", home.stub(), home)
            home.away = True
            if stub:
                self.house.forget_guild(home.stub())

    @rule(number=numbers)
    def end_outage(self, number: int) -> None:
        """All that happened meanwhile is told at once, and nothing of how it came about."""
        home = self.homes[number]
        if home.away:
            home.away = False
            self.hear("GUILD_CREATE", home.payload(home.owner) | {"unavailable": False}, home)

    @rule(number=numbers)
    def throw_out_or_invite(self, number: int) -> None:
        home = self.homes[number]
        home.away = False
        if home.has_bot:
            self.hear("GUILD_DELETE", {"id": str(home.id)}, home)
            home.has_bot = False
            home.visits.clear()
        else:
            home.has_bot = True
            self.hear("GUILD_CREATE", home.payload(home.owner), home)

    # Members

    @rule(number=numbers, data=st.data(), status=statuses)
    def join(self, number: int, data: st.DataObject, status: str) -> None:
        home = self.homes[number]
        user = self.pick(data, self.users)
        if user.id not in home.members:
            member = home.settle(user, roles=(self.pick(data, home.roles.values()),))
            member.roles = [role for role in member.roles if role.id != home.id]
            self.hear("GUILD_MEMBER_ADD", member.payload(), home)
            self.hear("PRESENCE_UPDATE", member.presence(), home)

    @rule(number=numbers, data=st.data(), voice_first=st.booleans())
    def leave(self, number: int, data: st.DataObject, voice_first: bool) -> None:
        home = self.homes[number]
        if len(home.members) == 1:
            return
        member = self.member(data, home)
        del home.members[member.id]
        if voice_first:
            self.hang_up(home, member)
        self.hear("GUILD_MEMBER_REMOVE", {"user": member.user.payload()}, home)
        if not voice_first:
            self.hang_up(home, member)

    @rule(number=numbers, data=st.data())
    def ban(self, number: int, data: st.DataObject) -> None:
        """Somebody is banned together with what they said."""
        home, memory = self.homes[number], self.memories[number]
        if len(home.members) == 1:
            return
        member = self.member(data, home)
        self.hear("GUILD_BAN_ADD", {"user": member.user.payload()}, home)
        del home.members[member.id]
        self.hear("GUILD_MEMBER_REMOVE", {"user": member.user.payload()}, home)
        self.hang_up(home, member)
        if not home.away:  # of what an outage has swallowed nobody ever hears
            for words in memory.words:
                words.banned |= words.author.id == member.id and not words.by_webhook
                words.told &= not words.banned

    def hang_up(self, home: Home, member: Member) -> None:
        state = home.voice.pop(member.id, None)
        if state is not None:
            self.hear("VOICE_STATE_UPDATE", state | {"channel_id": None}, home)

    @rule(number=numbers, data=st.data(), named=st.booleans())
    def update_member(self, number: int, data: st.DataObject, named: bool) -> None:
        home = self.homes[number]
        member = self.member(data, home)
        member.nick = self.fresh("nick") if named else None
        roles = [role for role in home.roles.values() if role.id != home.id]
        member.roles = data.draw(st.lists(st.sampled_from(roles), unique=True, max_size=2)) if roles else []
        self.hear("GUILD_MEMBER_UPDATE", member.payload(), home)

    @rule(data=st.data(), status=statuses, busy=st.sampled_from([None, 0, 4]), renamed=st.booleans())
    def presence(self, data: st.DataObject, status: str, busy: int | None, renamed: bool) -> None:
        """Somebody's status changes, in each of their guilds; perhaps their account does as well."""
        user = self.pick(data, self.users)
        user.status = status
        name = self.fresh("activity")
        words = {0: {"name": name}, 4: {"name": "Custom Status", "state": name}}
        user.activities = [] if busy is None or status == "offline" else [{"type": busy, **words[busy]}]
        if renamed:
            user.global_name = self.fresh("global")
            user.avatar = f"{next(self.counter):032x}"
        for home in self.homes:
            if user.id in home.members:
                self.hear("PRESENCE_UPDATE", home.members[user.id].presence(full=renamed), home)

    @rule(number=numbers, data=st.data(), deaf=st.booleans())
    def talk(self, number: int, data: st.DataObject, deaf: bool) -> None:
        home = self.homes[number]
        member = self.member(data, home)
        places = [channel for channel in home.channels.values() if channel.type in (VOICE, STAGE)]
        channel = self.pick(data, [None, *places, *places])
        if channel is None:
            self.hang_up(home, member)
            return
        home.voice[member.id] = {
            "channel_id": str(channel.id),
            "user_id": member.uid,
            "session_id": "s",
            "deaf": False,
            "mute": False,
            "suppress": False,
            "self_deaf": deaf,
            "self_mute": deaf,
            "self_stream": False,
            "self_video": False,
        }
        self.hear("VOICE_STATE_UPDATE", home.voice[member.id], home)

    # Roles

    @rule(number=numbers, color=st.sampled_from([0, 0xFF0000]), data=st.data())
    def make_role(self, number: int, color: int, data: st.DataObject) -> None:
        home = self.homes[number]
        role = home.role(self.fresh("role"), color, max(role.position for role in home.roles.values()) + 1)
        self.hear("GUILD_ROLE_CREATE", {"role": role.payload()}, home)

    @rule(number=numbers, data=st.data(), color=st.sampled_from([0, 0x0000FF, 0xFF0000]), up=st.booleans())
    def update_role(self, number: int, data: st.DataObject, color: int, up: bool) -> None:
        home = self.homes[number]
        role = self.pick(data, home.roles.values())
        if role.id == home.id:
            role.permissions = "0" if role.permissions == EVERYONE_MAY else EVERYONE_MAY
        elif color == 0:
            role.permissions = str(ADMINISTRATOR) if role.permissions == EVERYONE_MAY else EVERYONE_MAY
        else:
            role.color = color
            if up:
                role.position = max(role.position for role in home.roles.values()) + 1
        self.hear("GUILD_ROLE_UPDATE", {"role": role.payload()}, home)

    @rule(number=numbers, data=st.data())
    def delete_role(self, number: int, data: st.DataObject) -> None:
        home = self.homes[number]
        role: Role = self.pick(data, home.roles.values())
        if role.id != home.id:
            del home.roles[role.id]
            self.hear("GUILD_ROLE_DELETE", {"role_id": str(role.id)}, home)

    # Channels

    @rule(
        number=numbers, data=st.data(), kind=st.sampled_from(PLACES), hidden=st.booleans(), nsfw=st.booleans()
    )
    def make_channel(self, number: int, data: st.DataObject, kind: int, hidden: bool, nsfw: bool) -> None:
        home = self.homes[number]
        categories = [channel for channel in home.channels.values() if channel.type == CATEGORY]
        parent = self.pick(data, [None, *categories]) if kind != CATEGORY else None
        channel = home.channel(
            self.fresh("channel"),
            kind,
            nsfw=nsfw and hidden,
            hidden=hidden,
            parent=parent,
            unseen=nsfw and not hidden,
        )
        self.hear("CHANNEL_CREATE", channel.payload(), home)

    @rule(number=numbers, data=st.data(), kind=st.sampled_from([PUBLIC_THREAD, PRIVATE_THREAD]))
    def make_thread(self, number: int, data: st.DataObject, kind: int) -> None:
        home = self.homes[number]
        thread = home.channel(self.fresh("thread"), kind, parent=self.channel(data, home, TEXT))
        self.hear("THREAD_CREATE", thread.payload() | {"newly_created": True}, home)

    @rule(number=numbers, data=st.data())
    def delete_channel(self, number: int, data: st.DataObject) -> None:
        """A channel with its threads, or a thread: of the words in it nothing is told."""
        home = self.homes[number]
        channel = self.channel(data, home)
        if channel.type == TEXT and sum(each.type == TEXT for each in home.channels.values()) == 1:
            return  # some place has to be left
        del home.channels[channel.id]
        if channel.is_thread():
            if not channel.is_unseen():
                known = {key: channel.payload()[key] for key in ("id", "parent_id", "type")}
                self.hear("THREAD_DELETE", known, home)
            return
        for thread in [
            each for each in home.channels.values() if each.is_thread() and each.parent is channel
        ]:
            del home.channels[thread.id]
        for inside in home.channels.values():
            if inside.parent is channel:
                inside.parent = None
                self.hear("CHANNEL_UPDATE", inside.payload(), home)
        for uid in [uid for uid, state in home.voice.items() if state["channel_id"] == str(channel.id)]:
            state = home.voice.pop(uid)
            self.hear("VOICE_STATE_UPDATE", state | {"channel_id": None}, home)
        self.hear("CHANNEL_DELETE", channel.payload(), home)

    @rule(number=numbers, data=st.data())
    def change_sight(self, number: int, data: st.DataObject) -> None:
        """The bot may look into a channel no more, or again; most often one that somebody decided on."""
        home = self.homes[number]
        known = [channel for channel in home.channels.values() if not channel.is_thread()]
        decided = [channel for channel in known if channel.id in self.book.guild(home.id).channels]
        channel = self.pick(data, decided or known)
        channel.unseen = not channel.unseen
        self.hear("CHANNEL_UPDATE", channel.payload(), home)

    @rule(number=numbers, data=st.data())
    def delete_where_somebody_spoke(self, number: int, data: st.DataObject) -> None:
        home, memory = self.homes[number], self.memories[number]
        threads = [words.channel for words in memory.words if words.channel.is_thread()]
        there = [channel for channel in threads if channel.id in home.channels and not channel.is_unseen()]
        if there:
            thread = self.pick(data, there)
            del home.channels[thread.id]
            known = {key: thread.payload()[key] for key in ("id", "parent_id", "type")}
            self.hear("THREAD_DELETE", known, home)

    @rule(
        number=numbers, data=st.data(),
        what=st.sampled_from(["hide", "hide", "restrict", "name", "move", "spoil", "lock", "allow"]),
    )  # fmt: skip
    def update_channel(self, number: int, data: st.DataObject, what: str) -> None:
        home = self.homes[number]
        channel = self.pick(data, [channel for channel in home.channels.values() if not channel.is_thread()])
        match what:
            case "spoil" if channel.type != CATEGORY:
                channel.spoiler = not channel.spoiler
            case "lock" if channel.type in (VOICE, STAGE):
                channel.locked = not channel.locked
            case "allow":
                roles = [role for role in home.roles.values() if role.id != home.id]
                channel.allows = self.pick(data, [None, *roles])
            case "hide":
                channel.hidden = not channel.hidden
            case "restrict" if channel.type != CATEGORY:
                channel.nsfw = not channel.nsfw
            case "move":
                channel.position += 1
            case _:
                channel.name = self.fresh("channel")
        self.hear("CHANNEL_UPDATE", channel.payload(), home)

    # What people do

    @rule(
        number=numbers, data=st.data(), by_webhook=st.sampled_from([False, False, True]), aloud=st.booleans()
    )  # fmt: skip
    def say(self, number: int, data: st.DataObject, by_webhook: bool, aloud: bool) -> None:
        home, law, memory = self.homes[number], self.laws[number], self.memories[number]
        author = self.member(data, home)
        kinds = (TEXT, NEWS, VOICE, PUBLIC_THREAD, PRIVATE_THREAD)
        heard = [each for each in home.channels.values() if each.type in kinds and law.reads(author, each)]
        channel = self.pick(data, heard) if heard and aloud else self.channel(data, home, *kinds)
        mentioned = self.pick(data, [None, *home.members.values(), *home.channels.values()])
        answered = self.pick(data, [None, *memory.words[-3:]])
        token = self.fresh("word")
        extra = answering(answered.payload) if answered is not None else {}
        text = f"{token} {mentioned.mention if mentioned else ''}"
        self.tell(number, None if by_webhook else author, channel, text, **extra)

    def tell(self, number: int, author: Member | None, channel: Channel, text: str, **extra: Any) -> None:
        """Let a member say something, or a webhook; who asked for everything hears it, or nobody does."""
        home, law, memory = self.homes[number], self.laws[number], self.memories[number]
        by_webhook = author is None
        if author is None:
            payload = written(channel, self.hook, text, **extra, webhook_id="4711")
            hears = law.hears_proxy(channel)
            told = hears and law.decided.messages == "full"
            author = Member(self.hook, home)
        else:
            payload = written(channel, author, text, **extra)
            hears, told = law.hears_words(author, channel), law.reads(author, channel)
        told = told and not home.away
        hears = hears and not home.away and law.shows()
        memory.words.append(Words(text.split(maxsplit=1)[0], author, channel, payload, told, by_webhook))
        if channel.is_unseen():
            return  # nobody tells the bot
        self.hear("MESSAGE_CREATE", payload, home)
        if hears and (by_webhook or not law.sees(author)):
            uid = visitor(4711, self.hook.username) if by_webhook else author.uid
            home.visits[uid] = self.house.now + VISIT
        self.expect(home, "message", {"id": payload["id"]} if hears else None)

    @rule(number=numbers, data=st.data())
    def edit(self, number: int, data: st.DataObject) -> None:
        home, law, memory = self.homes[number], self.laws[number], self.memories[number]
        there = [
            words
            for words in memory.words
            if words.author.id in home.members
            and words.channel.id in home.channels
            and not (words.by_webhook or words.channel.is_unseen())
        ]
        if there:
            old = self.pick(data, there)
            token = self.fresh("word")
            told = old.told and law.reads(old.author, old.channel) and not home.away
            payload = changed(old.channel, old.payload, content=token, edited_timestamp=JOINED_AT)
            memory.words.append(Words(token, old.author, old.channel, payload, told))
            self.hear("MESSAGE_UPDATE", payload, home)

    @rule(number=numbers, data=st.data(), bulk=st.booleans())
    def take_back(self, number: int, data: st.DataObject, bulk: bool) -> None:
        home, memory = self.homes[number], self.memories[number]
        if memory.words:
            words = self.pick(data, memory.words)
            where = {"channel_id": str(words.channel.id)}
            if bulk:
                self.hear("MESSAGE_DELETE_BULK", where | {"ids": [words.payload["id"]]}, home)
            else:
                self.hear("MESSAGE_DELETE", where | {"id": words.payload["id"]}, home)

    @rule(number=numbers, data=st.data(), kind=st.sampled_from(["typing", "reaction"]))
    def do(self, number: int, data: st.DataObject, kind: str) -> None:
        home, law = self.homes[number], self.laws[number]
        author, channel = (
            self.member(data, home),
            self.channel(data, home, TEXT, PUBLIC_THREAD, PRIVATE_THREAD),
        )
        if channel.is_unseen():
            return  # nobody tells the bot
        where = {"channel_id": str(channel.id), "user_id": author.uid, "member": author.payload()}
        if kind == "typing":
            self.hear("TYPING_START", where | {"timestamp": 1_700_000_000}, home)
        else:
            emoji = {"id": None, "name": "🎉"}
            what = {"message_id": "1", "emoji": emoji, "type": 0, "burst": False, "burst_colors": []}
            self.hear("MESSAGE_REACTION_ADD", where | what, home)
        hears = law.hears(author, channel) and not home.away
        self.expect(home, kind, {"uid": author.uid, "channel": str(channel.id)} if hears else None)

    def expect(self, home: Home, kind: str, data: Json | None) -> None:
        """Check that who asked for everything has heard this just now, or with None nothing of the kind."""
        for page in self.pages:
            if page.full and page.guild == home.id:
                heard = [event["data"] for event in page.told[self.checked[page] :] if event["type"] == kind]
                assert [bool(data and data.items() <= one.items()) for one in heard] == [True] * bool(data)

    # What must always hold

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "pages"):
            return
        for law in self.laws:
            is_open = str(law.home.id) in self.house.bridge._directory.rooms
            assert is_open == law.shows() or (law.home.away and not is_open)
            assert self.house.store.guild(law.home.id) == self.book.guild(law.home.id)
        for page in self.pages:
            self.check_page(page)
        self.strict = False

    def check_page(self, page: Page) -> None:
        for law, memory in zip(self.laws, self.memories, strict=True):
            if page.guild == law.home.id:
                self.check_holding(page, law)
                self.check_words(page, law, memory)
                self.check_told(page, list(law.secrets(memory)))
        self.checked[page] = len(page.told)

    def check_holding(self, page: Page, law: Law) -> None:
        assert law.admits(page.password)
        late = not page.full and not self.strict  # words have time to play before their author goes
        if law.home.away:  # what Discord doesn't tell can't be known; what people decide can
            silenced = {uid: one for uid, one in page.members.items() if law.is_silenced(int(uid))}
            assert not [uid for uid, one in silenced.items() if not (late and one["status"] == "offline")]
            return
        expected = law.members(full=page.full)
        held = {uid: one for uid, one in page.members.items() if not self.is_visiting(law, uid)}
        if late:  # until then they are offline
            held = {uid: one for uid, one in held.items() if uid in expected or one["status"] != "offline"}
        assert held == expected
        if page.full:
            plots = {key: channel["plot"] for key, channel in page.channels.items()}
            assert len({*plots.values()}) == len(plots)
            channels = {key: channel | {"plot": plots.get(key)} for key, channel in law.channels().items()}
            assert page.channels == channels
            for each in self.laws:
                if not each.home.away:
                    assert page.servers.get(str(each.home.id)) == each.entry()

    def check_words(self, page: Page, law: Law, memory: Memory) -> None:
        """What may not be read any more is gone from open pages."""
        if page.full and not law.home.away:
            gone = [words.token for words in memory.words if law.takes_back(words)]
            feed = " ".join(page.said.values())
            assert not [token for token in gone if token in feed]

    def is_visiting(self, law: Law, uid: str) -> bool:
        """Tell whether somebody may be there, but need not, for what they have said."""
        if law.home.visits.get(uid, 0) <= self.house.now or law.gated():
            return False
        member = law.home.members.get(int(uid))
        return member is None or (not law.hides(member) and not law.sees(member))

    def check_told(self, page: Page, secrets: list[str]) -> None:
        for event in page.told[self.checked[page] :]:
            text = json.dumps(event, ensure_ascii=False)
            if not is_removal(event):
                leaked = [secret for secret in secrets if secret in text]
                assert not leaked, f"{leaked} in {text}"


TestWhole = pytest.mark.timeout(300)(Whole.TestCase)
TestWhole.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestWhole.__doc__ = "Viewers hold what may be shown, and were told nothing that may not."
