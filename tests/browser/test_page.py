"""What a viewer sees of a guild, and how it changes before their eyes."""

import re
import time
from dataclasses import replace

import pytest
from playwright.async_api import expect

from bridge.model import GuildInfo, Member, Voice
from bridge.server import WebSocketServer

from .conftest import CHANNELS, GARDEN, GARDENERS, HARBOUR, OpenPage, address, in_each_scheme, only_chromium
from .moments import hold_time
from .scene import called, feed, group, heading, label, member, members, pick, server, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLOUR_OF = "row => row.style.getPropertyValue('--role')"
CONTRAST_OF = """row => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const luminance = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const linear = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const name = luminance(getComputedStyle(row.querySelector('.name')).color);
    const ground = luminance(getComputedStyle(document.getElementById('members')).backgroundColor);
    return (Math.max(name, ground) + 0.05) / (Math.min(name, ground) + 0.05);
}"""


async def test_members_have_their_status_in_words_and_their_role_colour(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Who is here, in groups by status, each in the colour of their role."""
    page = await new_page()
    await page.goto(address(bridge))

    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(page.get_by_text("4 members · 3 online")).to_be_visible()
    for status, name in (
        ("Online", "Ada"),
        ("Idle", "Beppo"),
        ("Do not disturb", "Chiara"),
        ("Offline", "Dmitri"),
    ):
        row = group(page, status).get_by_role("listitem")
        await expect(row).to_contain_text(name)
        await expect(row.get_by_role("img", name=status)).to_be_visible()
    assert await member(page, "Ada").evaluate(COLOUR_OF) == "#e06c75"
    assert await member(page, "Chiara").evaluate(COLOUR_OF) == ""
    await expect(member(page, "Dmitri")).to_contain_text("bot")


@in_each_scheme
async def test_names_can_be_read_in_any_role_colour(
    scheme: str, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """The lightest and the darkest colours keep a contrast of 4.5 on a light and a dark page."""
    colours = ["#ffff00", "#00ff00", "#000000", "#0000ff", "#fefefe", "#ff0000", "#808080"]
    painted = [Member(uid=colour, username=colour, role_color=colour) for colour in colours]
    bridge.show_guild(HARBOUR, painted)
    page = await new_page(color_scheme=scheme)
    await page.goto(address(bridge, "?s=harbour"))
    for colour in colours:
        assert await member(page, colour).evaluate(CONTRAST_OF) >= 4.5, colour


@only_chromium
async def test_a_presence_moves_a_member(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(group(page, "Online")).to_contain_text("Ada")

    await bridge.broadcast_presence(GARDEN.id, "11", "idle")

    await expect(group(page, "Idle").get_by_role("listitem")).to_contain_text(["Ada", "Beppo"])
    await expect(group(page, "Online")).to_be_hidden()


@only_chromium
async def test_members_come_and_go(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Beppo")).to_be_visible()

    await bridge.broadcast_presence(GARDEN.id, "15", "online", "Élodie", "#7fb069")
    await bridge.broadcast_presence(GARDEN.id, "12", "offline", delete=True)

    await expect(member(page, "Élodie")).to_be_visible()
    await expect(member(page, "Beppo")).to_have_count(0)
    await expect(page.get_by_text("4 members · 3 online")).to_be_visible()


async def test_words_stay_words(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Markup in a message, a name, a channel or an activity is text, and nothing but text."""
    markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()

    await bridge.broadcast_presence(GARDEN.id, "11", "online", markup)
    await bridge.broadcast_activity(GARDEN.id, "11", markup)
    await bridge.broadcast_message(GARDEN.id, "11", markup, "31", channel_name=markup)

    await expect(feed(page).locator(".words")).to_have_text(markup)
    await expect(member(page, markup).first).to_be_visible()
    assert await page.locator("img, body script").count() == 0
    assert await page.title() == f"{called('The Garden')} · d-zone"


@pytest.mark.parametrize(
    "odd",
    ["\u202ead\u2066A\u2069", "A\u200b\u200d\u2060da", "\U0001d504\U0001f469\u200d\U0001f4bb"],
    ids=["turned around", "without width", "four bytes"],
)
async def test_odd_letters_stay_where_they_are(bridge: WebSocketServer, new_page: OpenPage, odd: str) -> None:
    """They arrive as they were written, and turn nothing around but themselves."""
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()

    await bridge.broadcast_presence(GARDEN.id, "11", "online", odd)
    await bridge.broadcast_message(GARDEN.id, "11", odd, "31")

    await expect(feed(page).locator(".words")).to_have_text(odd)
    name = feed(page).get_by_role("article").locator(".name")
    assert await name.evaluate("node => [node.textContent, getComputedStyle(node).unicodeBidi]") == [
        odd,
        "isolate",
    ]
    assert await feed(page).locator(".words").evaluate("node => getComputedStyle(node).display") != "inline"


@only_chromium
async def test_names_without_ink_are_none(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Who hides behind such a one is called by their number."""
    page = await new_page()
    await page.goto(address(bridge))
    await bridge.broadcast_presence(GARDEN.id, "11", "online", "\u3164\u200b")
    await expect(member(page, "11")).to_be_visible()


@only_chromium
async def test_who_is_new_here_and_who_speaks_is_in_the_list(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    stage = Voice("35", "The Stage", speaker=True)
    bridge.show_guild(
        GARDEN,
        [
            Member(uid="11", username="Ada", status="online", joined=int(time.time()) - 60),
            Member(uid="12", username="Beppo", status="online", voice=stage),
        ],
    )
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_contain_text("new here")
    await expect(member(page, "Beppo")).to_contain_text("The Stage")
    await expect(member(page, "Beppo")).to_contain_text("speaks")


async def test_the_keyboard_stays_with_a_member_who_moves(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """To another group or within it; and the keys of the world go on working there."""
    page = await new_page()
    await page.goto(address(bridge))
    row = member(page, "Beppo").get_by_role("button")
    await row.focus()
    for status, group_name in (("dnd", "Do not disturb"), ("online", "Online")):
        await bridge.broadcast_presence(GARDEN.id, "12", status)
        await expect(group(page, group_name).get_by_text("Beppo")).to_be_visible()
        await expect(row).to_be_focused()
    await bridge.broadcast_presence(GARDEN.id, "12", "online", "Aaron")
    await expect(member(page, "Aaron").get_by_role("button")).to_be_focused()

    await page.keyboard.press("?")
    await expect(heading(page, "What is what")).to_be_visible()
    await page.keyboard.press("Escape")
    await member(page, "Aaron").get_by_role("button").focus()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()


@only_chromium
async def test_times_are_written_in_the_chosen_language(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page({"panel": "messages", "language": "de"}, locale="en-US")
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "Tee?", "31")
    await expect(feed(page).locator("time")).to_have_text(re.compile(r"^\d\d:\d\d$"))


@only_chromium
async def test_the_feed_says_who_said_what_where(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(page.get_by_text("Nothing has been said since you arrived.")).to_be_visible()

    await bridge.broadcast_message(GARDEN.id, "11", "Tea, anyone?", "31", id="1")
    await bridge.broadcast_message(GARDEN.id, "12", "Gladly!", "31", id="2", reply_to="11")

    first, second = feed(page).get_by_role("article").nth(0), feed(page).get_by_role("article").nth(1)
    await expect(first).to_contain_text("Ada")
    await expect(first).to_contain_text("#beds")
    await expect(first).to_contain_text("Tea, anyone?")
    await expect(second).to_contain_text("Beppo")
    await expect(second).to_contain_text(f"to {called('Ada')}")
    await expect(page.get_by_text("Nothing has been said since you arrived.")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
async def test_the_feed_cuts_no_name_short_that_a_line_has_room_for(
    width: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Who said it and where take two lines then."""
    page = await new_page(viewport={"width": width, "height": 720})
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    if width == 360:
        await tool(page, "Messages").click()
    await bridge.broadcast_presence(GARDEN.id, "11", "online", "Ada, who has much to do")
    await bridge.broadcast_message(GARDEN.id, "11", "Tea, anyone?", "31")

    row = feed(page).get_by_role("article")
    for part in (".name", ".place"):
        shown = await row.locator(part).evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert shown[0] == shown[1]
    assert await row.locator(".when").evaluate("node => node.scrollWidth <= node.parentNode.clientWidth")


@only_chromium
async def test_messages_are_edited_and_taken_back(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "Good moning", "31", id="1")
    await bridge.broadcast_message(GARDEN.id, "12", "Oops, wrong channel", "31", id="2")
    await expect(feed(page).get_by_role("article")).to_have_count(2)

    await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", "Good morning")
    await bridge.broadcast_edit(GARDEN.id, "12", "31", "2", None)

    await expect(feed(page).get_by_role("article")).to_have_count(1)
    await expect(feed(page).get_by_role("article")).to_contain_text("Good morning (edited)")


@only_chromium
async def test_the_feed_keeps_the_last_fifty(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page({"panel": "messages"})
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()

    for number in range(60):
        await bridge.broadcast_message(GARDEN.id, "11", f"sheep {number}", "31")

    await expect(feed(page)).to_contain_text("sheep 59")
    await expect(feed(page).get_by_role("article")).to_have_count(50)
    await expect(feed(page).get_by_text("sheep 59")).to_be_in_viewport()


async def test_who_reads_back_is_left_in_peace(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A reader who scrolled up stays there, and gets a button to the latest."""
    page = await new_page({"panel": "messages"})
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()
    for number in range(40):
        await bridge.broadcast_message(GARDEN.id, "11", f"sheep {number}", "31")
    await expect(feed(page).get_by_text("sheep 39")).to_be_in_viewport()

    await feed(page).focus()
    await page.keyboard.press("Home")
    await expect(feed(page).get_by_text("sheep 0", exact=True)).to_be_in_viewport()
    await bridge.broadcast_message(GARDEN.id, "12", "a wolf", "31")

    await expect(feed(page)).to_contain_text("a wolf")
    await expect(feed(page).get_by_text("a wolf")).not_to_be_in_viewport()
    await page.get_by_role("button", name="Latest messages").click()
    await expect(feed(page).get_by_text("a wolf")).to_be_in_viewport()


@only_chromium
async def test_typing_shows_until_they_speak(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()

    await hold_time(page)
    await bridge.broadcast_typing(GARDEN.id, "11", "31")
    await expect(page.get_by_text(f"{called('Ada')} is typing…")).to_be_visible()
    await bridge.broadcast_typing(GARDEN.id, "12", "31")
    await expect(page.get_by_text(f"{called('Ada')} and {called('Beppo')} are typing…")).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "There.", "31")
    await expect(page.get_by_text(f"{called('Beppo')} is typing…")).to_be_visible()


@only_chromium
async def test_typing_ends_by_itself(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Who typed and said nothing is forgotten after eight seconds, as reactions are after six."""
    page = await new_page()
    await page.clock.install()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await bridge.broadcast_typing(GARDEN.id, "11", "31")
    await bridge.broadcast_reaction(GARDEN.id, "11", "31", "+1")
    await expect(page.get_by_text(f"{called('Ada')} is typing…")).to_be_visible()
    await expect(member(page, "Ada")).to_contain_text("+1")

    await page.clock.fast_forward(8_100)

    await expect(page.get_by_text(f"{called('Ada')} is typing…")).to_be_hidden()
    await expect(member(page, "Ada")).not_to_contain_text("+1")


@only_chromium
async def test_voice_and_activity_stand_behind_the_name(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    ada = member(page, "Ada")
    await expect(ada).to_be_visible()

    await bridge.broadcast_voice(GARDEN.id, "11", Voice("32", "Greenhouse", muted=True, streaming=True))
    await bridge.broadcast_activity(GARDEN.id, "11", "Playing Factorio")

    await expect(ada).to_contain_text("Greenhouse")
    await expect(ada.get_by_role("img", name="muted")).to_be_visible()
    await expect(ada.get_by_role("img", name="streaming")).to_be_visible()
    await expect(ada).to_contain_text("Playing Factorio")

    await bridge.broadcast_voice(GARDEN.id, "11", None)
    await bridge.broadcast_activity(GARDEN.id, "11", None)
    await expect(ada).not_to_contain_text("Greenhouse")
    await expect(ada).not_to_contain_text("Playing Factorio")


@only_chromium
async def test_what_stands_over_a_voice_channel(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """On its sign, and behind the names of those who talk there; as text, whatever it is."""
    page = await new_page()
    await page.goto(address(bridge))
    ada = member(page, "Ada")
    await bridge.broadcast_voice(GARDEN.id, "11", Voice("32", "Greenhouse"))
    await expect(ada).to_contain_text("Greenhouse")

    for line in ("movie night", "<img src=x onerror=alert(1)>"):
        channels = [replace(each, status=line if each.kind == "voice" else None) for each in CHANNELS]
        bridge.show_guild(GARDEN, None, channels)
        await expect(ada.locator(".doing")).to_have_text(f"Greenhouse{line}")
        await expect(label(page, f"Greenhouse · {line}")).to_have_count(1)
    await expect(page.locator("img")).to_have_count(0)

    bridge.show_guild(GARDEN, None, CHANNELS)
    await expect(ada.locator(".doing")).to_have_text("Greenhouse")
    await expect(label(page, "Greenhouse")).to_have_count(1)


@only_chromium
async def test_a_gradient_stands_under_the_name(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """And on the figure beside it; both are gone when it is."""
    page = await new_page()
    await page.goto(address(bridge))
    ada = member(page, "Ada")
    plain = await ada.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    await expect(ada.locator(".name")).to_have_css("background-image", "none")

    await bridge.broadcast_presence(GARDEN.id, "11", "online", role_color2="#3498db")
    await expect(ada.locator(".name")).to_have_css(
        "background-image", "linear-gradient(90deg, rgb(224, 108, 117), rgb(52, 152, 219))"
    )
    assert await ada.locator("canvas").evaluate("canvas => canvas.toDataURL()") != plain

    await bridge.broadcast_presence(GARDEN.id, "11", "online", role_color2=None)
    await expect(ada.locator(".name")).to_have_css("background-image", "none")
    assert await ada.locator("canvas").evaluate("canvas => canvas.toDataURL()") == plain


async def test_a_large_guild_is_cut_and_can_be_searched(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Of 5,000 members 1,500 are told by name, and the first 200 have a row; the others are found by name."""
    crowd = [Member(uid=str(number), username=f"Bee {number:04}", status="online") for number in range(4_999)]
    bridge.show_guild(HARBOUR, [*crowd, Member(uid="queen", username="Königin", status="offline")])
    page = await new_page()
    await page.goto(address(bridge, "?s=harbour"))

    rows = members(page).get_by_role("listitem")
    await expect(rows).to_have_count(200)
    await expect(members(page)).to_contain_text("3,500 more are here")
    await members(page).get_by_role("button", name="and 1,300 more").click()
    await expect(rows).to_have_count(400)
    await expect(members(page)).to_contain_text("and 1,100 more")
    await page.get_by_role("searchbox", name="Search members").fill("konig")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Königin")
    await page.get_by_role("searchbox").fill("nobody at all")
    await expect(members(page)).to_contain_text("Nobody by that name.")


@only_chromium
async def test_an_order_is_kept_while_everybody_moves(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """After many changes at once the rows stand by status, then by name."""
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()

    for number, name in enumerate(["Zoë", "emil", "Émile", "Yves", "bea"]):
        await bridge.broadcast_presence(GARDEN.id, f"2{number}", "online", name)
    for each in GARDENERS:
        await bridge.broadcast_presence(GARDEN.id, each.uid, "online")
    await bridge.broadcast_presence(GARDEN.id, "11", "dnd")
    await bridge.broadcast_presence(GARDEN.id, "11", "online")

    names = group(page, "Online").locator(".name")
    await expect(names).to_have_text(
        ["Ada", "bea", "Beppo", "Chiara", "Dmitri", "emil", "Émile", "Yves", "Zoë"]
    )
    await expect(members(page).get_by_role("listitem")).to_have_count(9)


async def test_switching_guild(mock_bridge: WebSocketServer, new_page: OpenPage) -> None:
    """The address, the mark in the picker and the members follow; also by keyboard."""
    page = await new_page()
    await page.goto(address(mock_bridge))
    await expect(heading(page, "D-World")).to_be_visible()
    await expect(page).to_have_url(address(mock_bridge, "?s=dworld"))

    await tool(page, "Servers").focus()
    await page.keyboard.press("Enter")
    await server(page, "My Repos").focus()
    await page.keyboard.press("Enter")

    await expect(heading(page, "My Repos")).to_be_visible()
    await expect(members(page).get_by_role("listitem")).to_have_count(21)
    await expect(page).to_have_url(address(mock_bridge, "?s=repos"))
    await expect(server(page, "My Repos")).to_have_attribute("aria-current", "true")
    await expect(server(page, "D-World")).to_have_attribute("aria-current", "false")
    await page.reload()
    await expect(heading(page, "My Repos")).to_be_visible()


@only_chromium
async def test_a_protected_guild_stays_shut_politely(
    mock_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """It wears a lock; who knocks hears that a login is needed, and stays where they were."""
    page = await new_page()
    await page.goto(address(mock_bridge))
    await tool(page, "Servers").click()
    protected = server(page, "OAuth2 Protected Server")
    await expect(protected.get_by_role("img", name="protected")).to_be_visible()

    await protected.click()

    await expect(
        page.get_by_text(f"{called('OAuth2 Protected Server')} is protected: you need")
    ).to_be_visible()
    await expect(heading(page, "D-World")).to_be_visible()
    await expect(member(page, "Ada")).to_be_visible()
    await page.get_by_role("button", name="Close", exact=True).click()
    await expect(page.get_by_text("is protected: you need")).to_be_hidden()


@only_chromium
async def test_a_link_to_a_protected_guild_leads_to_the_default_one(
    mock_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page()
    await page.goto(address(mock_bridge, "?s=oauth"))

    await expect(heading(page, "D-World")).to_be_visible()
    await expect(
        page.get_by_text(f"{called('OAuth2 Protected Server')} is protected: you need")
    ).to_be_visible()
    await expect(page).to_have_url(address(mock_bridge, "?s=oauth"))


@only_chromium
async def test_a_foreign_bridge_is_told_no_password(
    bridge: WebSocketServer, mock_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """A link can lead our page to any bridge; whoever made the link must not get a password field with it."""
    page = await new_page()
    await page.goto(address(bridge, f"?socketURL=ws://127.0.0.1:{mock_bridge.port}/"))
    await pick(page, "OAuth2 Protected Server")
    await expect(
        page.get_by_text(f"{called('OAuth2 Protected Server')} is protected: you need")
    ).to_be_visible()
    await expect(page.get_by_label("Password")).to_have_count(0)


async def test_a_password_opens_a_guild(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A wrong one is told and asked again, and no password ever gets into the address."""
    secret = "open sesame"
    cave = GuildInfo(id="3", slug="cave", name="The Cave", protected=True, password=secret)
    bridge.show_guild(cave, GARDENERS[:1])
    page = await new_page()
    await page.goto(address(bridge))
    await pick(page, "The Cave")

    await page.get_by_label("Password").fill("open barley")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"That is not the password of {called('The Cave')}.")).to_be_visible()
    await page.get_by_label("Password").fill(secret)
    await page.get_by_role("button", name="Enter").click()

    await expect(heading(page, "The Cave")).to_be_visible()
    await expect(page.get_by_label("Password")).to_be_hidden()
    await expect(page).to_have_url(address(bridge, "?s=cave"))


@only_chromium
async def test_the_picker_follows_the_bridge(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Guilds that are switched on and off come and go in the list."""
    page = await new_page()
    await page.goto(address(bridge))
    await tool(page, "Servers").click()
    await expect(server(page, "The Harbour")).to_be_visible()

    bridge.show_guild(GuildInfo(id="4", slug="attic", name="The Attic"), [])
    bridge.hide_guild(HARBOUR.id)

    await expect(server(page, "The Attic")).to_be_visible()
    await expect(server(page, "The Harbour")).to_have_count(0)


@only_chromium
async def test_the_picker_tells_how_many_are_online(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Also in guilds that were never visited; of those with a lock, nobody is told."""
    bridge.show_guild(HARBOUR, GARDENERS[:1])
    cellar = GuildInfo(id="5", slug="cellar", name="The Cellar", protected=True, password="mice")
    bridge.show_guild(cellar, GARDENERS)
    page = await new_page()
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()

    await tool(page, "Servers").click()

    await expect(server(page, "The Garden")).to_contain_text("3 online")
    await expect(server(page, "The Harbour")).to_contain_text("1 online")
    await expect(server(page, "The Cellar")).not_to_contain_text("online")
    await expect(server(page, "The Cellar").get_by_role("img", name="protected")).to_be_visible()


@only_chromium
async def test_a_guild_without_a_password_says_that_none_is_right(
    mock_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """The bridge only repeats that it wants a login; the page knows what was tried. Esc puts it away."""
    page = await new_page({"panel": "none"})
    await page.goto(address(mock_bridge, "?s=oauth"))
    field = page.get_by_label("Password")
    await expect(page.get_by_text("is protected")).to_be_visible()
    await field.fill("mice")
    await field.press("Enter")

    await expect(page.get_by_text("That is not the password")).to_be_visible()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(field).to_have_count(0)
