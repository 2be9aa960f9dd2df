"""Refinement, trimap, then matting."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from carvekit.pipelines.postprocessing.matting import MattingMethod, Pictures

__all__ = ["CasMattingMethod"]


class CasMattingMethod(MattingMethod):
    """Has a network refine the masks before `MattingMethod` goes on.

    Args:
        refining_module: called with pictures and masks, returns masks of mode L; `CascadePSP`, or one of your own.
        matting_module: as for `MattingMethod`.
        trimap_generator: as for `MattingMethod`.
        device: kept for programs that read it.
    """

    def __init__(
        self,
        refining_module: Callable[[Pictures, Pictures], Pictures],
        matting_module: Callable[..., Pictures],
        trimap_generator: Callable[..., Image.Image],
        device: str = "cpu",
    ) -> None:
        super().__init__(matting_module, trimap_generator, device)
        self.refining_module = refining_module

    def refined(self, images: Pictures, masks: Pictures) -> Pictures:
        """The masks that trimaps are made of: the refined ones."""
        return self.refining_module(images, masks)
