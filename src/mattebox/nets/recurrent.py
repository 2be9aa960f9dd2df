"""A decoder that remembers: from an encoder's features at four scales to features at the frame's size.

Lin et al. 2021, "Robust High-Resolution Video Matting with Temporal Guidance": at each scale half of the channels pass
through a convolutional GRU (Ballas et al. 2016, "Delving Deeper into Convolutional Networks for Learning Video
Representations"), the other half is the frame's alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.mobilenetv3 import WIDTHS

__all__ = ["FULL", "SIXTEENTH", "Decoder", "States"]

FULL, HALF, QUARTER, EIGHTH, SIXTEENTH = 16, 32, 40, 80, 128
"""Channels of the decoder at the frame's size and at the shares of it."""

States = tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]
"""What is remembered at a half, a quarter, an eighth and a sixteenth of the frame's size; None is nothing yet."""


class Decoder(nn.Module):
    """From features at a half to a sixteenth of the frame's size to (N, 16, H, W), and the new states."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.decode4 = RecurrentStep(SIXTEENTH)
        self.decode3 = RecurrentStep(EIGHTH, SIXTEENTH + eighth + 3)
        self.decode2 = RecurrentStep(QUARTER, EIGHTH + quarter + 3)
        self.decode1 = RecurrentStep(HALF, QUARTER + half + 3)
        self.decode0 = LastStep(FULL, HALF + 3)

    def forward(
        self, frames: Tensor, features: tuple[Tensor, ...], states: States, length: int
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Go up from features of frames (N * length, 3, H, W), one clip of that length after another."""
        half, quarter, eighth, sixteenth = features
        r1, r2, r3, r4 = states
        frames2 = halved(frames)
        frames4 = halved(frames2)
        frames8 = halved(frames4)
        x, r4 = self.decode4(sixteenth, r4, length)
        x, r3 = self.decode3(joined(x, eighth, frames8), r3, length)
        x, r2 = self.decode2(joined(x, quarter, frames4), r2, length)
        x, r1 = self.decode1(joined(x, half, frames2), r1, length)
        return self.decode0(joined(x, frames)), (r1, r2, r3, r4)


class RecurrentStep(nn.Module):
    """One scale: what comes from below, beside and above merged, and half of it remembered."""

    def __init__(self, outputs: int, inputs: int = 0) -> None:
        super().__init__()
        self.conv = nn.Sequential(*unit(inputs, outputs)) if inputs else nn.Identity()
        self.gru = ConvGru(outputs // 2)

    def forward(self, x: Tensor, state: Tensor | None, length: int) -> tuple[Tensor, Tensor]:
        fresh, passing = self.conv(x).chunk(2, 1)
        passing, state = self.gru(passing, state, length)
        return torch.cat((fresh, passing), 1), state


class LastStep(nn.Module):
    """The frame's own size, where nothing is remembered."""

    def __init__(self, outputs: int, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(*unit(inputs, outputs), *unit(outputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class ConvGru(nn.Module):
    """A gated recurrent unit of 3x3 convolutions over the frames of clips, (N * length, channels, h, w).

    Gives what it says of each frame, of the same shape, and the state (N, channels, h, w): what it says of the last.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.ih = nn.Sequential(nn.Conv2d(2 * channels, 2 * channels, 3, padding=1), nn.Sigmoid())
        self.hh = nn.Sequential(nn.Conv2d(2 * channels, channels, 3, padding=1), nn.Tanh())

    def forward(self, x: Tensor, state: Tensor | None, length: int) -> tuple[Tensor, Tensor]:
        frames = x.unflatten(0, (-1, length)).unbind(1)
        if state is None:
            state = torch.zeros_like(frames[0])
        # A state of the right size stays as it is. That of any other is taken too, so that 1x1 zeros can begin a video
        # in a graph, which has no None.
        state = functional.interpolate(state, size=x.shape[2:])
        answers = []
        for frame in frames:
            state = self.step(frame, state)
            answers.append(state)
        return torch.stack(answers, 1).flatten(0, 1), state

    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """The state (N, channels, h, w) after one more frame; the second gate says how much of it is new."""
        reset, renew = self.ih(torch.cat((x, state), 1)).chunk(2, 1)
        candidate = self.hh(torch.cat((x, reset * state), 1))
        return (1 - renew) * state + renew * candidate


def unit(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """3x3 convolution, batch normalisation and ReLU."""
    return (
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def halved(x: Tensor) -> Tensor:
    """Means of 2x2 pixels; at an odd edge, of those that there are."""
    return functional.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)


def joined(coarse: Tensor, *fine: Tensor) -> Tensor:
    """Maps enlarged twice, cut where the finer ones had an odd side, and put together with them."""
    *_, height, width = fine[0].shape
    enlarged = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return torch.cat((enlarged[..., :height, :width], *fine), 1)
