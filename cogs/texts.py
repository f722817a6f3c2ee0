"""What the bot says, in the reader's language. The English text is the key of its translations.

A catalog also has what Discord shows of commands: `/dzone channels show` stands for the last word of that
command's name, `channel:` for a parameter's name, and descriptions and choices for themselves.
"""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Final, Literal

import discord

Language = Literal["en", "de", "es"]

_LANGUAGES: Final[dict[discord.Locale, Language]] = {
    discord.Locale.german: "de",
    discord.Locale.spain_spanish: "es",
    discord.Locale.latin_american_spanish: "es",
}


def _read(language: Language) -> dict[str, str]:
    file = resources.files("cogs") / "locales" / f"{language}.json"
    catalog: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return catalog


CATALOGS: Final[Mapping[Language, Mapping[str, str]]] = {"en": {}, "de": _read("de"), "es": _read("es")}


def language_of(locale: discord.Locale) -> Language:
    """Choose the language for somebody who has set Discord to this one."""
    return _LANGUAGES.get(locale, "en")


def translation(key: str, locale: discord.Locale) -> str | None:
    """Look a text up. None if its English stands for it."""
    return CATALOGS[language_of(locale)].get(key)


def command_name(name: str, language: Language) -> str:
    """Name a command word for word as the reader's Discord does."""
    words = name.split()
    paths = ("/" + " ".join(words[: count + 1]) for count in range(len(words)))
    catalog = CATALOGS[language]
    return "`/" + " ".join(catalog.get(path, path.split()[-1].lstrip("/")) for path in paths) + "`"


def described(description: str, language: Language) -> str:
    """Say what a command is for, as the reader's Discord does."""
    return CATALOGS[language].get(description, description)


class Text:
    """Something to say: an English template with `{values}`.

    A value may be a text itself. `{/dzone enable}` is that command, as the reader's Discord calls it.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.template: Final = template
        self._values = values

    def within(self, language: Language) -> str:
        """Say it in a language."""
        template = CATALOGS[language].get(self.template, self.template)
        return template.format_map(_Values(self._values, language))


class Lines(Text):
    """Several texts, one below the other."""

    def __init__(self, *texts: Text) -> None:
        super().__init__("")
        self._texts = texts

    def within(self, language: Language) -> str:
        """Say them in a language."""
        return "\n".join(text.within(language) for text in self._texts)


class _Values(dict[str, object]):
    """The values of a template in one language; commands are known without being given."""

    def __init__(self, values: Mapping[str, object], language: Language) -> None:
        said = {name: v.within(language) if isinstance(v, Text) else v for name, v in values.items()}
        super().__init__(said)
        self._language: Language = language

    def __missing__(self, name: str) -> str:
        if not name.startswith("/"):
            raise KeyError(name)
        return command_name(name[1:], self._language)
