"""A Discord on the loopback interface: a world, its gateway and REST API, and verbs that change it.

Every verb changes the world and at once dispatches what Discord would. While no session is known (before the
first identify, and after `lose_sessions`) nobody hears of a change: the next `READY` shows its outcome.
"""

from __future__ import annotations

import socket
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests.e2e.gateway import DIRECT_MESSAGES, PRIVILEGED, Gateway
from tests.e2e.guild import HAS_THREAD, Guild, Member, changed, written
from tests.e2e.interactions import (
    BUTTON,
    COMMAND,
    COMPONENT,
    EPHEMERAL,
    IN_DIRECT_MESSAGES,
    SUBMIT,
    Interactions,
    Reply,
    button,
    chosen_from,
    filled_in,
    menu,
    slash,
)
from tests.e2e.model import (
    BAN_MEMBERS,
    BOOSTED,
    CANCELED,
    CHANCE,
    COMPLETED,
    DIRECT,
    EMBED_LINKS,
    FIRST_MOMENT_MS,
    JOINED_AT,
    PARTLY,
    POLL_CLOSED,
    PUBLIC_THREAD,
    SCHEDULED,
    SEND_MESSAGES,
    THREAD_MADE,
    VIEW_CHANNEL,
    Channel,
    Emoji,
    Payload,
    Role,
    User,
)
from tests.e2e.posts import Posts
from tests.e2e.rest import BASE, Rest
from tests.e2e.waiting import Bell
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from tests.e2e.model import Planned

IP_FREEBIND = 15  # Linux's, which Python has no name for
INVITED = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS  # what our invite link asks for
TOKEN = "MTA1.loopback.it-must-never-be-seen-anywhere"  # opens nothing


NOTHING_MORE: Payload = {"id": "1", "created_at": FIRST_MOMENT_MS} | dict.fromkeys(
    (
        "url",
        "timestamps",
        "application_id",
        "details",
        "state",
        "emoji",
        "party",
        "assets",
        "secrets",
        "buttons",
    )
)
"""What Discord says of an activity beside its name and its type: often nothing, and then null."""


class LoopbackDiscord:
    """An async context manager that serves while entered; `api_url` is its REST base.

    `token` is the bot's, `shards` how many of them `GET /gateway/bot` advises. `intents` are the privileged
    intents that are on, "members", "presences" and "message_content"; take one out to have it refused. `host`
    is an address of this machine, perhaps in a network that isn't up yet.
    """

    def __init__(self, *, token: str = TOKEN, shards: int = 1, host: str = "127.0.0.1") -> None:
        self._host = host
        self.intents = set(PRIVILEGED)
        self.bot = User("d-zone", bot=True)
        self.owner = User("owner", "The Owner", status="offline")
        self.guilds: dict[int, Guild] = {}
        self._bell = Bell()
        self.gateway = Gateway(self.bot, self.guilds, self.intents, self._bell)
        self.posts = Posts(self.bot, self.guilds, self.gateway, self._bell)
        self.interactions = Interactions(self.bot, self._bell, self.posts.tell, self._tell_of_answer)
        self.rest = Rest(
            self.bot, self.owner, self.guilds, self.intents, self.interactions, self.posts, self._bell
        )
        self.oauth = self.rest.oauth
        self.rest.leave = self.leave
        self.rest.shards = shards
        self.rest.start_limit = self.gateway.start_limit
        self.rest.token = self.gateway.token = token
        self._port = free_port()  # while it is out of reach the system may give others of its own away
        self._site: web.SockSite
        app = web.Application()
        app.router.add_get("/gateway", self.gateway.serve)
        self.rest.route(app)
        # On leaving, nobody is given time to say goodbye: a client that is still there is a test that failed.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await self._listen()
        host, port = self._runner.addresses[0][:2]
        self.api_url = f"http://{host}:{port}{BASE}"
        self.gateway.url = self.rest.gateway_url = f"ws://{host}:{port}/gateway"
        return self

    async def _listen(self) -> None:
        """Take connections, at the same port as before."""
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            door.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
        door.bind((self._host, self._port))
        self._site = web.SockSite(self._runner, door)
        await self._site.start()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.drop()
        await self._runner.cleanup()

    # Milestones. Counts are totals since the start, so that nothing can be missed by asking late.

    async def identified(self, times: int = 1) -> None:
        """Wait until so many identifies have come in all."""
        await self._bell.until(lambda: len(self.gateway.identifies) >= times, self._progress)

    async def heard(self, times: int = 1) -> None:
        """Wait until so many identifies have come in all, and whoever is there has heard what came of it."""
        await self.identified(times)
        await self.gateway.hear_beats()

    async def resumed(self, times: int = 1) -> None:
        """Wait until so many sessions have been resumed in all."""
        await self._bell.until(lambda: len(self.gateway.resumes) >= times, self._progress)

    async def disconnected(self) -> None:
        """Wait until none of the gateway connections that are open now is open any more."""
        here = set(self.gateway.connections)
        await self._bell.until(lambda: here.isdisjoint(self.gateway.connections), self._progress)

    async def members_requested(self, times: int = 1) -> None:
        """Wait until members have been asked for so many times in all."""
        await self._bell.until(lambda: len(self.gateway.member_requests) >= times, self._progress)

    async def info_requested(self, times: int = 1) -> None:
        """Wait until channel info has been asked for so many times in all."""
        await self._bell.until(lambda: len(self.gateway.info_requests) >= times, self._progress)

    async def posted(self, channel: Channel, sight: Callable[[list[Payload]], bool] = bool) -> list[Payload]:
        """Wait until what the bot has written in a channel looks as it should, and return it."""
        await self._bell.until(lambda: sight(self.posts.of(channel)), self._progress)
        return self.posts.of(channel)

    async def accepted(self, times: int) -> None:
        """Wait until the gateway has accepted so many connections in all."""
        await self._bell.until(lambda: self.gateway.accepted >= times, self._progress)

    async def refused(self, times: int = 1) -> None:
        """Wait until the gateway has refused so many connections in all."""
        await self._bell.until(lambda: self.gateway.refusals >= times, self._progress)

    async def requested(self, request: str, times: int = 1) -> None:
        """Wait until a request such as `GET /gateway/bot` has come so many times in all."""
        await self._bell.until(lambda: self.rest.requests.count(request) >= times, self._progress)

    def _progress(self) -> str:
        gateway = self.gateway
        return (
            f"{len(gateway.identifies)} identifies, {len(gateway.resumes)} resumes, "
            f"{len(gateway.member_requests)} requests for members, {len(gateway.connections)} connections, "
            f"REST: {self.rest.requests}"
        )

    # What may befall a connection.

    def drop(self) -> None:
        """Cut every gateway connection without a close frame; sessions may be resumed."""
        for connection in self.gateway.connections:
            connection.abort()

    @asynccontextmanager
    async def out_of_reach(self, *, gateway: bool = True) -> AsyncIterator[None]:
        """Be where nobody listens: every connection is cut, and new ones are refused.

        Those to the gateway stay if it isn't meant.
        """
        await self._site.stop()
        assert self._runner.server is not None
        spared = set() if gateway else {connection.transport for connection in self.gateway.connections}
        for connection in self._runner.server.connections:  # also those that are kept for a next request
            if connection.transport is not None and connection.transport not in spared:
                connection.transport.abort()
        yield
        await self._listen()

    def close_gateway(self, code: int) -> None:
        """Close every gateway connection with a code; sessions may be resumed."""
        for connection in self.gateway.connections:
            connection.close(code)

    def lose_sessions(self) -> None:
        """Forget every session: a resume will be refused, and what happens until then is told to nobody."""
        self.gateway.sessions.clear()

    # Making the world.

    def guild(self, name: str, *names: str) -> Guild:
        """Make a guild with the bot, its owner and members of those names, telling nobody."""
        guild = Guild(name, self.owner)
        for user in (self.owner, self.bot, *map(User, names)):
            guild.settle(user)
        guild.channel("the-vault", unseen=True)  # hardly a guild has none that bots may not view
        self.guilds[guild.id] = guild
        return guild

    # Guilds.

    def join(self, guild: Guild, *, permissions: int = INVITED) -> None:
        """Let the bot be added to a guild, with the permissions that whoever did so left to it."""
        self.guilds[guild.id] = guild
        me = guild.members[self.bot.id]
        me.joined_at = datetime.now(UTC).isoformat()
        me.roles = [guild.role(self.bot.username, permissions=permissions)]
        self.gateway.create_guild(guild)

    def leave(self, guild: Guild) -> None:
        """Let the bot be removed from a guild."""
        del self.guilds[guild.id]
        self.gateway.dispatch(guild, "GUILD_DELETE", {"id": str(guild.id)})

    def fail(self, guild: Guild) -> None:
        """Let a guild become unavailable."""
        guild.available = False
        self.gateway.dispatch(guild, "GUILD_DELETE", guild.stub())

    def recover(self, guild: Guild) -> None:
        """Let a guild be available again."""
        guild.available = True
        self.gateway.create_guild(guild, unavailable=False)

    def rename(self, guild: Guild, name: str) -> None:
        """Change a guild's name."""
        guild.name = name
        self.gateway.dispatch(guild, "GUILD_UPDATE", guild.properties())

    def create_channel(self, channel: Channel) -> None:
        """Tell of a channel or thread that was made."""
        event = "THREAD_CREATE" if channel.is_thread() else "CHANNEL_CREATE"
        self.gateway.dispatch(channel.guild, event, channel.payload() | {"newly_created": True})

    def change_channel(self, channel: Channel, **changes: Any) -> None:
        """Change a channel's fields, for example `hidden` or `nsfw`."""
        for field, value in changes.items():
            setattr(channel, field, value)
        self.gateway.dispatch(channel.guild, "CHANNEL_UPDATE", channel.payload())

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads, or a thread; of what was said in it nothing is told."""
        guild = channel.guild
        assert guild is not None
        del guild.channels[channel.id]
        if not channel.is_thread():
            self.gateway.dispatch(guild, "CHANNEL_DELETE", channel.payload())
            for thread in [each for each in guild.channels.values() if each.parent is channel]:
                if thread.is_thread():
                    del guild.channels[thread.id]
            return
        known = {key: channel.payload()[key] for key in ("id", "guild_id", "parent_id", "type")}
        self.gateway.dispatch(guild, "THREAD_DELETE", known)

    def caption(self, channel: Channel, status: str | None) -> None:
        """Put a line over a voice channel, or take it away."""
        channel.status = status
        assert channel.guild is not None
        told = {"id": str(channel.id), "guild_id": str(channel.guild.id), "status": status}
        self.gateway.dispatch(channel.guild, "VOICE_CHANNEL_STATUS_UPDATE", told)

    def boost(self, member: Member, channel: Channel | None = None) -> None:
        """Let a member boost their guild: it is told in three ways, and the message may be switched off."""
        guild = member.guild
        member.boosts_since = member.boosts_since or JOINED_AT
        guild.boosts += 1
        self.gateway.dispatch(guild, "GUILD_UPDATE", guild.properties())
        if channel is not None:
            self.say(channel, member, "", type=BOOSTED)
        self._tell_member("GUILD_MEMBER_UPDATE", member)

    def open_thread(self, thread: Channel, author: Member) -> None:
        """Let a member open a thread under a channel, which is told twice, and to who is added once more."""
        assert thread.parent is not None
        told = thread.payload() | {"owner_id": author.uid}
        self.gateway.dispatch(thread.guild, "THREAD_CREATE", told | {"newly_created": True})
        where = {"channel_id": str(thread.id), "guild_id": told["guild_id"]}
        self.say(thread.parent, author, thread.name, type=THREAD_MADE, message_reference=where)
        self.gateway.dispatch(thread.guild, "THREAD_CREATE", told | {"newly_created": True})

    def discuss(self, channel: Channel, message: Payload, author: Member, name: str) -> Channel:
        """Let a member open a thread about a message: it has the message's id."""
        guild = author.guild
        thread = Channel(name, guild, PUBLIC_THREAD, parent=channel, id=int(message["id"]))
        guild.channels[thread.id] = thread
        told = thread.payload() | {"owner_id": author.uid}
        self.gateway.dispatch(guild, "THREAD_CREATE", told | {"newly_created": True})
        message.update(changed(channel, message, flags=message["flags"] | HAS_THREAD, thread=told))
        self.gateway.dispatch(guild, "MESSAGE_UPDATE", message)
        return thread

    def ask(
        self,
        channel: Channel,
        author: Member | User,
        question: str,
        *,
        lasts_a_day: bool = True,
        **extra: Any,
    ) -> Payload:
        """Post a poll."""
        ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        answer = {"answer_id": 1, "poll_media": {"text": "Mars", "emoji": None}}
        poll = {
            "question": {"text": question},
            "answers": [answer, answer | {"answer_id": 2}],
            "expiry": ends if lasts_a_day else None,  # one of these days polls may have no end
            "allow_multiselect": False,
            "layout_type": 1,
            "results": {"is_finalized": False, "answer_counts": []},
        }
        return self.say(channel, author, "", poll=poll, **extra)

    def close_poll(self, channel: Channel, poll: Payload, *, told_by: str = "both") -> None:
        """Let a poll's time be up: its message changes, and another one says so; either may be late."""
        if told_by != "result":
            results = {"is_finalized": True, "answer_counts": [{"id": 1, "count": 2, "me_voted": False}]}
            poll.update(changed(channel, poll, poll=poll["poll"] | {"results": results}))
            self.gateway.dispatch(channel.guild, "MESSAGE_UPDATE", poll)
        if told_by != "change":
            where = {"type": 0, "channel_id": str(channel.id), "message_id": poll["id"]}
            fields = [{"name": "poll_question_text", "value": poll["poll"]["question"]["text"]}]
            result = [{"type": "poll_result", "fields": fields}]
            author = User(poll["author"]["username"], id=int(poll["author"]["id"]))
            self.say(channel, author, "", type=POLL_CLOSED, message_reference=where, embeds=result)

    def plan(self, event: Planned) -> None:
        """Tell of a scheduled event that was made, and once more."""
        event.guild.events[event.id] = event
        for _ in range(2):
            self.gateway.dispatch(event.guild, "GUILD_SCHEDULED_EVENT_CREATE", event.payload())

    def change_event(self, event: Planned, **changes: Any) -> None:
        """Change a scheduled event's fields, for example `status`; it may be told in part."""
        for field, value in changes.items():
            setattr(event, field, value)
        told = event.payload()
        if CHANCE.random() < PARTLY:
            for unneeded in ("creator", "name", "entity_metadata"):
                if unneeded.removeprefix("entity_") not in changes:
                    told.pop(unneeded)
        if event.status in (COMPLETED, CANCELED):
            event.guild.events.pop(event.id, None)
        self.gateway.dispatch(event.guild, "GUILD_SCHEDULED_EVENT_UPDATE", told)

    def delete_event(self, event: Planned) -> None:
        """Take a scheduled event back."""
        event.guild.events.pop(event.id, None)
        told = event.payload() | {"status": SCHEDULED}  # whatever it was
        self.gateway.dispatch(event.guild, "GUILD_SCHEDULED_EVENT_DELETE", told)

    def create_role(self, guild: Guild, role: Role) -> None:
        """Tell of a role that was made."""
        self.gateway.dispatch(guild, "GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": role.payload()})

    def change_role(self, guild: Guild, role: Role, **changes: Any) -> None:
        """Change a role's fields, for example its `color`."""
        for field, value in changes.items():
            setattr(role, field, value)
        self.gateway.dispatch(guild, "GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.payload()})

    def delete_role(self, guild: Guild, role: Role) -> None:
        """Delete a role."""
        del guild.roles[role.id]
        self.gateway.dispatch(
            guild, "GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)}
        )

    # Members.

    def add_member(self, guild: Guild, user: User, *, nick: str | None = None) -> Member:
        """Let a user join a guild; their presence follows, as it does on Discord."""
        member = guild.settle(user, nick=nick)
        self._tell_member("GUILD_MEMBER_ADD", member)
        if member.is_online():
            self.gateway.dispatch(guild, "PRESENCE_UPDATE", member.presence())
        self._tell_member("GUILD_MEMBER_ADD", member)  # once more: Discord does
        return member

    def remove_member(self, member: Member) -> None:
        """Let a member leave their guild; then Discord says that they are offline there, and talk no more."""
        guild = member.guild
        del guild.members[member.id]
        talked = guild.voice.pop(member.id, None) is not None
        gone = {"guild_id": str(guild.id), "user": member.user.payload()}
        self.gateway.dispatch(guild, "GUILD_MEMBER_REMOVE", gone)
        if member.is_online():
            offline = {"user": {"id": member.uid}, "status": "offline", "activities": [], "client_status": {}}
            self.gateway.dispatch(guild, "PRESENCE_UPDATE", offline | {"guild_id": str(guild.id)})
        if talked:
            silent = self.voice(member, None) | {"member": member.payload()}
            self.gateway.dispatch(guild, "VOICE_STATE_UPDATE", silent)

    def ban(self, member: Member) -> None:
        """Ban a member, and delete what they said: no event tells which messages.

        To a bot that may ban nobody itself they have left, like anybody else.
        """
        guild = member.guild
        told = {"guild_id": str(guild.id), "user": member.user.payload()}
        left_first = CHANCE.random() < PARTLY
        if left_first:
            self.remove_member(member)
        if guild.members[self.bot.id].permissions() & BAN_MEMBERS:
            self.gateway.dispatch(guild, "GUILD_BAN_ADD", told)
        if not left_first:
            self.remove_member(member)

    def set_status(self, member: Member, status: str) -> None:
        """Change a user's status, in every guild they share with the bot."""
        member.user.status = status
        self._tell_presence(member.user)

    def set_activities(self, member: Member, *activities: Payload) -> None:
        """Replace what a user is seen doing."""
        member.user.activities = [NOTHING_MORE | what for what in activities]
        self._tell_presence(member.user)

    def change_account(self, user: User, **changes: Any) -> None:
        """Change an account's fields, for example `global_name`; it comes with the user's presence."""
        for field, value in changes.items():
            setattr(user, field, value)
        self._tell_presence(user, full=True)

    def set_nick(self, member: Member, nick: str | None) -> None:
        """Change a member's nickname."""
        member.nick = nick
        if CHANCE.random() < PARTLY:
            self._tell_member("GUILD_MEMBER_ADD", member)  # a repeated one has the newer nickname
        self._tell_member("GUILD_MEMBER_UPDATE", member)

    def set_roles(self, member: Member, *roles: Role) -> None:
        """Replace a member's roles."""
        member.roles = list(roles)
        self._tell_member("GUILD_MEMBER_UPDATE", member)

    def _tell_member(self, event: str, member: Member) -> None:
        self.gateway.dispatch(member.guild, event, member.payload() | {"guild_id": str(member.guild.id)})

    def _tell_presence(self, user: User, *, full: bool = False) -> None:
        for guild in self.guilds.values():
            if user.id in guild.members:
                self.gateway.dispatch(guild, "PRESENCE_UPDATE", guild.members[user.id].presence(full=full))

    # What members do.

    def say(self, channel: Channel, author: Member | User, text: str, **extra: Any) -> Payload:
        """Post a message; `extra` adds to the message object or replaces parts of it."""
        message = written(channel, author, text, **extra)
        needs = None if channel.guild else DIRECT_MESSAGES
        self.gateway.dispatch(channel.guild, "MESSAGE_CREATE", message, needs=needs)
        return message

    def write_privately(self, user: User, text: str) -> Payload:
        """Send the bot a direct message."""
        return self.say(Channel("", None, DIRECT), user, text)

    def edit(self, channel: Channel, message: Payload, text: str) -> None:
        """Change a message's text; what Discord adds to a link may come later, with the text of before."""
        before = dict(message)
        message.update(changed(channel, message, content=text, edited_timestamp=JOINED_AT))
        self.gateway.dispatch(channel.guild, "MESSAGE_UPDATE", message)
        if before["edited_timestamp"] is None:
            self.add_preview(channel, before)

    def add_preview(self, channel: Channel, message: Payload) -> None:
        """Let Discord add the preview of a link to a message."""
        preview = {"type": "link", "title": "A page", "url": "https://example.org"}
        message.update(changed(channel, message, embeds=[preview]))
        self.gateway.dispatch(channel.guild, "MESSAGE_UPDATE", message)

    def delete(self, channel: Channel, *messages: Payload) -> None:
        """Delete a message, or several at once."""
        where = {"channel_id": str(channel.id), "guild_id": str(channel.guild.id if channel.guild else 0)}
        if len(messages) == 1:
            self.gateway.dispatch(channel.guild, "MESSAGE_DELETE", where | {"id": messages[0]["id"]})
        else:
            ids = [message["id"] for message in messages]
            self.gateway.dispatch(channel.guild, "MESSAGE_DELETE_BULK", where | {"ids": ids})

    def type(self, channel: Channel, member: Member) -> None:
        """Let a member begin to type."""
        started = {
            "channel_id": str(channel.id),
            "guild_id": str(member.guild.id),
            "user_id": member.uid,
            "timestamp": FIRST_MOMENT_MS // 1000,
            "member": member.payload(),
        }
        self.gateway.dispatch(member.guild, "TYPING_START", started)

    def react(self, channel: Channel, member: Member, message: Payload, emoji: str | Emoji) -> None:
        """Let a member react to a message."""
        known: Payload = {"id": None, "name": emoji}
        if isinstance(emoji, Emoji):
            known = {"id": str(emoji.id), "name": emoji.name}
        reaction = {
            "user_id": member.uid,
            "channel_id": str(channel.id),
            "message_id": message["id"],
            "guild_id": str(member.guild.id),
            "message_author_id": message["author"]["id"],
            "member": member.payload(),
            "emoji": known,
            "burst": False,
            "type": 0,
        }
        self.gateway.dispatch(member.guild, "MESSAGE_REACTION_ADD", reaction)

    def speak(self, member: Member, channel: Channel | None, **state: bool) -> None:
        """Move a member to a voice channel, or out of one; `state` such as `self_mute=True`."""
        voice = self.voice(member, channel) | state
        if channel is None:
            member.guild.voice.pop(member.id, None)
        else:
            member.guild.voice[member.id] = voice
        self.gateway.dispatch(member.guild, "VOICE_STATE_UPDATE", voice | {"member": member.payload()})

    def voice(self, member: Member, channel: Channel | None) -> Payload:
        """Return the voice state of somebody in a channel, telling nobody."""
        return {
            "guild_id": str(member.guild.id),
            "channel_id": str(channel.id) if channel else None,
            "user_id": member.uid,
            "session_id": "0" * 32,
            "deaf": False,
            "mute": False,
            "self_deaf": False,
            "self_mute": False,
            "self_video": False,
            "self_stream": False,
            "suppress": False,
            "request_to_speak_timestamp": None,
        }

    # What members do with the bot: it answers, and they read it.

    async def command(self, who: Member, line: str, /, *, locale: str = "en-US", **options: str) -> Reply:
        """Let somebody use a slash command, such as `dzone members`, and return the answer."""
        data = slash(await self.commands(), who, line, options)
        return await self._interact(Reply(who, who.guild.public), COMMAND, data, locale)

    async def command_privately(
        self, who: Member, line: str, *, locale: str = "en-US", **options: str
    ) -> Reply:
        """Let somebody use a command in a direct message to the bot, and return the answer."""
        data = slash(await self.commands(), who, line, options, place=IN_DIRECT_MESSAGES)
        return await self._interact(Reply(who, Channel("", None, DIRECT)), COMMAND, data, locale)

    async def begin(self, who: Member, line: str, **options: str) -> Reply:
        """Let somebody use a slash command, and return what the answer to it will be."""
        reply = Reply(who, who.guild.public)
        self._tell(reply, COMMAND, slash(await self.commands(), who, line, options))
        return reply

    async def says(self, reply: Reply, words: str) -> None:
        """Wait until an answer, or what followed it, says something."""
        await self._bell.until(lambda: reply.message is not None and words in reply.text, self._progress)

    async def answered(self, reply: Reply) -> None:
        """Wait until the bot has answered."""
        await self._bell.until(lambda: reply.done, self._progress)

    async def choose(self, who: Member, name: str, target: Member) -> Reply:
        """Let somebody choose from another member's menu."""
        data = menu(await self.commands(), name, target)
        return await self._interact(Reply(who, who.guild.public), COMMAND, data)

    async def press(self, reply: Reply, label: str) -> Reply:
        """Press a button below an answer; what follows takes the message's place."""
        assert reply.message is not None, "there is no message"
        return await self.press_on(reply.message, reply.channel, reply.who, label)

    async def press_on(
        self, message: Payload, channel: Channel, who: Member, label: str, *, locale: str = "en-US"
    ) -> Reply:
        """Let somebody press a button below a message that they see."""
        data = {"custom_id": button(message, label), "component_type": BUTTON, "id": 2}
        return await self._interact(Reply(who, channel, message), COMPONENT, data, locale)

    async def select(self, reply: Reply, what: str, *values: str) -> Reply:
        """Choose from a menu below an answer, named by the end of its id; channels and roles by name."""
        assert reply.message is not None, "there is no message"
        data = chosen_from(reply.message, what, reply.who, values)
        return await self._interact(Reply(reply.who, reply.channel, reply.message), COMPONENT, data)

    async def submit(self, reply: Reply, text: str) -> Reply:
        """Fill in a form that has one field."""
        assert reply.form is not None, "there is no form"
        # A form that a button opened belongs to the button's message.
        asked = Reply(reply.who, reply.channel, reply.source)
        return await self._interact(asked, SUBMIT, filled_in(reply.form, text))

    async def commands(self) -> list[Payload]:
        """Return what the bot made known, as soon as it has."""
        commands = self.rest.commands
        await self._bell.until(lambda: commands.path in commands.told, self._progress)
        return commands.known[commands.path]

    async def _interact(self, reply: Reply, kind: int, data: Payload, locale: str = "en-US") -> Reply:
        if kind != COMMAND:
            # Nobody presses a button in the millisecond in which it appears. The bot would miss it: it knows
            # its buttons only when it has heard that they are shown.
            await self.gateway.hear_beats()
        self._tell(reply, kind, data, locale)
        await self._bell.until(lambda: reply.done, lambda: f"an answer to {data}; {self._progress()}")
        return reply

    def _tell_of_answer(self, event: str, channel: Channel, message: Payload) -> None:
        """Tell of an answer as of any message; one that a single person reads comes as if in private."""
        if channel.guild is not None and not message["flags"] & EPHEMERAL:
            self.gateway.dispatch(channel.guild, event, message)
            return
        told = {key: value for key, value in message.items() if key not in ("guild_id", "member")}
        self.gateway.dispatch(None, event, told, needs=DIRECT_MESSAGES)

    def _tell(self, reply: Reply, kind: int, data: Payload, locale: str = "en-US") -> None:
        told = self.interactions.payload(reply, kind, data, locale)
        self.gateway.dispatch(reply.channel.guild, "INTERACTION_CREATE", told)
