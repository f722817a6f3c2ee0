"""`/dzone channel` and `/dzone webhooks`: what is shown, after a warning where it isn't public."""

from typing import Any

import pytest
import simcord.interactions

from cogs.commands import dialogs
from cogs.settings import GuildSettings
from tests.cogs.commands.answers import listed, status
from tests.cogs.office import Office, read

# Channels


@pytest.mark.parametrize("reason", ["private", "age-restricted"])
async def test_what_is_not_public_is_shown_after_a_warning(office: Office, reason: str) -> None:
    """Nothing changes until the button is pressed."""
    den = office.private("den", office.manager) if reason == "private" else office.square
    if reason == "age-restricted":
        await office.restrict(den)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    assert ("Not everybody" if reason == "private" else "age-restricted") in read(asked)
    assert not office.drawer.guilds
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert pressed.response
    assert "is shown now" in pressed.response.content
    assert not pressed.response.components
    assert office.settings.channels == {den.id: True}
    assert office.rooms.shown == [office.guild.id]


async def test_no_is_no(office: Office) -> None:
    """The other button changes nothing."""
    den = office.private("den", office.manager)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Cancel")
    assert pressed.response
    assert pressed.response.content == "Nothing was changed."
    assert not office.drawer.guilds


async def test_a_question_expires(office: Office) -> None:
    """Who doesn't answer has changed nothing, and finds no button any more."""
    asked = await office.use(office.manager, "dzone forget")
    await office.env.advance_time(dialogs.PATIENCE + 1)
    assert asked.response
    assert "nothing was changed" in asked.response.content
    assert not asked.response.components


async def test_a_dismissed_question_expires(office: Office) -> None:
    """A message that is gone can't be edited, and need not be."""
    await office.use(office.manager, "dzone forget")
    office.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008)
    await office.env.advance_time(dialogs.PATIENCE + 1)


async def test_a_foreign_hand(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who asked may press, though nobody else should see the buttons."""
    asked = await office.use(office.manager, "dzone forget")
    assert asked.response
    asked.response._message.flags = 0  # somebody found a way to see it
    pressed = await office.hire("other", manage_guild=True).click(asked.response, label="Delete everything")
    assert "belong to whoever used" in pressed.response.content  # type: ignore[union-attr]
    assert not office.rooms.shown


@pytest.mark.parametrize("lost", ["permission", "database"])
async def test_what_changed_meanwhile(office: Office, lost: str) -> None:
    """A press is checked anew; the buttons stay for another try."""
    den = office.private("den", office.manager)
    asked = await office.use(office.manager, "dzone channels show", channel=den)
    if lost == "permission":
        office.env.backend.remove_member_role(
            office.guild.id, office.manager.id, office.guild.roles["manager"].id
        )
    else:
        office.drawer.stuck = True
    await office.env.settle()
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    words = {"permission": "Manage Server", "database": "Nothing was changed"}
    assert words[lost] in pressed.followups[-1].content
    assert asked.response.components
    assert not office.drawer.guilds


async def test_a_hidden_channel_is_shown_again(office: Office) -> None:
    """If it is public no decision is kept: should it become private, it is hidden by the rule."""
    await office.reply(office.manager, "dzone channels hide", channel="square")
    assert "is shown now" in await office.reply(office.manager, "dzone channels show", channel="square")
    assert office.settings.channels == {}


async def test_a_private_channel_is_left_to_the_rule(office: Office) -> None:
    """It is hidden then, and others may be shown by decision all the same."""
    den = office.private("den", office.manager)
    office.drawer.guilds[office.guild.id] = GuildSettings(channels={den.id: True, 1: True})
    reply = await office.reply(office.manager, "dzone channels reset", channel=den)
    assert "it is hidden" in reply
    assert office.settings.channels == {1: True}


async def test_channels_are_listed(office: Office) -> None:
    """By what holds for them; a list that is too long says how much is left out."""
    den = office.private("den", office.manager)
    secret = office.private("secret")
    many = [office.guild.create_text_channel(f"c{number}") for number in range(60)]
    await office.env.settle()
    await office.reply(office.manager, "dzone channels hide", channel="square")
    fields = await listed(office)
    assert fields["not public (1)"] == den.mention
    assert fields["hidden by managers (1)"] == office.square.mention
    shown = fields["shown (60)"]
    assert shown.startswith(many[0].mention)
    assert len(shown) <= 1024
    assert f"and {60 - shown.count('<#')} more" in shown
    assert secret.mention not in str(fields)


async def test_a_channel_that_the_bot_cannot_see(office: Office) -> None:
    """It can be chosen; the decision waits until the bot can see it, and managers are told so."""
    vault = office.private("vault", office.manager)
    await office.env.settle()
    await office.blind(vault)
    assert office.cached.get_channel(vault.id) is None
    asked = await office.use(office.manager, "dzone channels show", channel=vault)
    assert "Not everybody" in read(asked)
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert "as soon as I can see it" in pressed.response.content  # type: ignore[union-attr]
    assert office.settings.channels == {vault.id: True}
    assert f"I can't see {vault.mention}" in (await status(office))["What I need"]
    assert (await listed(office))["shown as soon as I can see them (1)"] == vault.mention
    await office.unblind(vault)
    assert office.policy.shows_channel(office.cached.get_channel(vault.id))
    assert "I can't see" not in (await status(office))["What I need"]
    assert (await listed(office))["shown by managers (1)"] == vault.mention


@pytest.mark.parametrize(("command", "words"), [("hide", "is hidden now"), ("reset", "I can't see it")])
async def test_a_waiting_decision_is_taken_back(office: Office, command: str, words: str) -> None:
    """Though the bot still sees nothing of the channel."""
    vault = office.private("vault", office.manager)
    await office.env.settle()
    await office.blind(vault)
    office.drawer.guilds[office.guild.id] = GuildSettings(channels={vault.id: True})
    assert words in await office.reply(office.manager, f"dzone channels {command}", channel=vault)
    assert not office.policy.waiting(office.guild.id)


@pytest.mark.parametrize("command", ["show", "hide", "reset", "proxies"])
@pytest.mark.parametrize("blind", [True, False])
async def test_a_channel_that_the_manager_cannot_see(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: str, blind: bool
) -> None:
    """Discord offers none; who names it all the same decides nothing."""
    den = office.private("den")
    await office.env.settle()
    if blind:
        await office.blind(den)
    monkeypatch.setattr(simcord.interactions, "channel_accessible", lambda *_: True)
    options: dict[str, Any] = {"state": "on"} if command == "proxies" else {}
    reply = await office.reply(office.manager, f"dzone channels {command}", channel=den, **options)
    assert "There is no such channel, or you can't see it." in reply
    assert not office.drawer.guilds


async def test_channels_of_other_kinds_are_not_offered(office: Office) -> None:
    """Neither categories nor threads, in any command: these follow their channel."""
    [group] = [c for c in office.env.backend.commands[None].values() if c["name"] == "dzone"]
    [channels] = [option for option in group["options"] if option["name"] == "channels"]
    offered = {
        tuple(option["channel_types"])
        for command in channels["options"]
        for option in command["options"]
        if option["name"] == "channel"
    }
    assert offered == {(0, 5, 2, 13, 15, 16)}


async def test_a_channel_with_an_age_limit_is_left_to_the_rule(office: Office) -> None:
    """And stays hidden, though everybody may see it."""
    await office.restrict(office.square)
    reply = await office.reply(office.manager, "dzone channels reset", channel=office.square)
    assert "it is hidden, because it is age-restricted" in reply


# Webhooks


async def test_webhooks_are_heard_after_a_warning(office: Office) -> None:
    """Nothing changes until the button is pressed."""
    asked = await office.use(office.manager, "dzone channels proxies", channel="square", state="on")
    assert "I can't tell who is behind a webhook" in read(asked)
    assert not office.drawer.guilds
    assert asked.response
    pressed = await office.manager.click(asked.response, label="Show it to strangers")
    assert "as the words of a visitor" in pressed.response.content  # type: ignore[union-attr]
    assert office.settings.proxies == {office.square.id}
    assert office.bridge.forgotten == []


async def test_webhooks_are_heard_no_more(office: Office) -> None:
    """Without a question; what they said is taken back, and other channels stay as they are."""
    office.drawer.guilds[office.guild.id] = GuildSettings(proxies=frozenset({office.square.id, 1}))
    reply = await office.reply(office.manager, "dzone channels proxies", channel="square", state="off")
    assert "isn't shown any more, and what they posted is removed" in reply
    assert office.settings.proxies == {1}
    assert office.bridge.forgotten == [(office.guild.id, None)]
