"""A convolution with its normalisation, under the names that Paddle's networks give them."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ConvNorm"]


class ConvNorm(nn.Module):
    """A convolution, a batch normalisation and, unless told otherwise, a cut at zero.

    Takes (N, inputs, H, W) and gives (N, outputs, H / stride, W / stride).

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side of the filters.
        stride: of the filters.
        padding: zeros on each side; half of what the filters reach, unless given.
        dilation: of the filters.
        groups: of channels.
        bias: whether the convolution has one beside that of the normalisation.
        relu: whether what is below zero is cut.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        *,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        relu: bool = True,
    ) -> None:
        super().__init__()
        around = dilation * (kernel // 2) if padding is None else padding
        self._conv = nn.Conv2d(inputs, outputs, kernel, stride, around, dilation, groups, bias)
        self._batch_norm = nn.BatchNorm2d(outputs)
        self._relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = self._batch_norm(self._conv(x))
        return functional.relu(x, inplace=True) if self._relu else x
