"""The world as its viewers use it: what is said in the air, who is who, and where the camera goes."""

import re
from base64 import b64encode
from dataclasses import replace

import pytest
from playwright.async_api import Locator, Page, expect

from bridge.exposure import Exposure
from bridge.model import Channel, Member, Voice
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bench import town

from .conftest import CHANNELS, GARDEN, GARDENERS, HARBOUR, MEMBERS_OPEN, OpenPage, address, only_chromium
from .scene import bubble, bubbles, called, feed, heading, label, member, pick, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_PANEL = {"panel": "none"}
DULL = "All work and no play makes Ada a dull girl. " * 2
CDN = "https://cdn.example"
TURNIP = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><circle cx="24" cy="24" r="20"/></svg>'
)

# How many letters of the first bubble were to be seen, from before there is one until all are.
LETTERS = """() => {
    globalThis.letters = new Promise((resolve) => {
        const seen = new Set();
        const look = () => {
            const [said, unsaid] = document.querySelectorAll('.bubble .says .apart span');
            if (said) seen.add(said.textContent.length);
            if (said && !unsaid.textContent) resolve([...seen]);
            else requestAnimationFrame(look);
        };
        look();
    });
}"""
# Whether a label comes to a spot, or leaves it, within five seconds; one that is out of view has left.
WATCH = """(labels, [name, x, y, near]) => new Promise((resolve) => {
    const end = performance.now() + 5_000;
    const look = () => {
        const node = [...labels.children].find((one) => one.textContent === name);
        const box = node?.getBoundingClientRect();
        const far = box ? Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) : Infinity;
        if ((far < 8) === near) resolve(true);
        else if (performance.now() > end) resolve(false);
        else requestAnimationFrame(look);
    };
    look();
})"""
# Whether there is a moment within two seconds when no bubble covers a tenth of another.
NOBODY_COVERED = """() => new Promise((resolve) => {
    const covered = () => {
        const boxes = [...document.querySelectorAll('.bubble')]
            .filter((node) => node.style.visibility === 'visible')
            .map((node) => node.getBoundingClientRect());
        return boxes.some((a) => boxes.some((b) => {
            const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            return a !== b && width > 0 && height > 0 && width * height > a.width * a.height / 10;
        }));
    };
    const end = performance.now() + 2_000;
    const look = () => {
        if (!covered()) resolve(true);
        else if (performance.now() > end) resolve(false);
        else requestAnimationFrame(look);
    };
    look();
})"""

# Whether there is a moment within two seconds when the frame covers no bubble.
UNCOVERED = """() => new Promise((resolve) => {
    const edge = (selector) => document.querySelector(selector).getBoundingClientRect();
    const isFree = ({ top, right, bottom }) => {
        const panel = edge('#messages');
        const isBeside = panel.width < innerWidth * 0.9;
        return top >= edge('.top').bottom && (isBeside ? right <= panel.left : bottom <= panel.top);
    };
    const end = performance.now() + 2_000;
    const look = () => {
        const shown = [...document.querySelectorAll('.bubble')]
            .filter(({ style }) => style.visibility === 'visible');
        if (shown.length && shown.every((node) => isFree(node.getBoundingClientRect()))) resolve(true);
        else if (performance.now() > end) resolve(false);
        else requestAnimationFrame(look);
    };
    look();
})"""
# Leaves nothing to be seen but the longest tail; tells where it ends, from the top.
ONLY_A_TAIL = """() => {
    const bottom = (node) => node.getBoundingClientRect().bottom;
    const height = (node) => node.getBoundingClientRect().height;
    const all = (selector) => [...document.querySelectorAll(selector)];
    const isShown = ({ style }) => style.visibility === 'visible';
    const [longest, ...others] = all('.tail').filter(isShown).sort((a, b) => height(b) - height(a));
    const rest = all('canvas, .silhouette, .bubble, .label, .plate');
    for (const node of [...others, ...rest]) node.style.opacity = '0';
    longest.style.opacity = '1';
    longest.style.borderTopColor = '#f0f';
    return [height(longest), bottom(longest)];
}"""
# How far down a picture there is something of that colour.
LOWEST = """async (url) => {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
    let lowest = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (Math.min(data[i], data[i + 2]) > data[i + 1] + 8) lowest = Math.floor(i / 4 / picture.width);
    }
    return lowest;
}"""

# Whether each pixel of art has a whole number of those of a finer screen, or a half more.
PIXELS_ARE_WHOLE = """() => {
    const { style, width } = document.querySelector('#world');
    const halves = (2 * parseFloat(style.width) * devicePixelRatio) / width;
    return devicePixelRatio > 1 && Math.abs(halves - Math.round(halves)) < 0.02;
}"""


async def open_garden(page: Page, bridge: WebSocketServer, query: str = "") -> None:
    """Wait until Ada stands on her island."""
    await page.goto(address(bridge, query))
    await expect(label(page, "Ada")).to_have_count(1)


async def middle_of(node: Locator) -> tuple[float, float]:
    box = await node.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_words_stand_over_who_says_them_until_they_are_read(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """With the speaker's name and channel; three seconds at the least."""
    page = await new_page(NO_PANEL)
    await page.clock.install()
    await open_garden(page, bridge)

    await bridge.broadcast_message(GARDEN.id, "11", "Tea, anyone?", "31", id="1")

    said = bubble(page, "Tea, anyone?")
    await expect(said).to_contain_text("Ada")
    await expect(said).to_contain_text("#beds")
    await page.clock.fast_forward(2_500)
    await expect(said).to_be_visible()
    await page.clock.fast_forward(2_000)
    await expect(bubbles(page)).to_have_count(0)
    await expect(feed(page)).to_contain_text("Tea, anyone?")


async def test_letters_appear_one_after_the_other(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await page.evaluate(LETTERS)
    await bridge.broadcast_message(GARDEN.id, "11", DULL, "31")
    letters = await page.evaluate("letters")
    assert letters == sorted(letters)
    assert len(letters) > 3


async def test_a_busy_place_shows_the_last_three(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """And says how many there were before."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    for number in range(5):
        await bridge.broadcast_message(GARDEN.id, f"1{number % 3 + 1}", f"Number {number}", "31")

    await expect(bubbles(page)).to_have_count(3)
    await expect(bubble(page, "Number 2")).to_contain_text("+ 2 earlier")
    await expect(bubble(page, "Number 4")).not_to_contain_text("earlier")


@only_chromium
async def test_a_tail_ends_at_the_head_and_a_long_one_is_a_figure(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """On a dense screen too; Chromium draws it once and stretches that. Firefox can't be asked for a picture
    here: to take one a style is put into the page, which its policy doesn't allow."""
    page = await new_page(
        {**NO_PANEL, "motion": "less"}, viewport={"width": 800, "height": 600}, device_scale_factor=2
    )
    await open_garden(page, bridge)
    for _ in range(3):
        await bridge.broadcast_message(GARDEN.id, "11", DULL, "31")
    await expect(bubbles(page)).to_have_count(3)
    await expect(bubbles(page).locator("> .figure").filter(visible=True)).not_to_have_count(0)

    while True:  # until nobody has moved meanwhile
        height, end = await page.evaluate(ONLY_A_TAIL)
        picture = b64encode(await page.screenshot()).decode()
        if [height, end] == await page.evaluate(ONLY_A_TAIL):
            break
    assert 8 < height < 100
    lowest = await page.evaluate(LOWEST, f"data:image/png;base64,{picture}") / 2
    assert end - height / 2 < lowest < end + 4


@pytest.mark.parametrize(("width", "height", "most"), [(667, 375, 3), (320, 568, 1)])
async def test_words_stand_where_nothing_covers_them(
    width: int, height: int, most: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """On a small phone, on its side and upright, under a long name and beside a panel: as many as fit."""
    long = replace(GARDEN, name="The Garden Behind the House of Many Windows")
    bridge.show_guild(long, GARDENERS, CHANNELS)
    page = await new_page({"panel": "messages"}, viewport={"width": width, "height": height})
    await open_garden(page, bridge)
    for uid in ("11", "12", "13"):
        await bridge.broadcast_message(GARDEN.id, uid, DULL, "31")
    await expect(bubbles(page).first).to_be_visible()

    assert await page.evaluate(UNCOVERED)
    assert await bubbles(page).count() <= most


async def test_a_reply_points_at_whom_it_answers(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "12", "Gladly!", "31", reply_to="11")

    await expect(bubble(page, "Gladly!")).to_contain_text(f"to {called('Ada')}")
    await expect(page.locator(".thread").filter(visible=True)).to_have_count(1)


async def test_bubbles_follow_edits_and_deletions(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "Good moning", "31", id="1")
    await bridge.broadcast_message(GARDEN.id, "12", "Oops, wrong channel", "31", id="2")
    await expect(bubbles(page)).to_have_count(2)

    await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", "Good morning")
    await bridge.broadcast_edit(GARDEN.id, "12", "31", "2", None)

    await expect(bubble(page, "Good morning (edited)")).to_be_visible()
    await expect(bubbles(page)).to_have_count(1)


async def test_every_script_is_written_as_it_is_read(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Right to left where the words are; a family is one letter; a guild's own emoji is its name."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "مرحبا بالجميع", "31")
    await bridge.broadcast_message(GARDEN.id, "12", "今日は 👩‍👩‍👧‍👦 <:turnip:123456789>", "31")

    await expect(bubble(page, "مرحبا بالجميع").locator(".says")).to_have_css("direction", "rtl")
    await expect(bubble(page, "今日は 👩‍👩‍👧‍👦 :turnip:")).to_be_visible()


async def test_a_guild_s_own_emoji_are_pictures_where_the_bridge_says_so(new_page: OpenPage) -> None:
    """In the air, in the feed, after an edit and over heads; by their names for who can't see them."""
    bridge = WebSocketServer(
        0, "127.0.0.1", provider=EmptyProvider(), exposure=Exposure(image_sources=(CDN,))
    )
    bridge.show_guild(GARDEN, GARDENERS, CHANNELS)
    await bridge.start()
    page = await new_page(NO_PANEL)
    await page.route(f"{CDN}/**", lambda route: route.fulfill(content_type="image/svg+xml", body=TURNIP))
    try:
        await open_garden(page, bridge)
        pictures = {":turnip:": f"{CDN}/emojis/1.webp", ":leek:": f"{CDN}/emojis/2.webp"}
        words = "A :turnip: and :turnip::leek: but :no: such"
        await bridge.broadcast_message(GARDEN.id, "11", words, "31", id="1", emoji=pictures)
        says = bubble(page, "and").locator(".says")
        await expect(says.locator("img")).to_have_count(3)
        await expect(says).to_contain_text("but :no: such")
        await expect(feed(page).get_by_alt_text(":leek:")).to_have_count(1)
        assert await says.locator("img").first.evaluate(
            "picture => picture.decode().then(() => picture.naturalWidth)"
        )

        await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", "No :leek:", emoji=pictures)
        await expect(bubble(page, "No").get_by_alt_text(":leek:")).to_be_visible()
        await expect(bubble(page, "No").locator("img")).to_have_count(1)
        await bridge.broadcast_reaction(GARDEN.id, "12", "31", ":leek:", image=pictures[":leek:"])
        await expect(page.locator(".reacting").get_by_alt_text(":leek:")).to_have_count(1)
    finally:
        await page.context.close()
        await bridge.stop()


async def test_another_bridge_can_name_no_pictures(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """What may be shown, only the page's own bridge decides: it would be blocked, and complained about."""
    other = WebSocketServer(0, "127.0.0.1", provider=EmptyProvider())
    other.show_guild(GARDEN, GARDENERS, CHANNELS)
    await other.start()
    page = await new_page(NO_PANEL)
    try:
        await open_garden(page, bridge, f"?socketURL=ws://127.0.0.1:{other.port}/")
        pictures = {":turnip:": f"{CDN}/emojis/1.webp"}
        await other.broadcast_message(GARDEN.id, "11", "A :turnip:", "31", emoji=pictures)
        await expect(bubble(page, "A :turnip:")).to_be_visible()
        assert await page.locator("#stage img").count() == 0
    finally:
        await page.context.close()
        await other.stop()


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
    await page.goto(address(bridge))
    await expect(label(page, "#beds")).to_be_visible()
    for each in crowd:
        await bridge.broadcast_message(GARDEN.id, each.uid, "Here", "31")
    x, y = await middle_of(label(page, "#beds"))
    await page.mouse.move(x, y)
    await expect(page.locator("#world.pointing")).to_have_count(1)
    await expect(page.locator(".tip .name")).to_have_text("#beds")
    await page.mouse.dblclick(x, y)
    await expect(page.get_by_text("Following")).to_be_hidden()


async def test_markup_in_the_air_is_text(bridge: WebSocketServer, new_page: OpenPage) -> None:
    markup = "<img src=x onerror=\"document.title='owned'\">"
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_presence(GARDEN.id, "11", "online", markup)
    await bridge.broadcast_message(GARDEN.id, "11", markup, "31", channel_name=markup)
    await bridge.broadcast_reaction(GARDEN.id, "11", "31", markup)
    await bridge.broadcast_message(GARDEN.id, "12", "Hm.", "31", reply_to="11")

    await expect(bubble(page, markup).first).to_be_visible()
    await expect(page.locator(".reacting")).to_have_text(markup)
    assert await page.locator("#stage img").count() == 0


async def test_many_voices_do_not_cover_one_another(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Ten people at five places: within a second each can be read."""
    crowd = [Member(uid=str(number), username=f"Bee {number}", status="online") for number in range(20, 30)]
    bridge.show_guild(GARDEN, [*GARDENERS, *crowd], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_garden(page, bridge)
    for each in crowd:
        await bridge.broadcast_message(GARDEN.id, each.uid, "How sweet the clover is today", f"5{each.uid}")
    await expect(bubbles(page)).to_have_count(10)

    assert await page.evaluate(NOBODY_COVERED)


async def test_typing_shows_as_dots(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_typing(GARDEN.id, "11", "31")
    await expect(page.locator(".dots.writing")).to_have_count(1)
    await bridge.broadcast_message(GARDEN.id, "11", "There.", "31")
    await expect(page.locator(".dots")).to_have_count(0)


async def test_reactions_rise_and_are_gone(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await page.clock.install()
    await open_garden(page, bridge)
    await bridge.broadcast_reaction(GARDEN.id, "11", "31", "+1")
    await expect(page.locator(".reacting")).to_have_text("+1")
    await page.clock.fast_forward(3_000)
    await expect(page.locator(".reacting")).to_have_count(0)


async def test_words_leave_a_small_island_to_be_seen(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """On a phone they stand over the sea, above all that has a sign."""
    page = await new_page({**NO_PANEL, "motion": "less"}, viewport={"width": 390, "height": 844})
    await page.goto(address(bridge))
    await expect(label(page, "#beds")).to_have_count(1)  # Ada may be where one would have to drag to
    await bridge.broadcast_message(GARDEN.id, "11", DULL, "31")
    said = bubble(page, "Ada")
    await expect(said).to_be_visible()
    [bottom] = await said.evaluate_all("nodes => nodes.map((node) => node.getBoundingClientRect().bottom)")
    tops = await page.locator(".label").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect().top)"
    )
    assert bottom < min(tops)


STAND_APART = """() => {
    const spans = [...document.querySelectorAll('.reacting > span')];
    const boxes = spans.map((span) => span.getBoundingClientRect()).sort((a, b) => a.left - b.left);
    return boxes.every(({ left }, at) => left >= (at ? boxes[at - 1].right : 0));
}"""


async def test_reactions_to_one_person_stand_beside_one_another(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Spelled ones on a ground of their own; in view at its edge; none of them follows into another guild."""
    bridge.show_guild(HARBOUR, GARDENERS)
    page = await new_page({**NO_PANEL, "motion": "less"})
    await open_garden(page, bridge)
    for _ in range(5):
        await page.keyboard.press("+")
    for _ in range(12):
        await page.keyboard.press("ArrowRight")  # Ada is out of view
    for emoji in ("1️⃣", ":leek_with_long_leaves:", "🥕", ":leek:"):
        await bridge.broadcast_reaction(GARDEN.id, "11", "31", emoji)

    reacting = page.locator(".reacting > span")
    await expect(reacting).to_have_count(4)
    await page.wait_for_function(STAND_APART)  # as soon as the camera has come to rest
    clear = "rgba(0, 0, 0, 0)"
    await expect(reacting.nth(0)).to_have_css("background-color", clear)
    await expect(reacting.nth(1)).not_to_have_css("background-color", clear)
    await pick(page, HARBOUR.name)
    await expect(heading(page, HARBOUR.name)).to_be_visible()
    await expect(reacting).to_have_count(0)


# In one look: the bubble goes with who speaks.
HOLDS_ITS_HEAD = """(bubble) => {
    const end = (node) => node.getBoundingClientRect().right;
    return [...bubble.querySelectorAll('.who > *')].every((part) => end(part) <= end(bubble));
}"""


@pytest.mark.parametrize("width", [1280, 360])
async def test_a_speaker_is_named_whomever_they_answer(
    width: int, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(NO_PANEL, viewport={"width": width, "height": 700})
    await open_garden(page, bridge)
    await bridge.broadcast_presence(GARDEN.id, "12", "online", "Beppo the Magnificent of the Lower Beds")
    await bridge.broadcast_message(
        GARDEN.id, "11", "No", "31", reply_to="12", channel_name="the-very-long-channel-about-beds"
    )
    said = bubble(page, "No")
    name = said.locator(".name")
    await expect(name).to_have_text("Ada")
    assert await name.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert await said.evaluate(HOLDS_ITS_HEAD)


async def test_a_sign_is_as_wide_as_it_looks(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Beside a long one, which no drawn sign has the letters for, there is nothing to point at."""
    text = "雑談" * 20
    bridge.show_guild(GARDEN, GARDENERS[2:], [Channel("31", text, "text")])
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await page.goto(address(bridge))
    sign = label(page, f"#{text}")
    await expect(sign).to_be_visible()
    box = await sign.bounding_box()
    assert box is not None

    for beside, cursor in ((-3, "pointer"), (30, "grab"), (-3, "pointer")):
        await page.mouse.move(box["x"] + box["width"] + beside, box["y"] + box["height"] / 2)
        await expect(page.locator("#world")).to_have_css("cursor", cursor)


async def test_who_is_gone_takes_their_words_along(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A member who may no longer be shown is not quoted either."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", "I was never here", "31")
    await expect(bubble(page, "I was never here")).to_be_visible()
    await bridge.broadcast_presence(GARDEN.id, "11", "offline", delete=True)
    await expect(bubbles(page)).to_have_count(0)
    await expect(label(page, "Ada")).to_have_count(0)


async def test_pointing_at_somebody_tells_about_them(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd", "Tending roses")], [])
    await page.goto(address(bridge))
    x, y = await middle_of(label(page, "Chiara"))

    await page.mouse.move(x, y - 20)

    await expect(page.locator("#air .tip")).to_contain_text("Chiara")
    await expect(page.locator("#air .tip")).to_contain_text("Do not disturb · Tending roses")


async def test_what_is_told_of_somebody_at_the_edge_stands_in_view(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page(NO_PANEL, reduced_motion="reduce", viewport={"width": 390, "height": 740})
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd", "Tending roses, tulips and leeks")], [])
    await page.goto(address(bridge))
    await expect(label(page, "Chiara")).to_have_count(1)
    await page.mouse.move(9, 300)
    await expect(page.locator("#air .tip")).to_have_count(1)
    x, y = await middle_of(label(page, "Chiara"))
    await page.mouse.move(x, y - 20)
    await expect(page.locator("#air .tip")).to_contain_text("Tending roses")
    x, y = await middle_of(label(page, "Chiara"))
    await page.mouse.down()
    await page.mouse.move(12, y - 20, steps=4)
    await page.mouse.up()
    x, y = await middle_of(label(page, "Chiara"))
    assert x < 60

    await page.mouse.move(max(x, 1), y - 20)

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


async def test_a_house_tells_who_lives_there_and_is_flown_to(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Somewhere between the middle of the island and its lower coast there are houses."""
    bridge.show_guild(town.TOWN, town.members(100), town.channels(100))
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await page.goto(address(bridge, f"?s={town.TOWN.slug}"))
    await expect(page.locator("#world.awake")).to_have_css("opacity", "1")
    await page.mouse.move(9, 9)
    await expect(page.locator("#air .tip")).to_have_count(1)
    house = page.locator(".tip:has-text(' here'):has-text(', ')")
    spots = ((x, y) for y in range(380, 640, 24) for x in range(320, 960, 24))
    x, y = 0, 0
    while not await house.is_visible():
        x, y = next(spots)
        await page.mouse.move(x, y)
        await page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
    before = await page.evaluate("() => document.querySelector('#world').width")

    await page.mouse.dblclick(x, y)

    await page.wait_for_function("(before) => document.querySelector('#world').width < before", arg=before)


@only_chromium
async def test_who_types_comes_out(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """In a town, where whoever does nothing is at home."""
    sleepers = [Member(uid=str(100 + i), username=f"Sleeper {i}", status="offline") for i in range(70)]
    bridge.show_guild(GARDEN, [member_named("Chiara", "dnd"), *sleepers], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await page.goto(address(bridge))
    await expect(page.locator("#world.awake")).to_have_css("opacity", "1")
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
    await page.goto(address(bridge))
    x, y = await middle_of(label(page, "Chiara"))

    await page.mouse.dblclick(x, y - 20)
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
    gone = await sign.count() == 0  # far to the left, where it was slow
    assert gone or (await middle_of(sign))[0] < dragged[0]
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
    x, y = await middle_of(queen)
    assert 300 < x < 700
    assert 200 < y < 480


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
    await bridge.broadcast_message(GARDEN.id, "11", "On air", "31")
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
        const { start } = OscillatorNode.prototype;
        OscillatorNode.prototype.start = function (...when) { pops += 1; start.apply(this, when); };"""
    )
    await open_garden(page, bridge)
    await page.mouse.click(5, 300)
    await bridge.broadcast_message(GARDEN.id, "11", "Silence", "31")
    await expect(bubble(page, "Silence")).to_be_visible()
    assert await page.evaluate("pops") == 0
    await tool(page, "Settings").click()
    await page.get_by_label("Sound").select_option("on")
    await page.wait_for_function(SOUND_IS_THERE)
    await page.keyboard.press("Escape")
    await page.mouse.click(5, 300)
    await expect(heading(page, "Settings")).to_be_hidden()
    await bridge.broadcast_message(GARDEN.id, "11", "Pop", "31")
    await expect(bubble(page, "Pop")).to_be_visible()
    assert await page.evaluate("pops") == 1


@only_chromium
async def test_an_idle_camera_goes_to_where_somebody_speaks(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """After half a minute, close enough to see them, and back; never for those who asked for calm."""
    for motion, goes in (("no-preference", True), ("reduce", False)):
        page = await new_page(NO_PANEL, reduced_motion=motion)
        await page.clock.install()
        await open_garden(page, bridge)
        sign = label(page, "#beds")
        before = await middle_of(sign)
        await page.clock.fast_forward(31_000)
        assert await middle_of(sign) == before
        await bridge.broadcast_message(GARDEN.id, "11", "Look at this", "31")
        await expect(bubble(page, "Look at this")).to_be_visible()
        await page.clock.run_for(3_000)
        assert (await middle_of(sign) != before) is goes, motion
        if goes:
            await page.mouse.click(500, 630)  # on the sea
            await page.clock.run_for(100)
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


async def comes_near(page: Page, name: str, spot: tuple[float, float]) -> bool:
    """Watch a label with each frame until its middle is at a spot."""
    arrived: bool = await page.locator("#labels").evaluate(WATCH, [name, *spot, True])
    return arrived


async def leaves(page: Page, name: str, spot: tuple[float, float]) -> bool:
    """Watch a label with each frame until it has left a spot."""
    left: bool = await page.locator("#labels").evaluate(WATCH, [name, *spot, False])
    return left
