"""`/myself`, used by anybody; and the menu with which moderators hide somebody."""

import unicodedata
from typing import Any

import pytest

from bridge.model import GuildInfo, Member, Voice
from cogs.commands import dialogs
from cogs.commands.palette import PALETTE, hint
from cogs.commands.standing import Standing
from cogs.settings import GuildSettings, MemberSettings
from tests.cogs.office import LOCALES, Office, read

MENU = "Hide from d-zone"


DECISIONS: list[tuple[str, dict[str, Any], MemberSettings, str]] = [
    ("hide", {}, MemberSettings(hidden=True, color="#112233"), "`/myself show`"),
    (
        "say",
        {"line": " back  at noon "},
        MemberSettings(color="#112233", line="back at noon"),
        "back at noon",
    ),
    ("mute", {}, MemberSettings(muted=True, color="#112233"), "also those that you wrote before"),
    ("show", {}, MemberSettings(color="#112233", agreed=True), "shown again"),
    ("color", {"color": "#7bd88f"}, MemberSettings(color="#7bd88f"), "`#7bd88f` now"),
    ("color", {"color": " F80 "}, MemberSettings(color="#ff8800"), "`#ff8800` now"),
    ("undo", {"choice": "color"}, MemberSettings(), "colour of your role"),
]


@pytest.mark.parametrize(("command", "options", "decided", "words"), DECISIONS)
async def test_somebody_decides(
    office: Office, command: str, options: dict[str, Any], decided: MemberSettings, words: str
) -> None:
    """The decision holds in every room, also for what rooms hold of the past."""
    office.drawer.members[office.ann.id] = MemberSettings(color="#112233")
    assert words in await office.reply(office.ann, f"myself {command}", **options)
    assert office.drawer.members == {office.ann.id: decided}
    assert office.rooms.shown == [office.ann.id]
    taken_back = [(0, office.ann.id)]
    assert office.bridge.forgotten == (taken_back if decided.hidden or decided.muted else [])


async def test_show_ends_hide_and_mute(office: Office) -> None:
    """One command brings all back, and agrees to being shown; to hide takes that back."""
    office.drawer.members[office.ann.id] = MemberSettings(hidden=True, muted=True)
    await office.reply(office.ann, "myself show")
    assert office.drawer.members[office.ann.id] == MemberSettings(agreed=True)
    await office.reply(office.ann, "myself hide")
    assert office.drawer.members[office.ann.id] == MemberSettings(hidden=True)


@pytest.mark.parametrize("optin", [True, False])
async def test_who_does_not_agree_any_more(office: Office, optin: bool) -> None:
    """What they said goes with it, where only those are shown who have agreed."""
    office.drawer.guilds[office.guild.id] = GuildSettings(optin=optin)
    office.drawer.members[office.ann.id] = MemberSettings(agreed=True)
    assert "don't show you" in await office.reply(office.ann, "myself undo", choice="show")
    assert office.drawer.members[office.ann.id] == MemberSettings()
    assert office.bridge.forgotten == ([(0, office.ann.id)] if optin else [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x" * 41, "yours has 41"),
        (" ", "something visible"),
        ("\u3164", "something visible"),
        ("a\u202eb", "turn text around"),
        ("a\x00b", "control characters"),
        ("Z\u0300\u0316\u0301\u0317\u0302algo", "so many marks"),
        ("see https://example.org", "links"),
        ("join discord.gg/abc", "links"),
        ("WWW.example.org", "links"),
    ],
)
async def test_a_line_that_cannot_be(office: Office, line: str, words: str) -> None:
    """It says why."""
    assert words in await office.reply(office.ann, "myself say", line=line)
    assert not office.drawer.members


@pytest.mark.parametrize("line", ["x" * 40, "a\nb", "Việt Nam 👩‍🌾", "שָׁלוֹם", "<3 @everyone `:)`", "می‌خواهم"])
async def test_a_line_that_can_be(office: Office, line: str) -> None:
    """On one line, in any script; the answer shows it as it is, and nobody is called by it."""
    await office.reply(office.ann, "myself say", line=line)
    assert office.drawer.members[office.ann.id].line == " ".join(unicodedata.normalize("NFC", line).split())


async def test_a_colour_from_the_menu(office: Office) -> None:
    """It has what can be seen well, also after a restart, and the colour of one's role."""
    asked = await office.use(office.ann, "myself color")
    assert asked.response
    office.bot.remove_dynamic_items(Standing)
    office.bot.add_dynamic_items(Standing)
    await office.ann.select(asked.response, ["#3ba58c"], custom_id="dzone:Myself:color")
    assert office.drawer.members[office.ann.id] == MemberSettings(color="#3ba58c")
    again = await office.use(office.ann, "myself color")
    assert again.response
    await office.ann.select(again.response, ["role"], custom_id="dzone:Myself:color")
    assert office.drawer.members[office.ann.id] == MemberSettings()


def test_colours_can_be_seen() -> None:
    """Those of the menu as they are; of others it is said how they will look."""
    assert all(hint(color) is None for color in PALETTE)
    dark, bright = hint("#101010"), hint("#fffff0")
    assert dark
    assert "lighter" in dark.template
    assert bright
    assert "darker" in bright.template


async def test_in_a_direct_message(office: Office) -> None:
    """Who wants to hide need not say so in a channel."""
    result = await office.ann.user.slash("myself hide")
    assert "You are hidden" in read(result)
    assert office.rooms.shown == [office.ann.id]


@pytest.mark.parametrize(
    "color",
    [
        "red",
        "#12",
        "#12345",
        "#1234567",
        "#ggg",
        "\uff03\uff11\uff12\uff13",
        "#\u0663\u0663\u0663",
        "x" * 6000,
        "#fff\n#",
    ],
)
async def test_no_such_color(office: Office, color: str) -> None:
    """Examples say how one is written."""
    assert "such as `#7bd88f` or `#f80`" in await office.reply(office.ann, "myself color", color=color)
    assert not office.drawer.members


@pytest.mark.parametrize("command", ["hide", "mute", "show"])
async def test_what_cannot_be_stored_changes_nothing(office: Office, command: str) -> None:
    """The answer says so."""
    office.drawer.stuck = True
    assert "Nothing was changed" in await office.reply(office.ann, f"myself {command}")
    assert not office.rooms.shown
    assert not office.bridge.forgotten


@pytest.mark.parametrize("locale", LOCALES)
async def test_everybody_reads_their_language(office: Office, locale: str) -> None:
    """Also of the menu."""
    office.locale = locale
    begin = {"de": "Du bist", "es": "Estás"}.get(locale[:2], "You are")
    assert (await office.reply(office.ann, "myself hide")).startswith(begin)
    shown = await office.moderator.context_menu(office.square, MENU, office.ann)
    label = {"de": "Wieder zeigen", "es": "Mostrar de nuevo"}.get(locale[:2], "Show again")
    assert shown.response
    pressed = await office.moderator.click(shown.response, label=label)
    assert "{" not in read(pressed)


# The menu


async def test_a_moderator_hides_somebody(office: Office) -> None:
    """In this guild, with what they said; a button undoes it."""
    for boss in (office.moderator, office.manager, office.hire("admin", administrator=True)):
        office.bridge.forgotten.clear()
        done = await boss.context_menu(office.square, MENU, office.ann)
        assert f"{office.ann.mention} is hidden" in read(done)
        assert office.settings.hidden == {office.ann.id}
        assert office.bridge.forgotten == [(office.guild.id, office.ann.id)]
        assert done.response
        undone = await boss.click(done.response, label="Show again")
        assert "is shown in this server again" in read(undone)
        assert office.settings.hidden == frozenset()
    assert office.rooms.shown == [office.guild.id] * 6


async def test_others_may_not(office: Office) -> None:
    """Nor may a moderator undo it who is none any more."""
    refused = await office.ann.context_menu(office.square, MENU, office.moderator)
    assert "`/myself hide`" in read(refused)
    assert not office.drawer.guilds
    done = await office.moderator.context_menu(office.square, MENU, office.ann)
    role = office.guild.roles["moderator"]
    office.env.backend.remove_member_role(office.guild.id, office.moderator.id, role.id)
    assert done.response
    pressed = await office.moderator.click(done.response, label="Show again")
    assert "Only moderators" in pressed.followups[-1].content
    assert office.settings.hidden == {office.ann.id}


async def test_the_button_goes_and_the_answer_stays(office: Office) -> None:
    """After a while; the menu brings it back."""
    done = await office.moderator.context_menu(office.square, MENU, office.ann)
    await office.env.advance_time(dialogs.PATIENCE + 1)
    assert "is hidden" in read(done)
    assert done.response
    assert not done.response.components
    again = await office.moderator.context_menu(office.square, MENU, office.ann)
    assert again.response
    assert again.response.components


async def test_the_menu_goes_with_the_cog(office: Office) -> None:
    """And Discord shows it to moderators in guilds alone."""
    [menu] = [c for c in office.env.backend.commands[None].values() if c["name"] == MENU]
    assert int(menu["default_member_permissions"]) == 1 << 40
    assert menu["contexts"] == [0]
    await office.bot.remove_cog("Myself")
    assert MENU not in [command.name for command in office.bot.tree.get_commands()]


@pytest.mark.parametrize(
    ("choice", "left", "words"),
    [
        ("hide", MemberSettings(muted=True, color="#112233"), "aren't hidden any more"),
        ("mute", MemberSettings(hidden=True, color="#112233"), "from now on is shown again"),
        ("color", MemberSettings(hidden=True, muted=True), "colour of your role again"),
    ],
)
async def test_one_choice_is_taken_back(
    office: Office, choice: str, left: MemberSettings, words: str
) -> None:
    """And the others stay."""
    office.drawer.members[office.ann.id] = MemberSettings(hidden=True, muted=True, color="#112233")
    assert words in await office.reply(office.ann, "myself undo", choice=choice)
    assert office.drawer.members == {office.ann.id: left}
    assert office.rooms.shown == [office.ann.id]


def seen(office: Office, **fields: Any) -> None:
    """Let viewers see ann."""
    shown = Member(str(office.ann.id), "An *n*", **fields)
    office.bridge.show_guild(GuildInfo(id=str(office.guild.id), slug="town", name="Town"), [shown])


async def test_what_is_known_and_shown(office: Office) -> None:
    """Here and in general, with what was decided."""
    office.drawer.members[office.ann.id] = MemberSettings(muted=True, color="#112233")
    voice = Voice("7", "the hall")
    seen(office, status="idle", role_color="#112233", activity="Playing Chess", voice=voice)
    said = await office.reply(office.ann, "myself status")
    for words in (
        "Your messages are hidden", "`#112233`", "**An \\*n\\***, idle", "Playing Chess", "the hall",
        "They don't read", "see you now: 1",
    ):  # fmt: skip
        assert words in said
    assert "You are hidden" not in said


async def test_nothing_is_known(office: Office) -> None:
    """Who decided nothing is told so."""
    seen(office)
    said = await office.reply(office.ann, "myself status")
    assert "Nothing: you have decided nothing" in said
    assert "They read what you write" in said


@pytest.mark.parametrize(
    ("guild", "member", "words"),
    [
        ({"shown": False}, {}, "it isn't shown"),
        ({}, {"hidden": True}, "because you have hidden yourself"),
        ({"hidden": True}, {}, "moderators have hidden you"),
        ({"audience": 5}, {}, "who counts as everybody"),
        ({"offline": "hide"}, {}, "only when you aren't offline"),
        ({}, {}, "don't see you right now"),
    ],
)
async def test_why_nothing_is_seen(
    office: Office, guild: dict[str, Any], member: dict[str, Any], words: str
) -> None:
    """Each reason has its own words."""
    if guild.get("hidden"):
        guild = {"hidden": frozenset({office.ann.id})}
    office.drawer.guilds[office.guild.id] = GuildSettings(**guild)
    office.drawer.members[office.ann.id] = MemberSettings(**member)
    said = await office.reply(office.ann, "myself status")
    assert words in said
    assert "see you now: 0" in said


async def test_status_in_a_direct_message(office: Office) -> None:
    """There is no server to speak of."""
    seen(office)
    said = read(await office.ann.user.slash("myself status"))
    assert "this server" not in said
    assert "see you now: 1" in said
