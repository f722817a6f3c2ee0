"""What is fuzzed: each target takes bytes, and fails if what must hold of them doesn't."""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from typing import Any, Final
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request

from bot.words.slug import slug_of
from bot.words.spoilers import visible
from bot.words.text import plain
from bridge.access import questions
from bridge.backplane import letters
from bridge.backplane.households import Households
from bridge.errors import BadRequest, NotAMember, Silence
from bridge.errors import Refused as NotLetIn
from bridge.exposure import OPEN, Exposure, is_loopback, parse_ancestors, parse_origin, parse_origins
from bridge.model import RESERVED_SLUGS, GuildInfo, Member
from bridge.network.peers import Proxies, household, parse_networks
from bridge.providers.records import MAX_TEXT, Rubbish, parse_servers, parse_users
from bridge.rooms.search import Search
from bridge.site import documents
from bridge.site.answers import Answer
from bridge.site.http import find_file
from bridge.site.login_elsewhere import LoginPages, read_answer
from bridge.wire.crowd import FEWEST, MOST, MOST_FOUND, fold, read_text
from bridge.wire.crowd import MAX_TEXT as MAX_LOOKED_FOR
from bridge.wire.gestures import GESTURES
from bridge.wire.protocol import (
    MAX_NAME,
    MAX_SECRET,
    OPTIONAL_EVENTS,
    Act,
    Beat,
    Connect,
    Find,
    Snapshot,
    decode_cursor,
    encode_cursor,
    parse_request,
    rejoin_frame,
)
from cogs.commands.inputs import parse_color, parse_line, parse_name
from cogs.commands.replies import Refused
from tests.fuzz.door import GOOD, WHOSE, logins
from tests.fuzz.stage import (
    AUTHORITY,
    FACING,
    HUSH,
    ORIGIN,
    PASSWORD,
    SECRET,
    TOKEN,
    UPGRADE,
    devices,
    good_cookie,
    headers_of,
    parse_head,
    run,
    stage,
    web_login,
    website,
)

Target = Callable[[bytes], None]

_INFO: Final = GuildInfo("1", "dworld", "D-World")
_STREAM: Final = "00c0ffee.etv"
_PROXY: Final = "10.0.0.1"
_DOCUMENT: Final = {"": "a privacy policy", "de": "eine Erklärung", "es": "una política"}
_KEY: Final = bytes(32)  # by which processes name addresses
_NUMBER: Final = 32  # characters of a question's number
_READERS: Final[tuple[Callable[[dict[str, Any]], object], ...]] = (
    questions.read_caller,
    questions.read_gesture,
    questions.read_verdict,
    lambda body: questions.read_first(body, ["1", "2"]),
    questions.read_permits,
    questions.read_standing,
    read_answer,
)
MAX_REQUESTS: Final = 12  # of one conversation
_SAID: Final = frozenset(
    {
        "server-list",
        "server-join",
        "user_data",
        "error",
        "message",
        "batch",
        "servers",
        "beat",
        "found",
        "gesture",
        "neighbourhoods",
    }
)


def request(data: bytes) -> None:
    """A frame of a viewer's: a request within its bounds, or a sentence why it is none."""
    try:
        asked = parse_request(data)
    except BadRequest:
        return
    if isinstance(asked, Beat):
        return
    if isinstance(asked, Act):
        assert asked.gesture in GESTURES
        return
    if isinstance(asked, Find):
        assert 0 < len(asked.text) <= MAX_LOOKED_FOR
        assert asked.text.encode()  # no half of a letter
        return
    credentials = asked.credentials
    assert len(asked.server) <= MAX_NAME
    assert all(len(secret or "") <= MAX_SECRET for secret in (credentials.token, credentials.password))
    if isinstance(asked, Connect):
        assert asked.wants.events <= OPTIONAL_EVENTS
        assert asked.wants.cursor or asked.cursor is None
        assert asked.crowd == 0 or FEWEST <= asked.crowd <= MOST
        assert bool(asked.crowd) == bool(asked.wants.crowd)
        frame = rejoin_frame(Snapshot(_INFO, None, b'""', {}, {}), asked)
        payload = frame[frame.index(b'{"') :]  # a length of 123 in the header looks like "{" as well
        assert json.loads(payload)["type"] == "server-join"


def cursor(data: bytes) -> None:
    """A cursor: a position that is encoded as it was, or none."""
    text = data.decode(errors="replace")
    position = decode_cursor(_STREAM, text)
    if position is not None:
        assert position >= 0
        assert decode_cursor(_STREAM, json.loads(encode_cursor(_STREAM, position))) == position


def path(data: bytes) -> None:
    """The path of a request: a file that may be shown, or none."""
    for text in (data.decode("iso-8859-1"), unquote(data.decode("iso-8859-1"), errors="replace")):
        file = find_file(website().static_dir, text)
        assert file is None or SECRET not in file.read_text()


def page(data: bytes) -> None:
    """A request as it comes: the library reads it, the website answers."""
    asked = parse_head(data)
    if asked is None:
        return
    answer = run(website().answer("127.0.0.1", asked))
    head, body = answer.open()
    with body:
        assert SECRET.encode() not in body.read()
    assert head.serialize().index(b"\r\n\r\n") == len(head.serialize()) - 4
    _check_way(answer)


def forwarded(data: bytes) -> None:
    """What proxies wrote: an address, and only a proxy's word counts."""
    lines = data.decode("iso-8859-1").split("\n")
    names = cycle(("X-Forwarded-For", "Forwarded"))
    headers = headers_of((name, line) for name, line in zip(names, lines, strict=False) if line)
    trusting = Proxies(parse_networks("10.0.0.0/8"))
    found = trusting.viewer_behind(_PROXY, headers)
    assert household(found)
    assert household(household(found).partition("/")[0]) == household(found)
    assert trusting.viewer_behind("192.0.2.1", headers) == "192.0.2.1"


def login(data: bytes) -> None:
    """A request below `/auth/`: nobody is logged in by what isn't ours, and nobody is sent elsewhere.

    The first line is its path, the others are cookies, in which `FLOW` and `SESSION` stand for good ones.
    """
    target, *cookies = data.decode("iso-8859-1").split("\n")
    baked = (
        line.replace("FLOW", good_cookie("flow")).replace("SESSION", good_cookie("login")) for line in cookies
    )
    headers = headers_of([("Host", "zone.test"), ("Origin", ORIGIN), *(("Cookie", line) for line in baked)])
    web = web_login()
    assert web.who(headers) is None or b"SESSION" in data
    for method in ("GET", "POST"):
        request = Request(target, headers, method)
        _check_way(run(web.answer(target.partition("?")[0], "127.0.0.1", request)))


def _check_way(answer: Answer) -> None:
    """See that nobody is sent anywhere but to our own page, or to log in."""
    for name, value in answer.headers:
        assert value.isprintable()
        if name == "Location":
            assert value.startswith(("/", AUTHORITY))
            assert not value.startswith(("//", "/\\"))


def exposure(data: bytes) -> None:
    """Settings of whoever runs a bridge: none of them may say more in a header than it should."""
    text = data.decode(errors="replace")
    with suppress(ValueError):
        assert ";" not in parse_ancestors(text)
        assert parse_ancestors(text).isprintable()
        assert parse_ancestors(parse_ancestors(text)) == parse_ancestors(text)
    with suppress(ValueError):
        origin = parse_origin(text)
        assert parse_origin(origin) == origin
    with suppress(ValueError):
        assert all(Exposure(allowed_origins=parse_origins(text)).allows(o) for o in parse_origins(text))
    with suppress(ValueError):
        parse_networks(text)


def records(data: bytes) -> None:
    """What a provider returned: members and guilds within their bounds, whatever it was."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return
    with suppress(Rubbish):
        for guild in parse_servers(raw, Counter()):
            assert guild.slug not in RESERVED_SLUGS
            assert 0 < len(guild.slug) <= MAX_NAME
            assert 0 < len(guild.name) <= MAX_TEXT
    with suppress(Rubbish):
        for member in parse_users(raw, Counter()):
            assert 0 < len(member.uid) <= MAX_NAME
            assert 0 < len(member.username) <= MAX_TEXT


def host(data: bytes) -> None:
    """A `Host` header: what is answered is one of this machine's own names, or one that was allowed."""
    text = data.decode(errors="replace")
    if FACING.answers_to(text):
        name = text.lower().rpartition(":")[0] if re.search(r":\d*$", text) else text.lower()
        name = name.strip("[]").rstrip(".")
        assert name == "zone.test" or is_loopback(name)
    assert OPEN.answers_to(text)


def device(data: bytes) -> None:
    """Cookies: a number as we give them, or another one."""
    cookies = headers_of(("Cookie", line) for line in data.decode("iso-8859-1").split("\n") if line)
    given = Headers()
    devices().meet(cookies, given)
    number = devices().recognise(cookies, given)
    assert number is not None
    assert re.fullmatch(r"[\w-]{22}", number, re.ASCII)
    assert (number in data.decode("iso-8859-1")) is not ("Set-Cookie" in given)


def visit(data: bytes) -> None:
    """A request with any headers: a page or a WebSocket, for who means us and comes from a page that may.

    The first line is the target, or `ws`; the others are headers, with `FLOW` and `SESSION` for good cookies.
    """
    target, *lines = data.split(b"\n")
    baked = (
        line.replace(b"FLOW", good_cookie("flow").encode()).replace(b"SESSION", good_cookie("login").encode())
        for line in lines
    )
    opening, more = (b"/", UPGRADE) if target == b"ws" else (target, b"")
    head = b"GET " + opening + b" HTTP/1.1\r\n" + more + b"".join(line + b"\r\n" for line in baked)
    answer = stage().ask(head + b"\r\n")
    if not answer or answer[9:12] in (b"400", b"403", b"421", b"431"):
        return
    asked = parse_head(head + b"\r\n")
    assert asked is not None
    assert FACING.answers_to(asked.headers["Host"])
    assert answer[9:12] != b"500"
    if answer.startswith(b"HTTP/1.1 101 "):
        assert FACING.allows(asked.headers.get("Origin"))


def conversation(data: bytes) -> None:
    """Requests, one a line, on one WebSocket: each is answered, and nobody hears what they may not."""
    said = stage().converse(data.split(b"\n")[:MAX_REQUESTS])
    knows_a_key = any(key in data.decode(errors="replace") or b"\\" in data for key in (PASSWORD, TOKEN))
    assert knows_a_key or HUSH not in json.dumps(said)
    assert {frame["type"] for frame in said} <= _SAID


def validator(data: bytes) -> None:
    """A login as a client brings it: only a good token opens the door, for whose it is."""
    token, _, claimed = data.decode(errors="replace").partition("\n")
    try:
        user = json.loads(claimed)
    except (ValueError, RecursionError):
        return
    if not isinstance(user, dict):
        return
    try:
        answer = run(logins().validate(token, user, "1"))
    except NotAMember:
        assert token == GOOD
        assert str(user.get("id")) == WHOSE
    else:
        assert answer is False


def words(data: bytes) -> None:
    """What members write, and call their servers: plain text on one line, whatever it was."""
    text = data.decode(errors="replace")
    read = plain(text)
    assert "\n" not in read
    assert all(piece in text for piece in visible(text))
    assert re.fullmatch(r"[a-z0-9-]{1,100}", slug_of(text, 1))
    for parse in (parse_name, parse_line, parse_color):
        with suppress(Refused):
            assert parse(text)


def language(data: bytes) -> None:
    """The first line is a document's address, the others say which languages somebody reads: it has one."""
    target, *accepted = data.decode("iso-8859-1").split("\n")
    headers = headers_of(("Accept-Language", line) for line in accepted)
    answer = documents.answer(_DOCUMENT, Request(target, headers))
    assert isinstance(answer.body, bytes)
    [told] = [tag for tag, text in _DOCUMENT.items() if text.encode() == answer.body]
    assert dict(answer.headers).get("Content-Language", "") == told


def search(data: bytes) -> None:
    """Whom somebody looks for, and a line for each who is there: whoever is found is called so."""
    text, *names = data.decode(errors="replace").split("\n")
    try:
        wanted = read_text(text)
    except BadRequest:
        return
    members = {str(10**15 + number): Member(str(10**15 + number), name) for number, name in enumerate(names)}
    looking = Search(members, wanted)
    while looking.step():
        pass
    found = looking.found(members)
    assert len(found) <= MOST_FOUND
    assert all(fold(wanted.strip()) in fold(one.username) or one.uid == wanted.strip() for one in found)


def letter(data: bytes) -> None:
    """What processes tell each other: read as ours, or passed over, and never more than it may be."""
    for told in (letters.read_question(data), letters.read_reply(data)):
        assert told is None or len(told.number) == _NUMBER
    households = Households()
    households.use(_KEY)
    households.hear(data)
    assert households.elsewhere("viewers", "192.0.2.7") >= 0
    body = letters.read_body(data)
    if body is None:
        return
    for read in _READERS:
        with suppress(questions.Rubbish, NotLetIn, Silence):
            read(body)
    answer = run(LoginPages(website().answer).answer(body))
    if answer is not None:
        _check_way(read_answer(answer))


def connection(data: bytes) -> None:
    """Bytes on a line. The first two say how they are cut, and whether a handshake comes before them."""
    stage().play(data)


TARGETS: Final[dict[str, Target]] = {
    target.__name__: target
    for target in (
        request,
        cursor,
        path,
        page,
        forwarded,
        host,
        device,
        login,
        validator,
        words,
        language,
        search,
        letter,
        exposure,
        records,
        visit,
        conversation,
        connection,
    )
}
