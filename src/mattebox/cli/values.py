"""What options take: names that the shell completes, and values of several numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.hints import Region

__all__ = [
    "matters",
    "matting_methods",
    "model_names",
    "parse_canvas",
    "parse_points",
    "parse_position",
    "parse_region",
    "preset_names",
    "refiners",
    "segmenters",
]


def model_names() -> list[str]:
    """Names of the models, for completion in the shell."""
    from mattebox.zoo.registry import load_cards

    return list(load_cards())


def segmenters() -> list[str]:
    """What finds the subject, for completion in the shell."""
    return ["auto", "autoscene", *models_for("segment")]


def refiners() -> list[str]:
    """What brings a mask to the picture's resolution, for completion in the shell."""
    return ["none", *models_for("refine")]


def matters() -> list[str]:
    """What finds the opacity around the edge, for completion in the shell."""
    from mattebox.solvers import SOLVERS

    return ["none", *SOLVERS, *models_for("matte")]


def matting_methods() -> list[str]:
    """What finds opacity by a trimap or without one, for completion in the shell."""
    from mattebox.solvers import SOLVERS

    return [*SOLVERS, *models_for("matte"), *models_for("segment")]


def models_for(task: str) -> list[str]:
    """Names of the models for a task."""
    from mattebox.zoo.registry import load_cards

    return [card.name for card in load_cards().values() if card.task == task]


def preset_names() -> list[str]:
    """Names of the presets, for completion in the shell."""
    from mattebox.presets import load_presets

    return list(load_presets())


def parse_canvas(text: str | None) -> tuple[int, int] | None:
    """Read "WIDTHxHEIGHT" as (height, width).

    Raises:
        BadParameter: it is not two whole numbers.

    Example:
        >>> parse_canvas("1000x800")
        (800, 1000)
    """
    if text is None:
        return None
    try:
        width, height = (int(number) for number in text.lower().split("x"))
    except ValueError:
        raise BadParameter(f"canvas '{text}': give its width and height in pixels, as in 1000x800") from None
    return height, width


def parse_position(text: str | None) -> tuple[float, float]:
    """Read "X,Y"; the middle unless given.

    Raises:
        BadParameter: it is not two numbers.

    Example:
        >>> parse_position("0.5, 1")
        (0.5, 1.0)
    """
    if text is None:
        return 0.5, 0.5
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise BadParameter(f"position '{text}': give x and y from 0 to 1, as in 0.5,1") from None
    return x, y


def parse_points(text: str | None) -> tuple[tuple[int, int, bool], ...]:
    """Read "row,column" pairs with spaces between; those with a minus before them are beside the subject.

    Raises:
        BadParameter: one is not two whole numbers.

    Example:
        >>> parse_points("120,300 -40,20")
        ((120, 300, True), (40, 20, False))
    """
    points = []
    for word in (text or "").replace(", ", ",").split():
        try:
            row, column = (int(number) for number in word.removeprefix("-").split(","))
        except ValueError:
            raise BadParameter(f"points '{text}': give row,column pairs in pixels, as in '120,300 -40,20'") from None
        points.append((row, column, not word.startswith("-")))
    return tuple(points)


def parse_region(text: str | None, name: str = "region") -> Region | None:
    """Read "top,left,bottom,right".

    Args:
        text: as typed.
        name: of the option, for the message.

    Raises:
        BadParameter: it is not four whole numbers that make a box.

    Example:
        >>> parse_region("10, 0, 300, 200")
        (10, 0, 300, 200)
    """
    if text is None:
        return None
    try:
        top, left, bottom, right = (int(number) for number in text.split(","))
    except ValueError:
        top = left = bottom = right = 0
    if not (0 <= top < bottom and 0 <= left < right):
        raise BadParameter(f"{name} '{text}': give top,left,bottom,right in pixels, as in 0,100,400,500")
    return top, left, bottom, right
