from __future__ import annotations

import numpy as np

from mattebox.train.damage import damage, move


def test_damage_keeps_form_and_is_repeatable() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    results = [damage(rgb, np.random.default_rng(seed)) for seed in range(60)]
    assert all((result.shape, result.dtype) == (rgb.shape, rgb.dtype) for result in results)
    np.testing.assert_array_equal(results[7], damage(rgb, np.random.default_rng(7)))
    assert len({result.tobytes() for result in results}) > 20


def test_motion_blurs_along_its_line_only() -> None:
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::4] = 255
    across, along = move(stripes, 8, 0.0), move(stripes, 8, np.pi / 2)
    assert across.std() < 0.3 * stripes.std()
    np.testing.assert_allclose(along, stripes, atol=2)
