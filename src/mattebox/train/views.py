"""Views of material: a photo cropped and tilted, a subject put on an empty square; colours and alpha move together."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.types import Alpha, Rgb


def tighten(rgb: Rgb, mask: Alpha) -> tuple[Rgb, Alpha]:
    """Draw a hand-made mask in by half a pixel and soften it: a pasted subject then brings less old background."""
    if np.mean((mask > 0.05) & (mask < 0.95)) > 0.02:
        return rgb, mask
    return rgb, np.clip(cv2.GaussianBlur(mask, (0, 0), 1.0) * 1.8 - 0.8, 0, 1)


def reframe(rgb: Rgb, alpha: Alpha, size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A random view of a photo as a square: crop, stretch and tilt, keeping most of the subject in sight."""
    height, width = alpha.shape
    zoom = rng.uniform(0.62, 1.0) if rng.random() < 0.7 else 1.0
    crop_h, crop_w = height * zoom, width * min(1.0, zoom * np.exp(rng.normal(0, 0.12)))
    rows, columns = np.flatnonzero(alpha.max(1) > 0.5), np.flatnonzero(alpha.max(0) > 0.5)
    middle_y = (rows[0] + rows[-1]) / 2 if len(rows) else height / 2
    middle_x = (columns[0] + columns[-1]) / 2 if len(columns) else width / 2
    y = np.clip(middle_y + rng.uniform(-0.35, 0.35) * crop_h, crop_h / 2, height - crop_h / 2)
    x = np.clip(middle_x + rng.uniform(-0.35, 0.35) * crop_w, crop_w / 2, width - crop_w / 2)
    angle = np.deg2rad(rng.normal(0, 8)) if rng.random() < 0.4 else 0.0
    return warp(rgb, alpha, size, (y, x), (crop_h / size, crop_w / size), angle, cv2.BORDER_REFLECT_101)


def place(rgb: Rgb, alpha: Alpha, size: int, rng: np.random.Generator, largest: float) -> tuple[Rgb, Alpha]:
    """Put a subject on an empty square, turned and stretched, its longer side 0.3 to `largest` of the square."""
    rows, columns = np.flatnonzero(alpha.max(1) > 0.05), np.flatnonzero(alpha.max(0) > 0.05)
    if not len(rows):
        return cv2.resize(rgb, (size, size)), np.zeros((size, size), np.float32)
    box_h, box_w = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    scale = max(box_h, box_w) / (size * rng.uniform(0.3, largest))
    stretch = np.exp(rng.normal(0, 0.12))
    shift = rng.uniform(-0.5, 0.5, 2) * max(0.25, 1.1 - max(box_h, box_w) / scale / size) * size * scale
    middle = ((rows[0] + rows[-1]) / 2 + shift[0], (columns[0] + columns[-1]) / 2 + shift[1])
    angle = np.deg2rad(rng.normal(0, 15)) if rng.random() < 0.6 else 0.0
    return warp(rgb, alpha, size, middle, (scale * stretch, scale / stretch), angle, cv2.BORDER_CONSTANT)


def warp(
    rgb: Rgb,
    alpha: Alpha,
    size: int,
    middle: tuple[float, float],
    scale: tuple[float, float],
    angle: float,
    border: int,
) -> tuple[Rgb, Alpha]:
    """Cut a (size, size) window around `middle` (y, x), turned by `angle` radians; `scale` is source pixels a pixel."""
    shrink = max(scale)
    if shrink > 1.5:
        rgb = cv2.resize(rgb, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
        middle, scale = (middle[0] / shrink, middle[1] / shrink), (scale[0] / shrink, scale[1] / shrink)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * scale[1], -sin * scale[0]], [sin * scale[1], cos * scale[0]]])
    offset = np.array([middle[1], middle[0]]) - linear @ np.array([size / 2, size / 2])
    matrix = np.hstack([linear, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    reflected = cv2.BORDER_REFLECT_101
    return (
        cv2.warpAffine(rgb, matrix, (size, size), flags=flags, borderMode=reflected),
        cv2.warpAffine(alpha, matrix, (size, size), flags=flags, borderMode=border),
    )
