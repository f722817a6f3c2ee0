"""What is said and shown over heads: bubbles, letters, typing, reactions."""

import asyncio
from base64 import b64encode
from dataclasses import replace

import pytest
from playwright.async_api import expect

from bridge.exposure import Exposure
from bridge.model import Member
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer

from .conftest import CHANNELS, GARDEN, GARDENERS, HARBOUR, OpenPage, only_chromium
from .moments import LASTING, coming_to_be_seen, hold_time, lasting, open_garden, open_world, some_frames
from .scene import NO_PANEL, bubble, bubbles, called, feed, heading, label, pick

pytestmark = pytest.mark.asyncio(loop_scope="session")
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
# Whether so many bubbles are to be seen, of which none covers a tenth of another.
NOBODY_COVERED = """(many) => {
    const boxes = [...document.querySelectorAll('.bubble')]
        .filter((node) => node.style.visibility === 'visible')
        .map((node) => node.getBoundingClientRect());
    return boxes.length === many && !boxes.some((a) => boxes.some((b) => {
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        return a !== b && width > 0 && height > 0 && width * height > a.width * a.height / 10;
    }));
}"""
# Whether a bubble stands on nothing that has a name.
BESIDE_ALL = """() => {
    const isShown = ({ style }) => style.visibility === 'visible';
    const said = [...document.querySelectorAll('.bubble')].find(isShown)?.getBoundingClientRect();
    const named = [...document.querySelectorAll('.label')].map((node) => node.getBoundingClientRect());
    const isBeside = ({ left, right, top, bottom }) =>
        bottom < said.top || top > said.bottom || right < said.left || left > said.right;
    return Boolean(said) && named.length > 0 && named.every(isBeside);
}"""
# For how many frames, one after the other, two bubbles were over one another, but for one that fades; and
# what they said.
COUNT_CROSSING = """() => {
    globalThis.crossed = 0;
    globalThis.told = new Set();
    let [before, frames] = [new Set(), 0];
    const names = new Map();
    const nameOf = (node) => names.get(node) ?? names.set(node, `${names.size}`).get(node);
    const ends = ({ effect }) => effect.getKeyframes().at(-1).opacity === '0';
    const isGoing = (node) => node.getAnimations().some(ends);
    const look = () => {
        const all = [...document.querySelectorAll('.bubble')]
            .filter(({ style }) => style.visibility === 'visible');
        for (const node of all) told.add(node.querySelector('.says').textContent);
        const shown = all.filter((node) => !isGoing(node))
            .map((node) => [nameOf(node), node.getBoundingClientRect()]);
        const pairs = shown.flatMap(([name, a], i) => shown.slice(i + 1).flatMap(([other, b]) => {
            const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            return width > 2 && height > 2 ? [`${name} ${other}`] : [];
        }));
        frames = pairs.some((pair) => before.has(pair)) ? frames + 1 : 0;
        crossed = Math.max(crossed, frames);
        before = new Set(pairs);
        requestAnimationFrame(() => setTimeout(look));
    };
    look();
}"""
# Whether the frame covers no bubble and there are as few as have room, when all was said.
UNCOVERED = """(most) => {
    if (document.querySelectorAll('#feed article').length < 3) return false;
    const edge = (selector) => document.querySelector(selector).getBoundingClientRect();
    const isFree = ({ top, right, bottom }) => {
        const panel = edge('#messages');
        const isBeside = panel.width < innerWidth * 0.9;
        return top >= edge('.top').bottom && (isBeside ? right <= panel.left : bottom <= panel.top);
    };
    const shown = [...document.querySelectorAll('.bubble')]
        .filter(({ style }) => style.visibility === 'visible');
    const isFew = shown.length > 0 && shown.length <= most;
    return isFew && shown.every((node) => isFree(node.getBoundingClientRect()));
}"""
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


async def test_words_stand_over_who_says_them_until_they_are_read(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """With the speaker's name and channel; twelve seconds for so many words."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)

    await bridge.broadcast_message(GARDEN.id, "11", LASTING, "31", id="1")

    said = bubble(page, LASTING)
    await expect(said).to_be_visible()
    await hold_time(page)
    await expect(said).to_contain_text("Ada")
    await expect(said).to_contain_text("#beds")
    await hold_time(page, 4_000)
    await some_frames(page)
    await expect(said).to_be_visible()
    await hold_time(page, 9_000)
    await expect(bubbles(page)).to_have_count(0)
    await expect(feed(page)).to_contain_text(LASTING)


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
        words = lasting(f"Number {number}. {DULL}")
        await bridge.broadcast_message(GARDEN.id, f"1{number % 3 + 1}", words, "31")

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
        await bridge.broadcast_message(GARDEN.id, "11", LASTING, "31")
    await expect(bubbles(page)).to_have_count(3)
    await expect(bubbles(page).locator("> .figure").filter(visible=True)).not_to_have_count(0)
    await hold_time(page)

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
    async with coming_to_be_seen(page, UNCOVERED, most):  # one that has made room fades for a moment
        for uid in ("11", "12", "13"):
            await bridge.broadcast_message(GARDEN.id, uid, lasting(DULL), "31")


async def test_a_reply_points_at_whom_it_answers(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "12", LASTING, "31", reply_to="11")

    await expect(bubble(page, LASTING)).to_contain_text(f"to {called('Ada')}")
    await expect(page.locator(".thread").filter(visible=True)).to_have_count(1)


async def test_bubbles_follow_edits_and_deletions(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    good, oops = lasting(f"Good moning. {DULL}"), lasting(f"Oops, wrong channel. {DULL}")
    await bridge.broadcast_message(GARDEN.id, "11", good, "31", id="1")
    await bridge.broadcast_message(GARDEN.id, "12", oops, "31", id="2")
    await expect(bubbles(page)).to_have_count(2)

    await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", lasting(f"Good morning. {DULL}"))
    await bridge.broadcast_edit(GARDEN.id, "12", "31", "2", None)

    await expect(bubble(page, "Good morning").filter(has_text="(edited)")).to_be_visible()
    await expect(bubbles(page)).to_have_count(1)


async def test_every_script_is_written_as_it_is_read(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Right to left where the words are; a family is one letter; a guild's own emoji is its name."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", lasting("مرحبا بالجميع"), "31")
    await bridge.broadcast_message(GARDEN.id, "12", lasting("今日は 👩‍👩‍👧‍👦 <:turnip:123456789>"), "31")

    await asyncio.gather(
        expect(bubble(page, "مرحبا بالجميع").locator(".says")).to_have_css("direction", "rtl"),
        expect(bubble(page, "今日は 👩‍👩‍👧‍👦 :turnip:")).to_be_visible(),
    )


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
        words = lasting(f"A :turnip: and :turnip::leek: but :no: such. {DULL}")
        await bridge.broadcast_message(GARDEN.id, "11", words, "31", id="1", emoji=pictures)
        says = bubble(page, "and").locator(".says")
        await expect(says.locator("img")).to_have_count(3)
        await expect(says).to_contain_text("but :no: such")
        await expect(feed(page).get_by_alt_text(":leek:")).to_have_count(1)
        assert await says.locator("img").first.evaluate(
            "picture => picture.decode().then(() => picture.naturalWidth)"
        )

        await bridge.broadcast_edit(GARDEN.id, "11", "31", "1", lasting(f"No :leek: {DULL}"), emoji=pictures)
        await expect(bubble(page, "No").get_by_alt_text(":leek:")).to_be_visible()
        await expect(bubble(page, "No").locator("img")).to_have_count(1)
        await hold_time(page)
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
        await other.broadcast_message(GARDEN.id, "11", lasting("A :turnip:"), "31", emoji=pictures)
        await expect(bubble(page, "A :turnip:")).to_be_visible()
        assert await page.locator("#stage img").count() == 0
    finally:
        await page.context.close()
        await other.stop()


async def test_markup_in_the_air_is_text(bridge: WebSocketServer, new_page: OpenPage) -> None:
    markup = "<img src=x onerror=\"document.title='owned'\">"
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_presence(GARDEN.id, "11", "online", markup)
    await bridge.broadcast_message(GARDEN.id, "11", lasting(markup), "31", channel_name=markup)
    await bridge.broadcast_message(GARDEN.id, "12", lasting("Hm."), "31", reply_to="11")
    await expect(bubble(page, markup).filter(has_text="Hm.")).to_be_visible()
    await expect(bubble(page, f"#{markup}")).to_be_visible()

    await hold_time(page)
    await bridge.broadcast_reaction(GARDEN.id, "11", "31", markup)
    await expect(page.locator(".reacting")).to_have_text(markup)
    assert await page.locator("#stage img").count() == 0


async def test_many_voices_do_not_cover_one_another(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Ten people at as many places: soon each can be read."""
    crowd = [Member(uid=str(number), username=f"Bee {number}", status="online") for number in range(20, 30)]
    bridge.show_guild(GARDEN, [*GARDENERS, *crowd], CHANNELS)
    page = await new_page(NO_PANEL, reduced_motion="reduce")
    await open_garden(page, bridge)
    words = lasting("How sweet the clover is today")
    async with coming_to_be_seen(page, NOBODY_COVERED, 10):
        for each in crowd:
            await bridge.broadcast_message(GARDEN.id, each.uid, words, f"5{each.uid}")


@only_chromium
async def test_nobody_s_words_pass_over_others(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Who has to make room goes round the others, and who comes waits for it; a frame is to see that by."""
    crowd = [Member(uid=str(number), username=f"Bee {number}", status="online") for number in range(20, 26)]
    bridge.show_guild(GARDEN, [*GARDENERS, *crowd], CHANNELS)
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await page.evaluate(COUNT_CROSSING)
    for number in range(18):
        uid = str(20 + number % 6)
        words = f"How sweet the clover is, {number}"
        await bridge.broadcast_message(GARDEN.id, uid, words, f"5{uid}")
        await page.wait_for_function("(words) => told.has(words)", arg=words)
    assert await page.evaluate("crossed") <= 2


async def test_typing_shows_as_dots(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await hold_time(page)
    await bridge.broadcast_typing(GARDEN.id, "11", "31")
    await expect(page.locator(".dots.writing")).to_have_count(1)
    await bridge.broadcast_message(GARDEN.id, "11", "There.", "31")
    await expect(page.locator(".dots")).to_have_count(0)


async def test_reactions_rise_and_are_gone(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await hold_time(page)
    await bridge.broadcast_reaction(GARDEN.id, "11", "31", "+1")
    await expect(page.locator(".reacting")).to_have_text("+1")
    await hold_time(page, 3_000)
    await expect(page.locator(".reacting")).to_have_count(0)


async def test_words_leave_a_small_island_to_be_seen(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """On a phone they stand over the sea, beside all that has a sign."""
    page = await new_page({**NO_PANEL, "motion": "less"}, viewport={"width": 390, "height": 844})
    await open_world(page, bridge)
    await expect(label(page, "#beds")).to_have_count(1)  # Ada may be where one would have to drag to
    async with coming_to_be_seen(page, BESIDE_ALL):
        await bridge.broadcast_message(GARDEN.id, "11", lasting(DULL), "31")


# The first one is a sign, the second one is spelled.
STAND_APART = """(many) => {
    const spans = [...document.querySelectorAll('.reacting > span')];
    const boxes = spans.map((span) => span.getBoundingClientRect()).sort((a, b) => a.left - b.left);
    const grounds = spans.map((span) => getComputedStyle(span).backgroundColor === 'rgba(0, 0, 0, 0)');
    return spans.length === many && grounds[0] && !grounds[1]
        && boxes.every(({ left }, at) => left >= (at ? boxes[at - 1].right : 0));
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
    await hold_time(page)
    for emoji in ("1️⃣", ":leek_with_long_leaves:", "🥕", ":leek:"):
        await bridge.broadcast_reaction(GARDEN.id, "11", "31", emoji)

    await page.wait_for_function(STAND_APART, arg=4)  # as soon as the camera has come to rest
    await pick(page, HARBOUR.name)
    await expect(heading(page, HARBOUR.name)).to_be_visible()
    await expect(page.locator(".reacting > span")).to_have_count(0)


# In one look: the bubble goes with who speaks, and is soon gone.
HOLDS_ITS_HEAD = """() => {
    const isShown = ({ style }) => style.visibility === 'visible';
    const bubble = [...document.querySelectorAll('.bubble')].find(isShown);
    const name = bubble?.querySelector('.name');
    if (name?.textContent !== 'Ada' || name.scrollWidth > name.clientWidth) return false;
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
    async with coming_to_be_seen(page, HOLDS_ITS_HEAD):
        await bridge.broadcast_message(
            GARDEN.id,
            "11",
            lasting("No"),
            "31",
            reply_to="12",
            channel_name="the-very-long-channel-about-beds",
        )


async def test_who_is_gone_takes_their_words_along(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A member who may no longer be shown is not quoted either."""
    page = await new_page(NO_PANEL)
    await open_garden(page, bridge)
    await bridge.broadcast_message(GARDEN.id, "11", lasting("I was never here"), "31")
    await expect(bubble(page, "I was never here")).to_be_visible()
    await hold_time(page)
    await bridge.broadcast_presence(GARDEN.id, "11", "offline", delete=True)
    await expect(bubbles(page)).to_have_count(0)
    await hold_time(page, 1_000)  # names are looked at anew now and then
    await expect(label(page, "Ada")).to_have_count(0)
