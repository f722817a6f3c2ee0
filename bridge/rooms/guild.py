"""One guild as the bridge holds it: what is true of it, and whatever may happen there. Pure state."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from itertools import islice
from typing import Any

from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.model import Channel, GuildInfo, Happening, Member, Message, Status
from bridge.rooms import changes
from bridge.rooms.audience import Audience
from bridge.rooms.happenings import MOST, Happenings, is_in, is_of, over
from bridge.rooms.memory import Memory
from bridge.rooms.rolenames import Names
from bridge.rooms.state import State
from bridge.rooms.stream import Stream
from bridge.wire.protocol import (
    Entries,
    EventType,
    Said,
    channel_data,
    happening_data,
    message_extras,
    voice_data,
)


class Guild:
    """The half of a room that is told what happens: each change is applied to the state and numbered.

    `wake` is called when there is something to flush; `clock` tells the seconds since 1970.
    """

    def __init__(
        self,
        info: GuildInfo,
        wake: Callable[[], None] = lambda: None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        epoch: str | None = None,
        position: int = 0,
    ) -> None:
        self._wake = wake
        self._clock = clock
        self._state = State(info, clock)
        self._stream = Stream(info.id, limits, epoch, position, self._state.recency)
        self._audience = Audience(self._stream.epoch)
        self._memory = Memory(self._state, self._stream, self._audience)
        self._happenings = Happenings(self._state, clock)
        # To be read by everybody, and changed here alone.
        self.members = self._state.members
        self.said = self._state.said
        self._remember_words()

    @property
    def info(self) -> GuildInfo:
        """What the guild is called, and who may enter."""
        return self._state.info

    @property
    def client_id(self) -> str | None:
        """The application that viewers log in with."""
        return self._state.client_id

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that are shown, by id."""
        return self._state.channels

    @property
    def role_names(self) -> Mapping[str, Names]:
        """What the roles are called that give members their colour, by that."""
        return self._state.neighbourhoods.names

    @property
    def position(self) -> int:
        """As how manieth the last event happened."""
        return self._stream.position

    def counts(self) -> dict[str, int]:
        """Count everybody, who is not offline, and who is shown."""
        return self._state.counts()

    def is_visiting(self, uid: str) -> bool:
        """Tell whether somebody is here only because they said something."""
        return uid in self._state.visitors

    # The guild

    def describe(self, info: GuildInfo) -> None:
        """Have the guild be called this from now on, and be entered by these rules."""
        if info != self._state.info:
            is_opened = self.info.protected and not info.protected
            self._state.set_info(info)
            if is_opened:  # what was asked behind a door is for those who come through one
                self._take_back_happenings(lambda one: is_of(one, None))
            self._remember_words()
            self._control("info", lambda: changes.info_data(info))

    def set_client_id(self, client_id: str) -> None:
        """Make this the application that viewers log in with."""
        self._state.set_client_id(client_id)
        self.publish("update-clientid", {"clientId": client_id})

    def set_channels(self, channels: Iterable[Channel]) -> None:
        """Make these the room's channels; viewers who asked for events get the whole map if it changed."""
        now = {channel.id: channel for channel in channels}
        gone = self.channels.keys() - now.keys()
        if now == self.channels:
            return
        if gone:
            self._memory.hush(self._memory.with_threads(gone))
            # Fifteen milliseconds for a quarter of a million members, when somebody hides a channel.
            talking = [m for m in self.members.values() if m.voice is not None and m.voice.channel in gone]
            self.revise(member._replace(voice=None) for member in talking)
        self._memory.mind_channels(now)
        self._state.set_channels(now.values())
        self._take_back_happenings(lambda one: is_in(one, gone))
        self.publish("channels", {channel.id: channel_data(channel) for channel in now.values()})

    # Members

    def put(self, member: Member, repeated: Mapping[str, Any] | None = None) -> None:
        """Show this presence, whether or not it is news. Plain clients also get what is `repeated`."""
        member = self._state.newcomers.as_told(member)
        self._state.visitors.forget(member.uid)  # unless `say` knows better, they are here to stay
        known = self._bring(member)
        self._announce_presence(member, known, repeated)
        self._announce_doing(member, known)
        self._stir()

    def put_all(self, members: Iterable[Member]) -> None:
        """Bring these members to this state, and have them stay: what is news goes out together."""
        members = list(members)
        for member in members:
            self._state.visitors.forget(member.uid)
        self.revise(members)

    def revise(self, members: Iterable[Member]) -> None:
        """Bring these members to this state; who is only visiting goes on visiting."""
        for member in map(self._state.newcomers.as_told, members):
            if self.members.get(member.uid) != member:
                known = self._bring(member)
                if known is None or changes.looks(member) != changes.looks(known):
                    self._announce_presence(member, known)
                self._announce_doing(member, known)
        self._stir()

    def present(self, uid: str, status: Status, activity: str | None) -> bool:
        """Show what is news about a member's status and activity; tell whether they are here at all.

        As `put_all` would, but without a look at everything else: nothing happens as often.
        """
        known = self._state.present(uid, status, activity)
        if known is None:
            return False
        is_news = False
        if status != known.status:
            is_news = True
            self._stream.publish("presence", {"uid": uid, "status": status})
        if activity != known.activity:
            is_news = True
            self._stream.publish("activity", {"uid": uid, "text": activity})
        if is_news:
            self._stir()
        return True

    def remove(self, uid: str) -> None:
        """Take a member away. Viewers hear of it only if they had that member."""
        if self._state.remove(uid) is not None:
            self._stream.publish("presence", {"uid": uid, "status": "offline", "delete": True})
            self._stir()

    def reconcile(self, members: Iterable[Member]) -> None:
        """Make these the room's members, all of them but visitors; viewers see the difference.

        Takes as long as there are members: who has very many brings them with `put_all` and `remove`, some in
        each turn of the loop.
        """
        members = list(members)
        for uid in self.missing_from({member.uid for member in members}):
            self.remove(uid)
        self.put_all(members)

    def missing_from(self, uids: Container[str]) -> list[str]:
        """Name who is here and not among these; visitors are not meant."""
        return [uid for uid in self.members if uid not in uids and uid not in self._state.visitors]

    # Words

    def say(self, message: Message, speaker: Member | None = None) -> None:
        """Pass on somebody's words. A `speaker` who isn't here comes in for a visit."""
        visitors = self._state.visitors
        if speaker is not None and message.uid not in self.members:
            self.put(speaker._replace(joined=None))
            visitors.note(message.uid)
        elif message.uid in visitors:
            visitors.note(message.uid)
        if message.uid in visitors:
            self._wake()  # also where nobody watches: the visit ends
        self._state.note_words(message)
        data = {"uid": message.uid, "message": message.message, "channel": message.channel}
        is_kept = self.info.recent and message.id is not None  # else nobody could take it back
        said = Said(self._clock(), self.info.protected) if is_kept else None
        self._stream.publish("message", data, message_extras(message), said=said)
        self._stir()

    def edit(
        self, uid: str, channel: str, message_id: str, words: str | None, emoji: Mapping[str, str]
    ) -> None:
        """Pass on the new words of a message; None takes it back. Nobody is told the old ones any more."""
        data: dict[str, Any] = {"uid": uid, "channel": channel, "id": message_id, "message": words}
        if words is not None and emoji:
            data["emoji"] = emoji
        self._memory.revise(data)
        self.publish("edit", data)
        if words is None:
            self._take_back_happenings(lambda one: one.id == message_id)

    def forget_past(self) -> None:
        """Let nothing of the past leave any more. Who comes back gets a snapshot."""
        self._memory.forget_past()
        self._control("forget", lambda: {"past": True})

    def forget_words(self, uid: str | None = None) -> None:
        """Take back somebody's words, or everybody's, and forget the past.

        Nothing of anybody's leaves any more: others may have named who wants to be forgotten. Where somebody
        never was, there is nothing to forget.
        """
        is_known = self._memory.forget_words(uid)
        self._control("forget", lambda: {"words": uid})  # others may remember longer
        if is_known:
            self._take_back_happenings(lambda one: is_of(one, uid))
            self._end_visits(self._take_back(lambda words: uid is None or words.uid == uid))

    def forget_channels(self, channels: Collection[str]) -> None:
        """Take back what was said in channels and their threads, and forget the past.

        Of what was said elsewhere, nothing that names one of them leaves any more, nor anything that was said
        before: who comes back gets a snapshot.
        """
        places = self._memory.with_threads(channels)
        self._memory.forget_channels(places)
        self._control("forget", lambda: {"channels": sorted(places)})
        self._take_back_happenings(lambda one: is_in(one, places))
        self._end_visits(self._take_back(lambda words: words.channel in places))

    def forget_threads(self, threads: Collection[str]) -> None:
        """Take back what was said in threads that are gone, and that they were opened; nothing else."""
        self._memory.forget_threads(threads)
        self._control("forget", lambda: {"threads": sorted(threads)})
        self._take_back_happenings(lambda one: is_in(one, threads))
        self._end_visits(self._take_back(lambda words: words.channel in threads))

    def forget_messages(self, message_ids: Collection[str]) -> None:
        """Take back messages, all of them in one look; others are told as they were."""
        self._memory.forget_messages(message_ids)
        self._control("forget", lambda: {"messages": sorted(message_ids)})
        self._take_back_happenings(lambda one: one.id in message_ids)
        self._take_back(lambda words: words.id in message_ids)

    def rename_thread(self, thread: str, title: str | None, place: str | None) -> None:
        """Have a thread have been called this from the beginning, and `place` where something is said."""
        names = {thread: changes.Called(place, title)}
        self._memory.rename(names)
        self._control("forget", lambda: {"renamed": names})

    def author_of(self, message_id: str) -> str | None:
        """Name whoever said one of the last messages, or of those that who comes back is still told."""
        words = self.said.get(message_id)
        return self._stream.author_of(message_id) if words is None else words.uid

    def places_of_words(self) -> set[str]:
        """Name where something was said, asked or opened of which somebody may still be told."""
        happened = {one.channel for one in self.happenings.values() if one.kind in ("thread", "poll")}
        said = {words.channel for words in self.said.values()}
        return {place for place in happened if place} | said | self._stream.places_of_words()

    # What goes on beside words

    @property
    def happenings(self) -> Mapping[str, Happening]:
        """The last moments, and what goes on, by their key."""
        return self._state.happenings

    def happen(self, happening: Happening) -> None:
        """Pass on that something happens or goes on, if that is news; nobody is told any more what it was."""
        self._begin([happening])
        superfluous = {one.key for one in self._happenings.superfluous(happening.kind)}
        self._end_happenings(lambda one: one.key in superfluous)

    def end_happening(self, happening_id: str) -> None:
        """Pass on that something is over."""
        self._end_happenings(lambda one: one.id == happening_id)

    def set_events(self, events: Iterable[Happening]) -> None:
        """Make these the scheduled events that are on, as many as are kept; of no other it may be told."""
        now = {event.id: event for event in islice(events, MOST["event"])}
        self._take_back_happenings(lambda one: one.kind == "event" and one.id not in now)
        self._begin(now.values())

    # What leaves the state as it is

    def publish(self, type: EventType, data: Mapping[str, Any]) -> None:  # noqa: A002 - the protocol's word
        """Pass on an event that leaves the members as they are."""
        self._stream.publish(type, data)
        self._stir()

    def tell_servers(self, listing: Entries) -> None:
        """Pass on that the list of servers is another one now."""
        self._stream.publish("servers", None, entries=listing)
        self._stir()

    def tell_notice(self, data: Mapping[str, Any]) -> None:
        """Pass on what is announced."""
        self.publish("notice", data)

    def ask_to_refresh(self) -> None:
        """Ask viewers to request their data again."""
        self._stream.publish("refresh_data", None, head={"serverId": self.info.id})
        self._stir()

    @property
    def waiting(self) -> int:
        """How many events are to be handed out."""
        return len(self._stream.pending)

    # Inside

    def _stir(self) -> None:
        if self._state.neighbourhoods.is_renamed:
            self._stream.number("roles", self._state.neighbourhoods.renamed()._asdict)
            self._wake()
        if self._stream.pending:
            self._wake()

    def _remember_words(self) -> None:
        """Know from here on what is said, also while nobody watches, where who arrives may hear it."""
        if self.info.recent:
            self._stream.start()

    def _control(self, type: changes.ControlType, data: Callable[[], Mapping[str, Any]]) -> None:  # noqa: A002
        self._stream.control(type, data)
        self._stir()

    def _bring(self, member: Member) -> Member | None:
        known = self._state.bring(member)
        self._memory.mind_line(member, known)
        if known is not None and known.joined != member.joined:
            self._stream.control("newcomer", lambda: {"uid": member.uid, "joined": member.joined})
        return known

    def _announce_presence(
        self, member: Member, known: Member | None, repeated: Mapping[str, Any] | None = None
    ) -> None:
        """Say what a viewer cannot know yet, and no more but to plain clients."""
        data, extras, is_quiet = changes.presence(member, known)
        self._stream.publish("presence", data, extras, quiet=is_quiet, repeated=repeated)

    def _announce_doing(self, member: Member, known: Member | None) -> None:
        """Say where a known member talks now and what they do, if that is news."""
        if known is None:
            return
        if member.voice != known.voice:
            self._stream.publish("voice", {"uid": member.uid, **voice_data(member.voice)})
        if member.activity != known.activity:
            self._stream.publish("activity", {"uid": member.uid, "text": member.activity})

    def _take_back(self, unwanted: Callable[[Message], bool]) -> list[str]:
        """Take back words that viewers have seen; return whose they were, in the order of their words."""
        dropped = self._memory.drop(unwanted)
        for words in dropped:
            self._stream.publish("edit", changes.deletion(words))
        self._stir()
        return list(dict.fromkeys(words.uid for words in dropped))

    def _begin(self, happenings: Iterable[Happening]) -> None:
        """Say what is news of these, after nothing is told any more of what they were."""
        known = frozenset(self.happenings)
        told = [news for one in happenings if (news := self._happenings.begin(one)) is not None]
        self._memory.forget_happenings({one.key for one in told}, known)
        for one in told:
            self.publish("happening", happening_data(one))

    def _end_happenings(self, is_over: Callable[[Happening], bool]) -> None:
        for one in self._happenings.forget(is_over):
            self.publish("happening", over(one, gone=False))

    def _take_back_happenings(self, unwanted: Callable[[Happening], bool]) -> None:
        """Have it be forgotten that such things happened or went on."""
        gone = self._happenings.forget(unwanted)
        keys = {one.key for one in gone}
        self._memory.forget_happenings(keys, keys)
        for one in gone:
            self.publish("happening", over(one, gone=True))

    def _end_visits(self, silenced: Iterable[str]) -> None:
        """Let those go who came only to say what nobody may hear any more: their name came from there."""
        heard = {words.uid for words in self.said.values()}
        for uid in silenced:
            if uid not in heard and uid in self._state.visitors:
                self.remove(uid)
