"""Surfaces that subjects and walls wear: plain and blended colour, stripes, checks, dots, marble, wood, bricks."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.procedural.noise import axes, fractal, palette, smoothstep, tint, warp


def paint(size: int, rng: np.random.Generator) -> np.ndarray:
    """Colours (size, size, 3) from 0 to 255 of a random surface."""
    makers = (flat, gradient, gradient, marble, stripes, checks, dots, wood, bricks, cloth)
    return makers[int(rng.integers(len(makers)))](size, rng)


def across(size: int, rng: np.random.Generator) -> np.ndarray:
    """A ramp (size, size) from about -1 to 1 in a random direction."""
    x, y = axes(size)
    angle = rng.uniform(0, 2 * np.pi)
    return x * np.cos(angle) + y * np.sin(angle)


def flat(size: int, rng: np.random.Generator) -> np.ndarray:
    """One colour with more or less grain."""
    grain = rng.standard_normal((size, size, 1), dtype=np.float32) * rng.exponential(4)
    return palette(rng, 1)[0] + grain


def gradient(size: int, rng: np.random.Generator) -> np.ndarray:
    """A blend of two to four colours, straight or round."""
    values = across(size, rng) * 0.5 + 0.5
    if rng.random() < 0.35:
        x, y = axes(size)
        values = np.hypot(x - rng.uniform(-0.7, 0.7), y - rng.uniform(-0.7, 0.7)) * 0.6
    return tint(values, palette(rng, int(rng.integers(2, 5))))


def marble(size: int, rng: np.random.Generator) -> np.ndarray:
    """Clouded or veined noise in two to five colours."""
    values = warp(fractal(size, rng, rng.uniform(2, 12), 5, rng.uniform(0.4, 0.75)), rng, rng.uniform(0, 0.4))
    if rng.random() < 0.4:
        values = np.abs(np.sin(values * rng.uniform(4, 20)))
    return tint(values, palette(rng, int(rng.integers(2, 6))))


def two_tone(cover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two colours mixed by `cover` (size, size), under a little grain."""
    colours = palette(rng, 2)
    grain = rng.standard_normal(cover.shape, dtype=np.float32) * rng.exponential(4)
    return tint(cover, colours) + grain[..., None]


def stripes(size: int, rng: np.random.Generator) -> np.ndarray:
    """Stripes, straight or wavy, hard or soft."""
    place = across(size, rng) * rng.uniform(6, 60) + fractal(size, rng, 3, 2) * rng.uniform(0, 8)
    return two_tone(smoothstep(np.sin(place) * rng.uniform(0.5, 8) + rng.uniform(0.1, 0.9)), rng)


def checks(size: int, rng: np.random.Generator) -> np.ndarray:
    """A chessboard or a tartan."""
    angle, fine = rng.uniform(0, np.pi), rng.uniform(5, 40)
    x, y = axes(size)
    u, v = (x * np.cos(angle) + y * np.sin(angle)) * fine, (y * np.cos(angle) - x * np.sin(angle)) * fine
    first, second = smoothstep(np.sin(u) * 4 + 0.5), smoothstep(np.sin(v) * 4 + 0.5)
    plaid = rng.random() < 0.4
    return two_tone((first + second) / 2 if plaid else first + second - 2 * first * second, rng)


def dots(size: int, rng: np.random.Generator) -> np.ndarray:
    """Round dots in rows."""
    fine = rng.uniform(8, 40)
    x, y = axes(size)
    waves = np.cos((x + y) * fine) + np.cos((x - y) * fine)
    return two_tone(smoothstep((waves - rng.uniform(-0.3, 1.2)) * 2), rng)


def wood(size: int, rng: np.random.Generator) -> np.ndarray:
    """Grain along boards."""
    rings = fractal(size, rng, 2, 3, 0.4, (1, 4)) * rng.uniform(10, 40)
    fibre = fractal(size, rng, 3, 4, 0.8, (1, 16))
    brown = np.array([[70, 42, 22], [140, 92, 52], [205, 160, 110]]) * rng.uniform(0.6, 1.2)
    colours = tint(np.sin(rings) * 0.2 + 0.2 + fibre * 0.6, brown)
    if rng.random() < 0.6:
        boards = axes(size)[0] * rng.uniform(3, 7)
        colours = colours * (0.85 + 0.3 * np.sin(np.floor(boards) * 57)[..., None] ** 2)
        colours = colours * (0.4 + 0.6 * smoothstep(np.abs(boards - np.round(boards)) * 25))[..., None]
    return colours if rng.random() < 0.5 else colours.transpose(1, 0, 2)


def bricks(size: int, rng: np.random.Generator) -> np.ndarray:
    """Bricks or tiles, each in its own shade, in joints of another colour."""
    x, y = axes(size)
    rows = y * rng.uniform(3, 14)
    stagger = rng.choice([0.0, 0.5])
    columns = x * rng.uniform(1.5, 12) + stagger * (np.floor(rows) % 2)
    joint, sharp = rng.uniform(0.02, 0.1), 20
    inside = [smoothstep((0.5 - np.abs(v - np.floor(v) - 0.5) - joint) * sharp + 0.5) for v in (rows, columns)]
    shade = np.sin(np.floor(rows) * 127.1 + np.floor(columns) * 311.7) * 43758.5
    face = 0.5 + (shade - np.floor(shade) - 0.5) * rng.uniform(0.1, 0.8) + (fractal(size, rng, 8, 5, 0.7) - 0.5) * 0.4
    base, mortar = palette(rng, 2)
    cover = (inside[0] * inside[1])[..., None]
    return tint(face, np.stack([base * 0.6, np.minimum(base * 1.25, 255)])) * cover + mortar * (1 - cover)


def cloth(size: int, rng: np.random.Generator) -> np.ndarray:
    """Woven cloth with soft folds."""
    x, y = axes(size)
    fine = size * rng.uniform(0.4, 1.2)
    weave = np.sin(x * fine) * np.sin(y * fine) * rng.uniform(0.02, 0.12)
    folds = np.sin(fractal(size, rng, 2, 3, 0.4) * rng.uniform(4, 14)) * rng.uniform(0, 0.25)
    return palette(rng, 1)[0] * (0.85 + weave + folds)[..., None]


def blur(colours: np.ndarray, share: float) -> np.ndarray:
    """Soften by `share` of the side."""
    return cv2.GaussianBlur(colours, (0, 0), max(share * colours.shape[0], 0.3))
