"""Convolutions of maps that count as one, with all their channels, and are never joined.

A convolution is a sum over channels, so each map can meet its own part of the filters. ONNX Runtime's fast convolutions
want channels in multiples of eight, which maps joined with the three planes of a picture have not: apart they take it
half the time.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.convnorm import ConvNorm

__all__ = ["JoinedConvNorm", "convolve"]


class JoinedConvNorm(ConvNorm):
    """A `ConvNorm` of several maps (N, Ci, H, W), all of whose channels are its `inputs`."""

    def forward(self, *maps: Tensor) -> Tensor:
        x = self._batch_norm(convolve(self._conv, *maps))
        return functional.relu(x, inplace=True) if self._relu else x


def convolve(convolution: nn.Conv2d, first: Tensor, *others: Tensor) -> Tensor:
    """What a convolution, neither grouped nor dilated, says of maps (N, Ci, H, W) joined along their channels."""
    stride, padding = convolution.stride, convolution.padding
    part, *parts = convolution.weight.split([x.shape[1] for x in (first, *others)], 1)
    answer = functional.conv2d(first, part, convolution.bias, stride, padding)
    for x, filters in zip(others, parts, strict=True):
        answer = answer + functional.conv2d(x, filters, None, stride, padding)
    return answer
