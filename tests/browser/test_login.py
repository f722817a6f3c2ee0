"""Logging in and out on the page, against a bridge that has a login; who asks is not Discord but a script."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bridge.access.login import Account, Denied
from bridge.exposure import Exposure
from bridge.model import GuildInfo
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from tests.bridge.watchers import until, watching
from tests.ports import free_port

from .conftest import CHANNELS, GARDEN, GARDENERS, OpenPage, address
from .hands import figure_of
from .moments import hold_time, open_world
from .scene import called, heading, label, member, pick, tool

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAVE = GuildInfo(id="3", slug="cave", name="The Cave", protected=True)


class Doorman:
    """Knows everybody who comes, by the name that was put down for them; lets Beppo into the cave."""

    def __init__(self) -> None:
        self.next = Account("12", "Beppo")
        self.answers = True

    def login_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        answer = {"code": "let-me-in"} if self.answers else {"error": "access_denied"}
        return f"{redirect_uri}?{urlencode({**answer, 'state': state})}"

    async def identify(self, code: str, redirect_uri: str, verifier: str) -> Account:
        if self.next.uid == "0":
            raise Denied
        return self.next

    async def may_watch(self, uid: str, server_id: str) -> bool:
        return (uid, server_id) == ("12", CAVE.id)


@pytest.fixture
def doorman() -> Doorman:
    return Doorman()


@pytest_asyncio.fixture(loop_scope="session")
async def guarded(doorman: Doorman) -> AsyncIterator[WebSocketServer]:
    """A bridge with a login, the garden, and a cave for members only."""
    port = free_port()
    exposure = Exposure(public_url=f"http://127.0.0.1:{port}")
    server = WebSocketServer(port=port, host="127.0.0.1", provider=EmptyProvider(), exposure=exposure)
    server.use_login(doorman, b"a secret of thirty-two bytes, yes")
    server.show_guild(GARDEN, GARDENERS, CHANNELS)
    server.show_guild(CAVE, GARDENERS[:2])
    await server.start()
    yield server
    await server.stop()


async def log_in(page: Page) -> None:
    """Through the picker, where the button is."""
    await tool(page, "Servers").click()
    await page.get_by_role("button", name="Log in with Discord").click()
    await expect(heading(page, "The Garden")).to_be_visible()


async def test_without_a_login_there_is_no_word_of_it(bridge: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(bridge))
    await expect(member(page, "Ada")).to_be_visible()
    await tool(page, "Servers").click()
    await expect(page.get_by_role("button", name="Log in")).to_have_count(0)


async def test_a_door_that_a_login_opens_offers_one(guarded: WebSocketServer, new_page: OpenPage) -> None:
    """Then it leads through it."""
    page = await new_page()
    await page.goto(address(guarded))
    await pick(page, "The Cave")
    await expect(page.get_by_text(f"{called('The Cave')} is protected")).to_be_visible()
    await page.get_by_role("status").get_by_role("button", name="Log in with Discord").click()

    await expect(heading(page, "The Cave")).to_be_visible()
    await expect(page).to_have_url(address(guarded, "?s=cave"))


async def test_a_link_to_a_closed_door_stays_one(guarded: WebSocketServer, new_page: OpenPage) -> None:
    """As long as another guild is seen instead; so it can be opened after a reload as well."""
    page = await new_page()
    await page.goto(address(guarded, "?s=cave"))
    for _ in range(2):
        await expect(heading(page, "The Garden")).to_be_visible()
        await expect(page.get_by_text(f"{called('The Cave')} is protected")).to_be_visible()
        await expect(page).to_have_url(address(guarded, "?s=cave"))
        await page.reload()
    await page.get_by_role("button", name="Close", exact=True).click()
    await expect(page).to_have_url(address(guarded, "?s=garden"))


async def test_a_password_is_typed_in_peace(guarded: WebSocketServer, new_page: OpenPage) -> None:
    """Whatever is told meanwhile of the guild; nobody is asked for one once there is no door."""
    page = await new_page()
    await page.goto(address(guarded, "?s=cave"))
    await page.get_by_label("Password").press_sequentially("mi")

    guarded.show_guild(replace(CAVE, name="The Cavern"))

    await expect(page.get_by_text(f"{called('The Cavern')} is protected")).to_be_visible()
    await expect(page.get_by_label("Password")).to_have_value("mi")
    await expect(page.get_by_label("Password")).to_be_focused()
    guarded.show_guild(replace(CAVE, protected=False))
    await expect(page.locator("#notice")).to_be_empty()


async def test_who_was_in_before_gets_in_while_somebody_guesses_behind_the_same_address(
    new_page: OpenPage,
) -> None:
    """The browser keeps the cookie that came with the connection, and sends it with the next."""
    server = WebSocketServer(port=0, host="127.0.0.1", provider=EmptyProvider())
    server.show_guild(GARDEN, GARDENERS, CHANNELS)
    server.show_guild(replace(CAVE, password="mint"), GARDENERS[:2])
    await server.start()
    try:
        ada, eve = await new_page(), await new_page()
        await give_password(ada, server, "mint")
        await expect(heading(ada, "The Cave")).to_be_visible()
        for _ in range(30):
            server._admission.doorkeeper._guesses.count("127.0.0.1", asyncio.get_running_loop().time())
        await give_password(eve, server, "mint")
        await until(lambda: server.refusals.get("too many tries") == 1, "the guesser has to wait")
        await ada.goto("about:blank")
        await give_password(ada, server, "mint")
        await expect(heading(ada, "The Cave")).to_be_visible()
    finally:
        await server.stop()


async def give_password(page: Page, server: WebSocketServer, password: str) -> None:
    """Open the link to the cave, and say the word."""
    await page.goto(address(server, "?s=cave"))
    await page.get_by_label("Password").fill(password)
    await page.get_by_label("Password").press("Enter")


async def test_a_door_that_closes_before_ones_eyes_says_which(
    guarded: WebSocketServer, new_page: OpenPage
) -> None:
    page = await new_page()
    await page.goto(address(guarded))
    await log_in(page)
    await pick(page, "The Cave")
    await expect(heading(page, "The Cave")).to_be_visible()

    guarded.revoke(CAVE.id)

    notice = page.get_by_role("status").filter(has_text=f"{called('The Cave')} is protected")
    await expect(notice.get_by_label("Password")).to_be_visible()
    await expect(notice.get_by_role("button", name="Log in with Discord")).to_be_visible()


async def test_who_may_not_watch_is_told(
    guarded: WebSocketServer, doorman: Doorman, new_page: OpenPage
) -> None:
    doorman.next = Account("11", "Ada")
    page = await new_page()
    await page.goto(address(guarded))
    await log_in(page)
    await pick(page, "The Cave")
    await expect(
        page.get_by_text(f"Your Discord account may not watch {called('The Cave')}.")
    ).to_be_visible()


async def test_find_me_flies_to_who_is_logged_in(guarded: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page(reduced_motion="reduce")
    await page.goto(address(guarded))
    await log_in(page)
    await page.get_by_role("button", name="Find me").click()
    await expect(label(page, "Beppo")).to_be_visible()


async def test_ones_own_figure_does_as_it_is_told(guarded: WebSocketServer, new_page: OpenPage) -> None:
    """By the keyboard and by a click; all hear of it, and whoever can't see it is told. Others' don't."""
    page = await new_page(reduced_motion="reduce")
    await open_world(page, guarded)
    await log_in(page)
    await expect(member(page, "Beppo")).to_be_visible()
    own, ring = label(page, "Beppo"), page.get_by_role("menu", name="Your figure")
    await expect(own).to_have_attribute("aria-haspopup", "menu")
    await hold_time(page)  # what the ring says is soon gone
    async with watching(guarded) as viewer:
        await viewer.enter("garden", events=["gesture"])
        await own.press("Enter")
        await expect(ring.get_by_role("menuitem", name="Wave")).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await expect(ring.get_by_role("menuitem", name="Hop")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(ring).to_be_hidden()
        await expect(own).to_be_focused()

        await page.keyboard.press("Enter")
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Enter")
        assert (await viewer.hear_type("gesture"))["data"] == {"uid": "12", "gesture": "sit"}
        await expect(page.get_by_role("status").filter(has_text="You sit down.")).to_have_count(1)

        await page.mouse.click(*await figure_of(own))
        for choice in await ring.get_by_role("menuitem").all():
            box = await choice.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44
        await ring.get_by_role("menuitem", name="Wave").click()
        assert (await viewer.hear_type("gesture"))["data"] == {"uid": "12", "gesture": "wave"}
    await label(page, "Chiara").press("Enter")
    await expect(page.get_by_text(f"Following {called('Chiara')}")).to_be_visible()
    await expect(ring).to_be_hidden()


async def test_who_is_not_here_is_not_looked_for(
    guarded: WebSocketServer, doorman: Doorman, new_page: OpenPage
) -> None:
    doorman.next = Account("404", "Zora")
    page = await new_page()
    await page.goto(address(guarded))
    await log_in(page)
    await tool(page, "Servers").click()
    await expect(page.get_by_text("Zora")).to_be_visible()
    await expect(page.get_by_role("button", name="Find me")).to_have_count(0)


async def test_logging_out_closes_the_door_again(guarded: WebSocketServer, new_page: OpenPage) -> None:
    page = await new_page()
    await page.goto(address(guarded))
    await log_in(page)
    await tool(page, "Servers").click()
    await page.get_by_role("button", name="Log out").click()
    await expect(heading(page, "The Garden")).to_be_visible()
    await pick(page, "The Cave")
    await expect(page.get_by_text(f"{called('The Cave')} is protected")).to_be_visible()


@pytest.mark.parametrize(
    ("answers", "uid", "sentence"),
    [(False, "12", "You cancelled the login"), (True, "0", "The login failed")],
    ids=["denied", "failed"],
)
async def test_a_login_that_came_to_nothing_is_told_once(
    answers: bool, uid: str, sentence: str, guarded: WebSocketServer, doorman: Doorman, new_page: OpenPage
) -> None:
    """And its outcome does not stay in the address."""
    doorman.answers, doorman.next = answers, Account(uid, "Nobody")
    page = await new_page()
    await page.goto(address(guarded))
    await log_in(page)
    await expect(page.get_by_text(sentence)).to_be_visible()
    await expect(page).to_have_url(address(guarded, "?s=garden"))
