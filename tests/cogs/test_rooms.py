"""What rooms do by themselves, without any event that says so."""

from datetime import timedelta
from unittest.mock import Mock

import discord
import pytest
from discord.ext import commands

from cogs.needs import Bridge, MemberLoader, Policy, Roster
from cogs.rooms import Rooms
from tests.bridge.watchers import until


@pytest.mark.parametrize("is_lifted", [False, True])
async def test_a_line_comes_back_when_a_timeout_is_over(*, is_lifted: bool) -> None:
    """Discord says when it will be, and nothing when it is; where it is lifted before, nobody waits."""
    guild = Mock(spec=discord.Guild, id=1, scheduled_events=())
    member = Mock(spec=discord.Member, id=7, guild=guild)
    guild.get_member.return_value = member
    bridge, roster = Mock(spec=Bridge), Mock(spec=Roster)
    bot = Mock(spec=commands.AutoShardedBot)
    bot.get_guild.return_value = guild
    rooms = Rooms(bot, bridge, Mock(spec=Policy), roster, Mock(spec=MemberLoader))
    now = discord.utils.utcnow()
    roster.line_returns.side_effect = [now + timedelta(days=20 * is_lifted), None]
    rooms.show_member(member)
    assert bridge.show_members.call_count == 1
    if is_lifted:
        rooms.show_member(member)
    await until(lambda: bridge.show_members.call_count == 2, "the line is there again")
    assert rooms._returns == {}
