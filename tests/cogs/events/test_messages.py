"""What members say, and what they do with words; above all, what nobody outside may ever read."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend import serializers
from simcord.builders import ChannelHandle
from simcord.enums import ChannelType, MessageType

from bot.config import Config
from bot.policy import HIDE_OFFLINE_ABOVE
from cogs.commands.manage import Manage
from cogs.settings import GuildSettings
from tests.cogs.town import ALL_EVENTS, Payload, Town, Viewer

SECRET = "wer-das-liest-ist-doof"
PICTURE = ("holiday-on-mars.png", b"\x89PNG")

# Where not everybody may look


async def hidden(town: Town) -> ChannelHandle:
    return town.channel(SECRET, hidden=True)


async def restricted(town: Town) -> ChannelHandle:
    channel = town.channel(SECRET)
    await town.restrict(channel)
    return channel


async def thread_of_hidden(town: Town) -> ChannelHandle:
    return town.thread(await hidden(town), SECRET)


async def private_thread(town: Town) -> ChannelHandle:
    return town.thread(town.square, SECRET, private=True)


async def voice_of_hidden(town: Town) -> ChannelHandle:
    return town.channel(SECRET, ChannelType.VOICE, hidden=True)


async def in_a_restricted_guild(town: Town) -> ChannelHandle:
    await town.guild_update(nsfw_level=3)
    return town.square


Den = Callable[[Town], Awaitable[ChannelHandle]]

SECRET_DENS = [hidden, restricted, thread_of_hidden, private_thread, voice_of_hidden]

dens = pytest.mark.parametrize("den", [*SECRET_DENS, in_a_restricted_guild])


def words(events: list[Payload]) -> list[str]:
    """Name what is said in messages."""
    return [event["message"] for event in events]


# Messages


async def test_a_message(town: Town, viewer: Viewer) -> None:
    """Who asked for events learns who said what where, the message's id and the channel's name."""
    message = await town.ann.send(town.square, "hello **there**")
    assert await town.news(viewer) == [
        {
            "uid": str(town.ann.id),
            "message": "hello there",
            "channel": str(town.square.id),
            "id": str(message.id),
            "channelName": "square",
        }
    ]


async def test_a_message_for_an_old_client(town: Town) -> None:
    """Who asked for nothing gets the three fields that every client knows."""
    viewer = await town.plain_viewer()
    await town.ann.send(town.square, "hello")
    assert await town.news(viewer) == [
        {"uid": str(town.ann.id), "message": "hello", "channel": str(town.square.id)}
    ]


async def test_ids_are_names(town: Town, viewer: Viewer) -> None:
    """People, channels and roles are called by their names."""
    role = town.guild.create_role("Night Watch")
    await town.ann.send(town.square, f"{town.bob.mention} {town.square.mention} {role.mention}")
    assert words(await town.news(viewer, "message")) == ["@bob #square @Night Watch"]


@pytest.mark.parametrize("den", SECRET_DENS)
async def test_a_hidden_channel_is_not_named(town: Town, viewer: Viewer, den: Den) -> None:
    """Whoever mentions a channel that isn't shown doesn't give its name away."""
    channel = await den(town)
    await town.ann.send(town.square, f"see {channel.mention}")
    assert words(await town.news(viewer, "message")) == ["see #channel"]
    assert SECRET not in str([viewer.joined, viewer.frames])


async def test_a_long_message(town: Town, viewer: Viewer) -> None:
    """No more than five hundred characters are shown."""
    await town.ann.send(town.square, "word " * 399)
    (text,) = words(await town.news(viewer, "message"))
    assert len(text) <= 500
    assert text.endswith("word…")


async def test_a_picture(town: Town, viewer: Viewer) -> None:
    """A picture is a word; neither its name nor its address goes out."""
    await town.ann.send(town.square, attachments=[PICTURE])
    assert words(await town.news(viewer, "message")) == ["[image]"]
    assert "mars" not in str(viewer.frames)


async def test_a_forward(town: Town, viewer: Viewer) -> None:
    """What is forwarded stays where it was said."""
    message = await town.ann.send(await hidden(town), "for members only")
    await town.ann.forward(message, town.square)
    assert words(await town.news(viewer, "message")) == ["[forwarded]"]
    assert "members only" not in str(viewer.frames)


async def test_nothing_to_read(town: Town, viewer: Viewer) -> None:
    """A message without anything to read is no event."""
    await town.ann.send(town.square, "\x07\ue012")
    assert await town.news(viewer) == []


async def test_an_answer(town: Town, viewer: Viewer) -> None:
    """An answer says whom it answers."""
    question = await town.bob.send(town.square, "well?")
    await town.ann.send(town.square, "yes", reply_to=question)
    assert (await town.news(viewer, "message"))[1]["replyTo"] == str(town.bob.id)


async def test_a_bot_is_heard(town: Town, viewer: Viewer) -> None:
    """A bot that is a member talks as members do."""
    robot = town.guild.add_member(town.env.create_user("robot", bot=True))
    await robot.send(town.square, "beep")
    assert words(await town.news(viewer, "message")) == ["beep"]


async def test_our_own_bot_is_not_heard(town: Town, viewer: Viewer) -> None:
    """What this bot writes is about the world, and no part of it."""
    channel = town.bot.get_channel(town.square.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("beep")
    await message.edit(content="boop")
    assert words(await town.news(viewer, "message", "edit")) == []


@pytest.mark.parametrize(
    "kind", [ChannelType.NEWS, ChannelType.VOICE, ChannelType.STAGE_VOICE], ids=["news", "voice", "stage"]
)
async def test_where_else_people_write(town: Town, viewer: Viewer, kind: ChannelType) -> None:
    """Announcements, and the text beside voice, are shown as well."""
    channel = town.channel("elsewhere", kind)
    await town.ann.send(channel, "over here")
    (message,) = await town.news(viewer, "message")
    assert (message["message"], message["channelName"]) == ("over here", "elsewhere")


async def test_a_thread(town: Town, viewer: Viewer) -> None:
    """A thread of a public channel is public."""
    thread = town.thread(town.square, "about tea")
    await town.ann.send(thread, "green or black?")
    (message,) = await town.news(viewer, "message")
    assert (message["channel"], message["channelName"]) == (str(thread.id), "about tea")


async def test_a_post_in_a_forum(town: Town, viewer: Viewer) -> None:
    """A post in a public forum is public."""
    post = town.thread(town.channel("forum", ChannelType.FORUM), "a post")
    await town.ann.send(post, "first!")
    assert words(await town.news(viewer, "message")) == ["first!"]


@dens
async def test_a_message_that_is_not_public(town: Town, den: Den) -> None:
    """Nothing of what is said where not everybody may look leaves: not now, and not by edit or deletion."""
    channel = await den(town)
    viewer = await town.viewer()
    message = await town.ann.send(channel, "a secret")
    await town.ann.edit(message, "another secret")
    await town.ann.delete(message)
    assert await town.news(viewer, "message", "edit") == []
    assert "secret" not in str(viewer.frames)


async def test_a_webhook(town: Town, viewer: Viewer) -> None:
    """A webhook is no member, whatever it calls itself."""
    webhook = town.guild.create_webhook(town.square)
    message = await webhook.send("beep", username="ann")
    town.env.backend.edit_message(town.square.id, message.id, {"content": "boop"})
    town.env.backend.delete_message(town.square.id, message.id)
    assert await town.news(viewer) == []


async def hear_proxies(town: Town) -> None:
    """Decide that what webhooks say in the square is shown."""
    await decide(town, GuildSettings(proxies=frozenset({town.square.id})))


async def decide(town: Town, settings: GuildSettings) -> None:
    """Let managers decide something."""
    desk = town.bot.cogs["Manage"]
    assert isinstance(desk, Manage)
    await desk._decisions.change_guild(town.cached, lambda _: settings)


async def test_a_webhook_that_is_heard(town: Town, viewer: Viewer) -> None:
    """It comes for a visit, with a name and a picture; what it says may change and go."""
    await hear_proxies(town)
    webhook = town.guild.create_webhook(town.square)
    message = await webhook.send("beep", username="Robin")
    came, said = await town.news(viewer, "presence", "message")
    assert (came["username"], came["status"]) == ("Robin", "online")
    assert came["avatar"].startswith("https://cdn.discordapp.com/")
    assert said["uid"] == came["uid"]
    assert said["message"] == "beep"
    assert town.bridge.is_visiting(town.guild.id, said["uid"])
    town.env.backend.edit_message(town.square.id, message.id, {"content": "boop"})
    assert words(await town.news(viewer, "edit")) == ["boop"]
    town.env.backend.delete_message(town.square.id, message.id)
    assert words(await town.news(viewer, "edit")) == [None]


async def test_several_behind_one_webhook(town: Town, viewer: Viewer) -> None:
    """Each name is somebody; none of them is the member whose name they use, or the webhook."""
    await hear_proxies(town)
    webhook = town.guild.create_webhook(town.square)
    for name in ("Robin", "ann", "Robin"):
        await webhook.send("beep", username=name)
    robin, ann, again = [event["uid"] for event in await town.news(viewer, "message")]
    assert robin == again != ann
    assert not {robin, ann} & {str(town.ann.id), str(webhook.id)}


async def test_a_thread_gets_another_title(town: Town, viewer: Viewer) -> None:
    """Who comes back is told nothing of the first: it was somebody's words."""
    thread = town.thread(town.square, "oops")
    await town.ann.send(thread, "green or black?")
    assert (await viewer.next("message"))["channelName"] == "oops"
    known = town.env.backend.channels[thread.id]
    payload = serializers.thread_payload(town.env.backend, known) | {"name": "about tea"}
    await town.tell("THREAD_UPDATE", payload)
    back = await town.viewer(events=ALL_EVENTS, cursor=viewer.joined["cursor"])
    assert back.joined["resumed"]
    assert (await back.next("message"))["channelName"] == "about tea"


async def test_a_webhook_in_a_thread(town: Town, viewer: Viewer) -> None:
    """A thread is heard as its channel is."""
    await hear_proxies(town)
    thread = town.thread(town.square, "den")
    webhook = town.guild.create_webhook(town.square)
    payload = _proxied(town, webhook.id) | {"channel_id": str(thread.id)}
    await town.tell("MESSAGE_CREATE", payload)
    [said] = await town.news(viewer, "message")
    assert (said["message"], said["channel"], said["parent"]) == ("beep", str(thread.id), str(town.square.id))


async def test_a_webhook_elsewhere(town: Town, viewer: Viewer) -> None:
    """Only where managers want it."""
    await hear_proxies(town)
    await town.guild.create_webhook(town.channel("park")).send("beep", username="Robin")
    assert await town.news(viewer, "message", "presence") == []


async def test_a_webhook_in_a_hidden_channel(town: Town, viewer: Viewer) -> None:
    """That it is heard doesn't show the channel."""
    await hear_proxies(town)
    town.channel("park")
    await town.hide(town.square)
    await town.guild.create_webhook(town.square).send("beep", username="Robin")
    assert await town.news(viewer, "message", "presence") == []


@pytest.mark.parametrize("kind", [0, 20])
async def test_an_answer_to_a_command_is_no_proxy(town: Town, viewer: Viewer, kind: int) -> None:
    """Applications answer through a webhook that has their own id."""
    await hear_proxies(town)
    payload = _proxied(town, 4711) | {"application_id": "4711", "type": kind}
    await town.tell("MESSAGE_CREATE", payload)
    assert await town.news(viewer) == []


async def test_a_webhook_that_is_heard_no_more(town: Town, viewer: Viewer) -> None:
    """What it said is taken back, and whoever it was leaves."""
    await hear_proxies(town)
    await town.guild.create_webhook(town.square).send("beep", username="Robin")
    [said] = await town.news(viewer, "message")
    await decide(town, GuildSettings())
    events = await town.news(viewer, "edit", "presence")
    assert {"uid": said["uid"], "status": "offline", "delete": True} in events
    assert [event["id"] for event in events if event.get("message", "") is None] == [said["id"]]


def _proxied(town: Town, webhook_id: int) -> Payload:
    """Write a message of a webhook's, as Discord tells of it."""
    return {
        "id": str(discord.utils.time_snowflake(discord.utils.utcnow())), "type": 0, "content": "beep",
        "channel_id": str(town.square.id), "guild_id": str(town.guild.id), "webhook_id": str(webhook_id),
        "application_id": None, "author": {
            "id": str(webhook_id), "username": "Robin", "discriminator": "0000", "avatar": None, "bot": True,
        },
        "timestamp": "2026-11-29T00:00:00+00:00", "edited_timestamp": None, "tts": False,
        "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
        "components": [], "pinned": False, "flags": 0,
    }  # fmt: skip


async def test_a_direct_message(town: Town, viewer: Viewer) -> None:
    """What people write to the bot alone stays there."""
    message = await town.ann.send_dm("psst")
    await town.ann.user.edit(message, "psst!")
    await town.ann.user.set_reaction(message, "👍", reacted=True)
    await town.ann.user.delete(message)
    assert await town.news(viewer) == []


@pytest.mark.parametrize(
    "kind",
    [
        MessageType.NEW_MEMBER,
        MessageType.PREMIUM_GUILD_SUBSCRIPTION,
        MessageType.GUILD_STREAM,
        MessageType.PINS_ADD,
    ],
)
async def test_a_system_message(town: Town, viewer: Viewer, kind: MessageType) -> None:
    """What Discord says by itself isn't a member's words."""
    pinned = await town.ann.send(town.square, "pin me") if kind == MessageType.PINS_ADD else None
    town.guild.create_system_message(town.square, kind, author=town.ann, referenced_message=pinned)
    assert words(await town.news(viewer, "message")) == (["pin me"] if pinned else [])


async def test_the_result_of_a_poll(town: Town, viewer: Viewer) -> None:
    """Discord announces a poll's result under the name of who asked; they said nothing."""
    said = await town.ann.send(town.square, "template")
    stored = town.env.backend.get_message(town.square.id, said.id)
    payload: Payload = dict(serializers.message_payload(town.env.backend, stored))
    result = {
        "id": str(town.env.backend.snowflake()),
        "type": 46,
        "content": "",
        "embeds": [{"type": "poll_result"}],
    }
    await town.tell("MESSAGE_CREATE", payload | result)
    assert words(await town.news(viewer, "message")) == ["template"]


async def test_another_guild(town: Town, viewer: Viewer) -> None:
    """What is said in one guild isn't heard in another."""
    other = town.env.create_guild("Elsewhere")
    stranger = other.add_member(town.env.create_user("stranger"))
    await stranger.send(other.create_text_channel("general"), "hello")
    assert await town.news(viewer, "message") == []


# Custom emoji

CDN = "https://cdn.discordapp.com/emojis"
TURNIP = "<:turnip:123456789012345678>"
TURNIP_PICTURE = f"{CDN}/123456789012345678.png?size=48"

painted = pytest.mark.parametrize(
    "config", [Config("an.invented.token", host="127.0.0.1", port=0, emoji_images=True)], ids=["painted"]
)


async def react_with_turnip(town: Town, message: discord.Message) -> None:
    """Let ann react with an emoji of the guild's own."""
    emoji = town.guild.create_emoji("turnip")
    await town.ann.react(message, f"{emoji.name}:{emoji.id}")


async def test_custom_emoji_are_words(town: Town, viewer: Viewer) -> None:
    """By themselves, in words, edits and reactions."""
    message = await town.ann.send(town.square, TURNIP)
    await town.ann.edit(message, f"a {TURNIP}")
    await react_with_turnip(town, message)
    news = await town.news(viewer)
    assert [event.get("message", event.get("emoji")) for event in news] == [
        ":turnip:",
        "a :turnip:",
        ":turnip:",
    ]
    assert "http" not in str(news)


@painted
async def test_custom_emoji_as_pictures(town: Town, viewer: Viewer) -> None:
    """Where they are wanted, viewers learn where the pictures are."""
    message = await town.ann.send(town.square, f"a {TURNIP}")
    await town.ann.edit(message, f"the {TURNIP} ||<:leek:1>||")
    await town.ann.edit(message, "nothing")
    said, *edits = await town.news(viewer)
    assert (said["message"], said["emoji"]) == ("a :turnip:", {":turnip:": TURNIP_PICTURE})
    assert [(edit["message"], edit.get("emoji")) for edit in edits] == [
        ("the :turnip: [spoiler]", {":turnip:": TURNIP_PICTURE}),
        ("nothing", None),
    ]


@painted
async def test_an_emoji_that_gives_way_to_another_of_its_name(town: Town, viewer: Viewer) -> None:
    """It looks different, though the words are the same."""
    message = await town.ann.send(town.square, TURNIP)
    await town.ann.edit(message, "<:turnip:42>")
    [edit] = await town.news(viewer, "edit")
    assert edit["emoji"] == {":turnip:": f"{CDN}/42.png?size=48"}


@painted
async def test_reactions_as_pictures(town: Town, viewer: Viewer) -> None:
    """Those with an emoji of a guild's own."""
    message = await town.bob.send(town.square, "good news")
    await town.ann.react(message, "👍")
    await react_with_turnip(town, message)
    thumb, turnip = await town.news(viewer, "reaction")
    assert "image" not in thumb
    assert turnip["emoji"] == ":turnip:"
    assert turnip["image"].startswith(f"{CDN}/")
    assert turnip["image"].endswith(".png?size=48")


@painted
async def test_pictures_are_not_for_old_clients(town: Town) -> None:
    """They get what they always got."""
    viewer = await town.plain_viewer()
    await town.ann.send(town.square, TURNIP)
    said = {"uid": str(town.ann.id), "message": ":turnip:", "channel": str(town.square.id)}
    assert await town.news(viewer) == [said]


# Edits


def link_preview(town: Town, message: discord.Message, **changes: Any) -> Payload:
    """Say of a message that it changed, though nobody edited it."""
    stored = town.env.backend.get_message(town.square.id, message.id)
    payload: Payload = dict(serializers.message_payload(town.env.backend, stored))
    return payload | {"edited_timestamp": None} | changes


def forget(town: Town) -> None:
    """Let the bot's cache forget all messages, as it does with old ones."""
    assert town.bot._connection._messages is not None
    town.bot._connection._messages.clear()


async def test_an_edit(town: Town, viewer: Viewer) -> None:
    """New words are told with the message they belong to."""
    message = await town.ann.send(town.square, "teh")
    await town.ann.edit(message, "*the*")
    assert await town.news(viewer, "edit") == [
        {"uid": str(town.ann.id), "channel": str(town.square.id), "id": str(message.id), "message": "the"}
    ]


async def test_an_edit_of_an_old_message(town: Town, viewer: Viewer) -> None:
    """A message that the bot has forgotten can be edited, too."""
    message = await town.ann.send(town.square, "teh")
    forget(town)
    await town.ann.edit(message, "the")
    assert words(await town.news(viewer, "edit")) == ["the"]


async def test_an_edit_after_the_author_went_offline(town: Town) -> None:
    """Who writes is seen: also the new words of somebody who isn't shown any more."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.presence(town.ann, "online")
    viewer = await town.viewer()
    message = await town.ann.send(town.square, "my number is 4711")
    await town.presence(town.ann, "offline")
    await town.ann.edit(message, "never mind")
    assert [event["message"] for event in await town.news(viewer, "edit")] == ["never mind"]


async def test_an_edit_after_the_channel_was_hidden(town: Town, viewer: Viewer) -> None:
    """Nor because the channel is hidden by now."""
    message = await town.ann.send(town.square, "my number is 4711")
    town.channel("park")
    await town.hide(town.square)
    town.env.backend.edit_message(town.square.id, message.id, {"content": "never mind"})
    assert [event["message"] for event in await town.news(viewer, "edit")] == [None]
    assert "never mind" not in str(viewer.frames)


async def test_the_preview_of_a_link(town: Town, viewer: Viewer) -> None:
    """When Discord adds a preview to a link, nobody edited anything."""
    message = await town.ann.send(town.square, "https://example.org")
    embeds = [{"type": "link", "url": "https://example.org", "title": "Example"}]
    await town.tell("MESSAGE_UPDATE", link_preview(town, message, embeds=embeds))
    assert await town.news(viewer, "edit") == []


async def test_the_preview_of_an_old_link(town: Town, viewer: Viewer) -> None:
    """Nor when the bot has forgotten the message."""
    message = await town.ann.send(town.square, "https://example.org")
    forget(town)
    await town.tell("MESSAGE_UPDATE", link_preview(town, message, embeds=[{"type": "link"}]))
    assert await town.news(viewer, "edit") == []


async def test_a_preview_that_comes_late(town: Town, viewer: Viewer) -> None:
    """It may bring the words of before an edit, which somebody took back with it; its time may be inexact."""
    message = await town.ann.send(town.square, "my number is 4711 https://example.org")
    late = link_preview(town, message, embeds=[{"type": "link"}])
    await town.ann.edit(message, "never mind https://example.org")
    edited = link_preview(town, message)
    stored = town.env.backend.get_message(town.square.id, message.id)
    told: Payload = dict(serializers.message_payload(town.env.backend, stored))
    inexact = (datetime.fromisoformat(told["edited_timestamp"]) - timedelta(microseconds=900)).isoformat()
    await town.tell(
        "MESSAGE_UPDATE", edited | {"edited_timestamp": inexact, "content": "never, https://example.org"}
    )
    await town.tell("MESSAGE_UPDATE", late)
    assert words(await town.news(viewer, "edit")) == [
        "never mind https://example.org",
        "never, https://example.org",
    ]


async def test_a_pin_is_no_edit(town: Town, viewer: Viewer) -> None:
    """A message that is pinned says what it said before."""
    message = await town.ann.send(town.square, "remember this")
    await town.tell("MESSAGE_UPDATE", link_preview(town, message, pinned=True))
    assert await town.news(viewer, "edit") == []


async def test_a_picture_that_is_taken_away(town: Town, viewer: Viewer) -> None:
    """What is read changes when somebody removes an attachment, though the words stay."""
    message = await town.ann.send(town.square, "look:", attachments=[PICTURE])
    town.env.backend.edit_message(town.square.id, message.id, {"attachments": []})
    assert words(await town.news(viewer, "edit")) == ["look:"]


async def test_an_edit_that_leaves_nothing(town: Town, viewer: Viewer) -> None:
    """Words that are edited away are gone."""
    message = await town.ann.send(town.square, "oops", attachments=[PICTURE])
    town.env.backend.edit_message(town.square.id, message.id, {"content": "", "attachments": []})
    assert [event["message"] for event in await town.news(viewer, "edit")] == [None]


async def test_an_edit_is_not_for_old_clients(town: Town) -> None:
    """Who didn't ask for edits hears of none."""
    viewer = await town.plain_viewer()
    message = await town.ann.send(town.square, "teh")
    await town.ann.edit(message, "the")
    await town.ann.delete(message)
    assert words(await town.news(viewer)) == ["teh"]


# Deletions


async def test_a_deletion(town: Town, viewer: Viewer) -> None:
    """Words that were taken back are told with the message they belonged to."""
    message = await town.ann.send(town.square, "oops")
    await town.ann.delete(message)
    assert await town.news(viewer, "edit") == [
        {"uid": str(town.ann.id), "channel": str(town.square.id), "id": str(message.id), "message": None}
    ]


async def test_many_deletions(town: Town, viewer: Viewer) -> None:
    """A moderator who cleans up takes back each of them."""
    messages = [await town.ann.send(town.square, f"spam {number}") for number in range(3)]
    town.env.backend.bulk_delete_messages(town.square.id, [message.id for message in messages])
    events = await town.news(viewer, "edit")
    assert [(event["id"], event["message"]) for event in events] == [
        (str(message.id), None) for message in messages
    ]


async def test_a_deletion_of_an_old_message(town: Town, viewer: Viewer) -> None:
    """discord.py may have forgotten a message that viewers have seen; it is taken back all the same."""
    message = await town.ann.send(town.square, "oops")
    forget(town)
    await town.ann.delete(message)
    assert [event["id"] for event in await town.news(viewer, "edit")] == [str(message.id)]


@pytest.mark.parametrize("how", ["delete", "bulk"])
async def test_a_deletion_after_the_author_went_offline(town: Town, how: str) -> None:
    """What was shown is taken back, though its author is no longer to be seen."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.presence(town.ann, "online")
    viewer = await town.viewer()
    message = await town.ann.send(town.square, "oops")
    await town.presence(town.ann, "offline")
    if how == "delete":
        town.env.backend.delete_message(town.square.id, message.id)
    else:
        town.env.backend.bulk_delete_messages(town.square.id, [message.id])
    assert [event["id"] for event in await town.news(viewer, "edit")] == [str(message.id)]


async def test_the_words_of_the_invisible(town: Town) -> None:
    """Where offline members aren't shown, who writes comes for a visit, and can take it back."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.presence(town.ann, "online")
    await town.presence(town.ann, "offline")
    viewer = await town.viewer()
    assert str(town.ann.id) not in viewer.users
    await town.ann.delete(await town.ann.send(town.square, "oops"))
    came, said, taken_back = await town.news(viewer, "presence", "message", "edit")
    assert (came["uid"], came["username"], came["status"]) == (str(town.ann.id), "ann", "offline")
    assert (said["uid"], said["message"]) == (str(town.ann.id), "oops")
    assert (taken_back["id"], taken_back["message"]) == (said["id"], None)
    assert str(town.ann.id) in (await town.viewer()).users


async def test_a_deletion_after_the_author_left(town: Town, viewer: Viewer) -> None:
    """Who is banned for what they wrote is gone before their words are."""
    message = await town.ann.send(town.square, "oops")
    town.guild.remove_member(town.ann)
    town.env.backend.delete_message(town.square.id, message.id)
    assert [event["id"] for event in await town.news(viewer, "edit")] == [str(message.id)]


# Typing


async def test_typing(town: Town, viewer: Viewer) -> None:
    """Who types is seen, and where."""
    await town.ann.typing(town.square)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "channel": str(town.square.id)}]


async def test_typing_in_a_thread(town: Town, viewer: Viewer) -> None:
    """In a public thread as well."""
    thread = town.thread(town.square, "about tea")
    await town.ann.typing(thread)
    assert await town.news(viewer) == [{"uid": str(town.ann.id), "channel": str(thread.id)}]


@dens
async def test_typing_that_is_not_public(town: Town, den: Den) -> None:
    """Nobody sees that somebody types where not everybody may look."""
    channel = await den(town)
    viewer = await town.viewer()
    await town.ann.typing(channel)
    assert await town.news(viewer, "typing") == []


async def test_typing_to_the_bot(town: Town, viewer: Viewer) -> None:
    """Nor that somebody types to the bot alone."""
    channel = town.ann.user.dm_channel
    await town.tell(
        "TYPING_START", {"channel_id": str(channel.id), "user_id": str(town.ann.id), "timestamp": 0}
    )
    assert await town.news(viewer) == []


async def test_typing_of_the_invisible(town: Town) -> None:
    """Who isn't seen isn't seen typing."""
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    viewer = await town.viewer()
    await town.ann.typing(town.square)
    assert await town.news(viewer, "typing") == []


async def test_typing_is_not_for_old_clients(town: Town) -> None:
    """Who didn't ask for it doesn't see it."""
    viewer = await town.plain_viewer()
    await town.ann.typing(town.square)
    assert await town.news(viewer) == []


# Reactions


@pytest.mark.parametrize(("emoji", "shown"), [("👍", "👍"), ("wave:42", ":wave:")], ids=["unicode", "custom"])
async def test_a_reaction(town: Town, viewer: Viewer, emoji: str, shown: str) -> None:
    """Who reacts is seen, where and how."""
    message = await town.bob.send(town.square, "good news")
    town.env.backend.add_reaction(town.square.id, message.id, emoji, town.ann.id)
    assert await town.news(viewer, "reaction") == [
        {"uid": str(town.ann.id), "channel": str(town.square.id), "emoji": shown}
    ]


async def test_a_reaction_to_an_old_message(town: Town, viewer: Viewer) -> None:
    """However old what they react to is."""
    message = await town.bob.send(town.square, "good news")
    forget(town)
    await town.ann.react(message, "👍")
    assert len(await town.news(viewer, "reaction")) == 1


async def test_a_reaction_in_a_large_guild(town: Town) -> None:
    """Who is seen is seen reacting, however many there are."""
    message = await town.bob.send(town.square, "good news")
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    await town.presence(town.ann, "online")
    viewer = await town.viewer()
    await town.ann.react(message, "👍")
    assert len(await town.news(viewer, "reaction")) == 1


async def test_a_reaction_of_the_invisible(town: Town) -> None:
    """Who isn't seen isn't seen reacting."""
    message = await town.bob.send(town.square, "good news")
    await town.count(HIDE_OFFLINE_ABOVE + 1)
    viewer = await town.viewer()
    await town.ann.react(message, "👍")
    assert await town.news(viewer, "reaction") == []


async def test_a_reaction_taken_back(town: Town, viewer: Viewer) -> None:
    """There is no event for that."""
    message = await town.bob.send(town.square, "good news")
    await town.ann.react(message, "👍")
    await town.news(viewer)
    await town.ann.unreact(message, "👍")
    assert await town.news(viewer) == []


@dens
async def test_a_reaction_that_is_not_public(town: Town, den: Den) -> None:
    """Nobody sees that somebody reacts where not everybody may look."""
    channel = await den(town)
    message = await town.ann.send(channel, "good news")
    viewer = await town.viewer()
    town.env.backend.add_reaction(channel.id, message.id, "👍", town.ann.id)
    assert await town.news(viewer, "reaction") == []


async def test_a_reaction_is_not_for_old_clients(town: Town) -> None:
    """Who didn't ask for it doesn't see it."""
    message = await town.bob.send(town.square, "good news")
    viewer = await town.plain_viewer()
    await town.ann.react(message, "👍")
    assert await town.news(viewer) == []


async def test_a_reaction_of_somebody_unknown(town: Town, viewer: Viewer) -> None:
    """A reaction that Discord tells without the member is passed over."""
    message = await town.bob.send(town.square, "good news")
    reaction = {
        "user_id": str(town.ann.id), "channel_id": str(town.square.id), "message_id": str(message.id),
        "guild_id": str(town.guild.id), "emoji": {"id": None, "name": "👍"}, "burst": False, "type": 0,
    }  # fmt: skip
    await town.tell("MESSAGE_REACTION_ADD", reaction)
    assert await town.news(viewer, "reaction") == []
