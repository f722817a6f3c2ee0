"""`/dzone live`: a message that the bot keeps up to date, as seldom as it must."""

import logging
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bridge.model import GuildInfo, Member, Voice
from cogs.commands import live
from cogs.commands.live import EVERY, SLOWEST, Live
from cogs.settings import GuildSettings
from tests.cogs.office import Office

EMBEDS = discord.Permissions(embed_links=True).value


@pytest.fixture
async def office(office: Office) -> Office:
    """A guild in which commands can be used, and viewers see two people."""
    shown(office, Member("1", "ann", "online"), Member("2", "bob"))
    return office


def shown(office: Office, *people: Member) -> None:
    """Let viewers see these people, and nobody else."""
    office.bridge.show_guild(GuildInfo(id=str(office.guild.id), slug="town", name="Town"), people)


def cards(office: Office) -> list[discord.Message]:
    """Return what the bot has written in the square."""
    return [message for message in office.square.history() if message.embeds]


def text(office: Office) -> str:
    """Return what the only card says."""
    [card] = cards(office)
    return str(card.embeds[0].description)


def edits(office: Office) -> int:
    """Count how often a message was changed."""
    return sum(entry.method == "PATCH" and "/channels/" in entry.path for entry in office.env.http_requests)


async def begin(office: Office) -> str:
    """Let the manager have one."""
    return await office.reply(office.manager, "dzone live channel", channel="square")


async def look(office: Office, after: float) -> None:
    """Let the bot look at what is due, some seconds after the message was written."""
    with office.env._bot_scope():
        await office.live.round(office.live._due.get(office.guild.id, 0.0) - EVERY + after)
    await office.env.settle()


async def test_it_says_who_is_there(office: Office) -> None:
    """How many are online, who talks where, how many watch; with a button that leads there."""
    hall = Voice("7", "The *Hall*")
    talking = [Member(str(number), f"p{number}", "online", voice=hall) for number in range(10, 20)]
    shown(office, Member("1", "ann", "online"), Member("2", "bob"), *talking)
    assert "There is a live message" in await begin(office)
    assert text(office).startswith("**11** online, **2** watching\n**The \\*Hall\\***: p10, p11")
    assert text(office).endswith("and 2 more")
    [card] = cards(office)
    assert card.embeds[0].title == "Town"
    [row] = card.components
    assert isinstance(row, discord.ActionRow)
    assert "town" in str(row.children[0].url)  # type: ignore[union-attr]
    assert (office.settings.live_channel, office.settings.live_message) == (office.square.id, card.id)


async def test_it_is_changed_once_a_minute_and_only_on_change(office: Office) -> None:
    """However much happens in between."""
    await begin(office)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    await look(office, EVERY - 1)
    assert edits(office) == 0
    await look(office, EVERY)
    assert text(office).startswith("**2** online")
    await look(office, EVERY)  # nothing has changed
    await look(office, EVERY)
    assert edits(office) == 1


async def test_after_a_restart(office: Office) -> None:
    """It goes on with the message that is there, whatever stands in it."""
    await begin(office)
    await office.bot.remove_cog("Live")
    office.live = Live(*office.desk)
    await office.bot.add_cog(office.live)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    with office.env._bot_scope():
        await office.live.round(0.0)  # not all at once
        assert 0.0 <= office.live._due[office.guild.id] <= EVERY
        await office.live.round(EVERY)
    await office.env.settle()
    assert text(office).startswith("**2** online")


async def test_many_guilds_take_turns(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait longest come first."""
    monkeypatch.setattr(live, "MAX_AT_A_TIME", 1)
    other = office.env.create_guild("Other")
    await office.env.settle()
    for guild in (office.guild, other):
        office.drawer.guilds[guild.id] = GuildSettings(live_channel=office.square.id, live_message=1)
    office.live._due = {office.guild.id: 5.0, other.id: 3.0}
    begun: list[int] = []

    async def note(guild_id: int, _: float) -> None:
        begun.append(guild_id)
        office.live._busy.discard(guild_id)

    monkeypatch.setattr(office.live, "_update", note)
    for now in (10.0, 11.0, 12.0):
        await office.live.round(now)
        await office.live._tasks.stop()
        await office.env.settle()
    assert begun in ([other.id, office.guild.id], [])
    assert office.live._due == {other.id: 10.0 + EVERY, office.guild.id: 11.0 + EVERY}


async def test_a_guild_that_is_hidden(office: Office) -> None:
    """It says no more than that."""
    await begin(office)
    await office.drawer.save_guild(
        office.guild.id, GuildSettings(**{**_fields(office.settings), "shown": False})
    )
    await look(office, EVERY)
    assert text(office) == "This server isn't shown right now."
    assert cards(office)[0].components == []


def _fields(settings: GuildSettings) -> dict[str, Any]:
    return {"live_channel": settings.live_channel, "live_message": settings.live_message}


async def test_off(office: Office) -> None:
    """The message is deleted, and nothing is left of it."""
    await begin(office)
    assert "is deleted" in await office.reply(office.manager, "dzone live off")
    assert cards(office) == []
    assert office.settings == GuildSettings()
    assert "There is no live message" in await office.reply(office.manager, "dzone live off")
    await office.live.round(1e9)
    assert office.live._due == {}


async def test_another_one(office: Office) -> None:
    """It takes the place of the one before."""
    await begin(office)
    await begin(office)
    [card] = cards(office)
    assert office.settings.live_message == card.id


async def test_forgetting_the_server(office: Office) -> None:
    """Nothing is left of it in the channel either."""
    await begin(office)
    warning = (await office.use(office.manager, "dzone forget")).response
    assert warning is not None
    await office.manager.click(warning, label="Delete everything")
    assert cards(office) == []


@pytest.mark.parametrize(
    ("status", "code", "ended", "words"),
    [(404, 10008, "deleted", "It was deleted."), (403, 50001, "forbidden", "may no longer see its channel")],
)
async def test_the_end(office: Office, status: int, code: int, ended: str, words: str) -> None:
    """A message that is gone, or out of reach, is given up; the status tells so."""
    await begin(office)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    office.env.inject_error("PATCH", "/channels/*/messages/*", status=status, code=code)
    await look(office, EVERY)
    assert office.settings == GuildSettings(live_ended=ended)  # type: ignore[arg-type]
    result = await office.use(office.manager, "dzone status")
    assert result.response is not None
    assert words in str(result.response.embeds[0].to_dict())
    await office.live.round(1e9)
    assert office.live._due == {}


@pytest.mark.parametrize(("status", "code"), [(400, 50035), (403, 40333), (403, 0), (404, 0)])
async def test_a_trouble_passes(
    office: Office, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    """What Discord doesn't take now it may take later; also where something in between refuses."""
    await begin(office)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    office.env.inject_error("PATCH", "/channels/*/messages/*", status=status, code=code)
    await look(office, EVERY)
    assert "the live message wasn't changed" in caplog.text
    await look(office, EVERY)
    assert text(office).startswith("**2** online")


async def test_an_old_message(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Discord takes few changes of one: the bot comes less often, says so once, and tries its way back."""
    caplog.set_level(logging.INFO, live.__name__)
    await begin(office)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    office.env.inject_error("PATCH", "/channels/*/messages/*", status=429, code=30046, times=9)
    paces = []
    for _ in range(9):
        await look(office, EVERY)
        paces.append(office.live._paces[office.guild.id])
    assert paces == [120.0, 240.0] + [300.0] * 7
    said = [each for each in caplog.messages if "the live message" in each]
    assert [each.partition("changed: ")[2] for each in said] == [
        f"now every {pace} s at most" for pace in (120, 240, 300)
    ]
    await look(office, EVERY)
    assert text(office).startswith("**2** online")
    assert office.live._paces == {office.guild.id: 270.0}
    for number in range(20):
        shown(office, Member("1", "ann", "online"), Member("2", "bob", ("online", "idle")[number % 2]))
        shown(office, *(Member(str(one), f"p{one}", "online") for one in range(number)))
        await look(office, SLOWEST)
    assert office.live._paces == {}


async def test_the_end_can_not_be_stored(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again at the next turn."""
    await begin(office)
    shown(office, Member("1", "ann", "online"), Member("2", "bob", "idle"))
    office.env.inject_error("PATCH", "/channels/*/messages/*", status=404, code=10008, times=2)
    office.drawer.stuck = True
    await look(office, EVERY)
    assert "isn't stored" in caplog.text
    office.drawer.stuck = False
    await look(office, EVERY)
    assert office.settings.live_ended == "deleted"


async def test_where_it_may_not_write(office: Office) -> None:
    """It says what it needs, and nothing is stored."""
    me = Overwrite(office.env.backend.bot_user.id, OverwriteType.MEMBER, deny=EMBEDS)
    office.env.backend.set_overwrite(office.square.id, me)
    await office.env.settle()
    assert "Embed Links there" in await begin(office)
    office.env.backend.delete_overwrite(office.square.id, office.env.backend.bot_user.id)
    await office.env.settle()
    office.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
    assert "Embed Links there" in await begin(office)
    hall = office.guild.create_voice_channel("hall")
    await office.env.settle()
    reply = await office.reply(office.manager, "dzone live channel", channel=hall)
    assert "Choose a text channel" in reply
    assert not office.drawer.guilds


async def test_what_can_not_be_stored_is_taken_away(office: Office) -> None:
    """Nobody would keep it up to date."""
    office.drawer.stuck = True
    assert "Nothing was changed" in await begin(office)
    assert cards(office) == []


@pytest.mark.parametrize("command", ["live channel", "live off"])
async def test_others_are_refused(office: Office, command: str) -> None:
    """Also when Discord shows them the command."""
    options = {"channel": "square"} if command == "live channel" else {}
    for nobody in (office.ann, office.moderator, office.owner):
        assert "Manage Server" in await office.reply(nobody, f"dzone {command}", **options)
    assert cards(office) == []


async def test_who_hides_while_it_is_made(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large guild is counted in several turns: who is named is seen when it is written."""
    hall = Voice("7", "Hall")
    talking = [Member(str(number), f"p{number}", "online", voice=hall) for number in (10, 11)]
    each = office.live._turns.each

    async def count(uids: Any, act: Any) -> None:
        await each(uids, act)
        office.bridge.hide_members(office.guild.id, ["10"])

    monkeypatch.setattr(office.live._turns, "each", count)
    shown(office, Member("1", "ann", "online"), Member("2", "bob"), *talking)
    await begin(office)
    assert text(office).endswith("**Hall**: p11")
