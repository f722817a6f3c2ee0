"""The world as its viewers use it: who is who, what is where, and where the camera goes."""

import re
from dataclasses import replace
from itertools import cycle

import pytest
from playwright.async_api import Page, expect

from bridge.model import Channel, Member, Voice
from bridge.server import WebSocketServer
from tests.bench import town

from .conftest import CHANNELS, GARDEN, GARDENERS, MEMBERS_OPEN, OpenPage, address, only_chromium
from .hands import double_click, figure_of, middle_of, point_at
from .moments import LASTING, come_to_life, hold_time, lasting, open_garden, open_world
from .scene import NO_PANEL, bubble, called, feed, heading, label, member, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")
# Whether a label comes to a spot, or leaves it, soon enough; one that is out of view has left.
WATCH = """(labels, [name, x, y, reach, near]) => new Promise((resolve) => {
    setTimeout(() => resolve(false), 60_000);
    const look = () => {
        const node = [...labels.children].find((one) => one.textContent === name);
        const box = node?.getBoundingClientRect();
        const far = box ? Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) : Infinity;
        if ((far < reach) === near) resolve(true);
        else requestAnimationFrame(look);
    };
    look();
})"""
# How far to the right a label is, or null where it is out of view.
ACROSS = """(labels, name) => {
    const box = [...labels.children].find((one) => one.textContent === name)?.getBoundingClientRect();
    return box ? box.x + box.width / 2 : null;
}"""
# Whether each pixel of art has a whole number of those of a finer screen, or a half more.
PIXELS_ARE_WHOLE = """() => {
    const { style, width } = document.querySelector('#world');
    const halves = (2 * parseFloat(style.width) * devicePixelRatio) / width;
    return devicePixelRatio > 1 && Math.abs(halves - Math.round(halves)) < 0.02;
}"""


async def test_a_guild_may_have_many_channels(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """As many as Discord allows, and a thread that is in none of them."""
    many = [Channel(id=str(1_000 + number), name=f"channel-{number}") for number in range(500)]
    bridge.show_guild(GARDEN, GARDENERS, many)
    page = await new_page(NO_PANEL)
    await page.goto(address(bridge))
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await bridge.broadcast_message(GARDEN.id, "11", "In a thread", "77", channel_name="roses")
    await expect(feed(page)).to_contain_text("In a thread")


async def test_channels_that_nobody_listed_come_together(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Two hundred people in as many voice channels: one island for all of them."""
    voices = [
        Member(
            uid=f"9{number}",
            username=f"Bee {number}",
            voice=Voice(f"8{number}", f"Hive {number}"),
            status="online",
        )
        for number in range(200)
    ]
    bridge.show_guild(GARDEN, [*GARDENERS, *voices], [])
    page = await new_page(MEMBERS_OPEN)
    await page.goto(address(bridge))
    await expect(member(page, "Bee 199")).to_contain_text("Hive 199")
    await bridge.broadcast_message(GARDEN.id, "11", "So many hives", "31", channel_name="beds")
    await expect(feed(page)).to_contain_text("So many hives")


async def test_escape_ends_one_thing_after_the_other(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """First whom the camera follows, then what is open."""
    page = await new_page(MEMBERS_OPEN)
    await open_garden(page, bridge, "?follow=11")
    following = page.get_by_text(f"Following {called('Ada')}")
    await expect(following).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(following).to_be_hidden()
    await expect(member(page, "Ada")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(member(page, "Ada")).to_have_count(0)


async def test_a_sign_counts_before_who_stands_behind_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Two dozen people around one place, one of them surely behind its sign."""
    crowd = [Member(uid=f"7{number}", username=f"Bee {number}", status="online") for number in range(24)]
    bridge.show_guild(GARDEN, [*GARDENERS, *crowd], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_world(page, bridge)
    await expect(label(page, "#beds")).to_be_visible()
    for each in crowd:
        await bridge.broadcast_message(GARDEN.id, each.uid, "Here", "31")
    x, y = await middle_of(label(page, "#beds"))
    await point_at(page, x, y)
    await expect(page.locator("#world.pointing")).to_have_count(1)
    await expect(page.locator(".tip .name")).to_have_text("#beds")
    await double_click(page, x, y)
    assert await leaves(page, "#beds", (x, y))  # it is looked at
    await expect(page.get_by_text("Following")).to_be_hidden()


async def test_a_sign_is_as_wide_as_it_looks(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Beside a long one, which no drawn sign has the letters for, there is nothing to point at."""
    text = "雑談" * 20
    bridge.show_guild(GARDEN, GARDENERS[2:], [Channel("31", text, "text")])
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_world(page, bridge)
    sign = label(page, f"#{text}")
    await middle_of(sign)
    box = await sign.bounding_box()
    assert box is not None

    for beside, cursor in ((-3, "pointer"), (30, "grab"), (-3, "pointer")):
        await page.mouse.move(box["x"] + box["width"] + beside, box["y"] + box["height"] / 2)
        await expect(page.locator("#world")).to_have_css("cursor", cursor)


async def test_pointing_at_somebody_tells_about_them(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd", "Tending roses")], [])
    await open_world(page, bridge)

    await page.mouse.move(*await figure_of(label(page, "Chiara")))

    await expect(page.locator("#air .tip")).to_contain_text("Chiara")
    await expect(page.locator("#air .tip")).to_contain_text("Do not disturb · Tending roses")


async def test_what_is_told_of_somebody_at_the_edge_stands_in_view(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce", viewport={"width": 390, "height": 740})
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd", "Tending roses, tulips and leeks")], [])
    await open_world(page, bridge)
    await expect(label(page, "Chiara")).to_have_count(1)
    await page.mouse.move(9, 300)
    await expect(page.locator("#air .tip")).to_have_count(1)
    x, y = await figure_of(label(page, "Chiara"))
    await page.mouse.move(x, y)
    await expect(page.locator("#air .tip")).to_contain_text("Tending roses")
    await page.mouse.down()
    await page.mouse.move(12, y, steps=4)
    await page.mouse.up()
    while x >= 60:
        x, y = await figure_of(label(page, "Chiara"))

    await page.mouse.move(max(x, 1), y)

    await expect(page.locator("#air .tip")).to_be_in_viewport(ratio=1)


async def test_pointing_at_a_place_tells_who_is_there_and_what_was_said_last(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "The roses are out", "31")
    x, y = await middle_of(label(page, "#beds"))

    await page.mouse.move(x, y)

    await expect(page.locator(".tip .name")).to_have_text("#beds")
    await expect(page.locator("#air .tip")).to_contain_text(f"{called('Ada')}: {called('The roses are out')}")


async def point_at_a_house(page: Page, bridge: WebSocketServer) -> tuple[int, int]:
    """Open the town. Somewhere between the middle of the island and its lower coast there are houses."""
    await open_world(page, bridge, f"?s={town.TOWN.slug}")
    await expect(page.locator("#world.awake")).to_have_css("opacity", "1")
    await page.mouse.move(9, 9)
    await expect(page.locator("#air .tip")).to_have_count(1)
    house = page.locator(".tip:has-text(' here'):has-text(', ')")
    for x, y in cycle((x, y) for y in range(380, 640, 24) for x in range(320, 960, 24)):
        await point_at(page, x, y)
        if await house.is_visible():
            break
    return x, y


@only_chromium
async def test_roles_have_names_where_that_is_shown(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """At a house, and in the legend; and nowhere any more in the open page once it is switched off."""
    people = [one._replace(role_color="#57f287", role="41") for one in town.members(100)]
    online = sum(one.status != "offline" for one in people)
    bridge.show_guild(replace(town.TOWN, role_names={"41": "Gardeners"}), people, town.channels(100))
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await point_at_a_house(page, bridge)
    gardeners = f"{called('Gardeners')}: {online} online"
    await expect(page.locator("#air .tip .on")).to_have_text(gardeners)
    await page.keyboard.press("?")
    await expect(page.locator("#legend .roles li")).to_have_text([gardeners])

    bridge.show_guild(town.TOWN)

    await expect(page.locator("#legend .roles")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.locator("#air .tip")).not_to_contain_text("Gardeners")


async def test_a_house_tells_who_lives_there_and_is_flown_to(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    bridge.show_guild(town.TOWN, town.members(100), town.channels(100))
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    x, y = await point_at_a_house(page, bridge)
    before = await page.evaluate("() => document.querySelector('#world').width")

    await double_click(page, x, y)

    await page.wait_for_function("(before) => document.querySelector('#world').width < before", arg=before)


@only_chromium
async def test_who_types_comes_out(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """In a town, where whoever does nothing is at home."""
    sleepers = [Member(uid=str(100 + i), username=f"Sleeper {i}", status="offline") for i in range(70)]
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd"), *sleepers], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await page.goto(address(bridge))
    await come_to_life(page, bridge)
    await expect(label(page, "Chiara")).to_have_count(0)

    await bridge.broadcast_typing(GARDEN.id, "13", "31")

    await expect(label(page, "Chiara")).to_have_count(1)


async def test_a_row_of_the_feed_leads_to_who_said_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page({"panel": "messages"}, reduced_motion="reduce")
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "Over here", "31")
    before = await page.evaluate("() => document.querySelector('#world').width")

    await page.locator("#feed").get_by_text("Over here").click()

    await page.wait_for_function("(before) => document.querySelector('#world').width < before", arg=before)


async def test_a_double_click_follows_and_escape_lets_go(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd")], [])
    await open_world(page, bridge)

    await double_click(page, *await figure_of(label(page, "Chiara")))
    await expect(page.get_by_text(f"Following {called('Chiara')}")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text(f"Following {called('Chiara')}")).to_be_hidden()


async def test_people_and_places_by_keyboard(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Tab goes to them, Enter follows, arrows let go."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await label(page, "Ada").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"Following {called('Ada')}")).to_be_visible()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_text(f"Following {called('Ada')}")).to_be_hidden()


async def test_the_view_moves_with_hand_and_keys(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Each way to look around moves the sign of a place; Home brings it back."""
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_garden(page, bridge)
    sign = label(page, "#beds")
    home = await middle_of(sign)

    await page.mouse.move(400, 500)
    await page.mouse.down()
    await page.mouse.move(440, 530, steps=4)
    await page.mouse.up()
    assert await comes_near(page, "#beds", (home[0] + 40, home[1] + 30))
    dragged = await middle_of(sign)
    await page.keyboard.down("ArrowRight")
    assert await leaves(page, "#beds", dragged)
    await page.keyboard.up("ArrowRight")
    across = await page.locator("#labels").evaluate(ACROSS, "#beds")
    assert across is None or across < dragged[0]  # far to the left, where it was slow
    await page.keyboard.press("Home")
    assert await comes_near(page, "#beds", home)
    for nearer in (
        page.keyboard.press("+"),
        page.mouse.wheel(0, -120),
        page.get_by_role("button", name="Closer").click(),
    ):
        await nearer
        assert await leaves(page, "#beds", home)
        await page.keyboard.press("0")
        assert await comes_near(page, "#beds", home)


@only_chromium
async def test_another_screen_is_fitted_as_well(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Where a pixel is of another size: each of art is still a whole number of them, or a half more."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    screen = await page.context.new_cdp_session(page)

    await screen.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1_000, "height": 640, "deviceScaleFactor": 1.3, "mobile": False},
    )

    await page.wait_for_function(PIXELS_ARE_WHOLE)


@only_chromium
async def test_two_fingers_come_closer(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """What is between them stays there; what is beside it moves away."""
    page = await new_page(NO_PANEL, reduced_motion="reduce", has_touch=True)
    await open_garden(page, bridge)
    sign = label(page, "#beds")
    home = await middle_of(sign)
    fingers = await page.context.new_cdp_session(page)

    async def touch(kind: str, *xs: int) -> None:
        points = [{"x": x, "y": 420, "id": number} for number, x in enumerate(xs)]
        await fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", 480, 520)
    for spread in (30, 45, 60, 80):
        await touch("touchMove", 500 - spread, 500 + spread)
    await touch("touchEnd")

    assert await leaves(page, "#beds", home)


async def test_search_flies_to_whom_it_finds(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """The slash opens it, the names of the found appear, Enter goes there, Escape closes."""
    crowd = [Member(uid=str(number), username=f"Bee {number}", status="online") for number in range(20, 60)]
    bridge.show_guild(GARDEN, [*crowd, Member(uid="99", username="Königin", status="online")], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()

    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("konig")
    queen = label(page, "Königin")
    await expect(queen).not_to_have_class(re.compile("quiet"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("searchbox")).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("searchbox")).to_be_hidden()
    assert await comes_near(page, "Königin", (500, 340), 140)


async def test_help_opens_by_key_and_closes(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await label(page, "Ada").press("Enter")
    await page.keyboard.press("?")
    await expect(page.get_by_text("Camp fires are voice channels")).to_be_visible()
    await expect(page.locator("#legend-text")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Camp fires are voice channels")).to_be_hidden()
    await expect(page.get_by_text(f"Following {called('Ada')}")).to_be_visible()
    await expect(label(page, "Ada")).to_be_focused()
    await page.get_by_role("button", name="Stop following").press("Enter")
    await expect(tool(page, "Messages")).to_be_focused()
    await label(page, "Ada").focus()
    await page.keyboard.press("/")
    await page.keyboard.press("Escape")
    await expect(label(page, "Ada")).to_be_focused()


async def test_an_embedded_world_is_nothing_but_the_world(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """For streams: no frame, nothing behind it; talk goes on."""
    page = await new_page()
    await open_garden(page, bridge, "?embed=1&background=transparent")
    await bridge.broadcast_message(GARDEN.id, "11", lasting("On air"), "31")
    await expect(bubble(page, "On air")).to_be_visible()
    for hidden in (page.get_by_role("banner"), tool(page, "Messages"), member(page, "Ada")):
        await expect(hidden).to_have_count(0)
    for node in ("html", "body"):
        await expect(page.locator(node)).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    await page.keyboard.press("?")
    await expect(page.locator("#legend")).to_be_hidden()


async def test_a_link_can_follow_somebody(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Even if they come later."""
    page = await new_page(NO_PANEL)
    await page.goto(address(bridge, "?follow=77"))
    await expect(label(page, "Ada")).to_have_count(1)
    await bridge.broadcast_presence(GARDEN.id, "77", "online", "Gaspard")
    await expect(page.get_by_text(f"Following {called('Gaspard')}")).to_be_visible()


async def test_choices_are_kept(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Language, and which panel was open, outlive a reload."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await tool(page, "Messages").click()
    await tool(page, "Settings").click()
    await page.get_by_label("Language").select_option("de")
    await expect(page.get_by_role("heading", name="Nachrichten")).to_be_visible()
    await expect(feed(page)).to_be_in_viewport(ratio=0.9)
    await tool(page, "Einstellungen").click()
    await page.get_by_label("Tageszeit").select_option("night")
    await page.reload()
    await tool(page, "Einstellungen").click()
    await expect(page.get_by_label("Tageszeit")).to_have_value("night")


SOUND_IS_THERE = """() => performance.getEntriesByType('resource')
    .some(({ name, responseEnd }) => name.includes('/ui/sound') && responseEnd)"""


async def test_sound_is_off_until_somebody_wants_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await page.add_init_script(
        """globalThis.pops = 0;
        globalThis.AudioContext = class extends AudioContext {
            constructor() { super(); globalThis.audio = this; }
        };
        const { start } = OscillatorNode.prototype;
        OscillatorNode.prototype.start = function (...when) { pops += 1; start.apply(this, when); };"""
    )
    await open_garden(page, bridge)
    await page.mouse.click(5, 300)
    await bridge.broadcast_message(GARDEN.id, "11", lasting("Silence"), "31")
    await expect(bubble(page, "Silence")).to_be_visible()
    assert await page.evaluate("pops") == 0
    await tool(page, "Settings").click()
    await page.get_by_label("Sound").select_option("on")
    await page.wait_for_function(SOUND_IS_THERE)
    await page.keyboard.press("Escape")
    await page.mouse.click(5, 300)
    await expect(heading(page, "Settings")).to_be_hidden()
    await page.wait_for_function("() => globalThis.audio?.state === 'running'")  # it takes a moment to begin
    await bridge.broadcast_message(GARDEN.id, "11", "Pop", "31")
    await page.wait_for_function("() => pops === 1")


@only_chromium
async def test_an_idle_camera_goes_to_where_somebody_speaks(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """After half a minute, close enough to see them, and back; never for those who asked for calm."""
    for motion, goes in (("no-preference", True), ("reduce", False)):
        page = await new_page(NO_PANEL, reduced_motion=motion)
        await open_garden(page, bridge)
        sign = label(page, "#beds")
        before = await middle_of(sign)
        await hold_time(page, 31_000)
        assert await middle_of(sign) == before
        await bridge.broadcast_message(GARDEN.id, "11", LASTING, "31")
        await expect(bubble(page, LASTING)).to_be_visible()
        if goes:
            assert await leaves(page, "#beds", before)
            await page.mouse.click(500, 630)  # on the sea
            assert await comes_near(page, "#beds", before)
        else:
            await hold_time(page, 3_000)
            assert await middle_of(sign) == before


async def test_something_is_there_before_the_modules_are(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Sea, island and a word, from nothing but the page and its style sheet."""
    page = await new_page()
    await page.route("**/main.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    await page.goto(address(bridge))
    await expect(heading(page, "Connecting…")).to_be_visible()
    await expect(page.locator(".silhouette")).to_be_visible()


def member_named(name: str, status: str, activity: str | None = None) -> Member:
    """Somebody who stands still."""
    return Member(uid="13", username=name, status=status, activity=activity)  # type: ignore[arg-type]


async def comes_near(page: Page, name: str, spot: tuple[float, float], reach: float = 8) -> bool:
    """Watch a label with each frame until its middle is at a spot."""
    arrived: bool = await page.locator("#labels").evaluate(WATCH, [name, *spot, reach, True])
    return arrived


async def leaves(page: Page, name: str, spot: tuple[float, float]) -> bool:
    """Watch a label with each frame until it has left a spot."""
    left: bool = await page.locator("#labels").evaluate(WATCH, [name, *spot, 8, False])
    return left
