from __future__ import annotations

import numpy as np

from mattebox.train.degradation import band_patch, coarse_mask


def test_coarse_masks_err_but_not_wildly() -> None:
    y, x = np.mgrid[:200, :200]
    alpha = (np.hypot(y - 100, x - 100) < 60).astype(np.float32)
    errors = [float(np.abs(coarse_mask(alpha, np.random.default_rng(seed)) - alpha).mean()) for seed in range(30)]
    assert 0.001 < np.mean(errors) < 0.05


def test_band_patches_lie_on_the_edge() -> None:
    y, x = np.mgrid[:200, :200]
    alpha = np.clip(60.5 - np.hypot(y - 100, x - 100), 0, 1).astype(np.float32)
    rgb = np.repeat((alpha * 255).astype(np.uint8)[..., None], 3, 2)
    rng = np.random.default_rng(0)
    tile, truth = band_patch(rgb, alpha, coarse_mask(alpha, rng), 64, rng)  # type: ignore[misc]
    assert tile.shape == (4, 64, 64)
    assert 0 < float(truth.mean()) < 1
    assert band_patch(rgb, alpha * 0, alpha * 0, 64, rng) is None
    missed = np.full_like(alpha, 0.5)
    assert band_patch(np.zeros_like(rgb), np.zeros_like(alpha), missed, 64, rng) is None
