"""What users ask of a finished alpha: harder or softer edges, one piece only, no specks, the other way round."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.types import Alpha


def set_edge(alpha: Alpha, threshold: float = 0.5, softness: float = 1.0) -> Alpha:
    """Move and harden the edge; what is opaque or transparent stays so.

    Args:
        alpha: (H, W) in [0, 1].
        threshold: the opacity that becomes one half.
        softness: share of the opacities around `threshold` that stay soft: 0 gives a hard edge (opaque from
            `threshold` on); 1 with the threshold 0.5 changes nothing.

    Returns:
        (H, W) in [0, 1].
    """
    if softness < 1 / 512:
        return (alpha >= threshold).astype(np.float32)
    middle = min(max(threshold, 1 / 512), 1 - 1 / 512)
    low, high = middle * (1 - softness), middle + (1 - middle) * softness
    return np.interp(alpha, (low, middle, high), (0, 0.5, 1)).astype(np.float32)


def feather(alpha: Alpha, radius: float) -> Alpha:
    """Soften the edge over about `radius` pixels, inwards only, so that no background shows up.

    Opacity grows with the distance from the edge, from 0 there to 1 at `radius`.
    """
    if radius == 0:
        return alpha
    depth = cv2.distanceTransform(cv2.inRange(alpha, 0.5, 2), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.minimum(alpha, np.minimum(depth, np.float32(radius)) / np.float32(radius))


def pieces(alpha: Alpha) -> tuple[np.ndarray, np.ndarray]:
    """Connected pieces of what is visible (opacity above 0.1).

    Returns:
        (H, W) labels, 0 for what is not visible; and the size of each label, as the sum of its opacity.
    """
    count, labels = cv2.connectedComponents((alpha > 0.1).astype(np.uint8), connectivity=8)
    sizes = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count)
    sizes[0] = 0
    return labels, sizes


def keep_pieces(alpha: Alpha, labels: np.ndarray, kept: np.ndarray) -> Alpha:
    """Alpha with every piece that is not kept made transparent, and the haze around it too."""
    visible = kept[labels]
    reach = np.ones((5, 5), np.uint8)
    near_kept = cv2.dilate(visible.astype(np.uint8), reach).astype(bool)
    return np.where(visible | (near_kept & (labels == 0)), alpha, np.float32(0))


def keep_largest(alpha: Alpha) -> Alpha:
    """Keep the largest connected piece only."""
    labels, sizes = pieces(alpha)
    kept = np.zeros(len(sizes), bool)
    kept[sizes.argmax()] = sizes.max() > 0
    return keep_pieces(alpha, labels, kept)


def drop_specks(alpha: Alpha, share: float) -> Alpha:
    """Drop connected pieces smaller than `share` (0 to 1) of the largest one."""
    labels, sizes = pieces(alpha)
    return keep_pieces(alpha, labels, (sizes > 0) & (sizes >= share * sizes.max()))
