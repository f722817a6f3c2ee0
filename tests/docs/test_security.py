"""What `docs/SECURITY.md` says is what the code does: its figures, and what there is to bound."""

import re
import tomllib
from collections.abc import Iterator
from itertools import product

import pytest

from bot.login import logins, oauth
from bridge.access import doorkeeper, familiar, gate, gestures, guesses, passwords, patience, tally
from bridge.access.cost import LONGEST_WAIT
from bridge.backplane import answering, asking, crier, households, letters
from bridge.limits import DEFAULT_LIMITS as LIMITS
from bridge.model import GuildInfo
from bridge.network import peers
from bridge.providers import refresher
from bridge.rooms import directory, entrance, neighbourhoods, room, search, tape
from bridge.running import calm, lines, process, rate
from bridge.site import assets, counts, login, login_elsewhere
from bridge.viewers import connection, listening, outbox, pulse
from bridge.wire import crowd
from bridge.wire.crowd import level_of
from bridge.wire.framing import FRAGMENT
from bridge.wire.protocol import OPTIONAL_EVENTS, Wants
from cogs import passes, rooms
from cogs.commands import patience as commands
from tests.examples import ROOT

TEXT = " ".join((ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8").split())
WEB = ROOT / "bridge" / "web"
KIB, MIB = 1024, 1024 * 1024


def per_second(bound: rate.Rate) -> tuple[float, float]:
    """Tell how many of a rate there are at once, and how many a second."""
    return round(bound._full / bound._each), round(1 / bound._each)


def in_script(file: str, name: str) -> float:
    """Read a constant of the page's."""
    found = re.search(rf"const {name} = ([\d_e]+)", (WEB / file).read_text(encoding="utf-8"))
    assert found, name
    return float(found[1].replace("_", ""))


def sentences() -> Iterator[str]:
    """Say what the code does, in the document's words."""
    wide = peers.WIDER
    yield f"remembered for {numeral(logins.REMEMBERED_FOR / 60)} minutes"
    yield f"after the first {numeral(LIMITS.wrong_tries)} makes the address wait"
    yield f"up to {numeral(doorkeeper.LONGEST_WAIT / 60)} minutes"
    yield (f"of 56 ({LIMITS.wrong_tries * wide[56]} tries) and 48 ({LIMITS.wrong_tries * wide[48]})")
    assert (doorkeeper.FREE_AT_ONE_DOOR, doorkeeper.FREE_WHILE_GUESSED) == (100, 2)
    yield "guessed wrong a hundred times lately"
    yield f"gets two tries there before it waits, and not {numeral(LIMITS.wrong_tries)}"
    yield f"{passwords.MAX_WAITING} may wait, and many of one address let others go first"
    yield f"has {numeral(LIMITS.wrong_tries)} wrong tries of its own"
    assert patience.ASKED_PER_SECOND == 1
    yield f"an address may ask {patience.ASKED_AT_ONCE} questions at once and one a second"
    yield f"have {oauth.ASKED_AT_ONCE} at once and {oauth.ASKED_PER_SECOND:g} a second"
    yield f"{oauth.RESERVED_AT_ONCE} and {oauth.RESERVED_PER_SECOND:g} of their own"
    own, every = per_second(logins.FETCHED_PER_ACCOUNT), per_second(logins.FETCHED)
    assert own[1] == 1
    yield f"asked {own[0]} times at once and once a second for an account, {every[0]} and {every[1]} for all"
    assert oauth.LONGEST_REST == 60
    yield "for as long as it says, up to a minute"
    yield f"may take {LIMITS.cpu_per_viewer:.0%} of a core".replace("%", " %")
    yield f"an address's {LIMITS.cpu_per_address:.0%}, everybody's {LIMITS.cpu_in_all:.0%}".replace("%", " %")
    yield f"for {numeral(LONGEST_WAIT)} seconds at most on its own account"
    yield f"at most some {kinds_of_viewers()} kinds of viewers"
    yield f"{outbox.MAX_BACKLOG // MIB} MiB of events may wait for each"
    assert 25 <= pulse.PERIOD * pulse.MAX_STUCK <= 35 >= pulse.PERIOD * pulse.MAX_SILENT
    yield "for half a minute is let go"
    yield f"in pieces of {FRAGMENT // KIB} KiB"
    yield f"{LIMITS.unread_bytes // MIB} MiB for all together"
    yield (
        f"keeps {in_script('guild/replica.js', 'MOST_MEMBERS'):,.0f} members, however they come,"
        f" {in_script('guild/news.js', 'MOST_KNOWN'):,.0f} of a crowd,"
        f" {in_script('guild/replica.js', 'MOST_CHANNELS'):,.0f} channels"
        f" and {in_script('guild/replica.js', 'MOST_GUILDS'):,.0f} servers"
    )
    yield f"{in_script('guild/net.js', 'MOST_UNREAD') / 1e6:.0f} million characters that it hasn't read yet"
    yield f"reads for {in_script('guild/net.js', 'READ_MS'):.0f} ms at a time"
    yield f"raises and draws islands in slices of {in_script('world/world.js', 'SLICE'):.0f} ms"
    yield f"lets people ashore for {in_script('world/world.js', 'ASHORE'):.0f} ms of a frame"
    yield f"within {in_script('world/routes.js', 'KEPT') * 2 / 1e6:.0f} MB"  # two bytes for a cell
    assert tally.PAUSE == 60
    yield "one line a minute for refusals"
    yield f"{calm.AT_ONCE} at once and {calm.PER_SECOND * 60:g} a minute of each other kind"
    yield f"{lines.MAX_WAITING:,} may wait, and what is more is dropped"


def bounds() -> Iterator[str]:
    """Say what bounds what a stranger does."""
    spare, spare_per_address = 2 * gate.SPARE, 2 * gate.SPARE_PER_ADDRESS
    yield f"{LIMITS.viewers_per_address + spare_per_address} connections of an address at once"
    yield f"{LIMITS.viewers + spare:,} of all"
    yield f"{LIMITS.handshakes_per_minute + LIMITS.requests_per_minute:,} of an address in a minute (TLS"
    head = connection.MAX_REQUEST_HEAD // KIB
    yield f"{LIMITS.handshake_seconds:g} seconds until the request is there, in {head} KiB"
    yield f"{LIMITS.requests_per_minute:,} requests of an address in a minute"
    yield f"{connection.CHUNK // KIB} KiB of the answer at a time"
    yield f"{connection.STALL_TIMEOUT:g} seconds in which nothing of it is read"
    yield f"made ready once: {assets._MOST} are kept"
    yield f"encoded once in {counts.GOOD_FOR:g} seconds"
    yield f"{login.MAX_LOGOUTS:,} logouts are remembered"
    yield f"with this browser in the last {login.KNOWN_FOR // 86_400} days"
    yield f"{LIMITS.handshakes_per_minute} of an address in a minute; {LIMITS.viewers_per_address} viewers"
    yield f"{LIMITS.viewers:,} of all; {LIMITS.connect_seconds:g} seconds to ask for a server"
    yield f"{LIMITS.frame_bytes // KIB} KiB each"
    frames, size = LIMITS.frames_per_second, LIMITS.bytes_per_second
    yield f"{frames:g} a second, {frames * listening.FRAMES_AT_ONCE:g} at once"
    yield f"{size // KIB:g} KiB a second, {size * listening.BYTES_AT_ONCE // KIB:g} KiB at once"
    yield f"{listening.FRAMES_WAITING} wait in memory while a request is answered"
    yield f"{asking.MAX_WAITING:,} of a bridge may wait, {asking.PATIENCE:g} seconds each"
    yield f"works on {answering.AT_ONCE} at once and begins {answering.BEGUN_AT_ONCE} in a turn of its loop"
    yield f"{answering.MAX_WAITING:,} wait, bridges take turns"
    yield f"A question has {letters.MAX_LETTER // KIB} KiB at most"
    yield f"`/auth/me` without a cookie is asked once in {login_elsewhere.GOOD_FOR:g} seconds"
    yield f"in steps of {search.STEP * 1000:g} ms"
    yield f"{crowd.MAX_TEXT} characters of text, {crowd.MOST_FOUND} members found"
    yield f"{crowd.MOST:,} members are listed at most. {crowd.MOST:,} who acted last are kept of a room"
    yield f"{neighbourhoods.MOST} colours are counted apart"
    yield f"{entrance.MAX_ENTRIES} are kept of a room"
    yield f"of what was missed those up to {entrance.MAX_MISSED // KIB} KiB"
    yield f"in pieces of {tape.PIECE} events, each in a turn of its own"
    yield f"as much is kept of a room as {tape.MAX_WEIGHT:,} short events take"
    yield f"once in {refresher.REFRESH_INTERVAL:g} seconds for each guild and for the list"
    assert refresher.RETRIED_PER_SECOND == 2
    yield f"of what fails the first {refresher.CHECKED_AT_ONCE} are asked again"
    yield f"what fails {refresher.RETRIED_AT_ONCE} times at once and twice a second"
    yield f"{outbox.MAX_BACKLOG // MIB} MiB waiting for each, {LIMITS.unread_bytes // MIB} MiB for all"
    yield f"{connection.SEND_BUFFER // KIB} KiB in the system"
    yield f"the last {peers.MAX_HOPS} hops"
    yield f"{familiar.MAX_FAMILIAR:,} devices and addresses that got in"
    yield f"{patience.MAX_KNOWN:,} tokens that opened a door"
    yield f"{logins.MAX_REMEMBERED:,} that Discord was asked about, {logins.MAX_REMEMBERED:,} strangers"
    yield f"{passwords.MAX_KNOWN:,} right passwords"
    yield f"{guesses.MAX_KEYS:,} addresses with wrong tries"
    yield f"{rate.MAX_KEYS:,} with what they have spent"


def shared() -> Iterator[str]:
    """Say what processes tell each other of addresses."""
    assert {peers.WIDER[56], peers.WIDER[48]} == {3, 10}
    yield "All in a network of 56 bits may do three times as much together, in one of 48 ten times"
    yield f"{process.KEPT_FILES} of these, or an eighth where there are few, are kept"
    yield f"the line is cut after {connection.FAREWELL:g} seconds"
    assert (households.PART, households.TELL_EVERY, crier.KEY_LIVES) == (20, 1, 3_600)
    yield "once a second which addresses have a twentieth of a limit or more"
    assert (gestures.EACH._each, per_second(gestures.EACH)[0]) == (2, 3)
    assert per_second(gestures.TOGETHER) == (30, 10)
    yield "One every two seconds of a connection, and of a person"
    yield "three at once; ten a second of all in one server, 30 at once"
    assert entrance.RECENT_FOR == 120
    yield f"At most {entrance.MOST_RECENT} messages of the last two minutes"
    share, together = (round(100 / bound._each) for bound in (rooms.SHARE, rooms.TOGETHER))
    yield f"{share} % of the loop's time in the long run for a server, and {together} % for all together"
    yield f"they wait for up to {rooms.LONGEST:g} seconds"
    share, together = (round(100 / bound._each) for bound in (passes.SHARE, passes.TOGETHER))
    yield f"{share} % of the loop's time in the long run for a server, and {together} % for all together"
    yield f"it waits for up to {passes.LONGEST:g} seconds"
    assert per_second(directory.TELLINGS)[0] == 5  # and one that overdraws it
    yield f"six times at once, and then once in {directory.TELLINGS._each:g} seconds"
    own, every = (per_second(bound) for bound in (commands.EACH, commands.TOGETHER))
    yield f"{own[0]} at once and {own[1]} a second of one person"
    yield f"{every[0]} at once and {every[1]} a second of all in one server"
    yield f"{households.TOLD_AT_ONCE} addresses at most, and count that as well"
    yield f"as well for {households.GOOD_FOR:g} seconds"
    yield f"a digest of {households._DIGEST * 8} bits with a random key that is replaced every hour"


def numeral(number: float) -> str:
    """Write a small number as a word."""
    return {5: "five", 10: "ten"}[round(number)]


def kinds_of_viewers() -> int:
    """Count of how many kinds a room has its events encoded, when everybody wants something else."""
    crowded = room.Room(GuildInfo("1", "dworld", "D-World"))
    events = [frozenset(), *(frozenset({event}) for event in OPTIONAL_EVENTS), OPTIONAL_EVENTS]
    pairs = [frozenset({one, other}) for one, other in product(sorted(OPTIONAL_EVENTS), repeat=2)]
    for wanted in [*sorted(pairs, key=sorted), *events]:
        for flags in product((False, True), repeat=3):
            for size in (0, 50, 200, 1_000, 5_000):
                kind = crowded.kind(Wants(flags[0], wanted, flags[1], flags[2], crowd=level_of(size)))
                crowded._audience._kinds.setdefault(kind, {})
    return len(crowded._audience._kinds)


@pytest.mark.parametrize("said", [*sentences(), *bounds(), *shared()])
def test_the_figures_are_those_of_the_code(said: str) -> None:
    """Word by word."""
    assert said in TEXT


def test_every_endpoint_is_bounded() -> None:
    """Those below `/auth/`, those of the house, and the probes."""
    source = "".join(file.read_text(encoding="utf-8") for file in [*(ROOT / "bridge" / "site").glob("*.py")])
    auth = (ROOT / "bridge" / "site" / "login.py").read_text(encoding="utf-8")
    paths = {*re.findall(r'"(/(?:api|healthz|readyz)[\w/]*)"', source)}
    paths |= {login.PREFIX + name for name in re.findall(r'case "(?:GET|POST)", "(\w+)"', auth)}
    assert len(paths) == 8
    assert [path for path in paths if f"`{path}`" not in TEXT] == []


def test_every_request_is_bounded() -> None:
    """Those that a viewer may make on a WebSocket."""
    source = (ROOT / "bridge" / "wire" / "protocol.py").read_text(encoding="utf-8")
    parsing = source.partition("def parse_request")[2].partition("\ndef ")[0]
    requests = re.findall(r'case "(\w+)"', parsing)
    assert requests
    assert [request for request in requests if f"`{request}`" not in TEXT] == []


def test_the_bounds_of_what_is_needed_are_those_of_the_package() -> None:
    """Where a weakness is excluded by a lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(re.split(r"(?:\[\w+\])?>=", need.partition(",")[0]) for need in project["dependencies"])
    told = re.findall(r"`([\w.]+)` (\d[\d.]*\d|\d+)", TEXT.partition("## Dependencies")[2])
    assert len(told) >= 5
    needed = {name.lower(): version for name, version in bounds.items()}
    assert [name for name, version in told if needed[name.lower()] != version] == []
