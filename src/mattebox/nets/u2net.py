"""U2-Net: a U-Net whose every stage is a U-Net; finds what stands out in a picture.

Qin et al. 2020, "U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.rsu import BlockShape, NestedU

FULL = {
    "stage1": BlockShape(7, 3, 32, 64),
    "stage2": BlockShape(6, 64, 32, 128),
    "stage3": BlockShape(5, 128, 64, 256),
    "stage4": BlockShape(4, 256, 128, 512),
    "stage5": BlockShape(4, 512, 256, 512, dilated=True),
    "stage6": BlockShape(4, 512, 256, 512, dilated=True),
    "stage5d": BlockShape(4, 1024, 256, 512, dilated=True),
    "stage4d": BlockShape(4, 1024, 128, 256),
    "stage3d": BlockShape(5, 512, 64, 128),
    "stage2d": BlockShape(6, 256, 32, 64),
    "stage1d": BlockShape(7, 128, 16, 64),
}
"""Stages of the network as published."""

SMALL = {
    name: shape._replace(inputs=3 if name == "stage1" else 128 if name.endswith("d") else 64, hidden=16, outputs=64)
    for name, shape in FULL.items()
}
"""Stages of the small variant (`u2netp`): the same form, few channels."""

VARIANTS = {"full": FULL, "small": SMALL}


class U2Net(NestedU):
    """Salient object detection.

    Takes (N, 3, H, W) float pictures, RGB, normalised with the ImageNet mean and deviation; any height and width.
    Gives probabilities (N, 1, H, W): the fused answer, then the side answers from the finest level to the coarsest.

    Args:
        stages: `full`, `small`, or a table of stages as `read_stages` takes it.

    Raises:
        BadParameter: no variant has that name, or the table does not make a network.

    Example:
        >>> U2Net("small").eval()(torch.zeros(1, 3, 40, 56))[0].shape
        torch.Size([1, 1, 40, 56])
    """

    def __init__(self, stages: str | Mapping[str, Sequence[Any]] = "full") -> None:
        if isinstance(stages, str) and stages not in VARIANTS:
            raise BadParameter(unknown_name("variant of U2-Net", stages, VARIANTS))
        super().__init__(VARIANTS[stages] if isinstance(stages, str) else read_stages(stages))
        self.outconv = nn.Conv2d(self.levels, 1, 1)

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        sides = [self.side(level, features, rgb) for level, features in enumerate(self.decode(rgb), 1)]
        fused = self.outconv(torch.cat(sides, 1))
        return tuple(torch.sigmoid(answer) for answer in (fused, *sides))


def read_stages(table: Mapping[str, Sequence[Any]]) -> dict[str, BlockShape]:
    """Read the table of stages that programs for the original hand over.

    Args:
        table: for each of `stage1` to `stageN` and `stage1d` to `stageMd`, M = N - 1: a label, the values of a
            `BlockShape`, and the channels of its side answer: its outputs on the way up and at the bottom, else -1.

    Raises:
        BadParameter: a stage is missing or too many, or has values that do not fit the stages before it.
    """
    down = [f"stage{level}" for level in range(1, (len(table) + 1) // 2 + 1)]
    up = [f"{name}d" for name in reversed(down[:-1])]
    if not table or set(table) != {*down, *up}:
        raise BadParameter(
            f"stages {', '.join(table) or 'none'}: give stage1 to stageN, and stage1d to stageMd with M = N - 1"
        )
    shapes: dict[str, BlockShape] = {}
    skips: list[int] = []
    channels = 3
    for name in (*down, *up):
        try:
            _, values, side = table[name]
            shape = shapes[name] = BlockShape(*values)
        except (TypeError, ValueError) as error:
            raise BadParameter(f"{name} is {table[name]!r}: give (label, {BlockShape._fields}, side)") from error
        if name in up:
            channels += skips.pop()
        answers = shape.outputs if name in up or name == down[-1] else -1
        if shape.height < 2 or shape.inputs != channels or side != answers:
            raise BadParameter(
                f"{name} is {table[name]!r}: its height must be 2 or more, its inputs {channels} and its side {answers}"
            )
        channels = shape.outputs
        if name in down[:-1]:
            skips.append(channels)
    return shapes
