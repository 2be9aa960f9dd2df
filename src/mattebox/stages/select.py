"""Choose the segmentation model for a picture: by its scene, or by its scene and what is in it.

The tables are data (`routing.toml`). Where the classifiers' weights are not there, the embedded model says what kind of
subject it sees, and that stands for scene and objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mattebox._toml import read_toml
from mattebox.errors import BadParameter, unknown_name

__all__ = ["AUTOMATIC", "Choice", "Sight", "by_scene", "candidates", "choose", "parameters", "select", "sight_of_kind"]

AUTOMATIC = ("auto", "autoscene")
"""What is said in place of a model's name to have it chosen."""


class Sight(NamedTuple):
    """What was seen in a picture.

    Attributes:
        scene: `hard`, `soft` or `digital`.
        groups: of objects: `human`, `animals`, `cars`, `objects`, `other`.
        told_by: which model said so.
    """

    scene: str
    groups: frozenset[str]
    told_by: str


class Choice(NamedTuple):
    """A model, and why it was taken.

    Attributes:
        model: its name.
        reason: in words for a log or a report.
    """

    model: str
    reason: str


@cache
def routing() -> dict[str, Any]:
    """The tables."""
    return read_toml(Path(__file__).with_name("routing.toml"))


def by_scene(scene: str) -> str:
    """The model for a scene.

    Raises:
        BadParameter: there is no such scene.
    """
    table: dict[str, str] = routing()["scene"]
    if scene not in table:
        raise BadParameter(unknown_name("scene", scene, table))
    return table[scene]


def choose(scene: str, groups: Iterable[str]) -> str:
    """The model for a scene and the groups of objects that are in it.

    Raises:
        BadParameter: there is no such scene.

    Example:
        >>> choose("hard", ["cars", "objects"]), choose("hard", ["human", "cars"])
        ('tracer_b7', 'isnet')
    """
    by_scene(scene)
    seen = set(groups)
    rows: list[dict[str, Any]] = routing()["choice"]
    return next(
        row["model"]
        for row in rows
        if scene in row.get("scenes", (scene,))
        and seen.issuperset(row.get("with", ()))
        and seen.isdisjoint(row.get("without", ()))
    )


def parameters(model: str) -> dict[str, dict[str, Any]]:
    """What follows the segmentation by a model: settings of the trimap, the matting and the refinement, in pixels.

    Raises:
        BadParameter: the table does not say.
    """
    table: dict[str, dict[str, dict[str, Any]]] = routing()["parameters"]
    if model not in table:
        raise BadParameter(unknown_name("model in the table of parameters", model, table))
    return {part: dict(values) for part, values in table[model].items()}


def candidates(how: str) -> tuple[str, ...]:
    """Names of the models that a way to choose (`auto`, `autoscene`) may take, the one for want of them last."""
    chosen = routing()["scene"].values() if how == "autoscene" else (row["model"] for row in routing()["choice"])
    return (*dict.fromkeys(chosen), FALLBACK)


FALLBACK = "lite"
"""What is taken when the weights of the model that suits are not here; its own are always."""


def sight_of_kind(kind: str | None) -> Sight:
    """What the embedded model's answer stands for; a picture of which it says nothing is taken for a thing."""
    known = routing()["kinds"][kind or "object"]
    return Sight(known["scene"], frozenset(known["groups"]), FALLBACK)


def select(how: str, sight: Sight, is_here: Callable[[str], bool]) -> Choice:
    """Choose, and say why.

    Args:
        how: `auto` or `autoscene`.
        sight: what was seen.
        is_here: whether a model's weights are here; nothing is fetched to follow a choice that nobody made.

    Example:
        >>> select("auto", sight_of_kind("person"), lambda name: True)
        Choice(model='isnet', reason='soft scene with human (seen by lite): isnet')
    """
    model = by_scene(sight.scene) if how == "autoscene" else choose(sight.scene, sight.groups)
    there = f" with {named(sight.groups)}" if how == "auto" and sight.groups else ""
    reason = f"{sight.scene} scene{there} (seen by {sight.told_by}): {model}"
    if is_here(model):
        return Choice(model, reason)
    return Choice(
        FALLBACK, f"{reason} would suit, but it is not ready here ('mattebox models pull {model}'): {FALLBACK}"
    )


def named(groups: Collection[str]) -> str:
    """Groups of objects in one order."""
    return ", ".join(sorted(groups))
