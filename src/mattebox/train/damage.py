"""What cameras and the web do to a picture: blur of focus and motion, lost resolution, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.types import Rgb


def damage(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """What cameras and the web do to a picture: blur, lost resolution, noise and JPEG."""
    if rng.random() < 0.15:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.06:
        rgb = move(rgb, rng.uniform(2, rgb.shape[0] / 24), rng.uniform(0, np.pi))
    if rng.random() < 0.12:
        size = rgb.shape[0]
        small = cv2.resize(rgb, None, fx=(f := rng.uniform(0.35, 0.8)), fy=f, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 14), (*rgb.shape[:2], 3 if rng.random() < 0.5 else 1))
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 95))
        _, coded = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return rgb


def move(rgb: Rgb, length: float, angle: float) -> Rgb:
    """Blur a picture along a line of `length` pixels: the camera moved while the shutter was open."""
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for along in np.linspace(-length / 2, length / 2, 4 * reach + 1):
        kernel[round(reach + along * np.sin(angle)), round(reach + along * np.cos(angle))] = 1
    return cv2.filter2D(rgb, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
