"""A guild with everything in it that may be hidden, and people who do all they can."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from tests.e2e.guild import answering
from tests.e2e.model import (
    ACTIVE,
    MANAGE_GUILD,
    MODERATE_MEMBERS,
    PUBLIC_THREAD,
    VOICE,
    Planned,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.guild import Member
    from tests.e2e.interactions import Reply
    from tests.e2e.loopback import LoopbackDiscord
    from tests.e2e.model import Channel, Payload
    from tests.e2e.viewer import Viewer


_numbers = itertools.count()


class Scene:
    """A guild called as nothing else is: Ann, whom nobody hides, and zed, beep and dan, whom somebody will.

    The keeper may manage the guild, the warden may moderate its members. The cove and the grotto are
    channels that everybody sees, the den is one that only the owner does.
    """

    def __init__(self, discord: LoopbackDiscord, zed: User | None = None) -> None:
        self.discord = discord
        self.name = f"Town {next(_numbers)} of Nowhere"
        self.slug = ""
        """What its link had when it was listed first."""
        self.guild = discord.guild(self.name, "ann", "keeper", "warden")
        names = ("owner", "ann", "keeper", "warden")
        self.owner, self.ann, self.keeper, self.warden = map(self.guild.member, names)
        self.keeper.roles = [self.guild.role("Keepers", permissions=MANAGE_GUILD)]
        self.warden.roles = [self.guild.role("Wardens", permissions=MODERATE_MEMBERS)]
        self.zebras = self.guild.role("Herd", 0x8A2BE2)
        zed = zed or User("Zebediah", "Zeb", avatar="a" * 31 + "0")
        self.zed = self.guild.settle(zed, nick="Zebulon", roles=(self.zebras,))
        self.beep = self.guild.settle(User("beepomatic", bot=True))
        self.dan = self.guild.settle(User("Danforth", status="offline"))
        self.cove = self.guild.channel("smugglers-cove")
        self.map = self.guild.channel("treasure-map", PUBLIC_THREAD, parent=self.cove)
        self.grotto = self.guild.channel("deep-grotto", VOICE)
        self.hall = self.guild.channel("hall", VOICE)
        self.den = self.guild.channel("den-of-thieves", hidden=True)
        self.burrow = self.guild.channel("zed-burrow", PUBLIC_THREAD, parent=self.guild.public)
        self.chest = self.guild.channel("cove-chest", PUBLIC_THREAD, parent=self.cove)
        self.events = [
            Planned("zed-parade", self.guild, zed, self.hall),
            Planned("grotto-parade", self.guild, self.ann.user, self.grotto),
            Planned("zed-picnic", self.guild, zed, location="zed-meadow"),
        ]
        self._said: list[tuple[Channel, Payload]] = []
        self._rounds = 0

    async def command(self, who: Member, line: str, /, **options: str) -> Reply:
        """Let somebody use a command."""
        return await self.discord.command(who, line, **options)

    def live(self) -> None:
        """Let everybody do everything, each of them in words and signs of their own."""
        discord, general, zed = self.discord, self.guild.public, self.zed
        for channel, message in self._said:
            discord.edit(channel, message, message["content"] + " again")
        for channel, message in self._said[::2]:
            discord.delete(channel, message)
        self._said.clear()
        for author, words in ((self.ann, "ann-words"), (zed, "zed-words"), (self.beep, "beep-words")):
            self._say(general, author, words)
        self._say(self.cove, self.ann, "cove-words")
        self._say(self.map, self.ann, "map-words")
        self._say(self.den, self.ann, "den-words")
        said = self._said[1][1]
        assert said["author"]["id"] == zed.uid
        self._say(general, self.ann, f"ask {zed.mention} in {self.cove.mention}", **answering(said))
        discord.react(general, zed, self._said[0][1], "🦓")
        discord.react(self.cove, self.ann, self._said[3][1], "🦪")
        discord.type(general, zed)
        discord.type(self.cove, self.ann)
        discord.boost(zed, general)
        for thread, author in ((self.burrow, zed), (self.chest, self.ann)):
            discord.open_thread(thread, author)
        for channel, author, words in ((general, zed, "zed-poll"), (self.cove, self.ann, "cove-poll")):
            self._said.append((channel, discord.ask(channel, author, f"{words} {zed.mention} {zed.id}?")))
        for event in self.events:
            discord.plan(event)
            discord.change_event(event, status=ACTIVE)
        discord.caption(self.hall, f"hall-words with {zed.mention} {self._rounds}")
        discord.caption(self.grotto, f"grotto-words {self._rounds}")
        discord.speak(zed, self.hall)
        discord.speak(self.ann, self.grotto)
        discord.speak(self.keeper, self.hall)
        self._rounds += 1
        discord.set_status(zed, "idle" if self._rounds % 2 else "dnd")
        discord.set_activities(zed, {"type": 0, "name": f"Zebra Race {self._rounds}"})
        discord.change_account(zed.user, avatar="a" * 31 + f"{self._rounds}")
        discord.set_nick(zed, f"Zebulon {self._rounds}")
        discord.set_status(self.beep, "idle" if self._rounds % 2 else "online")
        discord.set_nick(self.dan, f"Danforth {self._rounds}")
        discord.change_role(self.guild, self.zebras, color=0x8A2BE2 + self._rounds)
        # Last of all, so that who sees it has seen the rest.
        discord.set_nick(self.ann, f"Ann {self._rounds}")

    async def watched_by(self, *viewers: Viewer) -> None:
        """Wait until viewers have seen all that has happened."""
        for viewer in viewers:
            await viewer.until(lambda: viewer.users[self.ann.uid]["username"] == self.ann.name)  # noqa: B023
            await viewer.ask_for_users(str(self.guild.id))

    def _say(self, channel: Channel, author: Member, words: str, **extra: Any) -> None:
        self._said.append((channel, self.discord.say(channel, author, words, **extra)))


def leaks(frames: Iterable[str], secrets: Iterable[str], *, known: bool) -> list[str]:
    """Find frames with a secret in them.

    Who has `known` it before is told to forget it: that somebody is gone or a message is taken back, and no
    more than that.
    """
    secrets = list(secrets)
    found = []
    for frame in frames:
        rest = _without_farewells(frame) if known else frame
        found += [f"{secret!r} in {frame[:1500]}" for secret in secrets if secret in rest]
    return found


def _without_farewells(frame: str) -> str:
    content = json.loads(frame)
    events = content.get("events", [content])
    return json.dumps([event for event in events if not _is_farewell(event)], ensure_ascii=False)


def _is_farewell(event: Payload) -> bool:
    data = event.get("data", {})
    if event["type"] == "happening":
        return bool(data == {"id": data.get("id"), "kind": data.get("kind"), "over": True, "gone": True})
    if event["type"] == "presence":
        return bool(data == {"uid": data.get("uid"), "status": "offline", "delete": True})
    taken_back = {"uid", "channel", "id", "message"}
    return event["type"] == "edit" and data.keys() == taken_back and data["message"] is None
