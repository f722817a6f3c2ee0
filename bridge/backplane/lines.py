"""The connections to Redis: each kind of talk has its own, and none of them waits for ever.

RESP2 is spoken: what others push then comes on the connection that asked for it, and nowhere else.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from bridge.backplane import address, keys
from bridge.backplane.trouble import Trouble, understand

log = logging.getLogger(__name__)

PATIENCE: Final = 5.0  # seconds for an answer, and for a connection
QUIET: Final = 10.0  # seconds without a word after which a subscription is asked whether it lives
IN_ONE_TURN: Final = 0.005  # seconds that is listened in one turn of the loop
SUBSCRIBED_AT_ONCE: Final = 500  # channels
_OLDEST: Final = (7, 0)
_PROBE: Final = "return redis.call('SET', KEYS[1], '1', 'EX', '1')"

Argument = str | bytes | int
Call = tuple[str, Sequence[str], Sequence[Argument]]  # a script, its keys, its arguments
Told = Callable[[bytes, bytes], None]  # takes a channel and what it told


class Lines:
    """The connections of one process to the server at `url`."""

    def __init__(self, url: str) -> None:
        self.server = address.without_password(url)
        self.commands = _client(url)
        self._scripts = _client(url)
        self._subscribing = _client(url)
        self._digests: dict[str, str] = {}

    async def check(self, *, writes: bool) -> None:
        """Look whether the server is one that we can use, and warn of what may go wrong with it.

        Raises:
            Trouble: if it isn't, or can't be reached.
        """
        with_info = cast("Mapping[str, Any]", await self.ask(self.commands.info("server")))
        version = str(with_info.get("redis_version", "0"))
        if tuple(map(int, re.findall(r"\d+", version)[:2])) < _OLDEST:
            sentence = (
                f"The backplane at {self.server} is version {version}. Use Redis or Valkey 7.0 or newer."
            )
            raise Trouble(sentence, passes=False)
        if writes:
            await self.ask(self._scripts.eval(_PROBE, 1, keys.PROBE))
        await self._warn_of_eviction()

    async def _warn_of_eviction(self) -> None:
        try:
            policy = (await self.ask(self.commands.config_get("maxmemory-policy"))).get("maxmemory-policy")
        except Trouble:
            return  # many managed servers tell nobody
        if policy not in (None, "noeviction"):
            log.warning(
                "the backplane at %s may throw away what it holds (maxmemory-policy %s): rooms are then"
                " written anew; set noeviction",
                self.server, policy,
            )  # fmt: skip

    async def ask(self, answer: Awaitable[Any]) -> Any:
        """Wait for an answer.

        Raises:
            Trouble: if there is none, or an error.
        """
        try:
            async with asyncio.timeout(2 * PATIENCE):
                return await answer
        except (RedisError, OSError) as error:
            raise understand(error, self.server) from error

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts, all in one go; return what each answered.

        Raises:
            Trouble: if the server can't be asked. What happened to the calls is then not known.
        """
        answers = await self.run_each(calls)
        for answer in answers:
            if isinstance(answer, Trouble):
                raise answer
        return answers

    async def run_each(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts as `run` does; where a stranger's key is in the way of one, its answer is that trouble.

        Raises:
            Trouble: if the server can't be asked, or something is wrong with all of them.
        """
        for script in {script for script, _, _ in calls} - self._digests.keys():
            self._digests[script] = await self.ask(self._scripts.script_load(script))
        answers = await self.ask(self._send(calls))
        if any(isinstance(answer, NoScriptError) for answer in answers):  # the server has been restarted
            self._digests.clear()
            raise Trouble(f"The backplane at {self.server} was restarted.", passes=True)
        return [self._understood(answer) for answer in answers]

    def _understood(self, answer: Any) -> Any:
        if not isinstance(answer, Exception):
            return answer
        trouble = understand(answer, self.server)
        if not trouble.is_of_stranger:
            raise trouble from answer
        return trouble

    async def _send(self, calls: Sequence[Call]) -> list[Any]:
        pipeline = self._scripts.pipeline(transaction=False)
        for script, names, arguments in calls:
            pipeline.evalsha(self._digests[script], len(names), *names, *cast("Sequence[str]", arguments))
        return await pipeline.execute(raise_on_error=False)

    @contextlib.asynccontextmanager
    async def subscription(self, told: Told) -> AsyncIterator["Subscription"]:
        """Have a connection of its own on which channels tell; it ends with the block.

        Raises:
            Trouble: if it can't be opened.
        """
        pool: Any = self._subscribing.connection_pool  # that method of it has no types
        connection: Any = pool.make_connection()
        try:
            await self.ask(connection.connect())
            yield Subscription(self, connection, told)
        finally:
            await connection.disconnect(nowait=True)

    async def hang_up(self) -> None:
        """Give up the connections of which nobody knows what is still to come on them; new ones are made."""
        for client in (self.commands, self._scripts):
            with contextlib.suppress(RedisError, OSError):  # one that can't even be closed is no use either
                async with asyncio.timeout(PATIENCE):
                    await client.connection_pool.disconnect(inuse_connections=True)

    async def close(self) -> None:
        """Hang up for good."""
        for client in (self.commands, self._scripts, self._subscribing):
            try:
                async with asyncio.timeout(0.5):
                    await client.aclose()
            except (RedisError, OSError) as error:
                log.debug("a connection did not close: %s", type(error).__name__)


class Subscription:
    """What channels tell, on one connection. What is subscribed to twice is subscribed to once."""

    def __init__(self, lines: Lines, connection: AbstractConnection, told: Told) -> None:
        self._lines = lines
        self._connection = connection
        self._told = told
        self._waiting: dict[bytes, asyncio.Future[None]] = {}

    async def add(self, channels: Iterable[str]) -> None:
        """Subscribe to these, and return when that is done. `listen` has to run meanwhile.

        Raises:
            Trouble: if it can't be done.
        """
        names = [channel.encode() for channel in channels]
        loop = asyncio.get_running_loop()
        for start in range(0, len(names), SUBSCRIBED_AT_ONCE):
            few = names[start : start + SUBSCRIBED_AT_ONCE]
            done = [self._waiting.setdefault(name, loop.create_future()) for name in few]
            await self._lines.ask(self._connection.send_command("SUBSCRIBE", *few))
            await self._lines.ask(asyncio.gather(*map(asyncio.shield, done)))

    async def drop(self, channels: Iterable[str]) -> None:
        """Hear of these no more.

        Raises:
            Trouble: if it can't be done.
        """
        if names := list(channels):
            await self._lines.ask(self._connection.send_command("UNSUBSCRIBE", *names))

    async def listen(self) -> None:
        """Pass on what is told, until the line is dead.

        Raises:
            Trouble: which says so.
        """
        now = asyncio.get_running_loop().time
        pause_at = now() + IN_ONE_TURN
        while True:
            if now() > pause_at:  # what has arrived already is read without any
                await asyncio.sleep(0)
                pause_at = now() + IN_ONE_TURN
            answer = await self._read(QUIET)
            if answer is None:
                await self._lines.ask(self._connection.send_command("PING"))
                answer = await self._read(PATIENCE)
                if answer is None:
                    raise Trouble(f"The backplane at {self._lines.server} is silent.", passes=True)
            self._take(answer)

    async def _read(self, seconds: float) -> Any:
        try:
            return await self._connection.read_response(timeout=seconds)
        except (RedisError, OSError) as error:
            raise understand(error, self._lines.server) from error

    def _take(self, answer: Any) -> None:
        match answer:
            case [b"message", bytes() as channel, bytes() as told]:
                self._told(channel, told)
            case [b"subscribe", bytes() as channel, _]:
                waiting = self._waiting.pop(channel, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)


def _client(url: str) -> Redis:
    """Make a client without timeouts of its own: `ask` has one.

    For what is sent, redis-py keeps them by `asyncio.wait_for`, which in Python 3.11 now and then forgets
    that the task was cancelled.
    """
    of_network = {} if url.startswith("unix:") else {"socket_keepalive": True}
    return Redis.from_url(
        url, protocol=2, socket_timeout=None, socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0), health_check_interval=0, **of_network,
    )  # fmt: skip
