"""What members say, as people read it; and what must never be read outside of Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.guild import Guild, answering, forwarding, laid_out, written
from tests.e2e.model import (
    DIRECT,
    FORUM,
    NEWS,
    POLL,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    VIEW_CHANNEL,
    VOICE,
    Channel,
    User,
)
from tests.e2e.viewer import ALL_EVENTS, Viewer

if TYPE_CHECKING:
    from tests.e2e.conftest import Town, Watch
    from tests.e2e.model import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTACHMENT: Payload = {
    "id": "1",
    "filename": "holiday-on-mars.png",
    "size": 1_000,
    "url": "https://cdn.example.org/holiday-on-mars.png",
    "proxy_url": "https://media.example.org/holiday-on-mars.png",
    "content_type": "image/png",
    "width": 10,
    "height": 10,
}


async def test_a_message(town: Town, viewer: Viewer, guild: Guild) -> None:
    """Who asked for nothing gets three fields: who said what where."""
    town.discord.say(guild.public, guild.member("ann"), "hello there")
    await viewer.hears("hello there")
    assert viewer.of("message") == [
        {"uid": guild.member("ann").uid, "message": "hello there", "channel": str(guild.public.id)}
    ]


async def test_a_message_with_all_there_is_to_know(town: Town, curious: Viewer, guild: Guild) -> None:
    """Who asked for events also learns the message's id, the channel's name, and who is answered."""
    ann, bob = guild.member("ann"), guild.member("bob")
    first = town.discord.say(guild.public, ann, "question")
    second = town.discord.say(guild.public, bob, "answer", **answering(first))
    await curious.hears("answer")
    question, answer = curious.of("message")
    assert (question["id"], question["channelName"]) == (first["id"], "general")
    assert (answer["id"], answer["uid"], answer["replyTo"]) == (second["id"], bob.uid, ann.uid)


async def test_many_messages(town: Town, curious: Viewer, guild: Guild) -> None:
    """Who asked for events gets every word, however many at once, in the order in which they were said."""
    speakers, said = [guild.member("ann"), guild.member("bob")], [f"word {number}" for number in range(500)]
    for number, words in enumerate(said):
        town.discord.say(guild.public, speakers[number % 2], words)
    await curious.hears(said[-1])
    assert curious.words() == said


async def test_names_for_ids(town: Town, curious: Viewer, guild: Guild) -> None:
    """People, roles, channels and custom emoji are called by their names."""
    role, emoji = guild.role("Gardeners"), guild.emoji("party")
    town.discord.create_role(guild, role)
    mentions = f"{guild.member('bob').mention} <@&{role.id}> {guild.public.mention} {emoji} <a:wave:42>"
    town.discord.say(guild.public, guild.member("ann"), f"hi {mentions}!")
    await curious.hears("hi @Bobby @Gardeners #general :party: :wave:!")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**bold** and *italic* and ***both***", "bold and italic and both"),
        ("__under__ ~~through~~ _also italic_", "under through also italic"),
        ("run `rm -rf` now", "run rm -rf now"),
        ("```py\nprint(1)\n```", "print(1)"),
        ("[a link](https://example.org/x)", "a link"),
        ("# Title\n> quoted\n- item", "Title quoted item"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("两个 emoji 🎉", "两个 emoji 🎉"),
    ],
)
async def test_no_markup(town: Town, curious: Viewer, guild: Guild, written: str, read: str) -> None:
    """Markdown is for Discord's client; a bubble shows the words."""
    town.discord.say(guild.public, guild.member("ann"), written)
    await curious.hears(read)


@pytest.mark.parametrize(
    "extra",
    [
        {"attachments": [ATTACHMENT]},
        {"sticker_items": [{"id": "7", "name": "Wumpus", "format_type": 1}]},
        {"poll": POLL},
        {"embeds": [{"type": "rich", "title": "An embed", "url": "https://example.org/e"}]},
    ],
    ids=["attachment", "sticker", "poll", "embed"],
)
async def test_a_message_without_words(
    town: Town, curious: Viewer, guild: Guild, extra: dict[str, Any]
) -> None:
    """A picture, sticker, poll or embed is a short word, and never an address."""
    town.discord.say(guild.public, guild.member("ann"), "", **extra)
    await curious.happens("message")
    assert 0 < len(curious.words()[0]) <= 40
    assert not curious.knows("example.org")


async def test_a_spoiler(town: Town, viewer: Viewer, curious: Viewer, guild: Guild) -> None:
    """What Discord's client hides until somebody clicks reaches nobody, whatever else it looks like."""
    ann, emoji = guild.member("ann"), guild.emoji("murderer")
    hidden = ATTACHMENT | {"filename": "SPOILER_murderer.png"}
    for text in (
        "who? ||the `murderer|| did` it||",
        f"||`{emoji}`||",
        "||[the murderer||](https://example.org/x)",
        "*who ||the* murderer|| did ||murderer||",
        "```ansi\n\x1b[2;31mred\x1b[0m\n``` ||\x1b[0mthe murderer\\||",
    ):
        town.discord.say(guild.public, ann, text)
    town.discord.say(guild.public, ann, "look", attachments=[hidden])
    for witness in (viewer, curious):
        await witness.hears("look [spoiler]")
        assert not witness.knows("murderer")
        assert not witness.knows("x1b")
        assert not witness.knows("u001b")
    assert curious.words()[-2] == "red [spoiler]"


async def test_a_forward(town: Town, curious: Viewer, guild: Guild) -> None:
    """People read what was forwarded, from here or from where the bot isn't; not who said it, nor where."""
    ann, bob, far = guild.member("ann"), guild.member("bob"), Guild("Far away", User("cid"))
    said = town.discord.say(guild.public, bob, "**first**")
    town.discord.say(guild.public, ann, "", **forwarding(said))
    await curious.hears("[forwarded] first")
    distant = written(
        far.public, far.settle(far.owner, nick="Cidney"), "second ||x||", attachments=[ATTACHMENT]
    )
    town.discord.say(guild.public, ann, "", **forwarding(distant))
    await curious.hears("[forwarded] second [spoiler] [image]")
    assert not curious.knows("Cidney")
    assert not curious.knows("example.org")
    assert {message["uid"] for message in curious.of("message")[1:]} == {ann.uid}


async def test_a_forward_of_what_is_hidden(town: Town, viewer: Viewer, curious: Viewer, guild: Guild) -> None:
    """What was said where viewers may not look stays there, wherever somebody forwards it to."""
    den = guild.channel("den-of-thieves", hidden=True)
    town.discord.create_channel(den)
    ann, other = guild.member("ann"), town.discord.guild("Elsewhere", "ann")
    other_den = other.channel("den-of-smugglers", hidden=True)
    town.discord.join(other)
    said = [
        town.discord.say(den, ann, "the secret plan"),
        town.discord.say(other_den, other.member("ann"), "the secret plan"),
        written(Channel("", None, DIRECT), ann.user, "the secret plan"),
        written(guild.public, ann, "the secret plan") | {"channel_id": "5"},
    ]
    for message in said:
        town.discord.say(guild.public, ann, "", **forwarding(message))
    town.discord.say(guild.public, ann, "after")
    for witness in (viewer, curious):
        await witness.hears("after")
        assert not witness.knows("secret")
        assert not witness.knows("den-of")
    assert curious.words() == ["[forwarded]"] * 4 + ["after"]
    await curious.until(lambda: str(other.id) in curious.servers)
    town.discord.leave(other)
    await curious.until(lambda: str(other.id) not in curious.servers)  # or the next test would hear of it


async def test_components(town: Town, curious: Viewer, guild: Guild) -> None:
    """What a bot lays out in components is read as its words."""
    bot = town.discord.add_member(guild, User("beep", bot=True))
    picture = {"media": {"url": "https://cdn.example.org/a.png", "content_type": "image/png"}}
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "of <:a:1> the *day*"}],
        "accessory": {"type": 11, **picture},
    }
    town.discord.say(
        guild.public,
        bot,
        "",
        **laid_out(
            {"type": 17, "components": [{"type": 10, "content": "# News"}, {"type": 14}, section]},
            {"type": 17, "components": [{"type": 10, "content": "the butler did it"}], "spoiler": True},
            {"type": 12, "items": [picture]},
            {"type": 13, "file": {"url": "https://cdn.example.org/a.zip"}},
        ),
    )
    await curious.hears("News of :a: the day [image] [spoiler] [image] [file]")
    assert not curious.knows("butler")
    assert not curious.knows("example.org")


async def test_a_long_message(town: Town, curious: Viewer, guild: Guild) -> None:
    """No more than 500 characters of a text are shown."""
    town.discord.say(guild.public, guild.member("ann"), "word " * 400)
    await curious.happens("message")
    assert curious.words()[0].startswith("word word")
    assert len(curious.words()[0]) <= 500


@pytest.mark.parametrize("kind", [NEWS, VOICE], ids=["news", "voice"])
async def test_channels_with_text(town: Town, watch: Watch, guild: Guild, kind: int) -> None:
    """News channels, and the text beside voice, are shown as text channels are."""
    channel = guild.channel("another", kind)
    town.discord.create_channel(channel)
    curious = await watch(town.bot, guild, events=ALL_EVENTS)
    town.discord.say(channel, guild.member("ann"), "over here")
    await curious.hears("over here")


@pytest.mark.parametrize("parent", [None, FORUM], ids=["text", "forum"])
async def test_a_public_thread(town: Town, curious: Viewer, guild: Guild, parent: int | None) -> None:
    """A public thread of a public channel is public."""
    above = guild.public
    if parent is not None:
        above = guild.channel("forum", parent)
        town.discord.create_channel(above)
    thread = guild.channel("a thread", PUBLIC_THREAD, parent=above)
    town.discord.create_channel(thread)
    town.discord.say(thread, guild.member("ann"), "in a thread")
    await curious.hears("in a thread")


def _private(guild: Guild) -> Channel:
    return guild.channel("den-of-thieves", hidden=True)


def _restricted(guild: Guild) -> Channel:
    return guild.channel("den-of-thieves", nsfw=True)


def _thread_of_private(guild: Guild) -> Channel:
    return guild.channel("den-of-thieves", PUBLIC_THREAD, parent=guild.channel("backroom", hidden=True))


def _thread_of_restricted(guild: Guild) -> Channel:
    return guild.channel("den-of-thieves", PUBLIC_THREAD, parent=guild.channel("backroom", nsfw=True))


def _private_thread(guild: Guild) -> Channel:
    return guild.channel("den-of-thieves", PRIVATE_THREAD, parent=guild.public)


@pytest.mark.parametrize(
    "build", [_private, _restricted, _thread_of_private, _thread_of_restricted, _private_thread]
)
async def test_nothing_from_hidden_channels(
    town: Town, viewer: Viewer, curious: Viewer, guild: Guild, build: Any
) -> None:
    """No byte of what is said and done where @everyone may not look reaches anybody."""
    discord, ann, bob = town.discord, guild.member("ann"), guild.member("bob")
    known = set(guild.channels)
    channel = build(guild)
    for made in guild.channels.values():
        if made.id not in known:
            discord.create_channel(made)
    message = discord.say(channel, ann, "the secret plan")
    discord.edit(channel, message, "the new secret plan")
    discord.type(channel, ann)
    discord.react(channel, bob, message, "🕶")
    discord.delete(channel, message)
    discord.say(guild.public, ann, f"see {channel.mention}, everybody")
    for witness in (viewer, curious):
        await witness.happens("message")
        for hidden in ("secret", "🕶", "\\ud83d", str(channel.id), "den-of-thieves", "backroom"):
            assert not witness.knows(hidden)
        assert len(witness.words()) == 1
    assert {event["type"] for event in curious.events} <= {"message", "channels"}


async def test_nothing_from_a_hidden_voice_channel(town: Town, curious: Viewer, guild: Guild) -> None:
    """Who talks in a private voice channel is seen nowhere."""
    den = guild.channel("den-of-thieves", VOICE, hidden=True)
    town.discord.create_channel(den)
    town.discord.speak(guild.member("ann"), den)
    town.discord.say(guild.public, guild.member("bob"), "anybody there?")
    await curious.hears("anybody there?")
    assert not curious.knows("den-of-thieves")
    assert not curious.knows(str(den.id))


async def test_a_channel_is_closed_and_opened(town: Town, curious: Viewer, guild: Guild) -> None:
    """From the moment @everyone may not view a channel nothing of it is shown, until they may again."""
    ann, channel = guild.member("ann"), guild.channel("changing")
    town.discord.create_channel(channel)
    town.discord.say(channel, ann, "one")
    await curious.hears("one")
    town.discord.change_channel(channel, hidden=True)
    town.discord.say(channel, ann, "two")
    town.discord.say(guild.public, ann, "elsewhere")
    await curious.hears("elsewhere")
    assert str(channel.id) not in curious.of("channels")[-1]
    town.discord.change_channel(channel, hidden=False)
    town.discord.say(channel, ann, "three")
    await curious.hears("three")
    assert curious.words() == ["one", "elsewhere", "three"]


async def test_a_guild_closes_its_doors(town: Town, curious: Viewer, guild: Guild) -> None:
    """Where the @everyone role itself may not view channels, none is public."""
    ann, everyone = guild.member("ann"), guild.roles[guild.id]
    town.discord.change_role(guild, everyone, permissions="0")
    town.discord.say(guild.public, ann, "one")
    town.discord.set_status(ann, "idle")
    await curious.until(lambda: curious.of("channels")[-1:] == [{}])
    assert not curious.users
    town.discord.change_role(guild, everyone, permissions=str(VIEW_CHANNEL))
    town.discord.say(guild.public, ann, "two")
    await curious.hears("two")
    assert curious.words() == ["two"]


async def test_nothing_from_webhooks(town: Town, viewer: Viewer, curious: Viewer, guild: Guild) -> None:
    """A webhook is no member."""
    hook = User("Captain Hook", bot=True)
    message = town.discord.say(guild.public, hook, "a webhook's words", webhook_id=str(hook.id))
    town.discord.edit(guild.public, message, "a webhook's new words")
    town.discord.say(guild.public, guild.member("ann"), "after")
    for witness in (viewer, curious):
        await witness.hears("after")
        assert not witness.knows("webhook")


async def test_nothing_from_direct_messages(town: Town, curious: Viewer, guild: Guild) -> None:
    """What somebody writes to the bot stays between them."""
    town.discord.write_privately(guild.member("ann").user, "for your eyes only")
    town.discord.say(guild.public, guild.member("ann"), "after")
    await curious.hears("after")
    assert not curious.knows("eyes only")


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 18, 22, 24, 25, 27, 31, 36, 44])
async def test_nothing_from_the_system(town: Town, curious: Viewer, guild: Guild, kind: int) -> None:
    """What Discord says in a member's name (they joined, boosted, opened a thread) they didn't say."""
    town.discord.say(guild.public, guild.member("ann"), "a system's words", type=kind)
    town.discord.say(guild.public, guild.member("ann"), "after")
    await curious.hears("after")
    assert curious.words() == ["after"]


async def test_a_poll_that_ends_is_no_message(town: Town, curious: Viewer, guild: Guild) -> None:
    """Discord posts the result in the name of whoever asked; they said nothing."""
    result = {
        "type": "poll_result",
        "fields": [{"name": "victor_answer_votes", "value": "3", "inline": False}],
    }
    town.discord.say(guild.public, guild.member("ann"), "", type=46, embeds=[result])
    town.discord.say(guild.public, guild.member("ann"), "after")
    await curious.hears("after")
    assert curious.words() == ["after"]
