"""Coarse masks made from true ones, the way a coarse network errs: low resolution, wobbling edges, lost contrast."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from mattebox.types import Alpha, Rgb


def coarse_mask(alpha: Alpha, rng: np.random.Generator) -> Alpha:
    """A mask as a coarse network would give it, enlarged back to the size of `alpha` (H, W).

    The truth is shrunk 1.5 to 3.2 times, its edge moved by up to about a coarse pixel, drawn in or out, and blurred.
    """
    factor = rng.uniform(1.5, 3.2)
    size = (max(8, int(alpha.shape[1] / factor)), max(8, int(alpha.shape[0] / factor)))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.7:
        small = wobble(small, rng.uniform(0.2, 1.2), rng)
    if rng.random() < 0.5:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.4, 1.6))
        gain, shift = rng.uniform(1.0, 2.2), rng.normal(0, 0.12)
        small = np.clip((small - 0.5 + shift) * gain + 0.5, 0, 1)
    return cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)


def wobble(mask: Alpha, amount: float, rng: np.random.Generator) -> Alpha:
    """Move every part of a mask by a smooth random field of about `amount` pixels."""
    height, width = mask.shape
    cells = (int(rng.integers(4, 16)), int(rng.integers(4, 16)))
    field = [cv2.resize(rng.normal(0, amount, cells).astype(np.float32), (width, height)) for _ in range(2)]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(mask, x + field[0], y + field[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def band_patch(
    rgb: Rgb, alpha: Alpha, coarse: Alpha, size: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor] | None:
    """A tile around a random place of the coarse mask's uncertain band.

    Returns:
        Colours and coarse alpha (4, size, size) and true alpha (1, size, size), all in [0, 1]; None when there is no
        band, the picture is smaller than a tile, or the coarse mask has missed the subject there, which no detail
        can mend.
    """
    height, width = alpha.shape
    rows, columns = np.nonzero((coarse > 0.1) & (coarse < 0.9))
    if not len(rows) or height < size or width < size:
        return None
    index = rng.integers(len(rows))
    y = int(np.clip(rows[index] - size // 2, 0, height - size))
    x = int(np.clip(columns[index] - size // 2, 0, width - size))
    window = np.s_[y : y + size, x : x + size]
    if np.abs(coarse[window] - alpha[window]).mean() > 0.2:
        return None
    colours = rgb[window].transpose(2, 0, 1).astype(np.float32) / 255
    tile = np.concatenate([colours, coarse[None, y : y + size, x : x + size]])
    return torch.from_numpy(tile), torch.from_numpy(np.ascontiguousarray(alpha[window]))[None]
