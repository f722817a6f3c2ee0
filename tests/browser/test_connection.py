"""How the page keeps its connection: it comes back by itself, and knows when not to insist."""

import re
from dataclasses import replace
from typing import Final

import pytest
from playwright.async_api import expect

from bridge.limits import Limits
from bridge.model import GuildInfo, Member
from bridge.problems import FULL_HOUSE, PROVIDER_TROUBLE, Problem
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.watchers import until
from tests.ports import free_port
from tests.proxy import Proxy

from .conftest import GARDEN, GARDENERS, HARBOUR, OpenPage, address, only_chromium
from .moments import come_to_life
from .scene import called, feed, heading, label, member, pick, server, tool
from .scripted import ScriptedBridge

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADA = {"11": {"uid": "11", "username": "Ada", "status": "online", "roleColor": "#e06c75"}}
ODD = {"toString": 1, "valueOf": 1}  # what JavaScript can make neither a text nor a number of
BEPPO = {"12": {"uid": "12", "username": "Beppo", "status": "online", "roleColor": "#5b8dd9"}}


async def test_after_a_restart_the_page_returns_and_shows_the_new_truth(new_page: OpenPage) -> None:
    """The same port, another bridge: same room, new members, and what was said before stays readable."""
    before = WebSocketServer(port=free_port(), host="127.0.0.1", provider=EmptyProvider())
    before.show_guild(GARDEN, GARDENERS)
    await before.start()
    page = await new_page()
    await page.goto(address(before))
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await before.broadcast_message(GARDEN.id, "11", "See you later", "31")
    await expect(feed(page)).to_contain_text("See you later")

    after = WebSocketServer(port=before.port, host="127.0.0.1", provider=EmptyProvider())
    after.show_guild(GARDEN, [Member(uid="16", username="Fatima", status="online"), *GARDENERS[1:]])
    await before.stop()
    await after.start()
    try:
        await expect(member(page, "Fatima")).to_be_visible()
        await expect(member(page, "Ada")).to_have_count(0)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await expect(feed(page)).to_contain_text("See you later")
        await expect(feed(page)).to_contain_text("some messages may be missing here")
        await page.context.close()
    finally:
        await after.stop()


async def test_a_guild_that_is_switched_off_is_not_shown_any_longer(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """Nothing of it stays on the page; the default guild is a button away."""
    bridge.show_guild(GuildInfo(id="5", slug="cellar", name="The Cellar"), GARDENERS)
    page = await new_page()
    await page.goto(address(bridge, "?s=cellar"))
    await expect(heading(page, "The Cellar")).to_be_visible()
    await bridge.broadcast_message("5", "11", "It's dark in here", "31")
    await expect(feed(page)).to_contain_text("It's dark in here")

    bridge.hide_guild("5")

    await expect(heading(page, "This server is no longer shown")).to_be_visible()
    await expect(page.get_by_text("Not shown", exact=True)).to_be_visible()
    assert await page.get_by_text("It's dark in here").count() == 0
    await expect(member(page, "Ada")).to_have_count(0)
    await page.get_by_role("button", name="Show another server").click()
    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(member(page, "Ada")).to_be_visible()


async def test_the_lobby_leads_to_the_first_guild(bare_bridge: WebSocketServer, new_page: OpenPage) -> None:
    """With nothing to show, the page says what to do, and moves when there is a guild."""
    page = await new_page()
    await page.goto(address(bare_bridge))
    await expect(heading(page, "There is no server to show yet")).to_be_visible()
    await expect(page.get_by_text("Invite the bot to a Discord server")).to_be_visible()

    bare_bridge.show_guild(GARDEN, GARDENERS)

    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(member(page, "Ada")).to_be_visible()
    await expect(page).to_have_url(address(bare_bridge, "?s=garden"))


async def test_the_picker_is_filled_on_the_way_out_of_the_lobby(
    bare_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """The list that greeted a viewer in the lobby was empty: they hear of what came since."""
    page = await new_page()
    await page.goto(address(bare_bridge))
    await expect(heading(page, "There is no server to show yet")).to_be_visible()

    bare_bridge.show_guild(GARDEN, GARDENERS)

    await expect(server(page, "The Garden")).to_have_attribute("aria-current", "true")


async def test_an_empty_guild_says_so(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """And fills before the viewer's eyes."""
    page = await new_page()
    await page.goto(address(bridge, "?s=harbour"))
    await expect(heading(page, "Nobody to see here")).to_be_visible()

    await bridge.broadcast_presence("100000000000000002", "11", "online", "Ada")

    await expect(member(page, "Ada")).to_be_visible()
    await expect(heading(page, "Nobody to see here")).to_be_hidden()


async def test_an_empty_guild_leads_to_the_others(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge, "?s=harbour"))

    await page.get_by_role("button", name="Show another server").click()
    await server(page, "The Garden").click()

    await expect(heading(page, "The Garden")).to_be_visible()


async def test_a_page_asks_for_all_it_can_show(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))

    assert await script.next_request() == {
        "server": None,
        "batch": True,
        "events": [
            *("typing", "voice", "reaction", "edit", "activity", "servers", "notice", "gesture", "happening"),
        ],
        "crowd": 1500,
        "recent": True,
    }


# Before the next try there is time to read of it, or to press the button, however slow the machine is.
LONG_PAUSES: Final = "Math.random = () => 10"


async def test_a_lost_connection_is_resumed_where_it_was(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """The page keeps what it has, sends its last cursor, and takes in what it missed."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.add_init_script(LONG_PAUSES)
    await page.goto(address(bridge, "?s=garden"))
    assert "cursor" not in await script.next_request()
    script.seat("garden", "The Garden", users=ADA, cursor="a.1")
    script.tell("presence", uid="11", status="dnd")
    joke = {"uid": "11", "message": "Knock, knock", "channel": "31"}
    script.send({"type": "batch", "events": [{"type": "message", "data": joke}], "cursor": "a.3"})
    await expect(feed(page)).to_contain_text("Knock, knock")

    await script.close(1001)

    await expect(page.get_by_text("Reconnecting", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile(r"last seen \d+ s ago"))).to_be_visible()
    await expect(member(page, "Ada")).to_be_visible()
    await page.evaluate(OMENS["another network"])  # so it tries at once
    request = await script.next_request()
    assert (request["server"], request["cursor"]) == ("garden", "a.3")
    script.seat("garden", "The Garden", resumed=True, cursor="a.3")
    script.tell("message", cursor="a.4", uid="11", message="Who's there?", channel="31")
    await expect(feed(page).get_by_role("article")).to_have_count(2)
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(page.get_by_text("last seen")).to_have_count(0)
    await expect(page.get_by_text("some messages may be missing here")).to_have_count(0)


# What happens to a page whose line has gone dead.
OMENS: Final = {
    "another network": "window.dispatchEvent(new Event('online'))",
    "an unlocked screen": "document.dispatchEvent(new Event('visibilitychange'))",
}


@only_chromium
@pytest.mark.parametrize("omen", ["nothing", *OMENS])
async def test_a_dead_line_is_noticed(bridge: WebSocketServer, new_page: OpenPage, omen: str) -> None:
    """Soon, and sooner if there is reason to doubt, though nobody says so. The talk goes on."""
    page = await new_page()
    async with Proxy.to(bridge) as (proxy, port):
        await page.clock.install()
        await page.goto(f"http://localhost:{port}/")
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()
        await come_to_life(page, bridge)
        proxy.cut()
        await bridge.broadcast_message(GARDEN.id, "11", "Is anybody there?", "31")

        if act := OMENS.get(omen):
            await page.evaluate(act)
            await page.clock.run_for(3_000)
        else:
            for _ in range(8):
                await page.clock.fast_forward(3_900)  # in one go it would be a sleep

        await expect(feed(page)).to_contain_text("Is anybody there?")
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()


async def test_a_page_that_slept_takes_a_new_line(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """If the old one is dead."""
    page = await new_page()
    async with Proxy.to(bridge) as (proxy, port):
        await page.clock.install()
        await page.goto(f"http://localhost:{port}/")
        await come_to_life(page, bridge)
        proxy.cut()
        await bridge.broadcast_message(GARDEN.id, "11", "Slept well?", "31")

        await page.clock.fast_forward(200_000)
        await page.clock.run_for(4_000)

        await expect(feed(page)).to_contain_text("Slept well?")
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()


@pytest.mark.parametrize("code", [{"code": "unknown-type"}, {}])
@only_chromium
async def test_an_old_bridge_that_knows_no_beats(
    bridge: WebSocketServer, new_page: OpenPage, code: dict[str, str]
) -> None:
    """Says so, and that is as good."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.clock.install()
    await page.goto(address(bridge, "?s=garden"))
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA)
    script.tell("message", uid="11", message="Hello", channel="31")
    await expect(feed(page)).to_contain_text("Hello")
    for _ in range(2):
        for _ in range(4):
            await page.clock.fast_forward(3_900)  # in one go it would be a sleep, with less patience after it
        assert await script.requests.get() == {"type": "beat"}
        script.send({"type": "error", "data": {"message": "Unknown event type", **code}})
        script.tell("presence", uid="12", status="online", username="Beppo")
        await expect(member(page, "Beppo")).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await expect(page.locator("#notice")).to_be_hidden()
    assert script.connections == 1


async def test_another_guild_is_not_asked_for_with_a_cursor(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))
    await script.next_request()
    script.send({"type": "server-list", "data": {"1": {"id": "docs", "name": "Docs", "passworded": False}}})
    script.seat("garden", "The Garden", users=ADA, cursor="a.1")

    await pick(page, "Docs")

    request = await script.next_request()
    assert request["server"] == "docs"
    assert "cursor" not in request


CELLAR = GuildInfo(id="5", slug="cellar", name="The Cellar")
NOT_YET = re.compile("is not here yet")


async def test_a_guild_that_is_to_come_is_taken_in(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Until Discord has told of it another one is shown, and the address keeps what was asked for."""
    bridge.expects_more_guilds = True
    page = await new_page()
    await page.goto(address(bridge, "?s=cellar"))
    await expect(page.get_by_text(NOT_YET)).to_be_visible()
    await expect(heading(page, "The Garden")).to_be_visible()
    await expect(page).to_have_url(re.compile("s=cellar"))

    bridge.show_guild(CELLAR, GARDENERS[1:])

    await expect(heading(page, "The Cellar")).to_be_visible()
    await expect(page.get_by_text(NOT_YET)).to_have_count(0)
    await expect(page).to_have_url(re.compile("s=cellar"))


async def test_a_guild_that_is_to_come_unlisted(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Nobody tells of it: it is asked for from time to time, without repeating what is said already."""
    bridge.expects_more_guilds = True
    page = await new_page()
    await page.clock.install()
    await page.goto(address(bridge, "?s=cellar"))
    await expect(page.get_by_text(NOT_YET)).to_be_visible()
    await expect(heading(page, "The Garden")).to_be_visible()
    await page.clock.fast_forward(20_000)
    await expect(page.get_by_text(NOT_YET)).to_have_count(1)

    bridge.show_guild(replace(CELLAR, listed=False), GARDENERS[1:])
    await page.clock.fast_forward(20_000)

    await expect(heading(page, "The Cellar")).to_be_visible()
    await expect(page.get_by_text(NOT_YET)).to_have_count(0)


async def test_who_waits_no_longer_stays(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Whoever closes the notice is content with what they see, and isn't taken away from it."""
    bridge.expects_more_guilds = True
    page = await new_page()
    await page.goto(address(bridge, "?s=cellar"))
    await expect(page.get_by_text(NOT_YET)).to_be_visible()
    await expect(heading(page, "The Garden")).to_be_visible()
    await page.locator("#notice").get_by_role("button", name="Close").click()

    bridge.show_guild(CELLAR, GARDENERS[1:])

    await tool(page, "Servers").click()
    await expect(server(page, "The Cellar")).to_be_visible()
    await expect(heading(page, "The Garden")).to_be_visible()


async def test_a_refused_page_does_not_insist(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """After 1008 the next question comes in the second half of the first minute, for the default guild."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.clock.install()
    await page.add_init_script("Math.random = () => 0.5")  # after 45 seconds; the clock goes on meanwhile
    await page.goto(address(bridge, "?s=garden"))
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA, cursor="a.1")
    await expect(member(page, "Ada")).to_be_visible()

    await script.close(1008)
    await expect(heading(page, "This server is no longer shown")).to_be_visible()
    await page.clock.fast_forward(29_000)
    assert script.connections == 1
    await page.clock.fast_forward(32_000)

    request = await script.next_request()
    assert request["server"] is None
    assert "cursor" not in request
    script.seat("docs", "Docs", users=BEPPO, cursor="b.1")
    await expect(member(page, "Beppo")).to_be_visible()
    await expect(member(page, "Ada")).to_have_count(0)


async def test_a_full_bridge_is_told_and_asked_again(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.add_init_script(LONG_PAUSES)
    await page.goto(address(bridge))
    await script.next_request()

    await script.close(1013)

    await expect(heading(page, "All places are taken")).to_be_visible()
    await expect(page.get_by_text("Full", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile(r"^in \d+ s$"))).to_be_visible()
    await page.get_by_role("button", name="Try now").click()
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA)
    await expect(member(page, "Ada")).to_be_visible()


async def test_who_is_let_in_after_all_reads_no_more_of_a_full_house(new_page: OpenPage) -> None:
    bridge = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider(), limits=Limits(viewers=1))
    bridge.show_guild(GARDEN, GARDENERS)
    await bridge.start()
    first, page = await new_page(), await new_page()
    await page.add_init_script(LONG_PAUSES)
    await first.goto(address(bridge))
    await expect(member(first, "Ada")).to_be_visible()
    await page.goto(address(bridge))
    await expect(heading(page, "All places are taken")).to_be_visible()
    await expect(page.get_by_text("Sorry")).to_have_count(0)

    await first.context.close()
    await until(lambda: bridge.viewer_count(GARDEN.id) == 0, "there is a place again")

    await page.get_by_role("button", name="Try now").click()
    await expect(member(page, "Ada")).to_be_visible()
    await expect(page.locator("#notice")).to_be_empty()
    await page.context.close()
    await bridge.stop()


async def test_a_guild_that_is_switched_on_again_is_no_longer_missed(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page()
    await page.clock.install()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    bridge.hide_guild(GARDEN.id)
    await expect(heading(page, "This server is no longer shown")).to_be_visible()

    bridge.show_guild(GARDEN, GARDENERS)

    await page.clock.fast_forward(61_000)  # it asks again by itself
    await expect(member(page, "Ada")).to_be_visible()
    await expect(page.locator("#notice")).to_be_empty()


async def test_a_guild_that_is_renamed_is_followed(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Its new name stands everywhere, its new slug in the address."""
    page = await new_page()
    await page.goto(address(bridge))
    await expect(heading(page, "The Garden")).to_be_visible()

    bridge.show_guild(replace(GARDEN, name="The Park", slug="park"))

    await expect(heading(page, "The Park")).to_be_visible()
    await expect(page).to_have_title(re.compile("The Park"))
    await expect(page).to_have_url(address(bridge, "?s=park"))
    await tool(page, "Servers").click()
    await expect(server(page, "The Park")).to_have_attribute("aria-current", "true")
    await expect(member(page, "Ada")).to_be_visible()


async def test_an_embedded_page_shows_the_guild_that_it_names_or_none(
    bridge: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page()
    await page.goto(address(bridge, "?embed=1&s=nowhere"))

    await expect(page.get_by_text(f"There is no server “{called('nowhere')}” here.")).to_be_visible()
    await expect(page.locator("#card")).to_be_hidden()
    await expect(page).to_have_url(address(bridge, "?embed=1&s=nowhere"))
    await expect(page.locator("#world.awake")).to_have_count(0)


async def test_an_embedded_page_waits_for_its_guild(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """It is not replaced when it is switched off, and comes back when it is switched on."""
    bridge.show_guild(HARBOUR, GARDENERS)
    page = await new_page()
    await page.clock.install()
    await page.goto(address(bridge, f"?embed=1&s={HARBOUR.slug}"))
    await expect(label(page, "Ada")).to_have_count(1)
    bridge.hide_guild(HARBOUR.id)
    await expect(heading(page, "This server is no longer shown")).to_be_visible()
    await expect(page.get_by_role("button", name="Show another server")).to_be_hidden()

    await page.clock.fast_forward(61_000)
    await expect(page.get_by_text(f"There is no server “{called(HARBOUR.slug)}” here.")).to_be_visible()
    bridge.show_guild(HARBOUR, GARDENERS)
    await page.clock.fast_forward(61_000)
    await expect(label(page, "Ada")).to_have_count(1)
    await expect(page).to_have_title(re.compile(HARBOUR.name))
    await expect(page.locator("#notice")).to_be_empty()


async def test_a_guild_that_appears_is_no_longer_missed(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge, "?s=cellar"))
    await expect(page.get_by_text(f"There is no server “{called('cellar')}” here.")).to_be_visible()
    bridge.show_guild(GuildInfo(id="5", slug="cellar", name="The Cellar"), GARDENERS)
    await expect(page.locator("#notice")).to_be_empty()


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (PROVIDER_TROUBLE, "Ahora mismo no se puede mostrar este servidor"),
        (FULL_HOUSE, "No quedan plazas para mirar."),
    ],
    ids=["trouble", "full"],
)
async def test_what_the_bridge_says_is_said_in_the_readers_language(
    problem: Problem, said: str, bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """By its code; what the sentence says is nothing to the page."""
    page, script = await new_page(locale="es-ES"), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA)
    script.send({"type": "error", "data": {"message": "Sorry, it rains.", "code": problem.code}})
    await expect(page.get_by_text(said)).to_be_visible()
    await expect(page.get_by_text("Sorry")).to_have_count(0)


async def test_what_who_runs_it_announces(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """It is said in the words it was written in, as text, until somebody closes it; a refusal goes first."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA)
    script.tell("notice", text="Back in <b>five</b> minutes", at=1, seconds=100)
    said = page.get_by_text("Notice from the operator: ")
    await expect(said).to_contain_text("Back in <b>five</b> minutes")
    script.send({"type": "error", "data": {"message": "Full.", "code": "server-full"}})
    await expect(page.get_by_text("Too many people are watching this server")).to_be_visible()
    await expect(said).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(said).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(said).to_have_count(0)
    script.tell("notice", text="Back in <b>five</b> minutes", at=1, seconds=99)  # as to whoever comes back
    script.tell("message", uid="11", message="hello", channel="5")
    await expect(feed(page)).to_contain_text("hello")
    await expect(said).to_have_count(0)
    script.tell("notice", text="Late", at=2, seconds=99)
    await expect(said).to_contain_text("Late")
    script.tell("notice", text="", at=3, seconds=99)
    await expect(said).to_have_count(0)


async def test_rubbish_and_the_unknown_are_left_alone(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """Frames and fields of a later protocol don't disturb this page."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))
    await script.next_request()
    script.send({"type": "weather", "data": {"rain": True}})
    script.send({"type": "toString", "data": None})
    script.send({"type": "batch"})
    script.send({"type": "batch", "events": 5})
    script.send({"type": "batch", "events": [None, 7, {"type": 5}, {"type": "presence", "data": "text"}]})
    script.send({"type": "error", "data": {"message": ODD}})
    script.send({"type": "server-join", "data": {"request": {"server": ODD}, "counts": {"members": ODD}}})
    script.seat("garden", "The Garden", users={**ADA, "13": None}, mood="calm")
    script.tell("presence", uid="99", status="dancing", username="Eve", hat="tall")
    script.tell("voice", uid="unknown", channel="5")
    script.tell("message", uid="98", message="Boo", channel="5")

    await expect(member(page, "Eve")).to_be_visible()
    await expect(member(page, "Ada")).to_be_visible()
    await expect(feed(page)).to_contain_text("Someone")


async def test_another_bridge_can_be_named_in_the_address(
    bridge: WebSocketServer, mock_bridge: WebSocketServer, new_page: OpenPage
) -> None:
    """The page of one bridge watches another, as d-zone clients can."""
    page = await new_page()
    await page.goto(address(bridge, f"?socketURL=ws://127.0.0.1:{mock_bridge.port}/&s=repos"))

    await expect(heading(page, "My Repos")).to_be_visible()


async def test_an_address_that_is_none_is_no_connection(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """A link may say anything; the page says what it always says."""
    page = await new_page()
    await page.goto(address(bridge, "?socketURL=nonsense://[::"))
    await expect(heading(page, "No connection")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"^in \d s$"))).to_be_visible()


async def test_members_can_be_asked_for_again(bridge: WebSocketServer, new_page: OpenPage) -> None:
    """When the bridge says its data is outdated, the page fetches it anew."""
    page, script = await new_page(), ScriptedBridge()
    await script.take_over(page)
    await page.goto(address(bridge))
    await script.next_request()
    script.seat("garden", "The Garden", users=ADA)
    script.send({"type": "refresh_data", "serverId": "1"})

    assert await script.requests.get() == {"type": "get_user_data", "serverId": "1"}
    script.send({"type": "user_data", "serverId": "1", "users": BEPPO})
    await expect(member(page, "Beppo")).to_be_visible()
    await expect(member(page, "Ada")).to_have_count(0)
