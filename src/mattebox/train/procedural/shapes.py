"""Drawn shapes: one or several outlines, with and without holes, flat, shaded, textured, or out of focus."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.procedural.noise import to_rgb, uneven_light
from mattebox.train.procedural.outlines import any_outline, coverage, fit, lay, rotation
from mattebox.train.procedural.paints import paint
from mattebox.types import Alpha, Rgb


def shape(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """One to four overlapping shapes, each with its own surface; some are rings or have holes."""
    colours, alpha = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)
    groups = [lay(with_holes(rng), rng, (0.45, 0.9)) for _ in range(rng.choice([1, 1, 1, 2, 3, 4]))]
    sizes = np.cumsum([len(group) for group in groups])[:-1]
    spread_out = [curve * rng.uniform(0.7, 1) for group in groups for curve in group]
    placed = fit(spread_out, rng, (0.5, 0.93)) if len(groups) > 1 else groups[0]
    for index, outlines in enumerate(np.split(np.arange(len(placed)), sizes)):
        cover = coverage([placed[i] for i in outlines], size)
        surface = paint(size, rng)
        if rng.random() < 0.3:
            surface = bulge(surface, cover, rng)
        colours = surface if index == 0 else colours + (surface - colours) * cover[..., None]
        alpha = alpha + cover - alpha * cover
    if rng.random() < 0.15:
        soft = rng.uniform(0.004, 0.02) * size
        colours, alpha = cv2.GaussianBlur(colours, (0, 0), soft), cv2.GaussianBlur(alpha, (0, 0), soft)
    return to_rgb(colours * uneven_light(size, rng)), np.clip(alpha, 0, 1)


def with_holes(rng: np.random.Generator) -> list[np.ndarray]:
    """An outline and, for two in five, a smaller self inside it or other holes."""
    outline = any_outline(rng)
    chance = rng.random()
    if chance < 0.2:
        return [outline, outline * rng.uniform(0.4, 0.92)]
    if chance < 0.4:
        count = int(rng.integers(1, 7))
        angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 6.3)
        far, radius = (0.0, 0.3) if count == 1 else (0.35, 0.9 / (count + 2))
        holes = [any_outline(rng) * radius * rng.uniform(0.4, 0.9) for _ in angles]
        return [outline, *(h + far * np.array([np.cos(a), np.sin(a)]) for h, a in zip(holes, angles, strict=True))]
    return [outline]


def bulge(surface: np.ndarray, cover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light a surface as if it were puffed up within its outline."""
    size = cover.shape[0]
    height = np.sqrt(np.clip(cv2.GaussianBlur(cover, (0, 0), size * rng.uniform(0.02, 0.08)) * 2 - 0.9, 0, 1))
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), size / 100)
    light = rotation(rng.uniform(0, 6.3))[0] * size / 60
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0) * light[0] + cv2.Sobel(height, cv2.CV_32F, 0, 1) * light[1]
    return surface * np.clip(0.9 + slope, 0.3, 1.5)[..., None] + 200 * np.clip(slope - 0.5, 0, 1)[..., None]
