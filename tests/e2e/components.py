"""What the loopback Discord objects to in a message that somebody wants to write or change.

As https://discord.com/developers/docs/components/reference has it, and the answers that Discord gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.e2e.commands import nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.e2e.commands import Fault
    from tests.e2e.model import Payload

ROW, BUTTON, SELECT, USERS, ROLES, MENTIONABLES, CHANNELS = 1, 2, 3, 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, SEPARATOR, CONTAINER = 9, 10, 11, 14, 17
MENUS: Final = {SELECT, USERS, ROLES, MENTIONABLES, CHANNELS}
OF_MESSAGES: Final = {ROW, SECTION, TEXT, SEPARATOR, CONTAINER}
LINK: Final = 5  # the style of a button
V2: Final = 1 << 15  # a flag of a message
MOST_PARTS, MOST_WORDS, MOST_CONTENT, MOST_ROWS, MOST_BUTTONS, MOST_OPTIONS = 40, 4_000, 2_000, 5, 5, 25
MOST_TITLE, MOST_DESCRIPTION = 256, 4_096
MOST_ID, MOST_LABEL, MOST_PLACEHOLDER, MOST_OPTION, MOST_EMBED = 100, 80, 150, 100, 6_000

REQUIRED: Final = "BASE_TYPE_REQUIRED", "This field is required"
LEGACY: Final = (
    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
)
TWICE: Final = "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
WRONG_TYPE: Final = "UNION_TYPE_CHOICES", 'Value of field "type" must be one of the allowed ones.'


def refused(body: Mapping[str, Any], before: Payload | None = None) -> tuple[int, Payload] | None:
    """Say what is wrong with a message, or with a change of the one that was there `before`."""
    kept: dict[str, Any] = {"content": "", "embeds": [], "components": [], "flags": 0} | dict(before or {})
    told = {name: value for name, value in body.items() if name in kept}
    flags = told.get("flags") or 0
    after = kept | told | {"flags": flags | (kept["flags"] & V2)}
    faults = [*_faults(after)]
    if faults:
        return 400, {"message": "Invalid Form Body", "code": 50035, "errors": nested(faults)}
    if not any(after[name] for name in ("content", "embeds", "components")):
        return 400, {"message": "Cannot send an empty message", "code": 50006}
    return None


def parts(components: list[Payload]) -> Iterator[Payload]:
    """Walk through components and what is in them."""
    for part in components:
        yield part
        yield from parts(part.get("components") or [])
        if part.get("accessory"):
            yield part["accessory"]


def _faults(message: Mapping[str, Any]) -> Iterator[Fault]:
    components = message["components"] or []
    if message["flags"] & V2:
        for name in ("content", "embeds"):
            if message[name]:
                yield name, *LEGACY
        if sum(1 for _ in parts(components)) > MOST_PARTS:
            yield "components", *_length(1, MOST_PARTS)
        words = sum(len(part.get("content") or "") for part in parts(components))
        if words > MOST_WORDS:
            yield "components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "The text is too long."
    else:
        if len(message["content"] or "") > MOST_CONTENT:
            yield "content", *_length(0, MOST_CONTENT)
        if len(components) > MOST_ROWS:
            yield "components", *_length(1, MOST_ROWS)
        yield from (
            (f"components.{number}.type", *WRONG_TYPE)
            for number, part in enumerate(components)
            if part["type"] != ROW
        )
    yield from _faults_of_embeds(message["embeds"] or [])
    yield from _faults_of_components("components", components)
    ids = [part["custom_id"] for part in parts(components) if part.get("custom_id")]
    if len(ids) > len(set(ids)):
        yield "components", *TWICE


def _faults_of_components(place: str, components: list[Payload]) -> Iterator[Fault]:
    for number, part in enumerate(components):
        here, kind = f"{place}.{number}", part["type"]
        if kind == ROW:
            yield from _faults_of_row(here, part.get("components") or [])
        elif kind == CONTAINER:
            inner = part.get("components") or []
            if any(each["type"] == CONTAINER for each in inner) or not inner:
                yield f"{here}.components", *WRONG_TYPE
            yield from _faults_of_components(f"{here}.components", inner)
        elif kind == TEXT and not part.get("content"):
            yield f"{here}.content", *REQUIRED
        elif kind == SECTION:
            yield from _faults_of_section(here, part)
        elif kind not in OF_MESSAGES:
            yield f"{here}.type", *WRONG_TYPE


def _faults_of_section(place: str, section: Payload) -> Iterator[Fault]:
    accessory = section.get("accessory")
    if accessory is None or accessory["type"] not in {BUTTON, THUMBNAIL}:
        yield f"{place}.accessory", *REQUIRED
    if not 1 <= len(section.get("components") or []) <= 3:
        yield f"{place}.components", *_length(1, 3)


def _faults_of_row(place: str, row: list[Payload]) -> Iterator[Fault]:
    menus = [part for part in row if part["type"] in MENUS]
    if not row or len(row) > MOST_BUTTONS or (menus and len(row) > 1):
        yield f"{place}.components", *_length(1, MOST_BUTTONS)
    for number, part in enumerate(row):
        here = f"{place}.components.{number}"
        if part["type"] == BUTTON:
            yield from _faults_of_button(here, part)
        elif part["type"] in MENUS:
            yield from _faults_of_menu(here, part)
        else:
            yield f"{here}.type", *WRONG_TYPE


def _faults_of_button(place: str, button: Payload) -> Iterator[Fault]:
    needed = "url" if button["style"] == LINK else "custom_id"
    if not button.get(needed):
        yield f"{place}.{needed}", *REQUIRED
    if len(button.get("custom_id") or "") > MOST_ID:
        yield f"{place}.custom_id", *_length(1, MOST_ID)
    if not 0 < len(button.get("label") or "") <= MOST_LABEL:
        yield f"{place}.label", *_length(1, MOST_LABEL)


def _faults_of_menu(place: str, menu: Payload) -> Iterator[Fault]:
    if not 0 < len(menu.get("custom_id") or "") <= MOST_ID:
        yield f"{place}.custom_id", *_length(1, MOST_ID)
    if len(menu.get("placeholder") or "") > MOST_PLACEHOLDER:
        yield f"{place}.placeholder", *_length(0, MOST_PLACEHOLDER)
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not 0 <= least <= MOST_OPTIONS or not 1 <= most <= MOST_OPTIONS or least > most:
        yield f"{place}.max_values", *_length(1, MOST_OPTIONS)
    if menu["type"] == SELECT:
        yield from _faults_of_options(place, menu.get("options") or [], most)
    elif len(menu.get("default_values") or []) > most:
        yield f"{place}.default_values", *_length(0, most)


def _faults_of_options(place: str, options: list[Payload], most: int) -> Iterator[Fault]:
    if not 1 <= len(options) <= MOST_OPTIONS or most > len(options):
        yield f"{place}.options", *_length(1, MOST_OPTIONS)
    if sum(bool(option.get("default")) for option in options) > most:
        yield f"{place}.options", *_length(0, most)
    if len({option["value"] for option in options}) < len(options):
        yield f"{place}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The value is used already"
    for number, option in enumerate(options):
        for name in ("label", "value", "description"):
            text = option.get(name) or ""
            if len(text) > MOST_OPTION or (name != "description" and not text):
                yield f"{place}.options.{number}.{name}", *_length(1, MOST_OPTION)


def _faults_of_embeds(embeds: list[Payload]) -> Iterator[Fault]:
    for number, embed in enumerate(embeds):
        fields = embed.get("fields") or []
        if len(fields) > MOST_OPTIONS:
            yield f"embeds.{number}.fields", *_length(0, MOST_OPTIONS)
        for place, field in enumerate(fields):
            if not 0 < len(field["value"]) <= 1024 or not 0 < len(field["name"]) <= 256:
                yield f"embeds.{number}.fields.{place}.value", *_length(1, 1024)
        for name, most in (("title", MOST_TITLE), ("description", MOST_DESCRIPTION)):
            if len(embed.get(name) or "") > most:
                yield f"embeds.{number}.{name}", *_length(0, most)
        texts = [embed.get("title"), embed.get("description")]
        texts += [text for field in fields for text in (field["name"], field["value"])]
        if sum(len(text or "") for text in texts) > MOST_EMBED:
            yield f"embeds.{number}", *_length(0, MOST_EMBED)


def _length(least: int, most: int) -> tuple[str, str]:
    return "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."
