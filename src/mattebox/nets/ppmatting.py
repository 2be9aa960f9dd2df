"""PP-Matting: alpha from a picture alone, by a branch that knows what is where and one that draws the details.

Chen et al. 2022, "PP-Matting: High-Accuracy Natural Image Matting". Keys are those of Paddle's checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mattebox.nets.glance import KINDS, LAYOUT, STAGES, UNITS, PyramidPooling, decoder, fuse, glance, layout_units
from mattebox.nets.hrnet import HrNet
from mattebox.nets.resize import resize_like
from mattebox.nets.resnetvd import basic

__all__ = ["PPMatting", "PPMattingOutput"]

DETAIL = (64, 32, 16, 8)
"""Channels of the detail branch, which works at the picture's own resolution."""

GUIDES = (0, 2, 4)
"""Stages of the semantic branch that guide the detail branch."""


class PPMattingOutput(NamedTuple):
    """What PP-Matting says of N pictures of (H, W) pixels.

    Attributes:
        alpha: (N, 1, H, W) in [0, 1].
        semantic_logits: (N, 3, H, W), whether a pixel is subject, between, or background.
        detail_logit: (N, 1, H, W), the opacity of a pixel that lies between.
    """

    alpha: Tensor
    semantic_logits: Tensor
    detail_logit: Tensor


class PPMatting(nn.Module):
    """Matting without a trimap.

    Takes (N, 3, H, W) float pictures, RGB, in [-1, 1]. Any size is answered; the published weights are used with
    multiples of 32.

    Args:
        width: channels of the backbone's finest branch; 18 and 48 are published.

    Example:
        >>> PPMatting().eval()(torch.zeros(1, 3, 64, 96)).alpha.shape
        torch.Size([1, 1, 64, 96])
    """

    def __init__(self, width: int = 18) -> None:
        super().__init__()
        self.backbone = HrNet(width)
        stem, finest, *_, deepest = self.backbone.channels
        self.scb = SemanticBranch(deepest)
        self.hrdb = DetailBranch(stem + finest)

    def forward(self, rgb: Tensor) -> PPMattingOutput:
        *finer, deepest = self.backbone(rgb)
        maps = self.scb(deepest, (*reversed(finer), rgb))
        detail = self.hrdb(torch.cat([resize_like(x, rgb) for x in finer[:2]], 1), maps)
        return PPMattingOutput(fuse(maps[-1], detail), maps[-1], detail)


class SemanticBranch(nn.Module):
    """A `glance` at the backbone's deepest maps; gives those of all its stages."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.psp_module = PyramidPooling(channels)
        self.psps = nn.ModuleList(layout_units())
        self.scb_stages = nn.ModuleList(decoder(channels, (LAYOUT, *UNITS), KINDS))

    def forward(self, deepest: Tensor, sizes: Sequence[Tensor]) -> list[Tensor]:
        return glance(self.psp_module, self.psps, list(self.scb_stages), sizes, deepest)


class DetailBranch(nn.Module):
    """Residual blocks at full resolution, (N, channels, H, W) to logits (N, 1, H, W), each guided by a `glance`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gf_list = nn.ModuleList(nn.Conv2d(STAGES[stage][1], 1, 1) for stage in GUIDES)
        blocks = (basic(width, width) for width in DETAIL[1:-1])
        self.res_list = nn.ModuleList((basic(channels, DETAIL[0], project=True), *blocks))
        self.convs = nn.ModuleList(nn.Conv2d(inputs, outputs, 1) for inputs, outputs in pairwise(DETAIL))
        self.gates = nn.ModuleList(Gate(width) for width in DETAIL[1:])
        self.detail_conv = nn.Conv2d(DETAIL[-1], 1, 1, bias=False)

    def forward(self, x: Tensor, semantics: Sequence[Tensor]) -> Tensor:
        guides = (semantics[stage] for stage in GUIDES)
        steps = zip(self.res_list, self.convs, self.gf_list, self.gates, guides, strict=True)
        for block, narrow, project, gate, guide in steps:
            x = narrow(block(x))
            x = gate(x, resize_like(project(guide), x))
        return self.detail_conv(x)


class Gate(nn.Module):
    """Maps (N, C, H, W) raised, up to twofold, where they and a guide (N, 1, H, W) say so.

    Takikawa et al. 2019, "Gated-SCNN: Gated Shape CNNs for Semantic Segmentation".
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        both = channels + 1
        self._gate_conv = nn.Sequential(
            nn.BatchNorm2d(both),
            nn.Conv2d(both, both, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(both, 1, 1),
            nn.BatchNorm2d(1),
            nn.Sigmoid(),
        )
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        return self.conv(x * (1 + self._gate_conv(torch.cat((x, guide), 1))))
