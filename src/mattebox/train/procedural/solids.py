"""Simple solid things, traced and lit: balls, boxes, cylinders, rings, capsules, and what they build together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mattebox.train.procedural.canvas import spread
from mattebox.train.procedural.noise import axes, palette, to_rgb
from mattebox.types import Alpha, Rgb

STEPS = 32
"""Steps of a ray before it is taken to have hit or missed."""

HIT = 0.05
"""Pixels from the surface at which a ray has hit."""


def length(*parts: np.ndarray) -> np.ndarray:
    """The Euclidean length of vectors given by their parts."""
    total = parts[0] * parts[0]
    for part in parts[1:]:
        total = total + part * part
    return np.sqrt(total)


def ball(q: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """Distance from points (3, N) to a ball that fills the unit ball."""
    return length(*q) - 1 + 0 * dims[0]


def box(q: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """Distance to a box with rounded edges."""
    half = dims / np.linalg.norm(dims) - 0.06
    beyond = np.abs(q) - half[:, None]
    return length(*np.maximum(beyond, 0)) + np.minimum(beyond.max(0), 0) - 0.06


def cylinder(q: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """Distance to a cylinder with rounded edges, a disc or a rod."""
    radius, half = dims[:2] / np.linalg.norm(dims[:2]) - 0.04
    outward, along = length(q[0], q[2]) - radius, np.abs(q[1]) - half
    return length(np.maximum(outward, 0), np.maximum(along, 0)) + np.minimum(np.maximum(outward, along), 0) - 0.04


def torus(q: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """Distance to a ring."""
    thick = 0.12 + 0.25 * (dims[0] - 0.3)
    return length(length(q[0], q[2]) - (1 - thick), q[1]) - thick


def capsule(q: np.ndarray, dims: np.ndarray) -> np.ndarray:
    """Distance to a rod with round ends."""
    radius = 0.2 + 0.4 * (dims[0] - 0.3)
    beyond = np.maximum(np.abs(q[1]) - (1 - radius), 0)
    return length(q[0], beyond, q[2]) - radius


FORMS: tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], ...] = (ball, box, cylinder, torus, capsule)


@dataclass(frozen=True, slots=True)
class Part:
    """One form in a scene: `turn` (3, 3), `middle` (3,), `radius`, and the measures `dims` (3,) that its form reads."""

    form: Callable[[np.ndarray, np.ndarray], np.ndarray]
    turn: np.ndarray
    middle: np.ndarray
    radius: float
    dims: np.ndarray

    def local(self, points: np.ndarray) -> np.ndarray:
        """Points (3, N) in the part's own frame, where it fills the unit ball."""
        return self.turn @ ((points - self.middle[:, None]) / np.float32(self.radius))

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Distance (N,) of points (3, N) of the scene from the part, negative inside."""
        return self.form(self.local(points), self.dims) * np.float32(self.radius)


def distance(parts: list[Part], points: np.ndarray) -> np.ndarray:
    """Distance (N,) of points (3, N) from the nearest part."""
    nearest = parts[0].distance(points)
    for part in parts[1:]:
        nearest = np.minimum(nearest, part.distance(points))
    return nearest


def scene(rng: np.random.Generator) -> list[Part]:
    """One to three forms that touch, in the middle of the square."""
    count = int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))
    middles, radii = rng.uniform(-0.4, 0.4, (count, 3)), rng.uniform(0.35, 0.8, count)
    lowest, highest = (middles - radii[:, None]).min(0), (middles + radii[:, None]).max(0)
    scale = rng.uniform(0.65, 0.93) / ((highest - lowest).max() / 2)
    middles = (middles - (lowest + highest) / 2) * scale
    return [
        Part(
            FORMS[int(rng.integers(len(FORMS)))],
            np.linalg.qr(rng.normal(0, 1, (3, 3)))[0].astype(np.float32),
            middle.astype(np.float32),
            float(radius * scale),
            rng.uniform(0.3, 1, 3).astype(np.float32),
        )
        for middle, radius in zip(middles, radii, strict=True)
    ]


def march(parts: list[Part], points: np.ndarray, margin: float, pixel: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow rays along z from `points` (3, N) to within `margin` of the scene, or past it.

    Sphere tracing (Hart, 1996): each step is as long as the free distance.

    Returns:
        The points (3, N) where the rays are closest to the scene, and that distance (N,), never much below `margin`.
    """
    closest, nearest = points.copy(), np.full(points.shape[1], np.inf, np.float32)
    alive, here = np.arange(points.shape[1]), points
    for _ in range(STEPS):
        gap = distance(parts, here)
        nearer = gap < nearest[alive]
        nearest[alive[nearer]] = gap[nearer]
        closest[2, alive[nearer]] = here[2, nearer]
        going = (gap > margin + HIT * pixel) & (here[2] < 1.5)
        alive, here = alive[going], here[:, going]
        if not len(alive):
            break
        here[2] += np.maximum(gap[going] - margin, 0.3 * pixel)
    return closest, nearest


def trace(parts: list[Part], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of the size * size pixels (M,) may show the scene, where their rays pass it closest (3, M), how far (M,).

    Rays are parallel, so the closest distance of a ray that misses is its distance from the silhouette and gives the
    cover of its pixel, exact for a scene grown by half a pixel: its colours are known that far out. One thick ray for
    eight by eight pixels first finds what is empty, and where to begin.
    """
    coarse, block = -(-size // 8), 8
    line = (np.arange(coarse, dtype=np.float32) + 0.5) * (2 * block / size) - 1
    columns, rows = np.meshgrid(line, line)
    thick = (0.71 * block + 1) * 2 / size
    starts = np.stack([columns.ravel(), rows.ravel(), np.full(coarse**2, -1.5, np.float32)])
    begin, gap = march(parts, starts, thick, 2 / size)
    start = np.where(gap < thick * 1.05, begin[2], np.inf).reshape(coarse, coarse)
    depth = np.repeat(np.repeat(start, block, 0), block, 1)[:size, :size].ravel()
    pixels = np.flatnonzero(np.isfinite(depth))
    x, y = axes(size)
    points = np.stack([x[0, pixels % size], y[pixels // size, 0], depth[pixels]]).astype(np.float32)
    return pixels, *march(parts, points, 0.0, 2 / size)


def solid(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """One to three lit solids of plain, striped, spotted or many-coloured material, dull or shiny."""
    parts = scene(rng)
    pixels, closest, nearest = trace(parts, size)
    cover = np.clip(1 + HIT - nearest * (size / 2), 0, 1)
    colours, covered = np.zeros((size * size, 3), np.float32), np.zeros(size * size, np.float32)
    covered[pixels] = cover
    seen = cover > 0
    colours[pixels[seen]] = lit(parts, closest[:, seen], rng)
    alpha = covered.reshape(size, size)
    premultiplied = colours.reshape(size, size, 3) * alpha[..., None]
    return to_rgb(spread(premultiplied, alpha)), alpha


def lit(parts: list[Part], points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colours (N, 3) of points (3, N) on the scene: Lambert's law and Blinn's highlight of one lamp, and sky light."""
    corners = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)
    normal = sum(corner[:, None] * distance(parts, points + 0.004 * corner[:, None]) for corner in corners)
    normal = normal / np.maximum(length(*normal), 1e-6)
    lamp = np.array([rng.uniform(-1, 1), rng.uniform(-1, -0.1), rng.uniform(-1.2, -0.3)], np.float32)
    lamp /= np.linalg.norm(lamp)
    half = lamp - np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    ambient, shine = rng.uniform(0.15, 0.5), rng.choice([0.0, 0.3, 0.9])
    lambert = np.maximum(lamp @ normal, 0)
    glint = np.maximum(half @ normal, 0) ** rng.uniform(8, 90) * shine
    rim = (1 - np.abs(normal[2])) ** 3 * rng.uniform(0, 0.4)
    light = ambient * (1 - 0.3 * normal[1]) + (1.05 - ambient) * lambert + rim
    return material(parts, points, rng) * light[:, None] + 255 * glint[:, None]


def material(parts: list[Part], points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colours (N, 3) of the scene's stuff before light: each part plain, striped or chequered in two colours."""
    owner = np.argmin([part.distance(points) for part in parts], 0)
    colours = np.zeros((points.shape[1], 3), np.float32)
    for index, part in enumerate(parts):
        mine = owner == index
        q = part.local(points[:, mine])
        first, second = palette(rng, 2)
        fine = rng.uniform(5, 25)
        waves = (
            np.zeros_like(q[0]),
            np.sin(q[1] * fine),
            np.sin(np.arctan2(q[2], q[0]) * rng.integers(3, 12)),
            np.sin(q[0] * fine) * np.sin(q[1] * fine) * np.sin(q[2] * fine),
        )
        pick = np.clip(waves[int(rng.integers(len(waves)))] * 6 + 0.5, 0, 1)[:, None]
        colours[mine] = first + (second - first) * pick
    return colours
