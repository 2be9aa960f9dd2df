"""Pictures for the solvers' tests: the photo with its true alpha, and a subject of noisy colours before another."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

DATA = Path(__file__).parents[1] / "data"


def trimap_of(alpha, reach):
    """What is see-through, and `reach` pixels around, is unknown."""
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    trimap = np.full(alpha.shape, 128, np.uint8)
    trimap[cv2.erode(alpha, square) == 1] = 255
    trimap[cv2.dilate(alpha, square) == 0] = 0
    return trimap


def lemur(scale=1.0):
    with Image.open(DATA / "lemur_400.jpg") as picture, Image.open(DATA / "lemur_400.alpha.png") as truth:
        size = tuple(round(scale * side) for side in picture.size)
        rgb = np.asarray(picture.resize(size))
        alpha = np.asarray(truth.resize(size)) / np.float32(255)
    return rgb, trimap_of(alpha, 5), alpha


def disc(height=60, width=70, reach=8):
    """A soft disc: colours of subject and background each on a line, as closed-form matting would have them."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot(y - height / 2, x - width / 2)
    alpha = np.clip(0.5 + (0.3 * height - distance) / 6, 0, 1).astype(np.float32)
    shade = np.random.default_rng(0).random((2, height, width, 1))
    subject = np.array([200, 120, 40]) + shade[0] * np.array([30, 60, 90])
    behind = np.array([30, 60, 120]) + shade[1] * np.array([40, 60, 80])
    rgb = alpha[..., None] * subject + (1 - alpha[..., None]) * behind
    return np.rint(rgb).astype(np.uint8), trimap_of(alpha, reach), alpha
