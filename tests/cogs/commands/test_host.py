"""`/host`: what who runs the bot may do, and nobody else, nor anywhere else."""

from collections.abc import Mapping
from typing import Any

import discord
import pytest
from discord.ext import commands
from simcord.builders import UserHandle
from simcord.components import walk_components
from simcord.results import InteractionResult

from bridge.backplane.colleagues import Others
from bridge.backplane.parts import Part
from bridge.errors import Silence
from cogs.commands import host, hosted
from cogs.commands.hosted import Cut, Share
from cogs.commands.replies import CommandTree, Refused
from cogs.settings import Announcement, GuildSettings
from tests.cogs.office import LOCALES, Office


def written_by(office: Office, name: str) -> UserHandle:
    """Name somebody who writes to the bot."""
    user: UserHandle = office.env.create_user(name)
    return user


@pytest.fixture
def owner(office: Office) -> UserHandle:
    """Who runs the bot, in a direct message to it."""
    user = written_by(office, "the boss")
    office.bot.owner_id = user.id
    return user


def read(result: InteractionResult) -> str:
    message = result.followups[-1] if result.followups else result.response
    assert message is not None
    return "\n".join([message.content, *(embed.description or "" for embed in message.embeds)])


async def ask(who: Any, line: str, **options: Any) -> str:
    return read(await who.slash(f"host {line}", **options))


LINES: list[tuple[str, dict[str, str]]] = [
    ("servers", {}), ("leave", {"server": "123456789012345678"}),
    ("block-server", {"server": "123456789012345678"}), ("unblock-server", {"server": "123456789012345678"}),
    ("block-user", {"user": "123456789012345678"}), ("unblock-user", {"user": "123456789012345678"}),
    ("blocked", {}), ("announce", {"text": "x"}), ("withdraw", {}),
]  # fmt: skip


async def test_for_nobody_else(office: Office, owner: UserHandle) -> None:
    """Discord shows the commands to whoever writes to the bot; the check is the rule."""
    stranger = written_by(office, "a stranger")
    for line, options in LINES:
        assert "Only my operator" in await ask(stranger, line, **options)
    assert office.drawer.blocks == set()
    assert office.drawer.notes == {}


async def test_nowhere_else(office: Office, owner: UserHandle) -> None:
    """Where a server was chosen for it, a direct message isn't the place."""
    cog: Any = office.bot.get_cog(host.HOST)
    cog._place_id = office.guild.id
    assert "Only my operator" in await ask(owner, "servers")


async def test_where_discord_offers_them(office: Office) -> None:
    """In direct messages with the bot; or in the chosen server alone, to administrators."""
    tree: Any = office.bot.tree
    [known] = [command.to_dict(tree) for command in tree.get_commands() if command.name == "host"]
    assert known["contexts"] == [1]
    place = discord.Object(1)
    bot: Any = commands.Bot("", intents=discord.Intents.none())
    await bot.add_cog(host.Host(*office.desk, place=place.id), guild=place)
    tree = bot.tree
    assert tree.get_commands() == []
    [known] = [command.to_dict(tree) for command in tree.get_commands(guild=place)]
    assert known.get("contexts") is None
    assert known["default_member_permissions"] == discord.Permissions(administrator=True).value


async def test_where_the_bot_is(office: Office, owner: UserHandle) -> None:
    """With how many there are and watch, and what keeps viewers from seeing it."""
    said = await ask(owner, "servers")
    assert f"`{office.guild.id}` **Town**" in said
    assert "viewers: 2" in said
    assert "⚠" not in said
    office.drawer.blocks.add(("guild", office.guild.id))
    assert "not shown" in await ask(owner, "servers")


async def test_many_servers(office: Office, owner: UserHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page at a time."""
    monkeypatch.setattr(hosted, "PAGE", 1)
    office.env.create_guild("Village")
    await office.env.settle()
    message = (await owner.slash("host servers")).response
    assert message is not None
    assert "Page 1 of 2" in (message.embeds[0].description or "")
    [button] = [part for part in walk_components(message.components) if part.get("label")]
    assert button["label"] == "Next"
    await owner.click(message, label="Next")
    assert "Page 2 of 2" in (message.embeds[0].description or "")


class Elsewhere:
    """What another process answers, of which `office.bridge` asks."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.others: Others | None = Others({})
        self.asked: list[Mapping[str, Any]] = []
        monkeypatch.setattr(type(office.bridge), "is_alone", False)
        monkeypatch.setattr(office.bridge, "ask_others", self.ask)

    async def ask(self, question: Mapping[str, Any], within: float = 0) -> Others:
        self.asked.append(question)
        if self.others is None:
            raise Silence
        return self.others


VILLAGE = [-7, -3, 123456789012345678, "Vil*lage", "hidden"]
ONE_MORE = {"rows": [VILLAGE], "before": 0, "count": 1, "viewers": 7}


async def test_servers_of_other_processes(
    office: Office, owner: UserHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand in the same list, and it is said whose are missing."""
    there = Elsewhere(office, monkeypatch)
    parts = [Part(number, number, 8) for number in range(5)]
    there.others = Others({parts[1]: ONE_MORE, parts[2]: {"rows": "?"}}, (parts[3],), (parts[4],))
    said = await ask(owner, "servers")
    assert "Servers: 2, viewers: 9" in said
    assert said.index(r"**Vil\*lage** · members: 3 · viewers: 7 · ⚠ not shown") < said.index("**Town**")
    assert "Nobody answers for the shards 2/8, 3/8: their servers are missing" in said
    assert "No process has the shards 4/8: their servers are missing" in said
    there.others = None
    said = await ask(owner, "servers")
    assert "Servers: 1, viewers: 2" in said
    assert "My other processes can't be asked now" in said


async def test_what_another_process_is_told(office: Office, owner: UserHandle) -> None:
    """Where this one is, as it stands in its own list; and how a server is called."""
    cog: Any = office.bot.get_cog(host.HOST)
    share = Share.read(await cog.answer(Cut().question()))
    assert share is not None
    assert [(row.place.id, row.name) for row in share.rows] == [(office.guild.id, "Town")]
    assert await cog.answer({"ask": "name", "id": office.guild.id}) == {"name": "Town"}
    assert await cog.answer({"ask": "name", "id": 1}) == {}
    assert await cog.answer({"ask": "something else"}) == {}


async def test_a_server_of_another_process_is_left(
    office: Office, owner: UserHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for by its name, or else by its id."""
    there = Elsewhere(office, monkeypatch)
    server, part = "123456789012345678", Part(0, 0, 2)
    for others, called in (
        (Others({part: {"name": "Vil*lage"}}), r"Vil\*lage"), (Others({part: {"name": 5}}), server),
        (Others({part: {}}), server), (None, server),
    ):  # fmt: skip
        there.others = others
        assert f"I leave **{called}**" in await ask(owner, "leave", server=server)
    assert there.asked == [{"ask": "name", "id": int(server)}] * 4


async def test_buttons_of_an_older_version(office: Office, owner: UserHandle) -> None:
    """They lead nowhere, and say so."""
    cog: Any = office.bot.get_cog(host.HOST)

    class Interaction:
        guild_id = None
        user = owner

    with pytest.raises(Refused, match="of an older version"):
        await cog.used(Interaction(), "page_1", [])


async def test_leaving(office: Office, owner: UserHandle) -> None:
    """Only when the button is pressed."""
    message = (await owner.slash("host leave", server=str(office.guild.id))).response
    assert message is not None
    assert "**Town**" in message.content
    assert office.bot.get_guild(office.guild.id) is not None
    await owner.click(message, label="Leave it")
    assert "I have left **Town**" in message.content
    assert office.bot.get_guild(office.guild.id) is None
    message = (await owner.slash("host leave", server=str(office.guild.id))).response
    assert message is not None
    await owner.click(message, label="Leave it")
    assert "in no server with that id" in message.content


async def test_a_blocked_server(office: Office, owner: UserHandle) -> None:
    """The bot leaves it, never shows it, and doesn't stay when it is invited again."""
    message = (await owner.slash("host block-server", server=str(office.guild.id))).response
    assert message is not None
    guild = office.cached
    await owner.click(message, label="Block it")
    assert office.drawer.is_blocked("guild", guild.id)
    assert not office.policy.shows_guild(guild)
    assert office.bot.get_guild(guild.id) is None
    assert str(guild.id) in await ask(owner, "blocked")
    assert "isn't blocked" in await ask(owner, "unblock-server", server=str(guild.id))
    assert office.policy.shows_guild(guild)


async def test_a_blocked_server_that_invites_again(office: Office) -> None:
    """It is left at once."""
    office.drawer.blocks.add(("guild", office.guild.id))
    cog: Any = office.bot.get_cog(host.HOST)
    with office.env._bot_scope():
        await cog.on_guild_join(office.cached)
    await office.env.settle()
    assert office.bot.get_guild(office.guild.id) is None


async def test_a_blocked_server_that_can_not_be_left(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so; it isn't shown anyway."""

    async def refuse(guild_id: int) -> None:
        raise OSError("no way out")

    monkeypatch.setattr(office.bot.http, "leave_guild", refuse)
    office.drawer.blocks.add(("guild", office.guild.id))
    cog: Any = office.bot.get_cog(host.HOST)
    await cog.on_guild_available(office.cached)
    assert "Discord doesn't let the bot leave: no way out" in caplog.text


async def test_a_blocked_person(office: Office, owner: UserHandle) -> None:
    """Is shown nowhere; their words are taken back, and nobody is named who is blocked."""
    assert "is blocked" in await ask(owner, "block-user", user=office.ann.mention)
    member = office.cached.get_member(office.ann.id)
    assert member is not None
    assert office.policy.member_verdict(member) == "blocked"
    assert not office.policy.names_user(office.guild.id, office.ann.id)
    assert not office.policy.shows_words_of(office.ann.id)
    assert (0, office.ann.id) in office.bridge.forgotten
    assert office.ann.id in office.rooms.shown
    assert office.ann.mention in await ask(owner, "blocked")
    assert "isn't blocked" in await ask(owner, "unblock-user", user=str(office.ann.id))
    assert office.policy.member_verdict(member) != "blocked"


async def test_nobody_blocks_themselves(office: Office, owner: UserHandle) -> None:
    """They could not take it back."""
    assert "who runs this bot" in await ask(owner, "block-user", user=str(owner.id))


async def test_whoever_is_blocked_uses_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither commands nor buttons that are there already; nor does anybody in a blocked server."""
    blocked: set[int | None] = set()
    office.drawer.guilds[office.guild.id] = GuildSettings(hidden=frozenset({17}))
    message = (await office.use(office.moderator, "dzone-hidden")).response
    monkeypatch.setattr(
        office.bot, "turns_away", lambda user, guild: bool({user, guild} & blocked), raising=False
    )
    blocked.add(office.ann.id)
    assert "has blocked you" in await office.reply(office.ann, "myself hide")
    assert not office.drawer.member(office.ann.id).hidden
    assert "has blocked you" not in await office.reply(office.manager, "dzone help")
    blocked.add(office.guild.id)
    assert "or this server" in await office.reply(office.manager, "dzone disable")
    assert office.settings.shown
    assert message is not None
    await office.moderator.select(message, ["17"])
    assert office.settings.hidden == {17}


async def test_whoever_uses_it_all_the_time_waits(office: Office) -> None:
    """A few of them hear so, and others have their own."""
    tree = office.bot.tree
    assert isinstance(tree, CommandTree)
    while tree.patience.allows(office.ann.id, None):
        pass
    assert "too fast" in await office.reply(office.ann, "myself hide")
    assert not office.drawer.member(office.ann.id).hidden
    while tree.patience.tells(office.ann.id, office.guild.id):
        pass
    assert (await office.use(office.ann, "myself hide")).response is None
    assert "too fast" not in await office.reply(office.manager, "dzone help")


@pytest.mark.parametrize("wrong", ["Town", "12", "<#123456789012345678>", "\u0661" * 18])
async def test_what_is_no_id(office: Office, owner: UserHandle, wrong: str) -> None:
    """It is said how to get one."""
    assert "That is no id" in await ask(owner, "leave", server=wrong)


async def test_an_announcement(office: Office, owner: UserHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told here, and stored for other processes and the next one, until it ends or is taken back."""
    told: list[tuple[str | None, float]] = []
    since: list[float | None] = []

    async def tell(text: str | None, *, seconds: float = 0, at: float | None = None) -> None:
        told.append((text, round(seconds, -2)))
        since.append(at)

    monkeypatch.setattr(office.bridge, "broadcast_notice", tell)
    said = await ask(owner, "announce", text="Back in  five\tminutes, *promised*", hours=3)
    assert told == [("Back in five minutes, *promised*", 3 * 3600)]
    assert r"\*promised\*" in said
    assert "/host withdraw" in said
    assert office.drawer.announcement.text == told[0][0]
    await office.decisions.announce_again()
    assert told[1:] == told[:1]
    assert since == [office.drawer.announcement.at] * 2
    assert "Nothing is announced" in await ask(owner, "withdraw")
    assert told[2:] == [(None, 0)]
    assert office.drawer.announcement == Announcement()
    await office.decisions.announce_again()
    assert len(told) == 3
    assert "nothing to say" in await ask(owner, "announce", text=" \t ")


async def test_in_every_language(office: Office, owner: UserHandle) -> None:
    """Each has words of its own for it."""
    said = set()
    for office.locale in LOCALES:
        said.add(await ask(owner, "blocked"))
    assert len(said) == 3
