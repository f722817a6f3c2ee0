"""One viewer's conversation, through a real socket, frame by frame."""

import asyncio
import gc
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.extensions.permessage_deflate import PerMessageDeflate

from bridge.model import Channel, GuildInfo, Member
from bridge.problems import LOGIN_NEEDED, NO_SUCH_SERVER, NOT_THERE_YET, UNKNOWN_TYPE, WRONG_PASSWORD, Problem
from bridge.server import WebSocketServer
from bridge.viewers.listening import FRAMES_WAITING
from bridge.viewers.outbox import Outbox
from bridge.wire.protocol import Credentials
from tests.bridge.conftest import DWORLD, REPOS, VAULT, Start, patient
from tests.bridge.source import Source
from tests.bridge.watchers import PATIENCE, Json, dialled, handshake, masked, unpacked, until, watching

HIDDEN = GuildInfo("555", "cellar", "The Cellar", listed=False)

# The sentences of the protocol, word by word: clients and their users know them.
NO_SUCH_SERVER_TEXT = "Sorry, couldn't connect to that Discord server."
WRONG_PASSWORD_TEXT = "Sorry, wrong password for that Discord server."
LOGIN_NEEDED_TEXT = "This server requires Discord authentication. Please login with Discord."


# The greeting


async def test_the_greeting_lists_the_guilds(bridge: WebSocketServer) -> None:
    """The first frame of a connection; `passworded` always, `default` where true, never a password."""
    bridge.show_guild(HIDDEN, [])
    async with watching(bridge, greeted=False) as viewer:
        assert await viewer.hear() == {
            "type": "server-list",
            "data": {
                DWORLD.id: {"id": "dworld", "name": "D-World", "passworded": False, "default": True},
                REPOS.id: {"id": "repos", "name": "My Repos", "passworded": False},
                VAULT.id: {"id": "vault", "name": "The Vault", "passworded": True},
            },
        }


async def test_the_greeting_comes_once(bridge: WebSocketServer) -> None:
    """A second one would make old clients join again."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.enter("repos")
        assert await viewer.has_heard_everything()


async def test_who_asks_for_members_before_the_greeting_is_answered_first(bridge: WebSocketServer) -> None:
    """Handshake and request in one packet: the answer, then the greeting."""
    request = {"type": "get_user_data", "serverId": DWORLD.id}
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + masked(json.dumps(request).encode()))
        await viewer.hear_handshake()
        assert [(await viewer.hear())["type"] for _ in range(2)] == ["user_data", "server-list"]


@pytest.mark.parametrize(
    ("frame", "answer"),
    [(b'{"type":"connect","data":{"server":"repos"}}', "server-join"), (b"rubbish", "error")],
    ids=["connect", "rubbish"],
)
async def test_whatever_else_comes_early_is_answered_after_the_greeting(
    bridge: WebSocketServer, frame: bytes, answer: str
) -> None:
    """The list of servers comes before a room, and the connection goes on."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + masked(frame))
        await viewer.hear_handshake()
        assert [(await viewer.hear())["type"] for _ in range(2)] == ["server-list", answer]


async def test_the_greeting_waits_for_who_asks_for_members_soon(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame sent right after the handshake counts as spoken first."""
    monkeypatch.setattr("bridge.viewers.session.GREETING_PATIENCE", PATIENCE)
    async with watching(bridge, greeted=False) as viewer:
        await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert [(await viewer.hear())["type"] for _ in range(2)] == ["user_data", "server-list"]


@pytest.mark.parametrize("path", ["/", "/ws", "/some/where?x=1"])
async def test_any_path_is_accepted(bridge: WebSocketServer, path: str) -> None:
    """Clients come through proxies with paths of their own."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake().replace(b"GET /", f"GET {path}".encode()))
        await viewer.hear_handshake()
        assert (await viewer.hear())["type"] == "server-list"


async def test_no_connection_keeps_a_compressor(bridge: WebSocketServer) -> None:
    """Neither ours nor the client's, though both compress: memory for each viewer stays small."""
    async with watching(bridge) as viewer:
        [connection] = bridge.connections
        for extension in (*viewer.connection.protocol.extensions, *connection.protocol.extensions):
            assert isinstance(extension, PerMessageDeflate)
            assert extension.remote_no_context_takeover
            assert extension.local_no_context_takeover


# connect


async def test_an_old_client_joins(bridge: WebSocketServer) -> None:
    """Exactly these fields, and no others."""
    async with watching(bridge) as viewer:
        await viewer.ask("dworld")
        assert await viewer.hear() == {
            "type": "server-join",
            "data": {
                "users": {
                    "111": {"uid": "111", "username": "Ada", "status": "online", "roleColor": "#5865f2"},
                    "222": {"uid": "222", "username": "Beppo", "status": "idle", "roleColor": "#ffffff"},
                },
                "request": {"server": "dworld"},
                "serverName": "D-World",
            },
        }


@pytest.mark.parametrize(
    ("server", "slug"),
    [
        (None, "dworld"), ("", "dworld"), ("   ", "dworld"), ("\t\n", "dworld"), ("default", "dworld"),
        ("dworld", "dworld"), (" repos ", "repos"), ("repos\n", "repos"), (REPOS.id, "repos"),
        (int(REPOS.id), "repos"), (f" {REPOS.id} ", "repos"),
    ],
)  # fmt: skip
async def test_what_a_server_may_be_called(bridge: WebSocketServer, server: object, slug: str) -> None:
    """Null, blank, slug, snowflake, number: the answer names the slug, never `default`."""
    async with watching(bridge) as viewer:
        assert (await viewer.enter(server))["request"] == {"server": slug}


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {}}])
async def test_a_request_without_a_server_is_for_the_default(bridge: WebSocketServer, data: Json) -> None:
    """As a first visit sends it."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "connect", **data})
        assert (await viewer.hear())["data"]["request"] == {"server": "dworld"}


async def test_binary_frames_are_read_like_text(bridge: WebSocketServer) -> None:
    """The oldest client sends them; what it gets is text."""
    async with watching(bridge) as viewer:
        await viewer.say(json.dumps({"type": "connect", "data": {"server": "repos"}}).encode())
        assert json.loads(await viewer.hear_text())["data"]["request"] == {"server": "repos"}


async def test_a_request_in_fragments(bridge: WebSocketServer) -> None:
    """Frames may come in pieces."""
    async with watching(bridge) as viewer:
        await viewer.say_in_fragments(['{"type":"conn', 'ect","data":{"serv', 'er":"repos"}}'])
        assert (await viewer.hear())["data"]["request"] == {"server": "repos"}


async def test_an_unlisted_guild_opens_by_its_link(bridge: WebSocketServer) -> None:
    """It is only left out of the list."""
    bridge.show_guild(HIDDEN, [])
    async with watching(bridge) as viewer:
        assert (await viewer.enter("cellar"))["serverName"] == "The Cellar"


async def test_an_unknown_server(bridge: WebSocketServer) -> None:
    """The sentence that clients know, and the connection stays."""
    async with watching(bridge) as viewer:
        await viewer.ask("nowhere")
        assert await viewer.hear_error() == Problem(NO_SUCH_SERVER.code, NO_SUCH_SERVER_TEXT)
        await viewer.enter("dworld")


async def test_a_protected_server_wants_a_login(bridge: WebSocketServer) -> None:
    """The sentence that clients know, and the connection stays."""
    async with watching(bridge) as viewer:
        await viewer.ask("vault")
        assert await viewer.hear_error() == Problem(LOGIN_NEEDED.code, LOGIN_NEEDED_TEXT)
        await viewer.enter("dworld")


async def test_a_wrong_password(bridge: WebSocketServer) -> None:
    """The sentence that clients know, and the connection stays."""
    async with watching(bridge) as viewer:
        await viewer.ask("vault", password="open")
        assert await viewer.hear_error() == Problem(WRONG_PASSWORD.code, WRONG_PASSWORD_TEXT)
        await viewer.enter("dworld")


async def test_the_right_password_is_echoed(bridge: WebSocketServer) -> None:
    """For the v1 client's reconnect link."""
    async with watching(bridge) as viewer:
        data = await viewer.enter("vault", password="sesame")
        assert data["request"] == {"server": "vault", "password": "sesame"}


async def test_a_protected_server_without_a_validator_lets_no_login_in(bridge: WebSocketServer) -> None:
    """However complete the login looks."""
    async with watching(bridge) as viewer:
        await viewer.ask("vault", discordToken="token", discordUser={"id": "7", "username": "Ada"})
        assert await viewer.hear_sentence() == LOGIN_NEEDED_TEXT


async def test_a_token_is_never_echoed(bridge: WebSocketServer) -> None:
    """Nor who it belongs to."""

    async def validate(token: str, user: object, guild_id: str) -> bool:
        return token == "secret-token"

    bridge.on_validate_discord_user(validate)
    async with watching(bridge) as viewer:
        await viewer.ask(
            "vault", discordToken="secret-token", discordUser={"id": "7", "username": "secret-name"}
        )
        text = await viewer.hear_text()
    assert json.loads(text)["data"]["request"] == {"server": "vault"}
    assert "secret" not in text


async def test_connecting_again_changes_room(bridge: WebSocketServer) -> None:
    """Events of the new room come, those of the old one don't."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.enter("repos")
        await bridge.broadcast_message(DWORLD.id, "111", "in the old room", "9")
        await bridge.broadcast_message(REPOS.id, "333", "in the new room", "9")
        assert (await viewer.hear())["data"]["message"] == "in the new room"
        assert await viewer.has_heard_everything()


async def test_words_that_wait_are_left_out_with_the_room(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who only asks for the same room again is still told of them."""
    left_out: list[Outbox] = []

    def note(outbox: Outbox) -> None:
        left_out.append(outbox)

    monkeypatch.setattr(Outbox, "leave_words_out", note)
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        left_out.clear()
        await viewer.enter("dworld")
        assert left_out == []
        await viewer.enter("repos")
        assert len(left_out) == 1


@pytest.mark.parametrize("elsewhere", ["nowhere", "vault", ["dworld"]])
async def test_a_failed_change_leaves_the_viewer_where_it_was(
    bridge: WebSocketServer, elsewhere: object
) -> None:
    """It still gets the events of its room."""
    async with watching(bridge) as viewer:
        await viewer.enter("repos")
        await viewer.ask(elsewhere)
        await viewer.hear_sentence()
        await bridge.broadcast_message(REPOS.id, "333", "still here", "9")
        assert (await viewer.hear())["data"]["message"] == "still here"


async def test_connecting_to_the_same_room_again_gives_one_seat(bridge: WebSocketServer) -> None:
    """Events don't come twice."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        await viewer.hear_type("presence")
        await bridge.broadcast_presence(DWORLD.id, "222", "dnd")
        assert (await viewer.hear())["data"]["uid"] == "222"


async def test_a_viewer_without_a_room_hears_nothing(bridge: WebSocketServer) -> None:
    """Greeted is not seated."""
    async with watching(bridge) as viewer:
        await bridge.broadcast_message(DWORLD.id, "111", "hi", "9")
        assert await viewer.has_heard_everything()


async def test_the_client_id_comes_with_the_join(bridge: WebSocketServer) -> None:
    """Where one is known."""
    await bridge.broadcast_client_id_update(DWORLD.id, "4242")
    async with watching(bridge) as viewer:
        assert (await viewer.enter("dworld"))["clientId"] == "4242"


async def test_wishes_may_change_with_the_room(bridge: WebSocketServer) -> None:
    """Each `connect` says anew what it asks for."""
    async with watching(bridge) as viewer:
        assert "cursor" in await viewer.enter("dworld", batch=True)
        assert "cursor" not in await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert "cursor" not in await viewer.hear()


# get_user_data


async def test_user_data_of_a_guild(bridge: WebSocketServer) -> None:
    """By snowflake, without changing room."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "get_user_data", "serverId": REPOS.id})
        assert await viewer.hear() == {
            "type": "user_data",
            "serverId": REPOS.id,
            "users": {
                "333": {"uid": "333", "username": "Cedar", "status": "offline", "roleColor": "#ffffff"}
            },
        }


async def test_user_data_does_not_change_the_room(bridge: WebSocketServer) -> None:
    """The viewer stays seated where it was."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await viewer.say({"type": "get_user_data", "serverId": REPOS.id})
        await viewer.hear_type("user_data")
        await bridge.broadcast_message(DWORLD.id, "111", "still here", "9")
        assert (await viewer.hear())["data"]["message"] == "still here"


async def test_a_server_that_is_to_come(bridge: WebSocketServer) -> None:
    """Where the owner still expects guilds nobody says that there is none; then the old sentence is true."""
    bridge.expects_more_guilds = True
    async with watching(bridge) as viewer:
        await viewer.ask("nowhere")
        assert await viewer.hear_error() == NOT_THERE_YET
        bridge.expects_more_guilds = False
        await viewer.ask("nowhere")
        assert await viewer.hear_error() == NO_SUCH_SERVER


async def test_user_data_of_an_unknown_guild(bridge: WebSocketServer) -> None:
    """The same sentence as for `connect`."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "get_user_data", "serverId": "1"})
        assert await viewer.hear_sentence() == NO_SUCH_SERVER_TEXT


async def test_user_data_of_a_protected_guild(bridge: WebSocketServer) -> None:
    """The same admission rules as for `connect`."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert await viewer.hear_sentence() == LOGIN_NEEDED_TEXT


async def test_user_data_of_the_protected_guild_one_is_in(bridge: WebSocketServer) -> None:
    """Who was admitted need not show a password again."""
    async with watching(bridge) as viewer:
        await viewer.enter("vault", password="sesame")
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert (await viewer.hear())["users"].keys() == {"444"}


async def test_user_data_after_the_login_has_ended(bridge: WebSocketServer) -> None:
    """Also in the moment before they are let go for it."""

    async def validate(token: str, user: object, guild_id: str) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)

    bridge.on_validate_discord_user(validate)
    async with watching(bridge) as viewer:
        await viewer.enter("vault", discordToken="token", discordUser={"id": "7", "username": "Ada"})
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert (await viewer.hear())["type"] == "user_data"
        [session] = bridge._sessions.values()
        session._permit = replace(session._permit, until=time.time() - 1)
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert await viewer.hear_sentence() == LOGIN_NEEDED_TEXT


async def test_user_data_after_leaving_a_protected_guild(bridge: WebSocketServer) -> None:
    """A seat that was given up opens no door."""
    async with watching(bridge) as viewer:
        await viewer.enter("vault", password="sesame")
        await viewer.enter("dworld")
        await viewer.say({"type": "get_user_data", "serverId": VAULT.id})
        assert await viewer.hear_sentence() == LOGIN_NEEDED_TEXT


async def test_user_data_says_as_much_as_was_asked_for(bridge: WebSocketServer) -> None:
    """Who asked for events knows more of each member."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", events=["voice"])
        await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert (await viewer.hear())["users"]["111"]["bot"] is False


# Events as old clients know them


async def test_a_presence(bridge: WebSocketServer) -> None:
    """Only `uid` and `status` always."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "idle")
        assert await viewer.hear() == {
            "type": "presence", "server": DWORLD.id, "data": {"uid": "111", "status": "idle"},
        }  # fmt: skip


async def test_a_message(bridge: WebSocketServer) -> None:
    """Without what only newer clients know."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(DWORLD.id, "111", "hi", "9", id="5", channel_name="general")
        assert await viewer.hear() == {
            "type": "message",
            "server": DWORLD.id,
            "data": {"uid": "111", "message": "hi", "channel": "9"},
        }


async def test_a_beat_is_answered(bridge: WebSocketServer) -> None:
    """In a room and before there is one; that is no request for a room."""
    async with watching(bridge) as viewer:
        await viewer.say('{"type":"beat"}')
        assert await viewer.hear() == {"type": "beat"}
        await viewer.enter("dworld", batch=True, cursor="")
        await viewer.say('{"type":"beat"}')
        assert await viewer.hear() == {"type": "beat"}


async def test_a_client_id_update(bridge: WebSocketServer) -> None:
    """Exactly the frame that clients know."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_client_id_update(DWORLD.id, "4242")
        assert await viewer.hear() == {
            "type": "update-clientid", "server": DWORLD.id, "data": {"clientId": "4242"},
        }  # fmt: skip


async def test_a_request_to_refresh(bridge: WebSocketServer) -> None:
    """Exactly the frame that clients know."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message({"type": "refresh_data", "serverId": DWORLD.id})
        assert await viewer.hear() == {"type": "refresh_data", "serverId": DWORLD.id}


async def test_text_reaches_viewers_as_it_is(bridge: WebSocketServer) -> None:
    """Emoji, quotes, other scripts, and what looks like markup."""
    words = '🎉 "quotes" \\ <b>Привет</b> 你好 \u2028 \x00'
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        await bridge.broadcast_message(DWORLD.id, "111", words, "9")
        assert (await viewer.hear())["data"]["message"] == words


async def test_a_viewer_sees_everything_after_its_snapshot(bridge: WebSocketServer) -> None:
    """Joining in the middle of a burst: what is in the snapshot is not an event, the rest is."""
    async with watching(bridge) as early, watching(bridge) as late:
        await early.enter("dworld", batch=True)
        for number in range(50):
            await bridge.broadcast_message(DWORLD.id, "111", f"before {number}", "9")
        await late.ask("dworld", batch=True)
        join = await late.hear()
        for number in range(50):
            await bridge.broadcast_message(DWORLD.id, "111", f"after {number}", "9")
        assert join["type"] == "server-join"
        heard: list[str] = []
        while len(heard) < 50:
            heard += [event["data"]["message"] for event in await late.hear_events()]
        assert heard == [f"after {number}" for number in range(50)]


async def test_a_large_guild_joins(bridge: WebSocketServer) -> None:
    """A snapshot far larger than what a slow viewer may owe."""
    members = [Member(str(number), "x" * 100) for number in range(10_000, 30_000)]
    bridge.show_guild(DWORLD, members)
    async with watching(bridge) as viewer:
        assert len((await viewer.enter("dworld"))["users"]) == 20_000


@patient  # or who asks for so much twice is told, on a slow machine, that it costs too much
@pytest.mark.parametrize("compression", ["deflate", None])
async def test_a_very_large_guild_joins(
    bridge: WebSocketServer, monkeypatch: pytest.MonkeyPatch, compression: str | None
) -> None:
    """It is prepared in steps and comes in fragments; events and answers follow it."""
    monkeypatch.setattr("bridge.wire.framing.LONGEST_FRAME", 50_000)
    monkeypatch.setattr("bridge.wire.framing.FRAGMENT", 10_000)
    members = [Member(str(number), "x" * 100) for number in range(10_000, 30_000)]
    bridge.show_guild(DWORLD, members)
    async with watching(bridge, compression=compression) as viewer:
        await viewer.ask("dworld", batch=True)
        await viewer.say({"type": "get_user_data", "serverId": DWORLD.id})
        assert len((await viewer.hear())["data"]["users"]) == 20_000
        await bridge.broadcast_presence(DWORLD.id, "10000", "dnd")
        heard = [await viewer.hear() for _ in range(2)]
        assert {frame["type"] for frame in heard} == {"presence", "user_data"}
        assert [len(frame["users"]) for frame in heard if "users" in frame] == [20_000]


# What a client may ask for


async def test_with_batch_a_burst_comes_together(bridge: WebSocketServer) -> None:
    """In order, each event with its cursor, and the last one's beside."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", batch=True)
        for number in range(100):
            await bridge.broadcast_message(DWORLD.id, "111", str(number), "9")
        frames: list[Json] = []
        while len(unpacked(frames)) < 100:
            frames.append(await viewer.hear())
        assert len(frames) < 100
        assert [event["data"]["message"] for event in unpacked(frames)] == [
            str(number) for number in range(100)
        ]
        assert frames[-1]["type"] == "batch"
        assert frames[-1]["cursor"] == frames[-1]["events"][-1]["cursor"]


@pytest.mark.parametrize("field", [{"batch": True}, {"events": ["typing"]}, {"cursor": "from elsewhere"}])
async def test_a_cursor_comes_with_everything_asked_for(bridge: WebSocketServer, field: Json) -> None:
    """With the join and with every event."""
    async with watching(bridge) as viewer:
        data = await viewer.enter("dworld", **field)
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        event = await viewer.hear()
        assert isinstance(data["cursor"], str)
        assert isinstance(event["cursor"], str)
        assert data["cursor"] != event["cursor"]


async def test_a_cursor_of_elsewhere_gets_a_full_snapshot(bridge: WebSocketServer) -> None:
    """What the room doesn't hold any more can't be resumed."""
    async with watching(bridge) as viewer:
        data = await viewer.enter("dworld", cursor="from elsewhere")
        assert data["users"].keys() == {"111", "222"}
        assert "resumed" not in data


async def test_events_asked_for_come(bridge: WebSocketServer) -> None:
    """And those not asked for don't."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", events=["typing"])
        await bridge.broadcast_reaction(DWORLD.id, "111", "9", "🎉")
        await bridge.broadcast_typing(DWORLD.id, "111", "9")
        event = await viewer.hear()
        assert event["type"] == "typing"
        assert event["data"] == {"uid": "111", "channel": "9"}


async def test_channels_and_counts_come_with_events_asked_for(bridge: WebSocketServer) -> None:
    """What a room looks like, and how many are in it."""
    bridge.show_guild(DWORLD, channels=[Channel("9", "general", "text", "Talk", 1)])
    async with watching(bridge) as viewer:
        data = await viewer.enter("dworld", events=["typing"])
        assert data["channels"] == {
            "9": {"name": "general", "kind": "text", "category": "Talk", "position": 1}
        }
        assert data["counts"] == {"members": 2, "online": 2, "shown": 2}


async def test_more_of_a_message_comes_with_events_asked_for(bridge: WebSocketServer) -> None:
    """Its id, its channel's name, whom it answers."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld", events=["edit"])
        await bridge.broadcast_message(
            DWORLD.id, "111", "hi", "9", id="5", channel_name="general", reply_to="222"
        )
        assert (await viewer.hear())["data"] == {
            "uid": "111", "message": "hi", "channel": "9", "id": "5", "channelName": "general",
            "replyTo": "222",
        }  # fmt: skip


@pytest.mark.parametrize(
    "server", ["__proto__", "../dworld", "dworld\x00", "%64world", "DWORLD", "🎉", "\ud83d"]
)
async def test_odd_names_are_unknown_servers(bridge: WebSocketServer, server: str) -> None:
    """A name is compared, nothing else."""
    async with watching(bridge) as viewer:
        await viewer.ask(server)
        assert await viewer.hear_sentence() == NO_SUCH_SERVER_TEXT


async def test_a_viewer_that_hangs_up_is_forgotten(bridge: WebSocketServer) -> None:
    """Also in the middle of a frame."""
    async with dialled(bridge) as viewer:
        await viewer.say(handshake() + masked(b'{"type":"connect"}')[:7])
        await viewer.hear_handshake()
        await viewer.hear()
    async with watching(bridge) as other:
        await other.enter("dworld")
        await bridge.broadcast_presence(DWORLD.id, "111", "dnd")
        assert (await other.hear())["type"] == "presence"


# Doors that change


async def test_a_guild_that_gets_a_lock_lets_its_viewers_go(bridge: WebSocketServer) -> None:
    """Whoever came through the open door is told why, and may knock again."""
    async with watching(bridge) as viewer:
        await viewer.enter("dworld")
        bridge.show_guild(replace(DWORLD, protected=True))
        assert await viewer.hear_error() == LOGIN_NEEDED
        with pytest.raises(ConnectionClosedError) as closed:
            await viewer.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_another_application_to_log_in_with_is_announced(start: Start, source: Source) -> None:
    """A client that is here already hears of it when somebody else joins."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=0)
    source.feed(server)
    applications = ["111111111111111111", "222222222222222222"]

    async def get_client_id(server_id: str) -> str:
        return applications.pop(0)

    server.on_get_client_id(get_client_id)
    async with watching(await start(server)) as here, watching(server) as newcomer:
        assert (await here.enter("one"))["clientId"] == "111111111111111111"
        assert (await newcomer.enter("one"))["clientId"] == "222222222222222222"
        assert (await here.hear_type("update-clientid"))["data"] == {"clientId": "222222222222222222"}


async def test_who_speaks_while_the_greeting_is_prepared_is_heard(start: Start, source: Source) -> None:
    """The provider takes its time over the list; the viewer's first words are not lost on it."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=0)
    source.feed(server)
    source.hold("servers")
    async with watching(await start(server), greeted=False) as viewer:
        await source.was_asked("servers")
        await viewer.say({"type": "connect", "data": {"server": "two"}})
        source.release("servers")
        assert (await viewer.hear())["type"] == "server-list"
        assert (await viewer.hear())["data"]["request"] == {"server": "two"}


async def test_a_lock_that_comes_while_somebody_enters_keeps_them_out(start: Start, source: Source) -> None:
    """The door was open when they knocked, and shut before they were in."""
    server = WebSocketServer(0, "127.0.0.1", refresh_interval=0)
    source.feed(server)
    async with watching(await start(server)) as entering, watching(server) as other:
        source.hold("1")
        await entering.say({"type": "connect", "data": {"server": "one"}})
        await source.was_asked("1")
        source.servers = {**source.servers, "1": {**source.servers["1"], "passworded": True}}
        await other.enter("two")  # by which the list is asked for again
        source.release("1")
        assert await entering.hear_error() == LOGIN_NEEDED


# What is kept of a viewer


async def test_what_somebody_brought_is_not_kept(bridge: WebSocketServer) -> None:
    """But for the password, which is echoed: who they say they are may weigh twenty times what they sent."""
    async with watching(bridge) as viewer:
        user = {"id": "7", "heavy": [[]] * 3_000}
        data = {"server": "dworld", "password": "p", "discordToken": "t", "discordUser": user, "cursor": "c"}
        await viewer.say({"type": "connect", "data": data})
        await viewer.hear_type("server-join")
        (session,) = bridge._sessions.values()
        assert session._request.credentials == Credentials(password="p")
        assert session._request.cursor is None


async def test_the_first_frame_is_not_kept(bridge: WebSocketServer) -> None:
    """It may be as long as a frame may be, and a viewer stays for hours."""
    async with watching(bridge) as viewer:
        await viewer.say({"type": "connect", "data": {"server": "dworld", "pad": "first of all"}})
        await viewer.hear_type("server-join")
        await viewer.say({"type": "x"})
        await viewer.hear_type("error")
        tasks = [thing for thing in gc.get_objects() if type(thing) is asyncio.Task]
        done = [task for task in tasks if task.done() and not task.cancelled() and not task.exception()]
        assert [task for task in done if "first of all" in str(task.result())] == []


async def test_few_frames_wait_in_memory(bridge: WebSocketServer) -> None:
    """Where a request takes a while, what else somebody asks for waits at their side."""
    held = asyncio.Event()

    async def validate(token: str, user: Any, guild_id: str) -> bool:
        await held.wait()
        return False

    bridge.on_validate_discord_user(validate)
    bridge.show_guild(VAULT)
    login = {"discordToken": "t", "discordUser": {"id": "7"}}
    large = masked(json.dumps({"type": "x", "pad": "x" * 15_000}).encode())
    async with dialled(bridge) as viewer:
        asked = masked(json.dumps({"type": "connect", "data": {"server": VAULT.id, **login}}).encode())
        await viewer.say(handshake())
        await viewer.hear_handshake()
        assert (await viewer.hear())["type"] == "server-list"
        await viewer.say(asked + large * (FRAMES_WAITING + 1))
        (connection,) = bridge.connections
        await until(lambda: connection.recv_messages.paused, "nothing more is read")
        held.set()
        said = [(await viewer.hear())["data"]["message"] for _ in range(FRAMES_WAITING + 2)]
        assert said == [LOGIN_NEEDED.sentence] + [UNKNOWN_TYPE.sentence] * (FRAMES_WAITING + 1)
