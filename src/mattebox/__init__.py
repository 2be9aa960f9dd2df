"""Mattebox: any picture in, a clean cut-out out.

>>> import mattebox
>>> cutout = mattebox.remove("examples/lemur.jpg")
>>> cutout.size
(440, 680)

Everything public is here; it is imported when it is first used, so that `import mattebox` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mattebox.batch import Job, Outcome, Report, run_jobs
    from mattebox.cutout import Cutout
    from mattebox.errors import (
        BadAnnotations,
        BadParameter,
        BadPicture,
        EngineFailed,
        MatteboxError,
        MissingExtra,
        ModelNotFound,
        OutputFailed,
        WeightsUnavailable,
    )
    from mattebox.journal import Journal
    from mattebox.output import Output
    from mattebox.picture import Picture, open_picture
    from mattebox.presets import Preset, find_preset, load_presets
    from mattebox.remover import Remover, Settings, remove
    from mattebox.zoo.card import Card
    from mattebox.zoo.registry import find_card, load_cards

__version__ = "0.1.0"

_HOMES = {
    "batch": ("Job", "Outcome", "Report", "run_jobs"),
    "cutout": ("Cutout",),
    "errors": (
        "BadAnnotations",
        "BadParameter",
        "BadPicture",
        "EngineFailed",
        "MatteboxError",
        "MissingExtra",
        "ModelNotFound",
        "OutputFailed",
        "WeightsUnavailable",
    ),
    "journal": ("Journal",),
    "output": ("Output",),
    "picture": ("Picture", "open_picture"),
    "presets": ("Preset", "find_preset", "load_presets"),
    "remover": ("Remover", "Settings", "remove"),
    "zoo.card": ("Card",),
    "zoo.registry": ("find_card", "load_cards"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BadAnnotations",
    "BadParameter",
    "BadPicture",
    "Card",
    "Cutout",
    "EngineFailed",
    "Job",
    "Journal",
    "MatteboxError",
    "MissingExtra",
    "ModelNotFound",
    "Outcome",
    "Output",
    "OutputFailed",
    "Picture",
    "Preset",
    "Remover",
    "Report",
    "Settings",
    "WeightsUnavailable",
    "find_card",
    "find_preset",
    "load_cards",
    "load_presets",
    "open_picture",
    "remove",
    "run_jobs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mattebox' has no attribute '{name}'")
    value = getattr(import_module(f"mattebox.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
