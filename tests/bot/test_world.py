"""What is written here in Discord's name is what Discord would write."""

from tests.bot import world as model
from tests.bot.world import Payload, World


def rename(world: World) -> Payload:
    """Let ann say something, and then be called Annie, as the bot hears."""
    said = model.written(world.general, world.ann, "hello")
    world.ann.nick = "Annie"
    world.learn()
    return said


def name_of_ann(world: World) -> str:
    """Tell what discord.py takes ann to be called: it believes what a message says of its author."""
    guild = world.client.get_guild(world.written.id)
    assert guild is not None
    ann = guild.get_member(world.ann.id)
    assert ann is not None
    return ann.display_name


def test_an_edit_after_a_new_name() -> None:
    """An edit brings its author as they are now, and not as they were when they first said it."""
    world = World()
    said = rename(world)
    world.hear("MESSAGE_UPDATE", model.changed(world.general, said, content="good evening"))
    assert name_of_ann(world) == "Annie"


def test_an_answer_after_a_new_name() -> None:
    """A message that is answered says nothing of its author as a member."""
    world = World()
    said = rename(world)
    world.hear("MESSAGE_CREATE", model.written(world.general, world.bob, "hi", **model.answering(said)))
    assert name_of_ann(world) == "Annie"
