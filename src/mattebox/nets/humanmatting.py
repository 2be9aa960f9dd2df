"""PP-HumanMatting: alpha of people in large pictures, found at a quarter of the resolution and then refined.

PaddleSeg's own; a glance and a focus decoder after Li et al. 2022, "Bridging Composite and Real: Towards End-to-End
Deep Image Matting", and a refiner after Lin et al. 2021, "Real-Time High-Resolution Background Matting". Keys are those
of Paddle's checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.glance import KINDS, LAYOUT, UNITS, PyramidPooling, decoder, fuse, glance, layout_units
from mattebox.nets.resize import resize_like
from mattebox.nets.resnetvd import ResNetVd

__all__ = ["HumanMatting", "HumanMattingOutput"]

ANSWERS = 2
"""Opacity and expected error."""

HIDDEN = 32
"""Maps that the focus decoder hands to the refiner beside its answers."""

BRIDGE = 512
"""Channels of the deepest maps as the focus decoder receives them."""

REDUCTION = 4
"""How much smaller than the picture the backbone's is, where a refiner follows."""

STAGES = (5, 4, 3, 2, 1, 0)
"""Numbers in the names of a decoder's stages."""


class HumanMattingOutput(NamedTuple):
    """What PP-HumanMatting says of N pictures of (H, W) pixels; (h, w) is a quarter of it, or all without a refiner.

    Attributes:
        alpha: (N, 1, H, W) in [0, 1].
        semantic_logits: (N, 3, h, w), whether a pixel is subject, between, or background.
        focus_logit: (N, 2, h, w), the opacity of a pixel that lies between, and the error that is expected of it.
    """

    alpha: Tensor
    semantic_logits: Tensor
    focus_logit: Tensor


class HumanMatting(nn.Module):
    """Matting of people without a trimap.

    Takes (N, 3, H, W) float pictures, RGB, in [-1, 1]. Any size is answered; the published weights are used with
    multiples of 128.

    Args:
        refine: look at a quarter of the resolution and refine the answer; otherwise look at the picture as it is.

    Example:
        >>> HumanMatting().eval()(torch.zeros(1, 3, 128, 256)).semantic_logits.shape
        torch.Size([1, 3, 32, 64])
    """

    def __init__(self, *, refine: bool = True) -> None:
        super().__init__()
        self.backbone = ResNetVd(34)
        deepest = self.backbone.channels[-1]
        self.refiner = Refiner() if refine else None
        self.psp_module = PyramidPooling(deepest)
        for number, unit in zip(STAGES[1:-1], layout_units(), strict=True):
            self.add_module(f"psp{number}", unit)
        units = (ConvNorm(inputs, BRIDGE, dilation=2, bias=True) for inputs in (deepest, BRIDGE, BRIDGE))
        self.bridge_block = nn.Sequential(*units)
        looks = decoder(deepest, (LAYOUT, *UNITS), KINDS)
        draws = decoder(BRIDGE, reversed(self.backbone.channels), ANSWERS + HIDDEN)
        for number, look, draw in zip(STAGES, looks, draws, strict=True):
            self.add_module(f"decoder{number}_g", look)
            self.add_module(f"decoder{number}_f", draw)

    def forward(self, rgb: Tensor) -> HumanMattingOutput:
        small = rgb if self.refiner is None else shrunk(rgb, REDUCTION)
        maps = self.backbone(small)[::-1]
        sizes = (*maps[1:], small)
        units = [self.get_submodule(f"psp{number}") for number in STAGES[1:-1]]
        *_, kinds = glance(self.psp_module, units, self.stages("g"), sizes, maps[0])
        focus, hidden = self.focus(maps, sizes).split((ANSWERS, HIDDEN), 1)
        alpha = fuse(kinds, focus[:, :1])
        if self.refiner is not None:
            hints = torch.cat((functional.relu(hidden), alpha, torch.softmax(kinds, 1)), 1)
            alpha = self.refiner(hints, rgb)
        return HumanMattingOutput(alpha, kinds, focus)

    def stages(self, suffix: str) -> list[nn.Module]:
        """The stages of the glance decoder, `g`, or of the focus decoder, `f`."""
        return [self.get_submodule(f"decoder{number}_{suffix}") for number in STAGES]

    def focus(self, maps: Sequence[Tensor], sizes: Sequence[Tensor]) -> Tensor:
        """Look at the maps of all levels, deepest first: answers and hidden maps (N, 34, h, w)."""
        *earlier, last = self.stages("f")
        x = self.bridge_block(maps[0])
        for stage, skip, like in zip(earlier, maps, sizes, strict=True):
            x = resize_like(stage(torch.cat((x, skip), 1)), like)
        return last(x)


class Refiner(nn.Module):
    """Hints (N, 36, h, w) and the picture (N, 3, H, W) to alpha (N, 1, H, W), seen at half and then at full resolution.

    Only the first convolution pads, and by so much that the last one ends at the picture's border.
    """

    def __init__(self) -> None:
        super().__init__()
        hints = HIDDEN + 1 + KINDS
        self.conv1 = ConvNorm(hints + 3, 24, padding=3)
        self.conv2 = ConvNorm(24, 16, padding=0)
        self.conv3 = ConvNorm(16 + 3, 12, padding=0)
        self.conv4 = nn.Conv2d(12, 1, 3)

    def forward(self, hints: Tensor, rgb: Tensor) -> Tensor:
        half = shrunk(rgb, 2)
        x = self.conv2(self.conv1(torch.cat((resize_like(hints, half), half), 1)))
        around = functional.pad(rgb, (2, 2, 2, 2))
        x = functional.interpolate(x, size=around.shape[2:], mode="nearest")
        return self.conv4(self.conv3(torch.cat((x, around), 1))).clamp(0, 1)


def shrunk(rgb: Tensor, times: int) -> Tensor:
    """The picture at a fraction of its size, rounded up, by interpolation between pixels and not by their means."""
    size = [(side - 1) // times + 1 for side in rgb.shape[2:]]
    return functional.interpolate(rgb, size=size, mode="bilinear", align_corners=False)
