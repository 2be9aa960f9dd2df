from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.train.views import place, reframe, tighten


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_placed_and_reframed_subjects_stay_registered(seed: int) -> None:
    """Colours and alpha move together: a white disc stays white exactly where alpha is one."""
    y, x = np.mgrid[:120, :90]
    alpha = (np.hypot(y - 60, x - 40) < 30).astype(np.float32)
    rgb = np.repeat((alpha * 255).astype(np.uint8)[..., None], 3, 2)
    rng = np.random.default_rng(seed)
    placed, matte = place(rgb, alpha, 80, rng, largest=1.0)
    assert np.abs(placed[..., 0] / 255 - matte)[matte > 0].sum() <= 0.05 * matte.sum()
    framed, matte = reframe(rgb, alpha, 80, rng)
    assert np.abs(framed[..., 0] / 255 - matte).max() < 0.02


def test_hand_made_masks_are_drawn_in_and_soft_ones_left() -> None:
    hard = np.zeros((60, 60), np.float32)
    hard[20:40, 20:40] = 1
    rgb = np.zeros((60, 60, 3), np.uint8)
    assert tighten(rgb, hard)[1].sum() < hard.sum()
    soft = cv2.GaussianBlur(hard, (0, 0), 6)
    np.testing.assert_array_equal(tighten(rgb, soft)[1], soft)
