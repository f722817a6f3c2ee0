"""`python -m tests.docs.pictures`: take the pictures of the documentation anew, in every language.

They show the real page of a real bridge, with a made-up server. Look at them before you commit them.
"""

import asyncio
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

from bridge.limits import Limits
from bridge.model import Channel, GuildInfo, Member, Message, Status, Voice
from bridge.providers import EmptyProvider
from bridge.server import WebSocketServer
from cogs.texts import Language
from tests.browser.conftest import address, find_chromium
from tests.docs.pages import LANGUAGES, PAGES

ASSETS: Final = PAGES / "assets"
SETTLED: Final = 6.0  # seconds after which people have found their places
BUBBLES_UP: Final = 1.0  # seconds after which the last words can be read
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}

GARDEN: Final = GuildInfo(id="232769614004748288", slug="garden", name="The Garden", default=True)
CELLAR: Final = GuildInfo(
    id="482241773318701056", slug="cellar", name="The Cellar", protected=True, password="-"
)

CHANNELS: Final = [
    Channel(id="1", name="general", category="Meadow", position=0),
    Channel(id="2", name="seedlings", category="Meadow", position=1),
    Channel(id="3", name="announcements", kind="news", category="Meadow", position=2),
    Channel(id="4", name="tools", category="Shed", position=3),
    Channel(id="5", name="off-topic", category="Shed", position=4),
    Channel(id="6", name="Campfire", kind="voice", category="Shed", position=5),
    Channel(id="7", name="Stage", kind="stage", category="Shed", position=6),
]

NAMES: Final = (
    "Ada", "Beppo", "Chiara", "Dmitri", "Esra", "Farid", "Greta", "Hugo", "Inés", "Jonas", "Kim", "Lena",
    "Marek", "Noor", "Olga", "Paulo", "Quentin", "Rosa", "Sven", "Tomoko", "Uma", "Vera", "Wim", "Yusuf",
)  # fmt: skip
STATUSES: Final[tuple[Status, ...]] = ("online", "online", "idle", "online", "dnd", "online", "offline")
COLORS: Final = ("#e06c75", "#e5a04b", "#d9c65d", "#7fb069", "#4fb3a5", "#5b8dd9", "#9a7bd0", "#d977a8")
IN_VOICE: Final = ("Greta", "Noor", "Sven")

WORDS: Final[dict[Language, list[tuple[str, str, str]]]] = {
    "en": [
        ("Ada", "2", "The tulips are out!"),
        ("Chiara", "2", "Mine need another week."),
        ("Hugo", "4", "Who has the long ladder?"),
        ("Beppo", "1", "Good morning, everybody"),
        ("Rosa", "4", "Behind the shed, as always."),
        ("Esra", "1", "Morning! Tea is ready."),
    ],
    "de": [
        ("Ada", "2", "Die Tulpen blühen!"),
        ("Chiara", "2", "Meine brauchen noch eine Woche."),
        ("Hugo", "4", "Wer hat die lange Leiter?"),
        ("Beppo", "1", "Guten Morgen zusammen"),
        ("Rosa", "4", "Hinter dem Schuppen, wie immer."),
        ("Esra", "1", "Morgen! Der Tee ist fertig."),
    ],
    "es": [
        ("Ada", "2", "¡Ya han salido los tulipanes!"),
        ("Chiara", "2", "A los míos les falta una semana."),
        ("Hugo", "4", "¿Quién tiene la escalera larga?"),
        ("Beppo", "1", "Buenos días a todos"),
        ("Rosa", "4", "Detrás del cobertizo, como siempre."),
        ("Esra", "1", "¡Buenas! El té está listo."),
    ],
}


def people() -> list[Member]:
    """Make up the members, with a bot among them."""
    members = [
        Member(
            uid=uid_of(name),
            username=name,
            status=STATUSES[number % len(STATUSES)],
            role_color=COLORS[number * 3 % len(COLORS)],
            voice=Voice(channel="6", channel_name="Campfire") if name in IN_VOICE else None,
        )
        for number, name in enumerate(NAMES)
    ]
    return [*members, Member(uid="1900", username="Robin", status="online", role_color="#8a8f98", bot=True)]


def uid_of(name: str) -> str:
    """Number a member."""
    return str(1000 + NAMES.index(name))


async def talk(server: WebSocketServer, language: Language) -> None:
    """Let them say something, one after the other."""
    for number, (name, channel, words) in enumerate(WORDS[language]):
        message = Message(uid=uid_of(name), message=words, channel=channel)
        place = next(each.name for each in CHANNELS if each.id == channel)
        await server.broadcast_message(
            GARDEN.id, message.uid, words, channel, id=str(9000 + number), channel_name=place
        )
        await asyncio.sleep(0.3)
    await server.broadcast_typing(GARDEN.id, uid_of("Kim"), "1")


async def open_page(
    browser: Browser,
    server: WebSocketServer,
    language: Language,
    size: Any,
    *,
    slug: str = GARDEN.slug,
    scale: int = 1,
) -> Page:
    """Open the page as a reader of this language has it."""
    context = await browser.new_context(
        locale={"en": "en-GB", "de": "de-DE", "es": "es-ES"}[language],
        viewport=size,
        device_scale_factor=scale,
    )
    page = await context.new_page()
    await page.add_init_script("localStorage.setItem('d-zone', JSON.stringify({hour: 'day', panel: 'none'}))")
    await page.goto(address(server, f"?s={slug}"))
    return page


async def save(page: Page, name: str, language: Language) -> None:
    """Take a picture, and close the page."""
    file = ASSETS / (f"{name}.png" if language == "en" else f"{name}.{language}.png")
    await page.screenshot(path=file)
    print(f"{file.relative_to(PAGES)}: {file.stat().st_size // 1024} KB")
    await page.context.close()


async def take_pictures(browser: Browser, server: WebSocketServer, language: Language) -> None:
    """Take all pictures in one language, one after the other: a page that isn't in front may not be drawn."""
    world = await open_page(browser, server, language, DESKTOP)
    await live(world, server, language)
    await save(world, "world", language)

    members = await open_page(browser, server, language, DESKTOP)
    button = members.locator("button[data-panel=members]")
    if await button.is_visible():
        await button.click()
    await live(members, server, language)
    await save(members, "members", language)

    phone = await open_page(browser, server, language, PHONE, scale=2)
    await live(phone, server, language)
    await save(phone, "phone", language)

    locked = await open_page(browser, server, language, DESKTOP, slug=CELLAR.slug)
    await locked.locator("#notice:not(:empty)").wait_for()
    await asyncio.sleep(SETTLED)
    await save(locked, "locked", language)


async def live(page: Page, server: WebSocketServer, language: Language) -> None:
    """Let people find their places, and then talk."""
    await page.locator("body[data-scene=room]").wait_for(state="attached")
    await asyncio.sleep(SETTLED)
    await talk(server, language)
    await asyncio.sleep(BUBBLES_UP)


async def main() -> None:
    """Take them in every language."""
    ASSETS.mkdir(exist_ok=True)
    server = WebSocketServer(
        port=0, host="127.0.0.1", provider=EmptyProvider(), limits=Limits(history_events=0)
    )
    server.show_guild(GARDEN, people(), CHANNELS)
    server.show_guild(CELLAR, [])
    await server.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            for language in LANGUAGES:
                await take_pictures(browser, server, language)
    finally:
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
