"""How far an alpha is from the truth, one figure per function.

`alpha` and `truth` are (H, W) float32 in [0, 1]. The errors take a `region`, (H, W) bool, and count only its pixels;
an empty region has no error. Filters and connected pieces always see the whole picture.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.overlap import overlap
from mattebox.types import Alpha, Trimap

__all__ = [
    "Region",
    "boundary_iou",
    "connectivity_error",
    "f_measure_max",
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

_LEVELS = np.linspace(0.05, 0.95, 19)
_STEPS = 10
_SIGMA, _RADIUS = 1.4, 4


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
    error = np.square(_slope(alpha) - _slope(truth))
    return float(_counted(error, region).sum(dtype=np.float64) / 1000)


def connectivity_error(alpha: Alpha, truth: Alpha, region: Region | None = None) -> float:
    """How much of both hangs together with the subject in different measure, summed, in thousands.

    Both maps are cut at ten levels. A pixel belongs to the subject up to the last level at which it lies in the
    largest piece (4 neighbours) that both maps have in common; what it has above that level hangs loose, and counts
    from 0.15 on. (Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009.)

    Raises:
        BadParameter: the shapes differ.
    """
    _difference(alpha, truth)
    common = np.minimum(alpha, truth)
    connected = np.ones(common.shape, bool)
    last_level = np.zeros(common.shape, np.float32)
    for step in range(1, _STEPS + 1):
        connected &= _largest_piece(common >= np.float32(step / _STEPS))
        last_level += connected
    last_level /= _STEPS
    error = np.abs(_loose(alpha, last_level) - _loose(truth, last_level))
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


def f_measure_max(alpha: Alpha, truth: Alpha) -> float:
    """Largest F-measure (beta squared 0.3) over 19 levels of alpha from 0.05 to 0.95, against the truth at 0.5; 0 to 1.

    (Achanta et al., Frequency-tuned Salient Region Detection, CVPR 2009.)

    Raises:
        BadParameter: the shapes differ.
    """
    _difference(alpha, truth)
    true = truth > 0.5
    best = 0.0
    for level in _LEVELS:
        said = alpha > level
        hit = _count(said & true)
        precision, recall = hit / max(1, _count(said)), hit / max(1, _count(true))
        best = max(best, 1.3 * precision * recall / max(1e-9, 0.3 * precision + recall))
    return best


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


def _slope(alpha: Alpha) -> NDArray[np.float64]:
    """Length of the gradient of an alpha stretched to 0..1; double precision, as filters round by where it lies."""
    x = np.arange(-_RADIUS, _RADIUS + 1)
    bell = np.exp(-(x**2) / (2 * _SIGMA**2))
    ramp = -x * bell
    bell, ramp = bell / np.linalg.norm(bell), ramp / np.linalg.norm(ramp)
    stretched = cv2.normalize(alpha, None, 0, 1, cv2.NORM_MINMAX, dtype=cv2.CV_64F)
    across = cv2.sepFilter2D(stretched, cv2.CV_64F, ramp, bell, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(stretched, cv2.CV_64F, bell, ramp, borderType=cv2.BORDER_REPLICATE)
    return cv2.magnitude(across, down)


def _largest_piece(mask: Region) -> Region:
    """The largest connected piece of a mask; nothing when it is empty."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    if count == 1:
        return mask
    return labels == 1 + np.argmax(statistics[1:, cv2.CC_STAT_AREA])


def _loose(alpha: Alpha, last_level: Alpha) -> Alpha:
    """What an alpha has above the level up to which it is connected with the subject, when it is enough to be seen."""
    above = alpha - last_level
    return above * (above >= 0.15)


def _rim(mask: Region, width: int) -> Region:
    """Pixels of a mask within `width` of its outline; the picture's edge is an outline too."""
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return mask & (inner == 0)


def _count(mask: Region) -> int:
    return int(np.count_nonzero(mask))
