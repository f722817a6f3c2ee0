"""Where things are on the page, by what they are to a reader."""

import re
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page

NO_PANEL: Final = {"panel": "none"}  # a choice of the page's


def members(page: Page) -> Locator:
    return page.get_by_role("complementary", name=re.compile("Members|Mitglieder|Miembros"))


def member(page: Page, name: str) -> Locator:
    """The row of the member of exactly this name."""
    exactly = page.get_by_text(name, exact=True)
    return members(page).get_by_role("listitem").filter(has=exactly)


def group(page: Page, status: str) -> Locator:
    """The members of one status."""
    return members(page).get_by_role("list", name=re.compile(f"^{status} "))


def feed(page: Page) -> Locator:
    return page.get_by_role("log")


def servers(page: Page) -> Locator:
    """The server picker; hidden until somebody opens it."""
    return page.get_by_role("navigation", name=re.compile("Servers|Server|Servidores"), include_hidden=True)


def server(page: Page, name: str) -> Locator:
    return servers(page).get_by_role("button", name=name, include_hidden=True)


def tool(page: Page, name: str) -> Locator:
    """One of the tools at the top, or at the bottom of a phone."""
    panels = page.get_by_role("navigation", name=re.compile("Panels|Bereiche|Paneles"))
    return panels.get_by_role("button", name=name, exact=True)


async def pick(page: Page, name: str) -> None:
    """Choose another server, as a pointer does."""
    await tool(page, "Servers").click()
    await server(page, name).click()


def called(name: str) -> str:
    """A name as it stands within a sentence: apart, whichever way it is written."""
    return f"\u2068{name}\u2069"


def bubbles(page: Page) -> Locator:
    """What is said in the air, as far as it can be seen."""
    return page.locator(".bubble").filter(visible=True)


def bubble(page: Page, text: str) -> Locator:
    return bubbles(page).filter(has_text=text)


def label(page: Page, name: str) -> Locator:
    """The name under somebody, or on a sign."""
    return page.locator("#labels").get_by_role("button", name=name, exact=True)


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, exact=True)


def nameless(url: str) -> str:
    """Where a part of the page is, whatever its content."""
    return re.sub(r"\.[0-9a-f]{16}\.js$", ".js", urlsplit(url).path)
