"""The convolution of an enlarged map at half its price.

Enlarging mixes places and leaves channels alone, so it does not matter whether a filter's products over the channels
are made before or after it. Here each row of the filters meets the map while that still has its small height; what the
rows say gets its height afterwards and is added up, each moved to where it belongs.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["convolve_enlarged"]


def convolve_enlarged(convolution: nn.Conv2d, x: Tensor, like: Tensor) -> Tensor:
    """What a convolution says of a map that `mattebox.nets.resize.resize_like` brings to the size of another.

    Args:
        convolution: of an odd kernel, with a bias; it keeps the size.
        x: the map, (N, inputs, h, w).
        like: of the height and width to enlarge to, (N, ..., H, W).

    Returns:
        (N, outputs, H, W).
    """
    height, width = like.shape[2:]
    across, up = convolution.kernel_size[1] // 2, convolution.kernel_size[0] // 2
    wide = functional.interpolate(x, size=(x.shape[2], width), mode="bilinear", align_corners=False)
    assert convolution.bias is not None
    answer = convolution.bias[:, None, None]
    for row, filters in enumerate(convolution.weight.split(1, 2)):
        products = functional.conv2d(wide, filters, padding=(0, across))
        tall = functional.interpolate(products, size=(height, width), mode="bilinear", align_corners=False)
        answer = answer + functional.pad(tall, (0, 0, up - row, row - up))
    return answer
