"""How far an alpha is from the truth, one figure per function.

`alpha` and `truth` are (H, W) float32 in [0, 1]. The errors take a `region`, (H, W) bool, and count only its pixels;
an empty region has no error. Filters and connected pieces always see the whole picture.

The measures of the whole mask that tables of salient object detection hold are in `mattebox.evaluate.saliency`.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.overlap import overlap
from mattebox.tiles import box_of, grown
from mattebox.types import Alpha, Trimap

__all__ = [
    "Region",
    "boundary_iou",
    "connectivity_error",
    "gradient_error",
    "iou",
    "mad",
    "mse",
    "sad",
    "within_trimap",
]

Region: TypeAlias = NDArray[np.bool_]
"""(H, W): True where a pixel counts."""

_Errors: TypeAlias = NDArray[np.floating]
_Bits: TypeAlias = NDArray[np.uint8]
"""(H, W) of 0 and 1."""

_STEPS = 10
_SIGMA, _RADIUS = 1.4, 4
_PAINT = 2
"""What a filled piece is painted with: neither 0 nor 1."""


def sad(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """Sum of absolute differences, in thousands of pixels.

    Raises:
        BadParameter: the shapes differ.

    Example:
        >>> sad(np.full((20, 50), 0.5, np.float32), np.zeros((20, 50), np.float32))
        0.5
    """
    return float(_counted(np.abs(_difference(alpha, truth)), region).sum(dtype=np.float64) / 1000)


def mad(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """Mean absolute difference, 0 to 1; also called MAE.

    Raises:
        BadParameter: the shapes differ.
    """
    return _mean(_counted(np.abs(_difference(alpha, truth)), region))


def mse(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """Mean squared difference, 0 to 1; papers often print it times 1000.

    Raises:
        BadParameter: the shapes differ.
    """
    return _mean(_counted(np.square(_difference(alpha, truth)), region))


def gradient_error(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """Squared difference of how steep both are, summed, in thousands: high where an edge is too soft, hard or ragged.

    Both maps are first stretched to 0..1; slopes are those of a Gaussian of deviation 1.4, cut at 9 x 9 pixels.
    (Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009.)

    Raises:
        BadParameter: the shapes differ.
    """
    _difference(alpha, truth)
    stretched, true = (cv2.normalize(one, None, 0, 1, cv2.NORM_MINMAX, dtype=cv2.CV_64F) for one in (alpha, truth))
    # Slopes are the same but within reach of where the maps differ; what the filters see there lies in twice the reach.
    near = grown(box_of(stretched != true), 2 * _RADIUS, truth.shape)
    error = np.zeros(truth.shape)
    error[near] = np.square(_slope(stretched[near]) - _slope(true[near]))
    return float(_counted(error, region).sum() / 1000)


def connectivity_error(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """How much of both hangs together with the subject in different measure, summed, in thousands.

    Both maps are cut at ten levels. A pixel belongs to the subject up to the last level at which it lies in the
    largest piece (4 neighbours) that both maps have in common; what it has above that level hangs loose, and counts
    from 0.15 on. (Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009.)

    Raises:
        BadParameter: the shapes differ.
    """
    _difference(alpha, truth)
    differ = alpha != truth
    last_level = _last_levels(np.minimum(alpha, truth))[differ] / np.float32(_STEPS)
    error = np.zeros(truth.shape, np.float32)
    error[differ] = np.abs(_loose(alpha[differ], last_level) - _loose(truth[differ], last_level))
    return float(_counted(error, region).sum(dtype=np.float64) / 1000)


def iou(alpha: Alpha, truth: Alpha) -> float:
    """Intersection over union of what is more than half opaque, 0 to 1; 0 when nothing is in either.

    Raises:
        BadParameter: the shapes differ.

    Example:
        >>> iou(np.float32([[1, 1, 0, 0]]), np.float32([[0, 1, 1, 0]]))
        0.3333333333333333
    """
    _difference(alpha, truth)
    return overlap(alpha > 0.5, truth > 0.5)


def boundary_iou(alpha: Alpha, truth: Alpha) -> float:
    """IoU of both inner rims, 2 % of the picture's diagonal wide, of what is more than half opaque; 0 to 1.

    Unlike IoU it does not forgive a wrong outline to a large subject. (Cheng et al., Boundary IoU: Improving
    Object-Centric Image Segmentation Evaluation, CVPR 2021.)

    Raises:
        BadParameter: the shapes differ.
    """
    _difference(alpha, truth)
    width = max(1, round(0.02 * float(np.hypot(*truth.shape))))
    return overlap(_rim(alpha > 0.5, width), _rim(truth > 0.5, width))


def within_trimap(alpha: Alpha, trimap: Trimap) -> tuple[Alpha, Region]:
    """Make an alpha ready to be judged by a trimap: known pixels become right, and the unknown ones are the region.

    Example:
        >>> alpha, region = within_trimap(np.float32([[0.3, 0.3, 0.3]]), np.uint8([[0, 128, 255]]))
        >>> alpha.tolist(), region.tolist()
        ([[0.0, 0.30000001192092896, 1.0]], [[False, True, False]])
    """
    if alpha.shape != trimap.shape:
        raise BadParameter(f"alpha {alpha.shape} and trimap {trimap.shape} have different shapes")
    return np.select([trimap == 0, trimap == 255], [np.float32(0), np.float32(1)], alpha), trimap == 128


def _difference(alpha: Alpha, truth: Alpha) -> Alpha:
    if alpha.shape != truth.shape or alpha.ndim != 2:
        raise BadParameter(f"alpha {alpha.shape} and truth {truth.shape} must have the same shape (height, width)")
    return alpha - truth


def _counted(error: _Errors, region: Region | None) -> _Errors:
    if region is None:
        return error
    if region.shape != error.shape or region.dtype != np.bool_:
        raise BadParameter(
            f"region {region.shape} {region.dtype} must be boolean and of the alpha's shape {error.shape}"
        )
    return error[region]


def _mean(error: _Errors) -> float:
    return float(error.mean(dtype=np.float64)) if error.size else 0.0


def _slope(alpha: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length of the gradient; in double precision, as filters round by where an array lies in memory."""
    x = np.arange(-_RADIUS, _RADIUS + 1)
    bell = np.exp(-(x**2) / (2 * _SIGMA**2))
    ramp = -x * bell
    bell, ramp = bell / np.linalg.norm(bell), ramp / np.linalg.norm(ramp)
    across = cv2.sepFilter2D(alpha, cv2.CV_64F, ramp, bell, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(alpha, cv2.CV_64F, bell, ramp, borderType=cv2.BORDER_REPLICATE)
    return cv2.magnitude(across, down)


def _last_levels(common: Alpha) -> NDArray[np.uint8]:
    """Up to which of ten levels each pixel lies in the largest piece of every level, (H, W); 0 when not in the first.

    From the highest level down a piece only grows. As long as the one that was the largest holds more than half of a
    level, nothing else needs to be looked at, and filling it from a pixel of it finds it.
    """
    last = np.zeros(common.shape, np.uint8)
    seed = None
    for level in range(_STEPS, 0, -1):
        mask = (common >= np.float32(level / _STEPS)).view(np.uint8)
        piece = None if seed is None else _filled(mask, seed)
        if piece is None:
            piece = _largest_piece(mask)
            seed = _pixel_of(piece)
        # A pixel that is in the piece here and in those above keeps what it had; one that is not falls to none.
        last = np.maximum(last, np.uint8(level)) * piece
    return last


def _filled(mask: _Bits, seed: tuple[int, int]) -> _Bits | None:
    """The connected piece of a mask around a pixel (x, y); None unless it is more than half of the mask."""
    painted = mask.copy()
    area, *_ = cv2.floodFill(painted, None, seed, _PAINT, flags=4)
    return (painted == _PAINT).view(np.uint8) if 2 * area > cv2.countNonZero(mask) else None


def _largest_piece(mask: _Bits) -> _Bits:
    """The largest connected piece of a mask; nothing when it is empty."""
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    if count == 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return (labels == sizes.argmax()).view(np.uint8)


def _pixel_of(piece: _Bits) -> tuple[int, int] | None:
    """A pixel (x, y) of a mask; None when it is empty."""
    first = int(piece.argmax())
    return (first % piece.shape[1], first // piece.shape[1]) if piece.flat[first] else None


def _loose(alpha: Alpha, last_level: Alpha) -> Alpha:
    """What an alpha has above the level up to which it is connected with the subject, when it is enough to be seen."""
    above = alpha - last_level
    return above * (above >= 0.15)


def _rim(mask: Region, width: int) -> Region:
    """Pixels of a mask within `width` of its outline; the picture's edge is an outline too."""
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return mask & (inner == 0)
