"""What shops ask of a product picture, as data (`presets.toml`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mattebox._toml import read_toml
from mattebox.errors import BadParameter, unknown_name

if TYPE_CHECKING:
    from mattebox.shadows import Shadow

__all__ = ["SHADOW_MEANT", "Preset", "find_preset", "load_presets"]

SHADOW_MEANT: dict[object, Shadow | None] = {True: "drop", False: None}
"""What older programs say of a shadow, and what they mean."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How a finished product picture shall look.

    Attributes:
        name: short name, as in `--preset amazon`.
        title: name to show.
        width: width of the canvas in pixels.
        height: height of the canvas in pixels.
        fill: share of the canvas that the subject fills on the side where it comes closest to the edge, 0 to 1.
        background: a colour, or `transparent`.
        format: file format.
        quality: quality of a JPEG or WebP, 1 to 100; None for a lossless format.
        shadow: the shadow that belongs to it (`Cutout.shadow`); None for none.
        minimum: pixels that the longer side must have by the rule, None when no rule says.
        rule: what the shop asks, in our words; empty for our own looks.
        source: the shop's page that says so.
        verified: True when the page itself was read, False when the figures come from others who quote it.
        checked: date of the page or quotation that was read, when it is known.
    """

    name: str
    title: str
    width: int
    height: int
    fill: float
    background: str = "#ffffff"
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    quality: int | None = None
    shadow: Shadow | None = None
    minimum: int | None = None
    rule: str = ""
    source: str = ""
    verified: bool = False
    checked: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shadow", SHADOW_MEANT.get(self.shadow, self.shadow))


@cache
def load_presets() -> dict[str, Preset]:
    """Read the presets that come with Mattebox, by name.

    Example:
        >>> load_presets()["amazon"].background
        '#ffffff'
    """
    tables = read_toml(Path(__file__).with_suffix(".toml"))
    return {name: Preset(name=name, **table) for name, table in tables.items()}


def find_preset(name: str) -> Preset:
    """Find a preset by its name.

    Raises:
        BadParameter: when there is none; the message lists the names.

    Example:
        >>> find_preset("walmart").width
        2200
    """
    presets = load_presets()
    if name not in presets:
        raise BadParameter(unknown_name("preset", name, presets))
    return presets[name]
