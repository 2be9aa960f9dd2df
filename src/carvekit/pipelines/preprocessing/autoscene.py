"""The network that suits the scene."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from carvekit.ml.wrap.networks import SEGMENTATION
from carvekit.ml.wrap.segmenter import Segmenter
from carvekit.utils.image_utils import PictureSource, name_of
from mattebox.stages.select import by_scene

if TYPE_CHECKING:
    from carvekit.api.interface import Interface
    from carvekit.ml.wrap.scene_classifier import SceneClassifier

log = logging.getLogger(__name__)

__all__ = ["AutoScene"]

SHARED = ("device", "batch_size", "fp16")
"""What a network that is changed to takes over from the one before; a network of a program's own need not have it."""


class AutoScene:
    """Chooses the segmentation network by the kind of scene: hard, soft or digital.

    Where the interface's network is of the chosen class, it is taken; otherwise one of that class at its own default
    size, with the device, batch size and precision of the interface's network, where it has them. Either is loaded once
    per process.

    Args:
        scene_classifier: says what scene a picture shows.
    """

    def __init__(self, scene_classifier: SceneClassifier) -> None:
        self.scene_classifier = scene_classifier

    @staticmethod
    def select_net(scene: str) -> type[Segmenter]:
        """The class of network for a scene.

        Raises:
            BadParameter: there is no such scene.
        """
        return SEGMENTATION[by_scene(scene)]

    def __call__(self, interface: Interface, images: Sequence[PictureSource]) -> list[Image.Image]:
        """The masks of the pictures, in their order."""
        scenes = [names[0] for names, _ in self.scene_classifier(images)]
        masks: dict[int, Image.Image] = {}
        for scene in dict.fromkeys(scenes):
            places = [place for place, seen in enumerate(scenes) if seen == scene]
            network = self._network(scene, interface)
            for place in places:
                log.info("%s: %s scene: %s", name_of(images[place]), scene, type(network).__name__)
            masks.update(zip(places, network([images[place] for place in places]), strict=True))
        return [masks[place] for place in range(len(images))]

    def _network(self, scene: str, interface: Interface) -> Segmenter:
        current, chosen = interface.segmentation_pipeline, self.select_net(scene)
        if isinstance(current, chosen):
            return current
        build: Callable[..., Segmenter] = chosen
        return build(**{name: getattr(current, name) for name in SHARED if hasattr(current, name)})
