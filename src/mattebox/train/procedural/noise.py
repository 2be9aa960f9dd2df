"""The grain of things: smooth random fields, colour palettes, and the tints between them."""

from __future__ import annotations

import cv2
import numpy as np


def axes(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres from -1 to 1: x as a row (1, size) and y as a column (size, 1), y downwards."""
    line = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    return line[None], line[:, None]


def fractal(
    size: int,
    rng: np.random.Generator,
    cells: float = 4,
    octaves: int = 5,
    falloff: float = 0.55,
    stretch: tuple[float, float] = (1, 1),
) -> np.ndarray:
    """Smooth noise (size, size) from 0 to 1: random grids, each twice as fine and `falloff` times as strong.

    Args:
        size: side of the field in pixels.
        rng: the source of chance.
        cells: grid cells along a side in the coarsest octave.
        octaves: grids summed; those finer than a pixel are left out.
        falloff: strength of an octave relative to the one before.
        stretch: factors on the cells along y and x; (1, 8) draws upright streaks.
    """
    field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        rows, columns = (max(2, round(cells * factor * 2**octave)) for factor in stretch)
        if min(rows, columns) > size:
            break
        grid = rng.standard_normal((min(rows, size), min(columns, size)), dtype=np.float32)
        field += cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC) * falloff**octave
    lowest, highest = float(field.min()), float(field.max())
    return (field - lowest) / max(highest - lowest, 1e-6)


def palette(rng: np.random.Generator, count: int) -> np.ndarray:
    """Colours (count, 3) from 0 to 255 that belong together: one hue, neighbours, or anything; a quarter are greys."""
    hue = rng.random() + rng.normal(0, rng.choice([0.02, 0.07, 0.4]), count)
    saturation = rng.beta(1.6, 1.4, count) * rng.choice([0.12, 1.0], p=[0.25, 0.75])
    value = rng.uniform(0.06, 1, count)
    hsv = np.stack([hue % 1 * 360, saturation, value], -1).astype(np.float32)
    return cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0] * 255


def shades(colour: np.ndarray, count: int, depth: float = 0.5) -> np.ndarray:
    """`count` shades (count, 3) of one colour, from `depth` times darker to as much lighter, short of white."""
    scale = np.linspace(1 - depth, 1 + depth, count)[:, None]
    return np.clip(colour * np.minimum(scale, 1) + (255 - colour) * np.maximum(scale - 1, 0) * 0.7, 0, 255)


def tint(values: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3) of `values` (H, W) in 0 to 1 along the colour `stops` (count, 3)."""
    places = np.linspace(0, 1, 256) * (len(stops) - 1)
    table = np.stack([np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], -1)
    return table.astype(np.float32)[(np.clip(values, 0, 1) * 255).astype(np.uint8)]


def smoothstep(values: np.ndarray) -> np.ndarray:
    """An even S from 0 to 1 between 0 and 1, flat outside."""
    inside = np.clip(values, 0, 1)
    return inside * inside * (3 - 2 * inside)


def to_rgb(colours: np.ndarray) -> np.ndarray:
    """Round colours to `uint8`."""
    return np.clip(colours + 0.5, 0, 255).astype(np.uint8)


def uneven_light(size: int, rng: np.random.Generator) -> np.ndarray:
    """Factors (size, size, 1) about 1: light from one side, soft patches, and a little grain."""
    x, y = axes(size)
    slope = x * rng.normal(0, 0.12) + y * rng.normal(0, 0.12)
    patches = (fractal(size, rng, 3, 3) - 0.5) * rng.uniform(0, 0.5)
    grain = rng.standard_normal((size, size), dtype=np.float32) * rng.uniform(0, 0.05)
    return (1 + slope + patches + grain)[..., None]


def warp(field: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Swirl a field (H, W) or (H, W, 3) by smooth noise of up to `amount` of its side."""
    size = field.shape[0]
    x, y = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    across, down = ((fractal(size, rng, 3, 3) - 0.5) * (amount * size) for _ in range(2))
    return cv2.remap(field, x + across, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
