"""Settings: what they are when nothing is said, how they are said, and what is answered to a mistake."""

import dataclasses
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DATABASE, LIMITS, SETTINGS, Config, read_database_url, read_env
from bot.running.values import DISCORD_API, ConfigError
from bridge.backplane.parts import Part
from bridge.exposure import Exposure
from bridge.limits import DEFAULT_LIMITS, Limits
from bridge.site import metrics
from tests.certificates import Pem

TOKEN = "MTExMTExMTExMTExMTExMTEx.GAbCdE.an-invented-token"
EXAMPLE = Path(__file__).parents[2] / ".env.example"


def config(**settings: str) -> Config:
    """Read settings, with a token among them."""
    return Config.read({"DISCORD_TOKEN": TOKEN} | settings)


def complaint(**settings: str) -> str:
    """Read settings that are wrong, and return what is said about them."""
    with pytest.raises(ConfigError) as caught:
        config(**settings)
    return str(caught.value)


# What is there when nothing is said


def test_the_defaults() -> None:
    """A token is all that a bot needs."""
    assert config() == Config(
        token=TOKEN,
        host="localhost",
        port=3000,
        public_url="http://localhost:3000",
        log_level="INFO",
        database_url="sqlite:///dzone.sqlite3",
        api_url="https://discord.com/api/v10",
    )


def test_the_defaults_of_the_class_are_those_of_the_reader() -> None:
    """A `Config` made by hand differs in nothing from one that was read."""
    assert Config(TOKEN) == config()


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name != "DISCORD_TOKEN"])
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_setting_is_a_missing_one(setting: str, text: str) -> None:
    """`PORT=` in a file says nothing."""
    assert config(**{setting: text}) == config()


def test_other_variables_are_none_of_our_business() -> None:
    """The environment is full of what isn't ours."""
    assert config(PATH="/usr/bin", PORTAL="x") == config()


def test_it_is_frozen() -> None:
    """Settings are read once and stay as they are."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().port = 1  # type: ignore[misc]


# DISCORD_TOKEN


def test_a_token() -> None:
    """The token is taken as it is."""
    assert config().token == TOKEN


@pytest.mark.parametrize("written", [f"  {TOKEN}\t", f"Bot {TOKEN}", f" Bot   {TOKEN} "])
def test_a_token_copied_with_something_around_it(written: str) -> None:
    """White space around a token, or the `Bot` of an HTTP header before it, is dropped."""
    assert config(DISCORD_TOKEN=written).token == TOKEN


@pytest.mark.parametrize("env", [{}, {"DISCORD_TOKEN": ""}, {"DISCORD_TOKEN": " \n"}])
@pytest.mark.parametrize("is_there", [True, False])
def test_no_token(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    """Without a token: where to get one, where to put it, and how to go without."""
    monkeypatch.chdir(tmp_path)
    if is_there:
        (tmp_path / ".env").touch()
    with pytest.raises(ConfigError) as caught:
        Config.read(env)
    said = str(caught.value)
    assert said.startswith("DISCORD_TOKEN is missing")
    assert str(tmp_path / ".env") in said
    assert ("start the bot in the folder where yours is" in said) is not is_there
    assert "https://discord.com/developers/applications" in said
    assert "--demo" in said
    assert len(said.splitlines()) <= 2


def test_an_empty_token_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container no file is the place for it."""
    monkeypatch.setenv("DISCORD_TOKEN", "")
    assert "empty in the environment" in complaint(DISCORD_TOKEN="")


@pytest.mark.parametrize(
    "written", ["two words", "tök€n", "a\x00b", "a\nb", f'"{TOKEN}"', f"'{TOKEN}'"],
    ids=["space", "no ascii", "control", "line break", "double quotes", "single quotes"],
)  # fmt: skip
def test_no_token_at_all(written: str) -> None:
    """What can't be a token is refused before Discord does it; it isn't shown: it may nearly be one."""
    said = complaint(DISCORD_TOKEN=written)
    assert said.startswith("DISCORD_TOKEN ")
    assert "copy it again" in said
    assert written not in said


def test_a_token_is_not_in_the_repr() -> None:
    """A `Config` that is printed or logged gives nothing away."""
    assert TOKEN not in repr(config())
    assert TOKEN not in str(config())


# HOST


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "::1", "::", "zone.example.org"])
def test_a_host(host: str) -> None:
    """Names and addresses of both kinds are hosts."""
    assert config(HOST=host).host == host


@pytest.mark.parametrize(
    "written", ["http://localhost", "localhost:3000", "[::1]", "local host", "a/b", "a?b", "a#b"]
)
def test_what_is_no_host(written: str) -> None:
    """The setting that is named is the one that was made, not another that is derived from it."""
    said = complaint(HOST=written)
    assert said.startswith("HOST ")
    assert repr(written) in said
    assert "PUBLIC_URL" not in said


# PORT


@pytest.mark.parametrize(
    ("written", "port"), [("1", 1), ("8080", 8080), ("65535", 65535), ("0", 0), (" 80 ", 80)]
)
def test_a_port(written: str, port: int) -> None:
    """Numbers up to 65535 are ports; 0 lets the system choose."""
    assert config(PORT=written).port == port


@pytest.mark.parametrize(
    "written", ["http", "80.5", "-1", "+80", "65536", "1" * 5000, "٣٠٠٠", "3_000", "3000 4000", "0x50"]
)
def test_what_is_no_port(written: str) -> None:
    """What is no port is named, with what one is."""
    said = complaint(PORT=written)
    assert said.startswith("PORT ")
    assert "a number from 0 to 65535, such as 3000" in said


# PUBLIC_URL


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"PORT": "8080"}, "http://localhost:8080"),
        ({"HOST": "192.168.1.2"}, "http://192.168.1.2:3000"),
        ({"HOST": "0.0.0.0"}, "http://localhost:3000"),
        ({"HOST": "::"}, "http://localhost:3000"),
        ({"HOST": "::1"}, "http://[::1]:3000"),
    ],
)
def test_a_guessed_address(settings: dict[str, str], url: str) -> None:
    """Without one, the address is the one that works in a browser on this machine."""
    assert config(**settings).public_url == url


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://zone.example.org", "https://zone.example.org"),
        ("https://zone.example.org/", "https://zone.example.org"),
        ("https://example.org/zone/", "https://example.org/zone"),
        ("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
    ],
)
def test_a_given_address(written: str, url: str) -> None:
    """An address is taken without the slashes at its end."""
    assert config(PUBLIC_URL=written).public_url == url


WRONG_ADDRESSES = [
    "zone.example.org",
    "ftp://example.org",
    "https://",
    "https:///path",
    "https://example.org/?a=b",
    "https://example.org/#a",
    "http://[::1",
    "http://localhost:abc",
    "http://localhost:99999",
    "http://exa mple.org",
    "http://example\n.org",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("setting", ["PUBLIC_URL", "DISCORD_API_URL"])
@pytest.mark.parametrize("written", WRONG_ADDRESSES)
def test_what_is_no_address(setting: str, written: str) -> None:
    """What is no address is named, with what one looks like."""
    said = complaint(**{setting: written})
    assert said.startswith(f"{setting} is {written!r}")
    assert "such as https://" in said


# LOG_LEVEL


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
def test_a_log_level(level: str) -> None:
    """The levels have their usual names, large or small."""
    assert config(LOG_LEVEL=level).log_level == level
    assert config(LOG_LEVEL=level.lower()).log_level == level


@pytest.mark.parametrize("written", ["LOUD", "10", "NOTSET", "WARN ING"])
def test_what_is_no_log_level(written: str) -> None:
    """What is no level is named, with those there are."""
    said = complaint(LOG_LEVEL=written)
    assert said == f"LOG_LEVEL is {written!r}; it must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL."


def test_what_a_line_of_the_log_looks_like() -> None:
    """For people by default; large or small."""
    assert config().log_format == "text"
    assert config(LOG_FORMAT="JSON").log_format == "json"
    assert complaint(LOG_FORMAT="xml") == "LOG_FORMAT is 'xml'; it must be text or json."


def test_whether_it_tells_how_it_is() -> None:
    """Not by itself: what is wrong concerns who runs it."""
    assert not config().health
    assert config(HEALTH="on").health


def test_where_its_numbers_are() -> None:
    """Nowhere by itself; an address is needed with the port, for it says who may read them."""
    assert config().metrics is None
    assert config(METRICS="127.0.0.1:9464").metrics == ("127.0.0.1", 9464)
    said = "METRICS is '9464'; write an address and a port, such as 127.0.0.1:9464."
    assert complaint(METRICS="9464") == said


def test_numbers_without_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what to install."""
    monkeypatch.setattr(metrics, "find_spec", lambda _: None)
    assert complaint(METRICS="127.0.0.1:9464").startswith("METRICS is set. Metrics need the package")


def test_where_its_owner_decides() -> None:
    """In direct messages, or in one server, which has an id."""
    assert config().owner_guild is None
    assert config(OWNER_GUILD="232769614004748288").owner_guild == 232769614004748288
    assert complaint(OWNER_GUILD="My Server").startswith(
        "OWNER_GUILD is 'My Server'; it must be a server's id"
    )


# DEBUG_LOOP


@pytest.mark.parametrize(("written", "limit"), [("", 0), ("0", 0), ("250", 250)])
def test_what_is_too_long_for_the_loop(written: str, limit: int) -> None:
    """From so many milliseconds on it is logged; nothing is measured unless somebody wants it."""
    assert config(DEBUG_LOOP=written).debug_loop == limit


# DATABASE_URL


@pytest.mark.parametrize("url", ["sqlite:////var/lib/dzone.db", "postgres://u:p%40@h:5432/d?sslmode=require"])
def test_a_database(url: str) -> None:
    """The address of a database is taken as it is."""
    assert config(DATABASE_URL=f" {url} ").database_url == url
    assert read_database_url({"DATABASE_URL": url}) == url


def test_what_is_no_database() -> None:
    """What is no address of a database is told, with what to write; there may be a password in it."""
    said = complaint(DATABASE_URL="mysql://user:hunter2@host/database")
    assert said.startswith("DATABASE_URL is no address of a database that is known here")
    assert "write sqlite:///dzone.sqlite3" in said
    assert "hunter2" not in said


def test_the_password_of_a_database_is_not_in_the_repr() -> None:
    """A `Config` that is printed or logged gives it away no more than the token."""
    assert "hunter2" not in repr(config(DATABASE_URL="postgres://user:hunter2@host/database"))


# BACKPLANE_URL


def test_a_backplane() -> None:
    """None, or an address that is kept as it is, and out of what is printed."""
    assert config().backplane_url is None
    one = config(BACKPLANE_URL=" rediss://u:hunter2@h:6380/1 ")
    assert one.backplane_url == "rediss://u:hunter2@h:6380/1"
    assert "hunter2" not in repr(one)


def test_what_is_no_backplane() -> None:
    """Told with what to write, and without the address."""
    said = complaint(BACKPLANE_URL="http://u:hunter2@host")
    assert said.startswith("BACKPLANE_URL is no address of Redis or Valkey")
    assert "hunter2" not in said


def test_what_a_backplane_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who installed the bot alone is told what to add."""
    monkeypatch.setattr("bridge.backplane.address.find_spec", lambda _: None)
    assert "dzone-bot[backplane]" in complaint(BACKPLANE_URL="redis://h")


# WORKERS


def test_workers() -> None:
    """None, or so many."""
    assert config().workers == 0
    assert config(WORKERS="4").workers == 4
    assert "must be a number from 0 to 256" in complaint(WORKERS="many")


def test_what_workers_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backplane, whosever it is; and another system than Windows."""
    monkeypatch.setattr("bridge.workers.private.find_program", lambda: "")
    assert "dzone-bot[workers]" in complaint(WORKERS="2")
    assert config(WORKERS="2", BACKPLANE_URL="redis://h").workers == 2
    monkeypatch.setattr("sys.platform", "win32")
    assert "Windows" in complaint(WORKERS="2", BACKPLANE_URL="redis://h")


# SHARDS


SERVER = "postgresql://host/database"


def test_shards() -> None:
    """All, or some of them; a file is enough for who has all."""
    assert config().shards is None
    assert config(SHARDS="0-3/16", DATABASE_URL=SERVER).shards == Part(0, 3, 16)
    assert config(SHARDS=" 5/16 ", DATABASE_URL=SERVER).shards == Part(5, 5, 16)
    assert config(SHARDS="0-15/16").shards == Part(0, 15, 16)


@pytest.mark.parametrize("text", ["16/16", "3-0/16", "0-3", "0,4,8/16", "all", "0-16/16", "1/0"])
def test_what_are_no_shards(text: str) -> None:
    """Told in one sentence, with what to write."""
    said = complaint(SHARDS=text, DATABASE_URL=SERVER)
    assert said.startswith(f"SHARDS is {text!r}; it ")
    assert said.endswith(("write 0-3/16 for the first four of 16 shards, or 5/16 for one of them.", "is 15."))
    assert "\n" not in said


def test_shards_need_settings_that_can_be_shared() -> None:
    """Or somebody who hides would be seen in the other half."""
    said = complaint(SHARDS="0-3/16")
    assert said.startswith("SHARDS=0-3/16 leaves shards to other processes")
    assert "DATABASE_URL" in said


# DISCORD_API_URL


def test_another_api() -> None:
    """Another server may answer for Discord's."""
    assert config(DISCORD_API_URL="http://localhost:5000/api/v10/").api_url == "http://localhost:5000/api/v10"


# How it faces the network


def test_nothing_faces_the_network_by_itself() -> None:
    """No proxy is believed, every page may connect, our own alone may show the world in a frame."""
    assert config().exposure == Exposure(public_url="http://localhost:3000")


def test_https_without_a_proxy(tmp_path: Path) -> None:
    """With a certificate, the guessed address is one of HTTPS."""
    pem = Pem(tmp_path)
    read = config(TLS_CERT=str(pem.chain), TLS_KEY=str(pem.key))
    assert read.exposure.certificate is not None
    assert read.public_url == read.exposure.public_url == "https://localhost:3000"
    assert read.exposure.is_secure


@pytest.mark.parametrize("setting", ["TLS_CERT", "TLS_KEY"])
def test_half_a_certificate(setting: str) -> None:
    """Both files, or none."""
    assert complaint(**{setting: "file.pem"}).startswith("TLS_CERT and TLS_KEY belong together")


def test_proxies() -> None:
    """Addresses and networks."""
    networks = config(TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8 ::1").exposure.trusted_proxies
    assert list(map(str, networks)) == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]


def test_origins() -> None:
    """As browsers write them; our own page may always connect."""
    exposure = config(
        PUBLIC_URL="https://zone.example.org/world", ALLOWED_ORIGINS="https://Friend.example:443/"
    ).exposure
    assert exposure.allowed_origins == frozenset({"https://friend.example"})
    assert exposure.allows("https://zone.example.org")
    assert not exposure.allows("https://evil.example")


def test_frames() -> None:
    """As Content-Security-Policy writes them."""
    assert config(FRAME_ANCESTORS="self, https://blog.example").exposure.frame_ancestors == (
        "'self' https://blog.example"
    )


@pytest.mark.parametrize(
    ("setting", "written"),
    [("TRUSTED_PROXIES", "proxy"), ("TRUSTED_PROXIES", "10.0.0.0/99"), ("ALLOWED_ORIGINS", "*"),
     ("ALLOWED_ORIGINS", "friend.example"), ("FRAME_ANCESTORS", "'unsafe-inline'"),
     ("FRAME_ANCESTORS", "a; script-src *")],
)  # fmt: skip
def test_what_is_no_list(setting: str, written: str) -> None:
    """It is named, with how one is written."""
    said = complaint(**{setting: written})
    assert said.startswith(f"{setting} is {written!r}; write it as in: ")


# Custom emoji


def test_custom_emoji_are_words_by_themselves() -> None:
    """What viewers' browsers ask of Discord is nothing, unless somebody wants it."""
    for read in (config(), config(EMOJI_IMAGES="off"), config(EMOJI_IMAGES="OFF")):
        assert not read.emoji_images
        assert read.exposure == Exposure(public_url="http://localhost:3000")


@pytest.mark.parametrize("written", ["on", "ON", " On "])
def test_custom_emoji_as_pictures(written: str) -> None:
    """The page may then load pictures from Discord, and from nowhere else."""
    read = config(EMOJI_IMAGES=written)
    assert read.emoji_images
    assert read.exposure.image_sources == ("https://cdn.discordapp.com",)


@pytest.mark.parametrize("written", ["yes", "1", "true", "on off", "an"])
def test_what_is_neither_on_nor_off(written: str) -> None:
    """It is named, with what there is."""
    assert complaint(EMOJI_IMAGES=written) == f"EMOJI_IMAGES is {written!r}; it must be on or off."


def test_new_guilds_are_shown_unless_somebody_says_no() -> None:
    """Who runs a bot for themselves need not decide anything."""
    assert config().first_shown
    assert config(FIRST_SHOWN="on").first_shown
    assert not config(FIRST_SHOWN="off").first_shown
    assert complaint(FIRST_SHOWN="no") == "FIRST_SHOWN is 'no'; it must be on or off."


# Logins


def test_a_secret_for_logins() -> None:
    """It is not in the repr."""
    read = config(DISCORD_CLIENT_SECRET="keep-it", DISCORD_CLIENT_ID="232769614004748288")
    assert (read.client_secret, read.client_id) == ("keep-it", "232769614004748288")
    assert "keep-it" not in repr(read)


# Limits


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit(name: str) -> None:
    """The least and the most are limits, and nothing beyond; empty is the default."""
    bound, least, most = LIMITS[name]
    assert getattr(config().limits, bound) == getattr(DEFAULT_LIMITS, bound)
    for value in (least, most):
        assert getattr(config(**{name: str(value)}).limits, bound) == value
    for value in (least - 1, most + 1):
        assert complaint(**{name: str(value)}).startswith(f"{name} is ")


def test_every_limit_can_be_set() -> None:
    """Each of the bridge's has its setting, but those of what a request may cost: they follow the machine."""
    costs = {"cpu_per_viewer", "cpu_per_address", "cpu_in_all", "unread_bytes"}
    bounds = {field.name for field in dataclasses.fields(Limits)}
    assert {bound for bound, _, _ in LIMITS.values()} == bounds - costs


# Whatever is written


@given(st.dictionaries(st.sampled_from(SETTINGS), st.text(max_size=50)))
def test_whatever_is_written(env: dict[str, str]) -> None:
    """Any text is a setting, or an error that names a setting which was made."""
    try:
        Config.read(env)
    except ConfigError as error:
        named = str(error).split()[0]
        assert named in SETTINGS
        assert named in env or named == "DISCORD_TOKEN"


@given(st.from_regex(r"[a-z:/\[\]@?#.%0-9]{0,30}", fullmatch=True))
def test_whatever_looks_like_an_address(written: str) -> None:
    """Whatever is taken for an address can be split and put together again."""
    try:
        url = config(PUBLIC_URL=f"http://{written}").public_url
    except ConfigError:
        return
    assert re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", url)


# .env


def read_file(folder: Path, content: str | bytes, **environment: str) -> dict[str, str]:
    """Write `.env` and read it."""
    content = content.encode() if isinstance(content, str) else content
    (folder / ".env").write_bytes(content)
    return read_env(folder, environment)


def test_without_a_file(tmp_path: Path) -> None:
    """A file is not needed: hosting platforms set the environment."""
    assert read_env(tmp_path, {"PORT": "80"}) == {"PORT": "80"}


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    """A folder named `.env`, as some tools make it, is no file."""
    (tmp_path / ".env").mkdir()
    assert read_env(tmp_path, {"PORT": "80"}) == {"PORT": "80"}


@pytest.mark.parametrize(
    "content",
    [
        "PORT=80\nHOST=::1\n",
        "PORT=80\r\nHOST=::1\r\n",
        "\ufeffPORT=80\nHOST=::1\n",
        "\ufeffPORT=80\r\nHOST=::1",
        "PORT=\"80\"\nHOST='::1'\n",
        "export PORT=80\nexport HOST=::1\n",
        "  PORT = 80  \n\n# a comment\nHOST = ::1 # another\n",
    ],
    ids=["plain", "windows", "mark", "windows with mark", "quotes", "shell", "space and comments"],
)
def test_ways_to_write_a_file(tmp_path: Path, content: str) -> None:
    """Editors and people write the same in many ways."""
    assert read_file(tmp_path, content) == {"PORT": "80", "HOST": "::1"}


def test_a_dollar_is_a_dollar(tmp_path: Path) -> None:
    """Nothing in a value stands for something else."""
    assert (
        read_file(tmp_path, "DISCORD_TOKEN=a$HOME${HOME}", HOME="/root")["DISCORD_TOKEN"] == "a$HOME${HOME}"
    )


def test_the_real_environment_wins(tmp_path: Path) -> None:
    """What is set for one run goes before what is written down."""
    assert read_file(tmp_path, "PORT=80\nHOST=::1", PORT="90") == {"PORT": "90", "HOST": "::1"}


def test_a_name_without_a_value(tmp_path: Path) -> None:
    """A name alone says nothing."""
    assert read_file(tmp_path, "PORT\nHOST=::1") == {"HOST": "::1"}


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("PROT", "PORT"), ("port", "PORT"), ("DISCORD_TOKN", "DISCORD_TOKEN"), ("LOGLEVEL", "LOG_LEVEL")],
)
def test_an_unknown_setting(tmp_path: Path, wrong: str, meant: str) -> None:
    """A slip of the pen is told, with what was probably meant."""
    with pytest.raises(ConfigError, match=rf"unknown setting {wrong}\. Did you mean {meant}\?"):
        read_file(tmp_path, f"{wrong}=80")


def test_a_setting_like_no_other(tmp_path: Path) -> None:
    """Where nothing is similar, all settings are named."""
    with pytest.raises(ConfigError, match=re.escape(", ".join(SETTINGS))):
        read_file(tmp_path, "COLOUR=blue")


def test_a_complaint_says_which_file(tmp_path: Path) -> None:
    """Somebody who has several bots knows which file to open."""
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path / ".env"))):
        read_file(tmp_path, "COLOUR=blue")


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}=", f"{TOKEN}\nPORT=80"])
def test_a_token_in_the_place_of_a_name(tmp_path: Path, content: str) -> None:
    """Whoever puts nothing but the token into the file is told so; the token stays out of it."""
    with pytest.raises(ConfigError) as caught:
        read_file(tmp_path, content)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("content", ["PORT: 80", "PORT 80", 'DISCORD_TOKEN="abc'])
def test_a_line_that_says_nothing(tmp_path: Path, content: str) -> None:
    """A line that can't be read is told, and not passed over."""
    with pytest.raises(ConfigError, match=r"line 2"):
        read_file(tmp_path, f"HOST=::1\n{content}\n")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding(tmp_path: Path, encoding: str) -> None:
    """A file in another encoding than UTF-8 is told, with what to do."""
    with pytest.raises(ConfigError, match=r"can't be read: .* Save it as UTF-8 text"):
        read_file(tmp_path, "# für später\nPORT=80".encode(encoding))


def test_a_file_with_an_ending(tmp_path: Path) -> None:
    """Windows hides `.txt`, so nobody sees why the file isn't read."""
    (tmp_path / ".env.txt").write_text("PORT=80")
    with pytest.raises(ConfigError, match=r"\.env\.txt has to be called \.env, without \.txt"):
        read_env(tmp_path, {})
    assert read_file(tmp_path, "PORT=81") == {"PORT": "81"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    """As one leaves behind who wrote it as root."""
    file = tmp_path / ".env"
    file.write_text("PORT=80")
    file.chmod(0)
    me = os.geteuid()
    if me == 0:  # who may read everything
        tmp_path.chmod(0o755)
        os.seteuid(65_534)
    try:
        with pytest.raises(ConfigError, match="belongs to another user"):
            read_env(tmp_path, {})
    finally:
        os.seteuid(me)


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_the_file_holds(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes are settings that we know, or an error that says what to do."""
    try:
        read = read_file(tmp_path_factory.mktemp("env"), content)
    except ConfigError:
        return
    assert read.keys() <= set(SETTINGS)


# .env.example


def test_the_example_lists_every_setting_with_its_comment() -> None:
    """Each setting of the code has its paragraph in the example, and nothing else has."""
    paragraphs = EXAMPLE.read_text(encoding="utf-8").strip().split("\n\n")[1:]
    names = []
    for paragraph in paragraphs:
        *comment, setting = paragraph.splitlines()
        assert comment
        assert all(line.startswith("# ") for line in comment)
        names.append(setting.partition("=")[0])
    assert names == list(SETTINGS)


def test_the_example_has_the_defaults_of_the_code(tmp_path: Path) -> None:
    """A copy of the example, with a token put in, changes nothing."""
    assert Config.read(read_file(tmp_path, EXAMPLE.read_bytes()) | {"DISCORD_TOKEN": TOKEN}) == config()


def test_the_example_shows_the_defaults() -> None:
    """What is the default is to be read there, in the setting or above it."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for default in (
        "HOST=localhost", "PORT=3000", "LOG_LEVEL=INFO", "http://HOST:PORT", DATABASE, DISCORD_API,
    ):  # fmt: skip
        assert default in text


@pytest.mark.parametrize(
    "name", ["HOST", "PORT", "LOG_LEVEL", "PUBLIC_URL", "DISCORD_API_URL", "EMOJI_IMAGES"]
)
def test_a_token_behind_another_name_is_not_shown(name: str) -> None:
    """What went astray is complained about without its secret: the complaint may end up in a log."""
    token = "MTE0NTE0MTkxOTgxMDg5MzM2NA.GabcDE.a-secret-of-some-length-"
    said = complaint(**{"DISCORD_TOKEN": "t", name: token + "!/"})
    assert said.startswith(name)
    assert "secret" not in said


def test_documents(tmp_path: Path) -> None:
    """What is named is read at the start; what can't be served stops it."""
    assert config().documents == {}
    policy = tmp_path / "privacy.en.md"
    policy.write_text("# Privacy\n\nNothing is stored.\n", "utf-8")
    assert "Nothing is stored." in config(PRIVACY_FILE=str(policy)).documents["privacy"]["en"]
    policy.write_text("# Privacy\n\nWrite to [[address]].\n", "utf-8")
    said = complaint(PRIVACY_FILE=str(policy))
    assert said == f"PRIVACY_FILE: {policy}, line 3: [[address…]] is still to be filled in."
    assert "can't be read" in complaint(TERMS_FILE=str(tmp_path / "nothing.md"))
