"""A message as people read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.words.text import MAX_LENGTH, MAX_PARTS, plain, readable, shorten
from tests.bot import world as model
from tests.bot.world import World

ENDLESS = 20_000
"""Characters: five times what Discord allows. Work that grows with the square of a text's length grows
25-fold: what blocked the bot for a second takes half a minute."""

HOME = World()


def read(world: World, text: str, **extra: Any) -> str:
    """Say something in the world's public channel, where all channels are public; return what is read."""
    return readable(world.message(text, **extra), lambda _: True, lambda _: True).words


# Names for ids


def test_a_member_is_called_by_their_name(world: World) -> None:
    """A mention is the member's name in this guild, with the old form of it as well."""
    assert read(world, f"<@{world.ann.id}> and <@!{world.bob.id}>") == "@ann and @Bobby"


def test_somebody_who_is_not_in_the_guild(world: World) -> None:
    """An id that means nobody says nothing to people."""
    assert read(world, "ask <@123>") == "ask @someone"


def test_somebody_who_is_not_in_the_cache(world: World) -> None:
    """Discord sends those who are mentioned along with the message: known or not yet, they have a name."""
    stranger = model.User("cid", global_name="Cid")
    assert read(world, f"ask <@{stranger.id}>", mentions=[stranger.payload()]) == "ask @Cid"


def test_a_role(world: World) -> None:
    """A role is called by its name."""
    role = world.written.role("Night Shift")
    assert read(world, f"<@&{role.id}>: go") == "@Night Shift: go"


def test_a_role_that_is_gone(world: World) -> None:
    """An id that means no role says nothing to people."""
    assert read(world, "<@&123>") == "@role"


def test_everyone(world: World) -> None:
    """These two are words already."""
    assert read(world, "@everyone and @here") == "@everyone and @here"


@pytest.mark.parametrize("kind", [model.TEXT, model.VOICE, model.FORUM, model.PUBLIC_THREAD])
def test_a_channel(world: World, kind: int) -> None:
    """A channel of any kind, or a thread, is called by its name."""
    channel = world.written.channel("tea_room", kind, parent=world.general)
    assert read(world, f"see {channel.mention}!") == "see #tea_room!"


def test_a_channel_that_may_not_be_shown(world: World) -> None:
    """A channel is named only if it may be shown."""
    asked = []

    def shows(channel: object) -> bool:
        asked.append(channel)
        return False

    secret = world.written.channel("secret")
    assert readable(world.message(f"see {secret.mention}"), shows, lambda _: True).words == "see #channel"
    assert asked == [world.channel(secret)]


def test_somebody_who_may_not_be_named(world: World) -> None:
    """They are someone."""
    message = world.message(f"ask <@{world.ann.id}> or <@!{world.ann.id}>")
    assert (
        readable(message, lambda _: True, lambda user_id: user_id != world.ann.id).words
        == "ask @someone or @someone"
    )


def test_a_channel_that_is_gone(world: World) -> None:
    """An id that means no channel says nothing to people."""
    assert read(world, "<#123>") == "#channel"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("<:party:42>", ":party:"),
        ("<a:wave_fast:42>", ":wave_fast:"),
        ("<:_a_:42><:_b_:43>", ":_a_::_b_:"),
        (":smile:", ":smile:"),
        ("👍🏽 👩‍👩‍👧 🇩🇪", "👍🏽 👩‍👩‍👧 🇩🇪"),
        ("</play:42>", "/play"),
        ("</music _play_ now:42>", "/music _play_ now"),
        ("<t:1700000000>", "2023-11-14 22:13 UTC"),
        ("<t:1700000000:s> <t:1700000000:S>", "2023-11-14 22:13 UTC 2023-11-14 22:13 UTC"),
        ("<t:0:d>", "1970-01-01 00:00 UTC"),
        ("<t:-86400>", "1969-12-31 00:00 UTC"),
        ("<t:9999999999999>", "some time"),
        ("<t:9999999999999:R>", "some time"),
        ("<id:guide> <id:home>", "Server Guide Server Guide"),
        ("<id:browse>, <id:customize>", "Browse Channels, Channels & Roles"),
        ("<id:linked-roles> <id:linked-roles:42>", "Linked Roles Linked Roles"),
        ("<sound:0:1><sound:42:43>", "[sound][sound]"),
        ("<https://example.org/a>", "https://example.org/a"),
    ],
)
def test_what_else_stands_in_brackets(world: World, written: str, seen: str) -> None:
    """Emoji and commands are called by their names, times are told, links lose their brackets."""
    assert read(world, written) == seen


@pytest.mark.parametrize(
    ("seconds", "seen"),
    [
        (0, "now"), (0.4, "now"), (1, "in 1 second"), (-1, "1 second ago"), (59, "in 59 seconds"),
        (60, "in 1 minute"), (299.5, "in 5 minutes"),
        (-7_200, "2 hours ago"), (3_599, "in 1 hour"), (86_000, "in 1 day"),
        (-29 * 86_400, "29 days ago"), (30 * 86_400, "in 1 month"), (-350 * 86_400, "11 months ago"),
        (360 * 86_400, "in 1 year"), (-800 * 86_400, "2 years ago"),
    ],
)  # fmt: skip
def test_how_long_until(world: World, seconds: float, seen: str) -> None:
    """Some times are told as they are from now."""
    now = datetime.fromtimestamp(1_700_000_000, tz=UTC) - timedelta(seconds=seconds)
    message = world.message("<t:1700000000:R>")
    assert readable(message, lambda _: True, lambda _: True, now=now).words == seen


@pytest.mark.parametrize(
    "written",
    ["a < b > c", "<3", "<@>", "<@x>", "<#>", "<:a>", "<t:>", "<t:1:x>", "<>", "<id:x>", "<sound:1>"],
)
def test_brackets_of_no_meaning(world: World, written: str) -> None:
    """What only looks like one of Discord's tokens stays."""
    assert read(world, written) == written


@pytest.mark.parametrize(
    "name", ["**a**", "_b_", "||c||", "`d`", "~~e~~", "[f](http://x)", "# g", "\\*h", "<@1>"]
)
def test_a_name_that_looks_like_markup(name: str) -> None:
    """People may call themselves what they like; a name is never read as markup."""
    world = World()
    named = world.written.settle(model.User("x"), nick=name)
    assert read(world, f"*hello* {named.mention}") == f"hello @{name}"


@given(name=st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Zs", "Zl", "Zp"]), min_size=1))
@example("a\ue01bb")
@example("\ue02a")
def test_whatever_somebody_is_called(name: str) -> None:
    """No name becomes another one, or smuggles a control character in."""
    world = World()
    named = world.written.settle(model.User("x"), nick=name)
    seen = read(world, named.mention)
    assert not any(char < " " or "\x7f" <= char < "\xa0" for char in seen)
    assert "*" in name or "*" not in seen


# Markup


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("*a* b", "a b"),
        ("_a_ b", "a b"),
        ("**a** b", "a b"),
        ("__a__ b", "a b"),
        ("***a*** b", "a b"),
        ("~~a~~ b", "a b"),
        ("**two words**", "two words"),
        ("**over\ntwo lines**", "over two lines"),
        ("__**a**__ *__b__* ~~_c_~~", "a b c"),
        ("*a **b** c*", "a b c"),
        ("un*believ*able", "unbelievable"),
        ("**https://example.org**", "https://example.org"),
        (
            "**https://example.org/a**, *https://example.org/b*.",
            "https://example.org/a, https://example.org/b.",
        ),
        (
            "*see https://example.org/a_b* __or https://example.org__",
            "see https://example.org/a_b or https://example.org",
        ),
        ("_привет_ **мир** __日本__", "привет мир 日本"),
        ("**¡Hola!** *¿qué?*", "¡Hola! ¿qué?"),
    ],
)
def test_emphasis(written: str, seen: str) -> None:
    """What is bold, italic, underlined or struck through is its words."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("**a *b* c**", "a b c"),
        ("**a *b***", "a b"),
        ("__snake_case__", "snake_case"),
        ("~~a~b~~", "a~b"),
    ],
)
def test_emphasis_around_its_own_sign(written: str, seen: str) -> None:
    """A sign within what is emphasised doesn't keep the emphasis from being taken away."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    "written",
    [
        "snake_case_name",
        "2*3*4",
        "2 * 3 * 4",
        "5**2 and 3**4",
        "f(*args, **kwargs)",
        "a ** b",
        "5 ~ 6 ~~ 7",
        "*",
        "**",
        "****",
        "a_b",
        "#hashtag",
        "1. first",
        ">not a quote",
        "-5 degrees",
        "a | b || c",
        "[not](a link)",
        "[brackets]",
        "C:\\Users\\ann",
    ],
)
def test_what_is_no_markup(written: str) -> None:
    """What people write without meaning any markup stays as it is."""
    assert plain(written) == written


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a_b_c",
        "https://example.org/_a_/b",
        "https://example.org/__init__.py",
        "https://example.org/*a*",
        "https://example.org/?q=_x_&r=~~y~~",
    ],
)
@pytest.mark.parametrize("around", ["{}", "<{}>", "see {} now"])
def test_addresses(world: World, address: str, around: str) -> None:
    """An address is no place for markup: it still works when somebody copies it."""
    seen = around.format(address).replace("<", "").replace(">", "")
    assert read(world, around.format(address)) == seen


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("[here](https://example.org)", "here"),
        ("[here](<https://example.org>)", "here"),
        ("[**here**](https://example.org) and [there](http://example.org/a_b)", "here and there"),
        ("[the film](https://en.wikipedia.org/wiki/It_(film))", "the film"),
        ('[here](https://example.org "a title")', "here"),
    ],
)
def test_masked_links(written: str, seen: str) -> None:
    """A link behind words is the words."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("he is ||the murderer||!", "he is [spoiler]!"),
        ("||a|| and ||b||", "[spoiler] and [spoiler]"),
        ("||**a**||", "[spoiler]"),
        ("**||a||**", "[spoiler]"),
        ("||a\nb||", "[spoiler]"),
        ("||a|b||", "[spoiler]"),
        ("||`a|b`||", "[spoiler]"),
        ("||https://example.org/a||", "[spoiler]"),
        ("||look: https://example.org/a|| ha", "[spoiler] ha"),
        ("(||https://example.org/a||), ||see https://example.org/b||.", "([spoiler]), [spoiler]."),
        ("||https://example.org/a||b||https://example.org/c||", "[spoiler]b[spoiler]"),
        ("||[here](https://example.org)||", "[spoiler]"),
        ("||a \\| b||", "[spoiler]"),
    ],
)
def test_spoilers(written: str, seen: str) -> None:
    """What Discord hides until somebody clicks stays hidden."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("# Title\ntext", "Title text"),
        ("## Title", "Title"),
        ("### Title", "Title"),
        ("#### Title", "#### Title"),
        ("-# small print", "small print"),
        ("> quoted\nanswer", "quoted answer"),
        (">>> quoted\nstill quoted", "quoted still quoted"),
        ("- a\n- b\n  - c", "a b c"),
        ("* a\n* *b*", "a b"),
        ("not # a title > or quote - or item", "not # a title > or quote - or item"),
        ("> - a\n> # b", "a b"),
    ],
)
def test_lines(written: str, seen: str) -> None:
    """Titles, quotes, lists and small print are their words."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (r"\*not italic\*", "*not italic*"),
        (r"\_a\_ \~\~b\~\~ \|\|c\|\|", "_a_ ~~b~~ ||c||"),
        (r"\# no title", "# no title"),
        (r"\> no quote", "> no quote"),
        (r"\[a](https://example.org)", "[a](https://example.org)"),
        (r"\\*a*", "\\a"),
        (r"\`no code\`", "`no code`"),
        ("¯\\_(ツ)_/¯", "¯_(ツ)_/¯"),
        ("a\\", "a\\"),
        ("\\n", "\\n"),
    ],
)
def test_escapes(written: str, seen: str) -> None:
    """A backslash makes the next sign an ordinary one."""
    assert plain(written) == seen


def test_an_escaped_mention(world: World) -> None:
    """A backslash before a mention makes it ordinary text, too."""
    assert read(world, f"\\{world.bob.mention}") == world.bob.mention


# Code


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("`a`", "a"),
        ("run `rm -rf *` now", "run rm -rf * now"),
        ("```\na\n```", "a"),
        ("```py\nprint(1)\n```", "print(1)"),
        ("```c++\na;\n```b", "a; b"),
        ("```one line```", "one line"),
        ("```py```", "py"),
        ("``a``", "a"),
        ("``a`b``", "a`b"),
        ("```js\nlet a = `b`;\n```", "let a = `b`;"),
        ("```c#\na\n```", "a"),
        ("```ansi\n\x1b[2;31mred\x1b[0m \x1b[1;4;38;5;12mblue\x1b[m\n```", "red blue"),
        ("\x1b[31mred\x9b0m, \x1b[Kand [31m", "red, and [31m"),
        ("`a", "`a"),
        ("```a", "```a"),
    ],
)
def test_code(written: str, seen: str) -> None:
    """Code is what stands in it, without its fences."""
    assert plain(written) == seen


@pytest.mark.parametrize(
    "content",
    [
        "**a**", "_b_", "__init__", "||c||", "~~d~~", "[e](https://example.org)", "# f", "> g", "- h",
        "\\*i\\*", "<@1>", "<#1>", "<@&1>", "<:a:1>", "<t:1>", "</a:1>", "<https://example.org>", "2*3*4",
    ],
)  # fmt: skip
@pytest.mark.parametrize("fence", ["`{}`", "```{}```", "```\n{}\n```"], ids=["inline", "fenced", "block"])
def test_code_is_literal(world: World, content: str, fence: str) -> None:
    """Nothing in code is markup, and nothing in it stands for a name."""
    assert read(world, fence.format(content)) == content


# What is no text


ATTACHMENT = {
    "id": "1",
    "filename": "holiday-on-mars.png",
    "size": 1,
    "url": "https://x/y",
    "proxy_url": "https://x/y",
}


@pytest.mark.parametrize(
    ("content_type", "word"),
    [
        ("image/png", "[image]"),
        ("video/mp4", "[video]"),
        ("audio/ogg; codecs=opus", "[audio]"),
        ("application/pdf", "[file]"),
        ("text/plain; charset=utf-8", "[file]"),
        (None, "[file]"),
    ],
)
def test_an_attachment(world: World, content_type: str | None, word: str) -> None:
    """A file is one word for its kind; neither its name nor its address is told."""
    assert read(world, attachments=[ATTACHMENT | {"content_type": content_type}], text="") == word


@pytest.mark.parametrize("hidden", [{"filename": "SPOILER_holiday.png"}, {"flags": 1 << 3}])
def test_an_attachment_that_is_a_spoiler(world: World, hidden: dict[str, Any]) -> None:
    """It isn't even told what kind of file it is."""
    assert read(world, "", attachments=[ATTACHMENT | {"content_type": "image/png"} | hidden]) == "[spoiler]"


def test_words_and_attachments(world: World) -> None:
    """Words come before what hangs on them."""
    image = ATTACHMENT | {"content_type": "image/png"}
    assert read(world, "look:", attachments=[image, ATTACHMENT]) == "look: [image] [file]"


def test_a_sticker(world: World) -> None:
    """A sticker is called by its name."""
    sticker = {"id": "7", "name": "Wumpus waves", "format_type": 1}
    assert read(world, "", sticker_items=[sticker]) == "[sticker: Wumpus waves]"
    assert read(world, "", sticker_items=[sticker | {"name": "a\n\x00b"}]) == "[sticker: a b]"


def test_a_poll(world: World) -> None:
    """A poll is what it asks, as plain as all else."""
    poll = {
        "question": {"text": "**Mars** or ||Venus||?"},
        "answers": [{"answer_id": 1, "poll_media": {"text": "Mars"}}],
        "expiry": "2030-01-01T00:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
    }
    assert read(world, "", poll=poll) == "[poll] Mars or [spoiler]?"


def test_an_embed(world: World) -> None:
    """A message that is only an embed is one word."""
    assert read(world, "", embeds=[{"type": "rich", "title": "Secret title"}]) == "[embed]"


def test_the_preview_of_a_link(world: World) -> None:
    """Discord adds an embed to a link; there is nothing to say about that."""
    embeds = [{"type": "link", "title": "A page", "url": "https://example.org"}]
    assert read(world, "https://example.org", embeds=embeds) == "https://example.org"


# Forwards


def forward(world: World, said: model.Payload, **allowed: Any) -> str:
    """Forward what was said to the world's public channel; return what is read."""
    message = world.message("", world.bob, **model.forwarding(said))
    names = ("shows", "names", "quotes")
    return readable(message, *(allowed.get(name, lambda _: True) for name in names)).words


def elsewhere(text: str, **extra: Any) -> model.Payload:
    """Say something in a guild that nobody knows here."""
    far = model.Guild("Far away", model.User("cid"))
    return model.written(far.public, far.settle(far.owner), text, **extra)


def test_a_forward(world: World) -> None:
    """Its words are read as any others."""
    said = elsewhere(f"**look**, {world.ann.mention}: ||x|| <:a:1> {world.general.mention}")
    assert forward(world, said) == "[forwarded] look, @ann: [spoiler] :a: #general"
    assert emoji_in(world, "<:b:2>", **model.forwarding(said)) == [("b", 2), ("a", 1)]


def test_what_a_forward_may_not_name(world: World) -> None:
    """Nor does it name who or what may not be named."""
    secret = world.written.channel("secret")
    said = elsewhere(f"{world.ann.mention} in {secret.mention}")
    seen = forward(world, said, shows=lambda _: False, names=lambda user_id: user_id != world.ann.id)
    assert seen == "[forwarded] @someone in #channel"


def test_a_forward_of_what_is_no_text(world: World) -> None:
    """What hung on a message hangs on its forward."""
    sticker = {"id": "7", "name": "Wumpus", "format_type": 1}
    said = elsewhere("", attachments=[ATTACHMENT], sticker_items=[sticker], embeds=[{"type": "rich"}])
    assert forward(world, said) == "[forwarded] [file] [sticker: Wumpus] [embed]"
    assert forward(world, elsewhere("", **model.laid_out({"type": 10, "content": "*a*"}))) == "[forwarded] a"


def test_a_forward_within_the_guild(world: World) -> None:
    """What was said in a channel that may not be shown stays there, and so does what nobody can tell."""
    tea = world.written.channel("tea")
    said = model.written(tea, world.ann, "one lump")
    assert forward(world, said) == "[forwarded] one lump"
    assert forward(world, said, shows=lambda _: False) == "[forwarded]"
    assert forward(world, said | {"channel_id": "5"}) == "[forwarded]"


def test_a_forward_from_another_guild_of_the_bot(world: World) -> None:
    """What may not be shown of a guild may not be shown in another one either."""
    near = model.Guild("Nearby", model.User("cid"))
    world.hear("GUILD_CREATE", near.payload(near.owner))
    said = model.written(near.public, near.settle(near.owner), "hush")
    shows = [world.client.get_channel(near.public.id)].count
    assert forward(world, said, shows=shows) == "[forwarded] hush"
    assert forward(world, said, shows=lambda channel: not shows(channel)) == "[forwarded]"


def test_a_forward_of_who_may_not_be_quoted(world: World) -> None:
    """Where it is known that they said it, or matters that it isn't."""
    said = model.written(world.general, world.ann, "it was me")
    assert forward(world, said, quotes=lambda said: said is None) == "[forwarded] it was me"
    assert forward(world, said, quotes=lambda said: said is not None) == "[forwarded]"
    world.hear("MESSAGE_CREATE", said)
    assert forward(world, said) == "[forwarded] it was me"
    assert forward(world, said, quotes=lambda said: said.author.id != world.ann.id) == "[forwarded]"


def test_a_forward_from_a_conversation(world: World) -> None:
    """What two people say to each other is theirs; the same where Discord says nothing of the source."""
    said = model.written(model.Channel("", None, model.DIRECT), model.User("cid"), "between us")
    assert forward(world, said) == "[forwarded]"
    snapshots = model.forwarding(said)["message_snapshots"]
    assert read(world, "", message_snapshots=snapshots) == "[forwarded]"


# Components


TEXT = {"type": 10, "content": "**words** ||x||"}
PICTURE = {"url": "https://x.y/a.png", "content_type": "image/png"}


@pytest.mark.parametrize(
    ("component", "seen"),
    [
        (TEXT, "words [spoiler]"),
        ({"type": 17, "components": [TEXT, {"type": 14}, TEXT]}, "words [spoiler] words [spoiler]"),
        ({"type": 17, "components": [TEXT], "spoiler": True}, "[spoiler]"),
        (
            {"type": 9, "components": [TEXT], "accessory": {"type": 11, "media": PICTURE}},
            "words [spoiler] [image]",
        ),
        ({"type": 9, "components": [TEXT], "accessory": {"type": 2, "style": 5}}, "words [spoiler]"),
        ({"type": 9, "components": [TEXT], "accessory": {"type": 99}}, "words [spoiler]"),
        ({"type": 10, "content": None}, ""),
        ({"type": 13, "file": {"url": None}}, "[file]"),
        ({"type": 11, "media": PICTURE, "spoiler": True, "description": "x"}, "[spoiler]"),
        ({"type": 12, "items": [{"media": PICTURE}, {"media": {"url": "https://x.y"}}]}, "[image] [image]"),
        ({"type": 12, "items": [{"media": PICTURE | {"content_type": "video/mp4"}}]}, "[video]"),
        ({"type": 12, "items": [{"media": PICTURE, "spoiler": True}]}, "[spoiler]"),
        ({"type": 12, "items": [{"media": PICTURE | {"flags": 1 << 3}}]}, "[spoiler]"),
        ({"type": 12, "items": [{"media": {"url": "https://x.y/SPOILER_a.png?ex=1"}}]}, "[spoiler]"),
        ({"type": 13, "file": {"url": "https://x.y/a.zip"}, "name": "a.zip"}, "[file]"),
        ({"type": 13, "file": {"url": "https://x.y/b"}, "name": "SPOILER_a.zip"}, "[spoiler]"),
        ({"type": 13, "file": {"url": "https://x.y/a.zip"}, "spoiler": True}, "[spoiler]"),
        ({"type": 14}, ""),
        ({"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}, ""),
        ({"type": 99, "components": [TEXT]}, ""),
    ],
)  # fmt: skip
def test_components(world: World, component: model.Payload, seen: str) -> None:
    """Bots may lay out what they say: its words and pictures are read from top to bottom."""
    assert read(world, "", **model.laid_out(component)) == seen


def test_what_components_show_is_not_said_twice(world: World) -> None:
    """A file that a component shows hangs on the message as well."""
    shown = {"type": 13, "file": {"url": "attachment://a.png"}}
    assert (
        read(world, "", attachments=[ATTACHMENT], **model.laid_out(TEXT, shown)) == "words [spoiler] [file]"
    )


def test_buttons_below_words(world: World) -> None:
    """They are for people who can press them."""
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
    assert read(world, "hello", components=[row], attachments=[ATTACHMENT]) == "hello [file]"


def test_a_spoiler_does_not_end_in_another_component(world: World) -> None:
    """Each is read by itself."""
    texts = ({"type": 10, "content": text} for text in ("a || b", "c || d", "||e|| f <:g:1>"))
    assert read(world, "", **model.laid_out(*texts)) == "a || b c || d [spoiler] f :g:"


def test_many_components(world: World) -> None:
    """However many there are, and however deep: more than Discord allows are not read."""
    deep: model.Payload = TEXT
    for _ in range(50):
        deep = {"type": 17, "components": [deep]}
    assert read(world, "", **model.laid_out(deep, TEXT)) == "words [spoiler]"
    many = [{"type": 10, "content": "a" * (number == MAX_PARTS)} for number in range(2 * MAX_PARTS)]
    assert read(world, "", **model.laid_out(*many)) == ""


def test_nothing(world: World) -> None:
    """A message may have nothing in it that can be read."""
    assert read(world, "") == ""
    assert read(world, " \u200a\n") == ""


def test_somewhere_else_than_in_a_guild(world: World) -> None:
    """Where there is no guild, nobody and nothing has a name."""
    direct = model.Channel("", None, model.DIRECT)
    assert read(world, f"{world.ann.mention} <@&1> <#1>", channel=direct) == "@someone @role #channel"


# Custom emoji that are to be seen


def emoji_in(world: World, text: str, **extra: Any) -> list[tuple[str, int | None]]:
    """Say something; return the names and ids of the custom emoji that people see in it."""
    reading = readable(world.message(text, **extra), lambda _: True, lambda _: True)
    return [(emoji.name, emoji.id) for emoji in reading.emoji]


def test_custom_emoji(world: World) -> None:
    """As often as they stand there, in their order; others are letters already."""
    assert emoji_in(world, "<:b:2> 👍 <a:a_1:1> :c: <:b:2>") == [("b", 2), ("a_1", 1), ("b", 2)]


def test_custom_emoji_that_move(world: World) -> None:
    """They are told from those that don't."""
    reading = readable(world.message("<a:a:1><:b:2>"), lambda _: True, lambda _: True)
    assert [emoji.animated for emoji in reading.emoji] == [True, False]


@pytest.mark.parametrize(
    "written",
    [
        "||<:a:1>||", "||`<:a:1>||", "*||<:a:1>*||", "`<:a:1>`", "``<:a:1>``", "```\n<:a:1>\n```",
        r"\<:a:1>", "https://example.org/<:a:1", "<:a:1", ":a:", "<:a:>", "<@1>", "", "||:a: <:a:1>|| :a:",
    ],
)  # fmt: skip
def test_custom_emoji_that_are_not_to_be_seen(world: World, written: str) -> None:
    """In spoilers and in code; or what only looks like one."""
    assert emoji_in(world, written) == []


@pytest.mark.parametrize(
    "written",
    ["**<:a:1>**", "_x <:a:1>_", "# <:a:1>", "> <:a:1>", "- <:a:1>", "[<:a:1>](https://example.org)",
     "`x`<:a:1>", "||x||<:a:1>", "<:b:2<:a:1>", "* <:a:1> *", "\ue080\ue0ff<:a:1>", "\x00 \n<:a:1>"],
)  # fmt: skip
def test_custom_emoji_between_markup(world: World, written: str) -> None:
    """Wherever people see them."""
    assert emoji_in(world, written) == [("a", 1)]


def test_who_else_has_the_name_of_an_emoji(world: World) -> None:
    """Each is the one that stands there: the one in the spoiler doesn't."""
    assert emoji_in(world, "||<:a:1>|| <:a:2>") == [("a", 2)]
    assert emoji_in(world, "<:a:1> <:a:2>") == [("a", 1), ("a", 2)]


def test_custom_emoji_beyond_the_end(world: World) -> None:
    """What is cut off, or cut through, is not to be seen."""
    fill = "x" * (MAX_LENGTH - 3)
    assert emoji_in(world, f"{fill}<:a:1>") == [("a", 1)]
    assert emoji_in(world, f"{fill}x<:a:1>") == []
    assert emoji_in(world, f"{fill}<:a:1>", attachments=[ATTACHMENT]) == []
    assert emoji_in(world, f"<:a:1>{fill}<:b:2>") == [("a", 1)]


def test_a_sticker_that_is_called_like_an_emoji(world: World) -> None:
    """It is a sticker."""
    sticker = {"id": "7", "name": "\ue080:a:", "format_type": 1}
    assert emoji_in(world, "||<:a:1>||", sticker_items=[sticker]) == []


def test_more_custom_emoji_than_anybody_reads(world: World) -> None:
    """Some beyond the hundredth are words; all of them are read."""
    crowd = " ".join(f"<:a:{number}>" for number in range(130))
    assert emoji_in(world, crowd)[:2] == [("a", 0), ("a", 1)]
    assert read(world, crowd) == shorten(" ".join([":a:"] * 130))


# Length and characters


def test_a_long_text_is_cut() -> None:
    """What is too long ends in an ellipsis, and is then exactly as long as it may be."""
    assert shorten("a" * 501) == "a" * 499 + "…"


def test_a_text_that_just_fits() -> None:
    """What just fits is not cut."""
    assert shorten("a" * 500) == "a" * 500


def test_no_white_space_before_the_ellipsis() -> None:
    """An ellipsis follows a word."""
    assert shorten("a" * 498 + " " + "b" * 10) == "a" * 498 + "…"


def test_names_count(world: World) -> None:
    """The bound is for what is read: a name may be longer than its id."""
    named = world.written.settle(model.User("x"), nick="n" * 32)
    assert len(read(world, named.mention * 100)) == MAX_LENGTH


def test_white_space() -> None:
    """It is one line: white space of any kind and length is one space."""
    assert plain("  a\t\tb\r\n\n c\u2028d\u3000e\x85f  ") == "a b c d e f"


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x80", "\x9b", "\x9f"])
def test_control_characters(char: str) -> None:
    """Nothing steers a terminal or a parser on the way."""
    assert plain(f"a{char}b") == "ab"


@pytest.mark.parametrize("written", ["\ue02a\ue05f\ue07c", "a\ue01bb"])
def test_private_characters(world: World, written: str) -> None:
    """Characters that mean nothing to anybody mean nothing here: no way to write signs by a detour."""
    assert read(world, written) == written.translate(dict.fromkeys(range(0xE000, 0xE100)))


@pytest.mark.parametrize(
    "written", ["Grüße", "¡Señor!", "Привет", "日本語", "한국어", "עברית", "👋🏽", "a\u0308"]
)
def test_every_language(written: str) -> None:
    """Words of any language stay."""
    assert plain(written) == written


# Whatever is written


PIECES = [
    *"*_~|`<>[]()#@&:!-\\ \n.a1",
    "https://x.y",
    "<@1>",
    "<#1>",
    "<:a:1>",
    "<a:b:2>",
    "\ue080",
    "```",
    "||",
    "\ue02a",
    "\x00",
    "\ud800",
]
MARKUP = st.lists(st.sampled_from(PIECES)).map("".join)


@given(st.text() | MARKUP)
def test_whatever_is_written(text: str) -> None:
    """Any text at all is at most 500 characters on one line, without control characters."""
    seen = read(HOME, text)
    assert len(seen) <= MAX_LENGTH
    assert seen == " ".join(seen.split())
    assert not any(char < " " or "\x7f" <= char < "\xa0" for char in seen)
    assert plain(text) == plain(text.replace("\ue080", ""))
    assert all(f":{name}:" in seen for name, _ in emoji_in(HOME, text))


@given(st.text(st.characters(categories=["L", "N"]) | st.just(" ")))
def test_words_alone(text: str) -> None:
    """A text of nothing but letters, numbers and spaces is read as it is written."""
    assert plain(text) == " ".join(text.split())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"], exclude_characters="`"), min_size=1))
def test_code_of_any_kind(text: str) -> None:
    """Whatever stands in a line of code is what is read."""
    assert plain(f"`{text}`") == (" ".join(text.split()))


UNITS = [
    "*", "_", "~", "|", "`", "[", "]", "(", "<", ">", "#", "-", "\\", "\n", " ", " \n", "\n ", "\t\n",
    "**", "||", "~~", "__", "***", "``", "```", "<@", "<@1>", "<#", "<:a", "<a:a:", "</a", "<t:1",
    "<https://", "> ", "- ", "# ", "-# ", ">>> ", "*a", "*a ", "a*", "_a", "_a ", "**a", "__a", "~~a",
    "||a", "||a|", "`a", "`a\n", "```a", "[a", "[a](", "[a](http://", "[a](http://a(", "](http://x)",
    "\\*", "a\n", "> \n", "http://", "http://_", "*_", "**_a", "[a](<http://",
]  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("around", ["{}", "a{}a", "||*`{}"])
@pytest.mark.parametrize("unit", UNITS)
def test_no_message_takes_long(unit: str, around: str) -> None:
    """Nobody stops the world with a message: work grows with its length and no faster."""
    assert len(read(HOME, around.format(unit * (ENDLESS // len(unit))))) <= MAX_LENGTH
