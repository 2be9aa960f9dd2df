"""What the wrappers of networks share that look at pictures and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PIL import Image

from carvekit.ml.wrap.network import Network
from carvekit.utils.image_utils import PictureSource, open_as, to_tensor
from carvekit.utils.pool_utils import batch_generator, thread_pool_processing
from mattebox.engines.base import Tensor

if TYPE_CHECKING:
    import torch

__all__ = ["Viewer", "pair"]


def pair(size: int | Sequence[int]) -> tuple[int, int]:
    """Two sides: the same twice, or the first two of a list.

    Example:
        >>> pair(320), pair([320, 240])
        ((320, 320), (320, 240))
    """
    if isinstance(size, int):
        return size, size
    first, second = size[:2]
    return first, second


class Viewer(Network):
    """A network that is shown pictures, `batch_size` at once; what it says of one does not depend on the others."""

    graph: ClassVar[str] = ""
    """Which use of the network is made of it."""

    @abstractmethod
    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB: (1, 3, h, w)."""

    def data_preprocessing(self, data: Image.Image) -> torch.Tensor:
        """Prepare a picture of mode RGB for the network.

        Raises:
            MissingExtra: torch is not installed.
        """
        return to_tensor(self.prepared(data))

    def views(self, images: Sequence[PictureSource]) -> Iterator[tuple[Image.Image, tuple[Tensor, ...]]]:
        """Show pictures to the network.

        Yields:
            Each picture as mode RGB, and what the network says of it: its outputs without the axis of the batch.

        Raises:
            UnusablePicture: a picture is none that can be used.
        """
        for batch in batch_generator(images, self.batch_size):
            pictures = thread_pool_processing(open_as, batch)
            yield from zip(pictures, self.answers(thread_pool_processing(self.prepared, pictures)), strict=True)

    def answers(self, prepared: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
        """What the network says of each of the pictures that it is shown at once."""
        return zip(*self.engine(self.graph).run(np.concatenate(prepared)), strict=True)
