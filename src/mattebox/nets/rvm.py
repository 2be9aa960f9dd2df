"""Recurrent video matting: alpha and foreground of a frame, with a memory of the frames before.

Lin et al. 2021, "Robust High-Resolution Video Matting with Temporal Guidance" (RVM), written from the paper. An encoder
sees the frame at a reduced size; LR-ASPP (Howard et al. 2019, "Searching for MobileNetV3") weighs what it finds by what
the whole frame shows; a decoder goes up in steps, and at four scales half of its channels pass through a convolutional
GRU (Ballas et al. 2016, "Delving Deeper into Convolutional Networks for Learning Video Representations"), whose states
are the memory. A guided filter brings the answer to the frame's own size. Keys are those of PaddleSeg's network.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.guided import DeepGuidedFilter, FastGuidedFilter
from mattebox.nets.mobilenetv3 import LiteAspp, MobileNetV3
from mattebox.nets.recurrent import FULL, SIXTEENTH, Decoder, States

__all__ = ["RefinedStep", "Rvm", "RvmMatte", "RvmSegmentation", "RvmSequence", "small_size", "usual_ratio"]

REFINERS = ("deep", "fast")
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of ImageNet's colours, in [0, 1]."""
USUAL_SIDE = 512
"""Longer side in pixels of what the encoder sees, as published."""


class RvmMatte(NamedTuple):
    """What the network says of frames (N, 3, H, W), or of clips (N, T, 3, H, W).

    Attributes:
        alpha: (N, 1, H, W) or (N, T, 1, H, W), in [0, 1].
        foreground: straight colours, (N, 3, H, W) or (N, T, 3, H, W), RGB in [0, 1]. PaddleSeg's network gives BGR.
        r1: state after the last frame, (N, 16, h, w), at a half of the size that the encoder sees; odd sides round up.
        r2: (N, 20, h, w), at a quarter.
        r3: (N, 40, h, w), at an eighth.
        r4: (N, 64, h, w), at a sixteenth.
    """

    alpha: Tensor
    foreground: Tensor
    r1: Tensor
    r2: Tensor
    r3: Tensor
    r4: Tensor


class RvmSegmentation(NamedTuple):
    """What the network says when it is asked only where people are.

    Attributes:
        segmentation: logits at the size that the encoder sees, (N, 1, h, w) or (N, T, 1, h, w).
        r1: states as those of `RvmMatte`.
        r2: at a quarter.
        r3: at an eighth.
        r4: at a sixteenth.
    """

    segmentation: Tensor
    r1: Tensor
    r2: Tensor
    r3: Tensor
    r4: Tensor


class Rvm(nn.Module):
    """Video matting with a memory, on MobileNetV3-Large.

    Its forward takes `frame`, (N, 3, H, W) or, as clips, (N, T, 3, H, W), RGB in [0, 1], of any size; the states that
    it gave for the frame before, `r1` to `r4`, none at the beginning; `downsample_ratio`, the size that the encoder
    sees as a share of the frame's, above 0 and up to 1; and `segmentation`, whether to say where people are in place of
    matting. It gives an `RvmMatte` or an `RvmSegmentation`.

    A state of another size is stretched to the one that is needed, so zeros of (N, channels, 1, 1) are an empty memory.

    Args:
        refiner: the guided filter that brings the answer to the frame's size where the ratio is below 1; "deep", which
            is learnt, or "fast", which is not.

    Raises:
        BadParameter: there is no such refiner, or the ratio is not such a share.

    Example:
        >>> alpha, foreground, *states = Rvm().eval()(torch.zeros(1, 3, 36, 50))
        >>> alpha.shape, states[3].shape
        (torch.Size([1, 1, 36, 50]), torch.Size([1, 64, 3, 4]))
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, refiner: str = "deep") -> None:
        super().__init__()
        if refiner not in REFINERS:
            raise BadParameter(unknown_name("refiner", refiner, REFINERS))
        self.backbone = MobileNetV3()
        self.aspp = LiteAspp(SIXTEENTH)
        self.decoder = Decoder()
        self.project_mat = Projection(FULL, 3 + 1)
        self.project_seg = Projection(FULL, 1)
        self.refiner = DeepGuidedFilter(FULL) if refiner == "deep" else FastGuidedFilter()
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    def forward(
        self,
        frame: Tensor,
        r1: Tensor | None = None,
        r2: Tensor | None = None,
        r3: Tensor | None = None,
        r4: Tensor | None = None,
        downsample_ratio: float = 1.0,
        *,
        segmentation: bool = False,
    ) -> RvmMatte | RvmSegmentation:
        if not 0 < downsample_ratio <= 1:
            raise BadParameter(f"the ratio of downsampling is {downsample_ratio}; give one above 0 and up to 1")
        batch = frame.shape[:-3]
        frames = small = frame.flatten(0, -4)
        if downsample_ratio < 1:
            size = small_size(frame.shape[-2], frame.shape[-1], downsample_ratio)
            small = functional.interpolate(frames, size=size, mode="bilinear", align_corners=False)
        features, states = self.look(small, (r1, r2, r3, r4), length=batch[1] if len(batch) > 1 else 1)
        if segmentation:
            return RvmSegmentation(self.project_seg(features).unflatten(0, batch), *states)
        answer = self.project_mat(features)
        if downsample_ratio < 1:
            answer = self.refiner(frames, small, answer, features)
        alpha, foreground = matte(frames, answer)
        return RvmMatte(alpha.unflatten(0, batch), foreground.unflatten(0, batch), *states)

    def look(self, small: Tensor, states: States, length: int = 1) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The decoder's features (N * length, 16, h, w) of frames at the size that the encoder sees, and new states.

        Args:
            small: (N * length, 3, h, w), the frames of one clip after another.
            states: those after the frame before.
            length: frames in a clip.
        """
        *fine, deep = self.backbone((small - self.mean) / self.deviation)
        return self.decoder(small, (*fine, self.aspp(deep)), states, length)


class RefinedStep(nn.Module):
    """One frame whose small copy is at hand, for a graph that serves every ratio.

    Takes `frame` (N, 3, H, W); `small`, the same frame at the size that the encoder shall see, (N, 3, h, w), bilinear
    between pixel centres; and the four states. Gives an `RvmMatte`. For frames that the encoder sees at their own size,
    `Rvm` itself is the graph.
    """

    def __init__(self, network: Rvm) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, small: Tensor, r1: Tensor, r2: Tensor, r3: Tensor, r4: Tensor) -> RvmMatte:
        features, states = self.network.look(small, (r1, r2, r3, r4))
        answer = self.network.refiner(frame, small, self.network.project_mat(features), features)
        return RvmMatte(*matte(frame, answer), *states)


class RvmSequence:
    """The frames of one video, matted in order with what the network remembers.

    The memory is dropped where the frames change their number or size, and by `forget`.

    Args:
        network: set to answer, as after `eval()`.
        downsample_ratio: as in `Rvm`; that of `usual_ratio` where none is given.

    Example:
        >>> sequence = RvmSequence(Rvm().eval())
        >>> [sequence(frame).alpha.shape for frame in torch.zeros(2, 1, 3, 32, 48)]
        [torch.Size([1, 1, 32, 48]), torch.Size([1, 1, 32, 48])]
    """

    def __init__(self, network: Rvm, downsample_ratio: float | None = None) -> None:
        self.network = network
        self.downsample_ratio = downsample_ratio
        self.forget()

    def forget(self) -> None:
        """Begin anew, as after a cut."""
        self._states: States = (None, None, None, None)
        self._shape: tuple[int, ...] = ()

    def __call__(self, frame: Tensor) -> RvmMatte:
        """Matte the next frame, (N, 3, H, W), or the next clip, (N, T, 3, H, W)."""
        *_, height, width = frame.shape
        shape = (len(frame), height, width)
        if self._shape != shape:
            self.forget()
        ratio = usual_ratio(height, width) if self.downsample_ratio is None else self.downsample_ratio
        with torch.inference_mode():
            answer: RvmMatte = self.network(frame, *self._states, ratio)
        self._shape, self._states = shape, answer[2:]
        return answer


def usual_ratio(height: int, width: int) -> float:
    """The published choice: what the encoder sees is no longer than 512 pixels.

    Example:
        >>> usual_ratio(1080, 1920), usual_ratio(480, 360)
        (0.26666666666666666, 1.0)
    """
    return min(USUAL_SIDE / max(height, width), 1.0)


def small_size(height: int, width: int, ratio: float) -> tuple[int, int]:
    """The size that the encoder sees, rounded down, as published, but to no less than a pixel.

    Example:
        >>> small_size(1080, 1920, 0.25), small_size(2, 1001, 0.25)
        ((270, 480), (1, 250))
    """
    return max(1, int(height * ratio)), max(1, int(width * ratio))


def matte(frame: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
    """Alpha and foreground (N, 3, H, W), from what the colours lack and alpha, (N, 4, H, W)."""
    residual, alpha = answer.split((3, 1), 1)
    return alpha.clamp(0, 1), (frame + residual).clamp(0, 1)


class Projection(nn.Module):
    """A 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)
