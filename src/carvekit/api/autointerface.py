"""The interface that looks at every picture before it chooses network and parameters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from carvekit.api.interface import Cutouts, Interface
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.fba_matting import FBAMatting
from carvekit.ml.wrap.networks import SEGMENTATION
from carvekit.ml.wrap.scene_classifier import SceneClassifier
from carvekit.ml.wrap.segmenter import Segmenter
from carvekit.ml.wrap.yolov4 import SimplifiedYoloV4
from carvekit.pipelines.postprocessing import CasMattingMethod, MattingMethod
from carvekit.trimap.generator import TrimapGenerator
from carvekit.utils.image_utils import PictureSource, load_image, name_of
from carvekit.utils.mask_utils import apply_mask
from carvekit.utils.pool_utils import thread_pool_processing
from mattebox.stages.select import choose, parameters

log = logging.getLogger(__name__)

__all__ = ["AutoInterface"]

Parameters = dict[str, dict[str, Any]]


class AutoInterface(Interface):
    """Chooses network and parameters by the scene of a picture and the objects in it.

    Args:
        scene_classifier: says what scene a picture shows.
        object_classifier: says which groups of objects are in it.
        segmentation_batch_size: pictures that the segmentation network sees at once.
        refining_batch_size: pictures that CascadePSP sees at once.
        refining_image_size: longest side of what CascadePSP sees at once.
        postprocessing_batch_size: pictures that FBA sees at once.
        postprocessing_image_size: longest side of what FBA sees.
        segmentation_device: of the segmentation network: `cpu`, `cuda`, `cuda:1`.
        postprocessing_device: of CascadePSP and FBA.
        fp16: compute in half precision on a GPU.
        override_trimap_params: called with the class of a network, returns what `select_params_for_net` does.
        segmentation_image_size: side in pixels of what the segmentation network sees; None for its own default.
        postprocessing_method: `cascade_fba` for what the parameters say, `fba` to never refine, `none` to have the mask
            as opacity.
    """

    def __init__(
        self,
        scene_classifier: SceneClassifier,
        object_classifier: SimplifiedYoloV4,
        segmentation_batch_size: int = 1,
        refining_batch_size: int = 1,
        refining_image_size: int = 900,
        postprocessing_batch_size: int = 1,
        postprocessing_image_size: int = 2048,
        segmentation_device: str = "cpu",
        postprocessing_device: str = "cpu",
        fp16: bool = False,
        override_trimap_params: Callable[[type[Segmenter]], Parameters] | None = None,
        *,
        segmentation_image_size: int | None = None,
        postprocessing_method: str = "cascade_fba",
    ) -> None:
        super().__init__(None)
        self.scene_classifier = scene_classifier
        self.object_classifier = object_classifier
        self.segmentation_batch_size = segmentation_batch_size
        self.refining_batch_size = refining_batch_size
        self.refining_image_size = refining_image_size
        self.postprocessing_batch_size = postprocessing_batch_size
        self.postprocessing_image_size = postprocessing_image_size
        self.segmentation_device = segmentation_device
        self.postprocessing_device = postprocessing_device
        self.fp16 = fp16
        self.override_trimap_params = override_trimap_params or self.select_params_for_net
        self.segmentation_image_size = segmentation_image_size
        self.postprocessing_method = postprocessing_method

    @staticmethod
    def select_params_for_net(net: type[Segmenter]) -> Parameters:
        """What follows the segmentation by a class of network.

        Returns:
            `trimap_generator`: the arguments of `TrimapGenerator`; `matting_module`: `disable_noise_filter`; and
            `refining`: `enabled` and `mask_binary_threshold`.

        Raises:
            BadParameter: the table has no such network.
        """
        return parameters(net.model)

    def select_net(self, scene: str, images_info: list[dict[str, Any]]) -> None:
        """Choose the class of network for pictures of one scene.

        Args:
            scene: `hard`, `soft` or `digital`.
            images_info: one record for each picture; `objects` holds the groups in it, and `net` gets the class.

        Raises:
            BadParameter: there is no such scene.
        """
        for info in images_info:
            info["net"] = SEGMENTATION[choose(scene, info["objects"])]

    def __call__(self, images: Sequence[PictureSource]) -> Cutouts:
        """Cut out a list of pictures.

        Args:
            images: pictures or paths.

        Returns:
            Mode RGBA, in the order and of the sizes of the pictures.

        Raises:
            UnusablePicture: a picture is none.
        """
        pictures = thread_pool_processing(load_image, images)
        choices = self._choices(pictures)
        cutouts: dict[int, Image.Image] = {}
        for choice in dict.fromkeys(choices):
            places = [place for place, chosen in enumerate(choices) if chosen == choice]
            _, network = choice
            group = self._cut_out([pictures[place] for place in places], network)
            cutouts.update(zip(places, group, strict=True))
        return [cutouts[place] for place in range(len(pictures))]

    def _choices(self, pictures: list[Image.Image]) -> list[tuple[str, type[Segmenter]]]:
        """Scene and class of network for each picture."""
        scenes = [names[0] for names, _ in self.scene_classifier(pictures)]
        objects = self.object_classifier(pictures)
        records: list[dict[str, Any]] = [
            {"image": picture, "objects": groups} for picture, groups in zip(pictures, objects, strict=True)
        ]
        for scene in dict.fromkeys(scenes):
            self.select_net(scene, [record for record, seen in zip(records, scenes, strict=True) if seen == scene])
        networks = [record["net"] for record in records]
        for picture, scene, groups, network in zip(pictures, scenes, objects, networks, strict=True):
            seen = ", ".join(sorted(set(groups))) or "nothing known"
            log.info("%s: %s scene with %s: %s", name_of(picture), scene, seen, network.__name__)
        return list(zip(scenes, networks, strict=True))

    def _cut_out(self, pictures: list[Image.Image], network: type[Segmenter]) -> Cutouts:
        build: Callable[..., Segmenter] = network
        size = {} if self.segmentation_image_size is None else {"input_image_size": self.segmentation_image_size}
        segment = build(
            device=self.segmentation_device, batch_size=self.segmentation_batch_size, fp16=self.fp16, **size
        )
        masks = segment(pictures)
        if self.postprocessing_method == "none":
            return [apply_mask(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]
        return self._postprocessing(self.override_trimap_params(network))(pictures, masks)

    def _postprocessing(self, settings: Parameters) -> MattingMethod:
        device = self.postprocessing_device
        matting = FBAMatting(
            device,
            self.postprocessing_image_size,
            self.postprocessing_batch_size,
            fp16=self.fp16,
            disable_noise_filter=settings["matting_module"]["disable_noise_filter"],
        )
        trimaps = TrimapGenerator(**settings["trimap_generator"])
        refining = settings["refining"]
        if self.postprocessing_method == "fba" or not refining["enabled"]:
            return MattingMethod(matting, trimaps, device)
        refine = CascadePSP(
            device,
            self.refining_image_size,
            self.refining_batch_size,
            fp16=self.fp16,
            mask_binary_threshold=refining["mask_binary_threshold"],
        )
        return CasMattingMethod(refine, matting, trimaps, device)
