"""Plants: leafy branches, ferns, trees with gaps, grass, flowers."""

from __future__ import annotations

import numpy as np

from mattebox.train.procedural.canvas import Canvas
from mattebox.train.procedural.noise import palette, shades
from mattebox.train.procedural.outlines import circle, fit, rotation
from mattebox.types import Alpha, Rgb

GREENS = np.array(
    [[60, 110, 40], [90, 140, 50], [40, 80, 40], [120, 150, 70], [150, 110, 40], [190, 80, 30], [70, 110, 90]]
)
"""Summer, spring, fir, olive, two of autumn, and blue-green."""


def grow(rng: np.random.Generator, depth: int, spread: float, droop: float) -> tuple[list[np.ndarray], list[float]]:
    """Twigs (5, 2) of a branching plant, thick ones first, and the length of each as its rank in the plant."""
    twigs, ranks = [], []
    front = [(np.zeros(2), -np.pi / 2 + rng.normal(0, 0.2), 1.0)]
    for _ in range(depth):
        following = []
        for root, heading, length in front:
            bend = rng.normal(0, 0.35)
            angle = heading + bend * np.linspace(0, 1, 4)
            steps = np.stack([np.cos(angle), np.sin(angle) + droop], -1) * (length / 4)
            twig = root + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
            twigs.append(twig)
            ranks.append(length)
            for place in (2, 3, 4, 4)[4 - int(rng.integers(2, 5)) :]:
                turn = angle[-1] + rng.normal(0, spread) + rng.choice([-1, 1]) * spread * 0.5
                following.append((twig[place], turn, length * rng.uniform(0.55, 0.85)))
        front = following
    return twigs, ranks


def leaf(rng: np.random.Generator) -> np.ndarray:
    """One half (9, 2) of a leaf that lies along x from 0 to 1."""
    t = np.linspace(0, 1, 9)
    plump, tip = rng.uniform(0.08, 0.36), rng.uniform(0.6, 1.6)
    return np.stack([t, plump * np.sin(np.pi * t**tip) * (1 + 0.15 * np.cos(t * 25 * (rng.random() < 0.3)))], -1)


def put_leaves(
    canvas: Canvas,
    places: np.ndarray,
    angles: np.ndarray,
    lengths: np.ndarray,
    colour: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Leaves at `places` (count, 2) of seven shades, each with a light and a dark half."""
    half = leaf(rng)
    tones = shades(colour, 8, rng.uniform(0.3, 0.6))
    squeeze = rng.uniform(0.35, 1, (len(places), 1))
    tone = rng.integers(1, 8, len(places))
    for side in (-1, 1):
        x, y = half[:, 0] * lengths[:, None], half[:, 1] * side * lengths[:, None] * squeeze
        cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
        outlines = np.stack([x * cos - y * sin, x * sin + y * cos], -1) + places[:, None]
        for shade in range(1, 8):
            canvas.fill_each(outlines[tone == shade], tones[shade - (side > 0)])


def foliage(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A branch, tree, fern, tuft of grass, or bunch of flowers, with what lies behind seen through the gaps."""
    canvas = Canvas(size)
    colour = GREENS[rng.integers(len(GREENS))] * rng.uniform(0.7, 1.3) + rng.normal(0, 10, 3)
    maker = (tree, tree, fern, grass, flowers)[int(rng.integers(5))]
    maker(canvas, np.clip(colour, 10, 245), rng)
    return canvas.finish(rng)


def tree(canvas: Canvas, colour: np.ndarray, rng: np.random.Generator) -> None:
    """Twigs with leaves along the thinner ones: few large leaves make a branch, many small ones a tree."""
    bark = np.array([90, 70, 50]) * rng.uniform(0.4, 1.6)
    twigs, ranks = grow(rng, int(rng.integers(3, 6)), rng.uniform(0.4, 0.9), rng.normal(0, 0.15))
    turn = rotation(rng.uniform(-np.pi, np.pi) if rng.random() < 0.4 else 0.0)
    small = rng.uniform(0.05, 0.22)
    twigs = fit([twig @ turn.T for twig in twigs], rng, (0.65, 0.94 - small))
    trunk = rng.uniform(0.015, 0.06)
    for twig, rank in zip(twigs, ranks, strict=True):
        canvas.stroke([twig], bark * rng.uniform(0.8, 1.2), trunk * rank**1.5)
    count = int(rng.integers(120, 500))
    thin = np.flatnonzero(np.array(ranks) < 0.75)
    chosen = rng.choice(thin, count)
    start = rng.integers(0, 4, count)
    along = np.stack(twigs)[chosen]
    base, end = along[np.arange(count), start], along[np.arange(count), start + 1]
    places = base + (end - base) * rng.random((count, 1))
    heading = np.arctan2(*(end - base).T[::-1]) + rng.choice([-1, 1], count) * rng.uniform(0.3, 1.2, count)
    put_leaves(canvas, places, heading, small * rng.uniform(0.4, 1, count), colour, rng)


def fern(canvas: Canvas, colour: np.ndarray, rng: np.random.Generator) -> None:
    """One to six bent fronds with leaflets on both sides, shorter towards the tip."""
    fronds = int(rng.integers(1, 7))
    sweep = np.linspace(-1, 1, fronds) * rng.uniform(0.4, 1.3) if fronds > 1 else np.zeros(1)
    pairs = int(rng.integers(14, 36))
    t = np.linspace(0.02, 1, pairs)[:, None]
    stems = []
    for lean in sweep:
        aim, side = np.array([np.sin(lean), -np.cos(lean)]), np.array([np.cos(lean), np.sin(lean)])
        stems.append(aim * t + side * t**2 * (lean * 0.5 + rng.normal(0, 0.15)))
    stems = fit(stems, rng, (0.55, 0.75))
    longest, open_angle, shape = rng.uniform(0.1, 0.3), rng.uniform(0.7, 1.4), rng.uniform(0.3, 1.5)
    for stem in stems:
        canvas.stroke([stem], colour * 0.7, 0.012)
        heading = np.arctan2(np.gradient(stem[:, 1]), np.gradient(stem[:, 0]))
        length = longest * np.sin(np.pi * (0.1 + 0.9 * t[:, 0]) ** shape) + 0.02
        for turn in (-open_angle, open_angle):
            put_leaves(canvas, stem, heading + turn, length, colour, rng)


def grass(canvas: Canvas, colour: np.ndarray, rng: np.random.Generator) -> None:
    """Bent, pointed blades from one foot."""
    count, bottom = int(rng.integers(30, 160)), rng.uniform(0.6, 0.9)
    t = np.linspace(0, 1, 10)
    lean, tall = rng.normal(0, 0.3, (count, 1)), rng.uniform(0.5, bottom + 0.85, (count, 1))
    foot = rng.normal(0, 0.12, (count, 1))
    x = foot + lean * t + np.sign(lean) * rng.uniform(0, 0.4, (count, 1)) * t**2.5
    y = bottom - tall * (t - rng.uniform(0, 0.35, (count, 1)) * t**3)
    thick = rng.uniform(0.004, 0.03) * (1 - t**2) * rng.uniform(0.5, 1, (count, 1))
    blades = np.concatenate([np.stack([x - thick, y], -1), np.stack([x + thick, y], -1)[:, ::-1]], 1)
    blades = np.clip(blades, -0.95, 0.95)
    tones = shades(colour, 9, 0.55)
    for blade in blades:
        canvas.fill([blade], tones[rng.integers(9)])


def flowers(canvas: Canvas, colour: np.ndarray, rng: np.random.Generator) -> None:
    """One to nine flowers on stems."""
    count, bottom = int(rng.choice([1, 3, 5, 9])), rng.uniform(0.75, 0.92)
    bloom, heart = palette(rng, 2)
    radius = rng.uniform(0.3, 0.42) if count == 1 else rng.uniform(0.14, 0.25)
    petals, reach = int(rng.integers(5, 22)), rng.uniform(0.6, 1)
    for _ in range(count):
        middle = np.array([rng.uniform(-0.6, 0.6) * (count > 1), rng.uniform(-0.85 + radius, 0.2)])
        stem = np.linspace([rng.normal(0, 0.05), bottom], middle, 12)
        stem[:, 0] += np.sin(np.linspace(0, np.pi, 12)) * rng.normal(0, 0.1)
        canvas.stroke([stem], colour * 0.8, rng.uniform(0.012, 0.03))
        leaves = int(rng.integers(2, 7))
        put_leaves(
            canvas, stem[rng.integers(1, 9, leaves)], rng.uniform(-3.1, 0, leaves), np.full(leaves, 0.2), colour, rng
        )
        angle = np.arange(petals) * 2 * np.pi / petals + rng.normal(0, 0.1, petals)
        put_leaves(canvas, np.tile(middle, (petals, 1)), angle, radius * rng.uniform(0.85, 1, petals), bloom, rng)
        canvas.fill([circle(32) * radius * 0.3 * reach + middle], heart)
