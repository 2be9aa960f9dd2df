"""Glass: a thin body, dark rims, opaque highlights, perhaps a drink."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from mattebox.train.procedural.canvas import spread
from mattebox.train.procedural.noise import axes, fractal, palette, smoothstep, to_rgb, warp
from mattebox.train.procedural.outlines import any_outline, coverage, lay, polygon
from mattebox.types import Alpha, Rgb

Form: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Four fields (H, W): cover and nearness to the rim from 0 to 1, place across and along from about -1 to 1."""


def coat(layers: tuple[np.ndarray, np.ndarray], colour: np.ndarray, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put paint of partial `cover` (H, W) over premultiplied colours (H, W, 3) and their alpha (H, W)."""
    below, alpha = layers
    return below + (colour - below) * cover[..., None], alpha + (1 - alpha) * cover


def glass(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A vessel, balls, a pane or a lump of glass: a thin body, dark rims, opaque highlights, perhaps a drink."""
    maker = (vessel, vessel, balls, pane)[int(rng.integers(4))]
    inside, edge, across, depth = maker(size, rng)
    _, y = axes(size)
    tone = rng.uniform(150, 255, 3) if rng.random() < 0.6 else palette(rng, 1)[0]
    thin = rng.uniform(0.12, 0.3)
    layers = coat((np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.float32)), tone, inside * thin)
    if rng.random() < 0.4:
        level, wave = rng.uniform(-0.4, 0.5), fractal(size, rng, 3, 2) * 0.04
        drink = smoothstep((y - level + wave) * 40) * inside * smoothstep((1 - edge) * 8)
        layers = coat(layers, palette(rng, 1)[0], drink * rng.uniform(0.3, 0.75))
    rim = inside * edge ** rng.uniform(4, 14)
    layers = coat(layers, tone * rng.uniform(0.1, 0.5), rim * rng.uniform(0.35, 0.85))
    mirror = smoothstep(warp(fractal(size, rng, 3, 3, 0.5, (1, 2.5)), rng, 0.2) * 5 - rng.uniform(3, 3.8))
    layers = coat(layers, np.full(3, 255.0), inside * mirror * rng.uniform(0.2, 0.7))
    for _ in range(rng.integers(1, 4)):
        place, top, tall = rng.uniform(-0.85, 0.85), rng.uniform(-0.6, 0.2), rng.uniform(0.1, 0.6)
        streak = np.exp(-(((across - place) / rng.uniform(0.03, 0.12)) ** 2))
        streak = streak * smoothstep((tall - np.abs(depth - top)) * rng.uniform(6, 20))
        layers = coat(layers, np.full(3, rng.uniform(225, 255)), inside * np.clip(streak * 1.4, 0, 1))
    return to_rgb(spread(layers[0], layers[1])), layers[1].astype(np.float32)


def vessel(size: int, rng: np.random.Generator) -> Form:
    """A bottle, tumbler, vase or goblet."""
    x, y = axes(size)
    tall = rng.uniform(0.7, 0.93)
    along = np.linspace(-1, 1, 128)
    knots = rng.uniform(0.15, 0.65, int(rng.integers(3, 7)))
    if rng.random() < 0.35:
        knots = np.array([rng.uniform(0.3, 0.5), rng.uniform(0.35, 0.55), 0.3, 0.05, 0.05, rng.uniform(0.25, 0.4)])
    elif rng.random() < 0.4:
        neck = rng.uniform(0.08, 0.16)
        knots = np.array([neck, neck, neck, knots[0] + 0.1, knots[0] + 0.1, knots[0] + 0.1])
    wide = np.interp(along, np.linspace(-1, 1, len(knots)), knots)
    wide = cv2.GaussianBlur(wide[None], (0, 0), rng.uniform(2, 9), borderType=cv2.BORDER_REPLICATE)[0]
    corner = rng.uniform(0.02, 0.2)
    wide *= np.clip((1 - along) / corner, 0, 1) ** 0.4
    width = np.maximum(np.interp(y[:, 0] / tall, along, wide), 0.01)[:, None].astype(np.float32)
    steep = np.sqrt(1 + np.gradient(width[:, 0], 2 / size)[:, None] ** 2)
    pixel = 2 / size
    cover = np.clip((width - np.abs(x)) / steep / pixel + 0.5, 0, 1) * np.clip((tall - np.abs(y)) / pixel + 0.5, 0, 1)
    across, depth = x / width, y / tall + 0 * x
    mouth = np.abs(np.hypot(x, (y + tall * 0.97) * 5) / width[size // 2 - int(tall * size * 0.47)] - 0.93)
    edge = np.clip(np.maximum(np.abs(across), 1.02 - mouth * 3), 0, 1)
    turn = rng.normal(0, 8) * (rng.random() < 0.5)
    matrix = cv2.getRotationMatrix2D(((size - 1) / 2, (size - 1) / 2), turn, 0.95)
    cover, edge, across, depth = (
        cv2.warpAffine(a.astype(np.float32), matrix, (size, size), borderMode=mode)
        for a, mode in (
            (cover, cv2.BORDER_CONSTANT),
            (edge, cv2.BORDER_REPLICATE),
            (np.clip(across, -1.2, 1.2), cv2.BORDER_REPLICATE),
            (depth, cv2.BORDER_REPLICATE),
        )
    )
    return cover, edge, across, depth


def balls(size: int, rng: np.random.Generator) -> Form:
    """One to nine bubbles or drops."""
    x, y = axes(size)
    inside, edge, across, depth = (np.zeros((size, size), np.float32) for _ in range(4))
    count = int(rng.choice([1, 1, 2, 4, 9]))
    for _ in range(count):
        radius = rng.uniform(0.5, 0.85) if count == 1 else rng.uniform(0.12, 0.5)
        middle = rng.uniform(-1, 1, 2) * (0.9 - radius)
        right, down = (x - middle[0]) / radius, (y - middle[1]) / radius
        far = np.hypot(right, down)
        here = far < 1
        np.copyto(edge, far, where=here)
        np.copyto(across, right / np.sqrt(np.maximum(1 - down**2, 0.01)), where=here)
        np.copyto(depth, np.broadcast_to(down, here.shape), where=here)
        inside = np.maximum(inside, np.clip((1 - far) * radius * size / 2 + 0.5, 0, 1))
    return inside, edge, across, depth


def pane(size: int, rng: np.random.Generator) -> Form:
    """A flat piece, whole, broken or round, with a thick edge."""
    outline = lay([polygon(rng) if rng.random() < 0.6 else any_outline(rng)], rng, (0.6, 0.9))
    inside = coverage(outline, size)
    border = cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / size
    x, y = axes(size)
    slant = rng.uniform(0, 6.3)
    side = x * np.cos(slant) + y * np.sin(slant)
    edge = np.where(border < rng.uniform(0.008, 0.05), 0.97, 0.0)
    return inside, edge, np.clip(side, -0.8, 0.8), (y * np.cos(slant) - x * np.sin(slant)) * 0.6
