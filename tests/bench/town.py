"""A guild with channels of every kind, whose members go about their day."""

import asyncio
import random
from typing import Final

from bridge.model import Channel, ChannelKind, GuildInfo, Member, Voice
from bridge.server import WebSocketServer
from tests.bench import guild

TOWN: Final = GuildInfo(id="410912345678901234", slug="town", name="The Town", default=True)
IN_VOICE: Final = 11  # one in so many of those who are there
_DISTRICT: Final = 7  # channels of a category
_APART: Final = 7_919  # members from one who writes to the next, where many do
_BETWEEN: Final = 0.02  # seconds


def channels(members: int) -> list[Channel]:
    """Make up as many channels as a guild of this size has."""
    count = min(60, 6 + round(members**0.5))
    return [_channel(number) for number in range(count)]


def _channel(number: int) -> Channel:
    district = f"District {number // _DISTRICT}"
    return Channel(f"3{number:03}", f"channel-{number}", _kind(number), district, number)


def _kind(number: int) -> ChannelKind:
    if number % _DISTRICT == 3:
        return "voice"
    if number % 19 == 5:
        return "stage"
    return "news" if number % 13 == 6 else "text"


def members(count: int) -> list[Member]:
    """Make up the members; some talk in the first voice channel."""
    fire = Voice("3003", "channel-3")
    return [
        member if number % IN_VOICE or member.status == "offline" else member._replace(voice=fire)
        for number, member in enumerate(guild.members(count))
    ]


async def live(server: WebSocketServer, people: list[Member], pace: float, seed: int = 1) -> None:
    """Let something happen each `pace` seconds, until cancelled: a third of it is talk."""
    chance = random.Random(seed)
    known = {member.uid: member for member in people}
    places = [place for place in channels(len(people)) if place.kind == "text"]
    number = 0
    while True:
        number += 1
        who = known[chance.choice(people).uid]
        place = chance.choice(places[:3] if chance.random() < 0.7 else places)  # talk draws talk
        match chance.random():
            case draw if draw < 0.33:
                words = guild.words(chance)
                await server.broadcast_message(
                    TOWN.id, who.uid, words, place.id, id=str(number), channel_name=place.name
                )
            case draw if draw < 0.5:
                await server.broadcast_typing(TOWN.id, who.uid, place.id)
            case draw if draw < 0.55:
                await server.broadcast_reaction(TOWN.id, who.uid, place.id, chance.choice("🎉👍🌸😂"))
            case _:
                who = known[who.uid] = guild.changed(who)
                await server.broadcast_presence(TOWN.id, who.uid, who.status)
        await asyncio.sleep(pace)


async def chatter(server: WebSocketServer, people: list[Member], rate: int) -> None:
    """Let everybody write in turn, `rate` messages a second, until cancelled."""
    clock = asyncio.get_running_loop().time
    places = [place for place in channels(len(people)) if place.kind == "text"]
    start = clock()
    number = 0
    while True:
        while number < rate * (clock() - start):
            number += 1
            who = people[number * _APART % len(people)]
            place = places[number % len(places)]
            await server.broadcast_message(
                TOWN.id,
                who.uid,
                "hello there, all of you",
                place.id,
                id=f"9{number}",
                channel_name=place.name,
            )
        await asyncio.sleep(_BETWEEN)
