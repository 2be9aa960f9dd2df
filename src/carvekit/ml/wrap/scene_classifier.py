"""Which kind of scene a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from carvekit.ml.wrap.network import model_card
from carvekit.ml.wrap.viewer import Viewer
from carvekit.utils.image_utils import PictureSource
from mattebox.engines.base import Tensor
from mattebox.stages.scene import rank, scene_input

__all__ = ["SceneClassifier"]


class SceneClassifier(Viewer):
    """Tells scenes with hard edges (`hard`: things, buildings), with soft ones (`soft`: hair, fur) and `digital` ones.

    Args:
        topk: how many of the three are named.
        device: `cpu`, `cuda`, `cuda:1`.
        batch_size: pictures that the network sees at once.
        fp16: compute in half precision on a GPU.
        model_path: a file with weights of one's own.
    """

    def __init__(
        self,
        topk: int = 1,
        device: str = "cpu",
        batch_size: int = 4,
        fp16: bool = False,
        model_path: str | Path | None = None,
    ) -> None:
        super().__init__(model_card("scene_classifier", model_path), device, batch_size, fp16=fp16)
        self.topk = topk
        self.classes = list(self.card.kinds)

    @property
    def model(self) -> SceneClassifier:
        """What programs move to another device: this itself."""
        return self

    @property
    def idx_to_class(self) -> dict[int, str]:
        """The names of the network's answers, by their places."""
        return dict(enumerate(self.classes))

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The places of the network's answers, by their names."""
        return {name: place for place, name in self.idx_to_class.items()}

    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB: (1, 3, 224, 224)."""
        return scene_input(np.asarray(image))

    def data_postprocessing(self, data: Any) -> tuple[list[str], list[float]]:
        """Name the likeliest scenes and their probabilities, by the network's answer (3,) for one picture."""
        ranking = rank(np.asarray(data, np.float32), self.classes, self.topk)
        return [name for name, _ in ranking], [share for _, share in ranking]

    def __call__(self, images: Sequence[PictureSource]) -> list[tuple[list[str], list[float]]]:
        """Tell the scenes of a list of pictures.

        Args:
            images: pictures or paths.

        Returns:
            For each picture the likeliest scenes and their probabilities.

        Raises:
            UnusablePicture: a picture is none that can be used.
        """
        return [self.data_postprocessing(answer) for _, (answer,) in self.views(images)]
