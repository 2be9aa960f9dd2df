"""Pictures with no subject in them: walls, paper, sky, sea, grass, lights, pages of print, night."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.procedural.noise import axes, fractal, palette, smoothstep, tint, to_rgb, uneven_light, warp
from mattebox.train.procedural.paints import blur, paint
from mattebox.types import Rgb


def procedural_ground(size: int, rng: np.random.Generator) -> Rgb:
    """A picture (size, size, 3) without a subject, to compose on or to show as it is.

    Equal generators give equal pictures.

    >>> procedural_ground(64, np.random.default_rng(0)).shape
    (64, 64, 3)
    """
    makers = (wall, wall, wall, wall, paper, sky, sea, meadow, lights, page, night, gravel)
    colours = makers[int(rng.integers(len(makers)))](size, rng)
    return to_rgb(colours)


def wall(size: int, rng: np.random.Generator) -> np.ndarray:
    """Any surface under uneven light, sometimes out of focus, sometimes above a floor of another."""
    colours = paint(size, rng) * uneven_light(size, rng)
    if rng.random() < 0.25:
        floor = smoothstep((axes(size)[1] - rng.uniform(-0.2, 0.7)) * size / 4)[..., None]
        colours = colours * (1 - floor) + paint(size, rng) * floor
    return blur(colours, rng.uniform(0.003, 0.03)) if rng.random() < 0.3 else colours


def paper(size: int, rng: np.random.Generator) -> np.ndarray:
    """Paper, plaster or felt: one pale colour with fine grain and stains."""
    tone = rng.uniform(120, 250) + rng.normal(0, 12, 3)
    grain = (fractal(size, rng, size / 8, 3, 0.8) - 0.5) * rng.uniform(5, 60)
    return tone + (grain + (fractal(size, rng, 2, 3) - 0.5) * rng.uniform(0, 50))[..., None]


def sky(size: int, rng: np.random.Generator) -> np.ndarray:
    """Clouds over a sky by day or at dusk."""
    high, low = np.array([[40, 90, 170], [90, 140, 200], [60, 50, 90], [120, 130, 140]])[rng.integers(0, 4, 2)]
    colours = tint(axes(size)[1] * 0.5 + 0.5 + np.zeros((1, size)), np.stack([high, np.minimum(low + 70, 255)]))
    cloud = warp(fractal(size, rng, 2, 6, 0.55, (rng.uniform(1, 3), 1)), rng, 0.2)
    cover = smoothstep((cloud - rng.uniform(0.35, 0.7)) * rng.uniform(2, 5))[..., None] * rng.uniform(0.5, 1)
    light = tint(cloud, np.array([[255, 250, 245], [215, 215, 220], [130, 135, 150]]) * rng.uniform(0.7, 1))
    return colours + (light - colours) * cover


def sea(size: int, rng: np.random.Generator) -> np.ndarray:
    """Waves that grow towards the viewer, under a strip of sky."""
    horizon = rng.uniform(-1.3, 0.2)
    x, y = axes(size)
    near = np.maximum(y - horizon, 0.02)
    waves = fractal(size, rng, 3, 6, 0.7, (6, 1)) + 0.1 * np.sin(4 / near + x)
    depths = np.array([[8, 40, 60], [30, 90, 110], [150, 190, 200]]) + rng.normal(0, 18, 3)
    water = tint(waves, np.clip(depths * rng.uniform(0.5, 1.2), 0, 255))
    above = (y < horizon)[..., None]
    return np.where(above, rng.uniform(120, 230) + rng.normal(0, 15, 3) + 20 * y[..., None], water)


def meadow(size: int, rng: np.random.Generator) -> np.ndarray:
    """Grass, needles or hair-like growth that fills the picture."""
    base = np.array([[30, 55, 15], [80, 120, 40], [160, 180, 90]]) * rng.uniform(0.6, 1.2)
    colours = tint(fractal(size, rng, 5, 4), base * 0.7 if rng.random() < 0.8 else palette(rng, 3))
    colours = np.ascontiguousarray(to_rgb(colours))
    count = 700
    roots = rng.uniform(-0.05, 1.05, (count, 2))
    tips = roots + np.stack([rng.normal(0, 0.05, count), -rng.uniform(0.03, 0.2, count)], -1)
    middles = (roots + tips) / 2 + rng.normal(0, 0.01, (count, 2))
    blades = np.round(np.stack([roots, middles, tips], 1) * size * 16).astype(np.int32)
    for group, shade in zip(np.array_split(blades, 10), np.linspace(0.4, 1.2, 10), strict=True):
        colour = np.clip(base[1] * shade + rng.normal(0, 12, 3), 0, 255)
        cv2.polylines(colours, list(group), False, [float(v) for v in colour], 1, cv2.LINE_AA, 4)  # noqa: FBT003
    return colours * uneven_light(size, rng)


def lights(size: int, rng: np.random.Generator) -> np.ndarray:
    """Lamps out of focus: overlapping discs with bright edges on a dark blur."""
    colours = tint(fractal(size, rng, 3, 2), palette(rng, 3) * rng.uniform(0.1, 0.6))
    radius = rng.uniform(0.02, 0.1) * size
    tones = palette(rng, 5)
    for _ in range(rng.integers(15, 50)):
        disc = np.zeros((size, size), np.uint8)
        at = tuple(int(v) for v in rng.uniform(0, size * 16, 2))
        reach = radius * rng.uniform(0.7, 1.2)
        cv2.circle(disc, at, int(reach * 16), 200, -1, cv2.LINE_AA, 4)
        cv2.circle(disc, at, int(reach * 16), 255, max(1, int(reach / 8)), cv2.LINE_AA, 4)
        left, top, width, height = cv2.boundingRect(disc)
        window = np.s_[top : top + height, left : left + width]
        glow = disc[window][..., None] * np.float32(rng.uniform(0.1, 0.6) / 255)
        colours[window] += (np.minimum(tones[rng.integers(5)] * 1.3 + 30, 255) - colours[window]) * glow
    return blur(colours, 0.004)


def page(size: int, rng: np.random.Generator) -> np.ndarray:
    """Lines of something like print, in one or two columns, with boxes."""
    paper_tone, ink = (245, rng.uniform(0, 90)) if rng.random() < 0.7 else (30, rng.uniform(150, 250))
    cells = (max(4, size // int(rng.integers(3, 7))), max(4, size // int(rng.integers(2, 5))))
    lines = rng.integers(2, 4)
    marks = (rng.random(cells) < 0.72) & (np.arange(cells[0]) % lines > 0)[:, None]
    marks[:, :2] = marks[:, -2:] = False
    if rng.random() < 0.5:
        marks[:, cells[1] // 2 - 1 : cells[1] // 2 + 1] = False
    for _ in range(rng.integers(0, 4)):
        top, left = rng.integers(0, cells[0] - 2), rng.integers(0, cells[1] - 2)
        marks[top : top + cells[0] // 5, left : left + cells[1] // 3] = rng.random() < 0.6
    cover = cv2.resize(marks.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    grain = rng.standard_normal((size, size), dtype=np.float32) * rng.uniform(0, 5)
    return (paper_tone + (ink - paper_tone) * cover + grain)[..., None] + rng.normal(0, 8, 3)


def night(size: int, rng: np.random.Generator) -> np.ndarray:
    """Darkness with noise, a glow, and scattered points of light."""
    colours = tint(fractal(size, rng, 2, 3), palette(rng, 2) * 0.2)
    points = (rng.random((size, size)) < rng.uniform(0, 0.004)) * rng.exponential(1, (size, size)).astype(np.float32)
    stars = cv2.GaussianBlur(points.astype(np.float32), (0, 0), rng.uniform(0.4, 1.5)) * 600
    noise = rng.standard_normal((size, size, 3), dtype=np.float32) * rng.uniform(2, 14)
    return colours + stars[..., None] + noise


def gravel(size: int, rng: np.random.Generator) -> np.ndarray:
    """Pebbles, scales or cells: every place takes the colour of the nearest of many points."""
    count = int(rng.integers(60, 600))
    seeds = np.ones((size, size), np.uint8)
    seeds[rng.integers(0, size, count), rng.integers(0, size, count)] = 0
    far, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP)
    tones = palette(rng, 4)[rng.integers(0, 4, count + 1)] * rng.uniform(0.6, 1.3, (count + 1, 1))
    bulge = 1.2 - far / (size / np.sqrt(count)) * rng.uniform(0, 1)
    return tones[np.minimum(labels, count)] * np.clip(bulge, 0.1, 1.2)[..., None] * uneven_light(size, rng)
