"""Convolutions whose filters are divided by their largest singular value.

Miyato, Kataoka, Koyama and Yoshida 2018, "Spectral Normalization for Generative Adversarial Networks". Names are those
under which PyTorch and Paddle save such a filter; PyTorch's own hook sets the quotient as an attribute, which can
neither be exported nor copied.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class SpectralFilter(nn.Module):
    """Filters as they are trained, and the singular vectors of their matrix, which has a row for each output.

    While the network is trained, the vectors follow the filters by one step each time these are used.

    Args:
        shape: of the filters.
        outputs_axis: which axis of the filters is that of the outputs.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, shape: tuple[int, ...], outputs_axis: int) -> None:
        super().__init__()
        self.outputs_axis = outputs_axis
        self.weight_orig = nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))
        rows, columns = self.matrix().shape
        self.register_buffer("weight_u", functional.normalize(torch.randn(rows), dim=0))
        self.register_buffer("weight_v", torch.zeros(columns))
        self.follow()

    def matrix(self) -> Tensor:
        """The filters as (outputs, all else)."""
        return self.weight_orig.transpose(0, self.outputs_axis).flatten(1)

    @torch.no_grad()
    def follow(self) -> None:
        """Do one step of the power iteration."""
        matrix = self.matrix()
        self.weight_v = functional.normalize(self.weight_u @ matrix, dim=0)
        self.weight_u = functional.normalize(matrix @ self.weight_v, dim=0)

    def filters(self) -> Tensor:
        """The filters divided by their largest singular value."""
        if self.training:
            self.follow()
        return self.weight_orig / (self.weight_u @ (self.matrix() @ self.weight_v))


class SpectralConv2d(SpectralFilter):
    """A convolution of (N, inputs, H, W) to (N, outputs, H / stride, W / stride), without bias.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side of the filters.
        stride: of the filters.
        padding: zeros on each side; half of what the filters reach, unless given.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, padding: int | None = None
    ) -> None:
        super().__init__((outputs, inputs, kernel, kernel), outputs_axis=0)
        self.stride = stride
        self.padding = kernel // 2 if padding is None else padding

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.filters(), stride=self.stride, padding=self.padding)


class SpectralDoubling(SpectralFilter):
    """A transposed convolution of (N, inputs, H, W) to (N, outputs, 2 H, 2 W), with filters of 4x4 and without bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__((inputs, outputs, 4, 4), outputs_axis=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv_transpose2d(x, self.filters(), stride=2, padding=1)
