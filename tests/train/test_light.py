from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.light import match_light, reflection, studio_ground


def test_studio_paper_is_smooth() -> None:
    paper = studio_ground(64, np.random.default_rng(3)).astype(float)
    assert np.abs(np.diff(cv2.GaussianBlur(paper, (0, 0), 2), axis=0)).max() < 6


def test_a_reflection_is_the_mirror_image_below_the_foot() -> None:
    matte = np.zeros((60, 60), np.float32)
    matte[20:40, 20:40] = 1
    rgb = np.repeat(np.arange(60, dtype=np.float32)[:, None, None], 60, 1)
    mirrored, strength = reflection(rgb, matte, np.random.default_rng(0))
    assert strength[:40].max() == 0
    assert 0 < strength[40, 30] < 0.5
    assert strength[41, 30] > strength[44, 30]
    assert strength[40:, :20].max() == 0
    assert mirrored[42, 30] == rgb[36, 30]


def test_matched_light_moves_towards_the_ground() -> None:
    rgb = np.full((20, 20, 3), 200, np.float32)
    canvas = np.full((20, 20, 3), 40, np.float32)
    matched = match_light(rgb, np.ones((20, 20), np.float32), canvas, 0.5)
    np.testing.assert_allclose(matched, 120)
    assert match_light(rgb, np.zeros((20, 20), np.float32), canvas, 0.5) is rgb
