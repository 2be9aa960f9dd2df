"""See what a picture shows, so that the model that suits it can be taken."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mattebox.engines.base import Engine
from mattebox.stages.detections import detections, object_groups
from mattebox.stages.scene import rank, scene_input
from mattebox.stages.segment import network_input, segment
from mattebox.stages.select import FALLBACK, Choice, Sight, candidates, select, sight_of_kind
from mattebox.types import Rgb
from mattebox.zoo.card import Card
from mattebox.zoo.convert import is_ready
from mattebox.zoo.registry import find_card

log = logging.getLogger(__name__)

SCENES, OBJECTS = "scene_classifier", "yolov4"
"""The classifiers, by the names of their cards."""


class Chooser:
    """Takes the model for a picture.

    Scene and objects are told by the classifiers where their weights are here, and otherwise by the embedded model;
    nothing is fetched for a choice that nobody made.

    Args:
        how: `auto` or `autoscene`.
        load: loads a model; a model that is loaded twice is the same.
    """

    def __init__(self, how: str, load: Callable[[Card], Engine]) -> None:
        self._how = how
        # Once: what is fetched meanwhile does not change a run.
        self._ready = set(ready_for(how))
        wanted = (SCENES, OBJECTS) if how == "auto" else (SCENES,)
        self._engines = {name: load(find_card(name)) for name in wanted if name in self._ready}
        if len(self._engines) < len(wanted):
            self._engines[FALLBACK] = load(find_card(FALLBACK))

    def __call__(self, rgb: Rgb) -> Choice:
        """Choose for a picture (H, W, 3), and say why."""
        choice = select(self._how, self._sight(rgb), self._ready.__contains__)
        log.info("%s", choice.reason)
        return choice

    def _sight(self, rgb: Rgb) -> Sight:
        sight = Sight("", frozenset(), " and ".join(sorted(self._engines)))
        if FALLBACK in self._engines:
            seen = sight_of_kind(segment(rgb, self._engines[FALLBACK], find_card(FALLBACK)).kind)
            sight = sight._replace(scene=seen.scene, groups=seen.groups)
        if SCENES in self._engines:
            (logits,) = self._engines[SCENES].run(scene_input(rgb))
            ((scene, _),) = rank(logits[0], find_card(SCENES).kinds)
            sight = sight._replace(scene=scene)
        if OBJECTS in self._engines:
            boxes, confidences = self._engines[OBJECTS].run(network_input(rgb, find_card(OBJECTS)))
            group_of = list(object_groups().values())
            groups = frozenset(group_of[found.kind] for found in detections(boxes[0, :, 0], confidences[0]))
            sight = sight._replace(groups=groups)
        return sight


def usable(how: str) -> tuple[str, ...]:
    """Names of all models that may have a part in a choice or follow from it."""
    return (*candidates(how), SCENES, OBJECTS)


def ready_for(how: str) -> list[str]:
    """Names of those that can be used as things are; the others are passed over."""
    return [name for name in usable(how) if is_ready(name)]
