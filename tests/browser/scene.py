"""Where things are on the page, by what they are to a reader."""

import re

from playwright.async_api import Locator, Page


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
    return page.get_by_role("navigation", name=re.compile("Servers|Server|Servidores"))


def server(page: Page, name: str) -> Locator:
    return servers(page).get_by_role("button", name=name)


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, exact=True)
