"""YOLOv4 (Bochkovskiy et al. 2020): which objects are in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from carvekit._records import Record
from carvekit.ml.wrap.network import model_card
from carvekit.ml.wrap.viewer import Viewer, pair
from carvekit.utils.image_utils import PictureSource
from mattebox.engines.base import Tensor
from mattebox.stages.detections import detections, object_groups
from mattebox.stages.tensors import planes

__all__ = ["Object", "SimplifiedYoloV4", "YoloV4_COCO"]


@dataclass
class Object(Record):
    """An object that was found.

    Attributes:
        class_name: what it is.
        confidence: how sure that is, in [0, 1].
        x1: left side of its box, in pixels of the picture.
        y1: upper side.
        x2: right side.
        y2: lower side.
    """

    class_name: str
    confidence: float
    x1: int
    y1: int
    x2: int
    y2: int


class YoloV4_COCO(Viewer):
    """Finds the 80 kinds of object of COCO.

    Args:
        n_classes: kinds of object that the network knows, where no weights are taken.
        device: `cpu`, `cuda`, `cuda:1`.
        classes: their names, where no weights are taken.
        input_image_size: side in pixels of what the network sees, or [width, height]; multiples of 32.
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights, or those of `model_path`; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
        model_path: a file with weights of one's own.
    """

    def __init__(
        self,
        n_classes: int = 80,
        device: str = "cpu",
        classes: Sequence[str] | None = None,
        input_image_size: int | Sequence[int] = 608,
        batch_size: int = 4,
        load_pretrained: bool = True,
        fp16: bool = False,
        model_path: str | Path | None = None,
    ) -> None:
        card = model_card("yolov4", model_path)
        if not load_pretrained:
            card = replace(card, options={"classes": n_classes}, kinds=tuple(classes or ()))
        super().__init__(card, device, batch_size, load_pretrained=load_pretrained, fp16=fp16)
        self.input_image_size = pair(input_image_size)
        self.classes = list(self.card.kinds or object_groups())

    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB: (1, 3, h, w)."""
        return planes(np.asarray(image.resize(self.input_image_size, Image.Resampling.BICUBIC)))

    def data_postprocessing(self, data: Sequence[Any], images: Sequence[Image.Image]) -> list[list[Object]]:
        """Make objects of the network's answer for several pictures.

        Args:
            data: boxes (N, K, 1, 4) and confidences (N, K, classes), tensors or arrays.
            images: the N pictures.
        """
        boxes, confidences = (np.asarray(each, np.float32) for each in data)
        return [self.objects(*answer) for answer in zip(boxes[:, :, 0], confidences, images, strict=True)]

    def objects(self, boxes: Tensor, confidences: Tensor, image: Image.Image) -> list[Object]:
        """The objects of one picture, by boxes (K, 4) and confidences (K, classes)."""
        width, height = image.size
        found = []
        for kind, confidence, (left, top, right, bottom) in detections(boxes, confidences):
            box = int(left * width), int(top * height), int(right * width), int(bottom * height)
            found.append(Object(self.classes[kind], confidence, *box))
        return found

    def __call__(self, images: Sequence[PictureSource]) -> list[Any]:
        """Find the objects in a list of pictures.

        Args:
            images: pictures or paths.

        Returns:
            For each picture what `data_postprocessing` makes of it.

        Raises:
            UnusablePicture: a picture is none that can be used.
        """
        found: list[Any] = []
        for picture, answer in self.views(images):
            found += self.data_postprocessing([output[None] for output in answer], [picture])
        return found


def members(groups: Mapping[str, str]) -> dict[str, list[str]]:
    """What each group is made of, where each member has its group.

    Example:
        >>> members({"cat": "animals", "car": "cars", "dog": "animals"})
        {'animals': ['cat', 'dog'], 'cars': ['car']}
    """
    found: dict[str, list[str]] = {}
    for member, group in groups.items():
        found.setdefault(group, []).append(member)
    return found


class SimplifiedYoloV4(YoloV4_COCO):
    """Tells of every object that YOLOv4 finds only which group it belongs to.

    Attributes:
        db: the groups and the kinds of object that they are made of: `human`, `animals`, `cars`, `objects`, `other`.
    """

    db: ClassVar[dict[str, list[str]]] = members(object_groups())

    def data_postprocessing(self, data: Sequence[Any], images: Sequence[Image.Image]) -> list[list[str]]:  # type: ignore[override]
        """Make groups of the network's answer for several pictures, as many as there are objects."""
        found, groups = super().data_postprocessing(data, images), object_groups()
        return [[groups[each.class_name] for each in objects if each.class_name in groups] for objects in found]
