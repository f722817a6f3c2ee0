"""Under attack: who watches loses nothing, nobody takes more than there is, and every attacker hears no.

How long an event takes meanwhile is not judged here but measured, by `python -m tests.bench --only abuse`.
"""

from collections.abc import Iterator
from http import HTTPStatus

import pytest

from tests.abuse.attacks import ATTACKS
from tests.abuse.scene import VIEWERS, Scene
from tests.abuse.victim import CLUB, OURS
from tests.bridge.watchers import fetch, watching

SECONDS = 1.0  # an attack lasts at least
MEMORY = 64 << 20  # bytes that an attack may take


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """All of them meet one victim, each from addresses of its own."""
    with Scene() as scene:
        yield scene


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ATTACKS)
def test_nobody_who_watches_is_hurt(scene: Scene, name: str) -> None:
    """All the attacker gets are the words it may hear; it is counted, and nothing of it stays."""
    attack = ATTACKS[name]
    watch = scene.attack(name, SECONDS)
    assert scene.viewers == VIEWERS
    assert (watch.gone, watch.behind, watch.faults) == (0, 0, 0)
    assert watch.told > 0
    assert attack.heard[0] in watch.heard
    assert watch.heard.keys() <= set(attack.heard)
    assert watch.refusals.keys() >= set(attack.refused)
    assert watch.memory < MEMORY
    assert scene.connections() == VIEWERS


async def test_the_doors_open_for_whom_they_should(scene: Scene) -> None:
    """What is refused above is not refused to everybody."""
    login = {"discordToken": f"{OURS}7", "discordUser": {"id": "7"}}
    async with watching(scene.port) as viewer:
        await viewer.enter(CLUB.slug, **login)
    assert (await fetch(scene.port, "/index.html")).status == HTTPStatus.OK
