"""Passwords as hashes."""

import asyncio
import threading

import pytest

from bridge.access.passwords import MAX_WAITING, Passwords, hash_password, is_password
from bridge.errors import Refused
from bridge.model import GuildInfo
from tests.bridge.watchers import PATIENCE


@pytest.mark.parametrize("password", ["sesame", "", "Öffne dich 🚪", "half a pair: \ud83d"])
def test_a_password_opens_its_own_hash(password: str) -> None:
    """And no other does."""
    hashed = hash_password(password)
    assert is_password(password, hashed)
    assert not is_password(password + " ", hashed)


def test_a_hash_does_not_tell_the_password() -> None:
    """Nor whether two guilds have the same."""
    first, second = hash_password("sesame"), hash_password("sesame")
    assert "sesame" not in first
    assert first != second


@pytest.mark.parametrize(
    "hashed",
    ["", "sesame", "argon2$1$1$1$c2FsdA==$a2V5", "scrypt$1$1$c2FsdA==$a2V5", "scrypt$x$8$1$c2FsdA==$a2V5"],
)
def test_what_is_no_hash_is_an_error(hashed: str) -> None:
    """And opens nothing."""
    with pytest.raises(ValueError, match=r"."):
        is_password("sesame", hashed)


def test_a_hash_that_asks_for_too_much_memory_is_refused() -> None:
    """Whoever wrote it must not take the machine down."""
    with pytest.raises(ValueError, match="memory"):
        is_password("sesame", "scrypt$16777216$8$1$c2FsdA==$a2V5")


async def test_all_tries_share_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system leaves the 16 MB of a try to its thread: with many threads, guessing would take them all."""
    threads = set()

    def fail(given: str, hashed: str) -> bool:
        threads.add(threading.get_ident())
        return False

    monkeypatch.setattr("bridge.access.passwords.is_password", fail)
    passwords, vault = Passwords(), GuildInfo("1", "vault", "Vault", password_hash="scrypt")
    go_on = threading.Event()
    assert not await passwords.fit("sesame", vault)
    busy = asyncio.create_task(asyncio.to_thread(go_on.wait))
    await asyncio.sleep(0)
    assert not await passwords.fit("sesame", vault)
    go_on.set()
    await busy
    assert len(threads) == 1


# Trying them


class Slow:
    """In the place of `is_password`: notes what it was asked, and answers when it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.may_answer = threading.Event()
        monkeypatch.setattr("bridge.access.passwords.is_password", self)

    def __call__(self, given: str, hashed: str) -> bool:
        self.asked.append(given)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.may_answer.wait(PATIENCE)
        self.at_once -= 1
        return given == f"right for {hashed}"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(monkeypatch)


def hashed(name: str = "h") -> GuildInfo:
    """A guild with a password, whose hash is this."""
    return GuildInfo("2", "vault", "Vault", protected=True, password_hash=name)


async def test_one_is_tried_at_a_time(slow: Slow) -> None:
    """Those who guess keep one core busy, and no more."""
    slow.may_answer.set()
    passwords = Passwords()
    answers = await asyncio.gather(*(passwords.fit(str(number), hashed()) for number in range(20)))
    assert not any(answers)
    assert slow.most_at_once == 1
    assert slow.asked == [str(number) for number in range(20)]


async def test_what_fitted_is_known_at_once(slow: Slow) -> None:
    """A thousand viewers of one guild come back after a restart."""
    slow.may_answer.set()
    passwords = Passwords()
    answers = await asyncio.gather(*(passwords.fit("right for h", hashed()) for _ in range(100)))
    assert all(answers)
    assert slow.asked == ["right for h"]


async def test_what_did_not_fit_is_tried_again(slow: Slow) -> None:
    """Nothing is kept of wrong ones: there are too many of them."""
    slow.may_answer.set()
    passwords = Passwords()
    assert not await passwords.fit("wrong", hashed())
    assert not await passwords.fit("wrong", hashed())
    assert slow.asked == ["wrong", "wrong"]


async def test_what_fitted_another_guild_is_tried(slow: Slow) -> None:
    """And so is what fitted this one before it got another password."""
    slow.may_answer.set()
    passwords = Passwords()
    assert await passwords.fit("right for h", hashed("h"))
    assert not await passwords.fit("right for h", hashed("other"))


async def test_the_queue_is_bounded(slow: Slow) -> None:
    """Who comes when too many wait is asked to come again, with a sentence."""
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.fit("wrong", hashed())) for _ in range(MAX_WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(Refused, match=r"Please wait \d+ seconds"):
        await passwords.fit("right for h", hashed())
    slow.may_answer.set()
    assert not any(await asyncio.gather(*waiting))
    assert await passwords.fit("right for h", hashed())


async def test_many_tries_of_one_address_delay_no_other(slow: Slow) -> None:
    """Somebody else's goes before all but the first of theirs."""
    passwords = Passwords()
    many = [asyncio.create_task(passwords.fit(f"wrong {n}", hashed(), "there")) for n in range(50)]
    await asyncio.sleep(0)
    one = asyncio.create_task(passwords.fit("right for h", hashed(), "here"))
    await asyncio.sleep(0)
    slow.may_answer.set()
    assert await one
    assert slow.asked[:2] == ["wrong 0", "right for h"]
    assert not any(await asyncio.gather(*many))


async def test_who_fills_the_queue_makes_room_for_others(slow: Slow) -> None:
    """The last of theirs is asked to come again."""
    passwords = Passwords()
    many = [asyncio.create_task(passwords.fit("wrong", hashed(), "there")) for _ in range(MAX_WAITING + 1)]
    await asyncio.sleep(0)
    one = asyncio.create_task(passwords.fit("right for h", hashed(), "here"))
    with pytest.raises(Refused, match=r"Please wait \d+ seconds"):
        await many[-1]
    slow.may_answer.set()
    assert await one
    assert not any(await asyncio.gather(*many[:-1]))


@pytest.mark.parametrize("gone", [[0], [1], [0, 1], [2, 1], [0, 1, 2, 3]])
async def test_whoever_goes_the_next_turn_comes(slow: Slow, gone: list[int]) -> None:
    """Also where somebody goes in the moment in which it is theirs."""
    passwords = Passwords()
    tries = [asyncio.create_task(passwords.fit(f"wrong {n}", hashed(), str(n))) for n in range(4)]
    await asyncio.sleep(0)
    for number in gone:
        tries[number].cancel()
    slow.may_answer.set()
    await asyncio.gather(*tries, return_exceptions=True)
    assert await passwords.fit("right for h", hashed())


async def test_who_gives_up_waiting_leaves_the_queue(slow: Slow) -> None:
    """Their place is free again, and the next one's turn comes."""
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.fit("wrong", hashed())) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    slow.may_answer.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await passwords.fit("right for h", hashed())


async def test_what_is_known_is_bounded(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is forgotten, and tried again."""
    monkeypatch.setattr("bridge.access.passwords.MAX_KNOWN", 3)
    slow.may_answer.set()
    passwords = Passwords()
    for number in range(5):
        assert await passwords.fit(f"right for {number}", hashed(str(number)))
    assert len(passwords._known) == 3
    assert await passwords.fit("right for 0", hashed("0"))


async def test_a_broken_hash_opens_nothing() -> None:
    """And blocks nobody who comes after."""
    passwords = Passwords()
    with pytest.raises(ValueError, match=r"."):
        await passwords.fit("sesame", hashed("rubbish"))
    assert await passwords.fit("sesame", hashed(hash_password("sesame")))


async def test_a_plain_password_is_compared_at_once(slow: Slow) -> None:
    """As providers give them; nobody waits for those who try another's hash."""
    plain = GuildInfo("2", "vault", "Vault", protected=True, password="sésame")
    busy = asyncio.create_task(Passwords().fit("wrong", hashed()))
    assert await Passwords().fit("sésame", plain)
    assert not await Passwords().fit("sesame", plain)
    assert slow.asked == []
    slow.may_answer.set()
    await busy
