"""Colours for figures that can be told apart, and from the ground, by day and by night."""

from typing import Final

from cogs.texts import Text

# By name in the menu. Whatever somebody chooses, our page draws it no darker and no brighter than this.
DARKEST: Final = 0.52
BRIGHTEST: Final = 0.80

PALETTE: Final[dict[str, Text]] = {
    "#e5534b": Text("Red"),
    "#e07a3f": Text("Orange"),
    "#d9a62e": Text("Amber"),
    "#b9bf3a": Text("Lime"),
    "#6cab4a": Text("Green"),
    "#3ba58c": Text("Teal"),
    "#3fa9d6": Text("Sky blue"),
    "#5b84e0": Text("Blue"),
    "#8f74dd": Text("Violet"),
    "#c468cf": Text("Magenta"),
    "#e077a4": Text("Pink"),
    "#b08968": Text("Brown"),
}


def lightness(color: str) -> float:
    """Tell how bright people see a colour such as `#7bd88f`, from 0 to 1: the L of OKLab."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    result: float = 0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short
    return result


def hint(color: str) -> Text | None:
    """Say how a colour that could hardly be seen will look, if it is one."""
    bright = lightness(color)
    if bright < DARKEST:
        return Text("So dark a colour can hardly be seen in the world: figures show it lighter.")
    if bright > BRIGHTEST:
        return Text("So bright a colour can hardly be seen in the world: figures show it darker.")
    return None


def _linear(part: float) -> float:
    result: float = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
    return result
