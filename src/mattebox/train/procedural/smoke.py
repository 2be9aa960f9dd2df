"""Smoke, steam, clouds and flames: swirled noise that thins out to nothing."""

from __future__ import annotations

import numpy as np

from mattebox.train.procedural.noise import axes, fractal, palette, smoothstep, tint, to_rgb, warp
from mattebox.types import Alpha, Rgb

FIRE = np.array([[70, 20, 10], [190, 40, 10], [250, 130, 20], [255, 220, 90], [255, 250, 220]])


def smoke(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """Smoke, steam, cloud or flame: swirled noise that thins out to nothing, alpha at most 0.95."""
    x, y = axes(size)
    kind = rng.choice(["plume", "puff", "cloud", "flame"], p=[0.35, 0.3, 0.25, 0.1])
    if kind in {"plume", "flame"}:
        rise = (0.85 - y) / 1.7
        sway = np.sin(y * rng.uniform(1, 4) + rng.uniform(0, 6)) * rng.uniform(0.05, 0.3) * rise
        wide = rng.uniform(0.18, 0.35) + rng.uniform(0.1, 0.5) * rise * (1 if kind == "plume" else -0.4)
        shape = 1 - np.abs(x - sway) / np.maximum(wide, 0.05) - rise**4
        density = fractal(size, rng, 3, 6, 0.6, (1, 2))
    elif kind == "puff":
        shape = np.full((size, size), -1, np.float32)
        for _ in range(rng.integers(1, 6)):
            middle, radius = rng.uniform(-0.35, 0.35, 2), rng.uniform(0.4, 0.7)
            shape = np.maximum(shape, 1 - ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / radius**2)
        density = fractal(size, rng, 3, 6, 0.6)
    else:
        flat = np.where(y > 0.1, rng.uniform(2.5, 5), rng.uniform(1.2, 2.2))
        shape = 1 - (x / 0.85) ** 2 - ((y - 0.1) * flat) ** 2
        density = 1 - np.abs(fractal(size, rng, 4, 6, 0.6) * 2 - 1)
    density = warp(density, rng, rng.uniform(0.1, 0.5))
    border = smoothstep((1 - np.maximum(np.abs(x), np.abs(y))) / 0.25)
    body = np.clip(np.clip(shape, -1, 1) * rng.uniform(0.6, 1.2) + (density - 0.5) * rng.uniform(1, 2.2), 0, 1)
    peak = 0.95 if kind == "flame" else rng.uniform(0.45, 0.95)
    alpha = peak * (1 - np.exp(-rng.uniform(1.5, 6) * body)) * border
    if kind == "flame":
        return to_rgb(tint(body * 1.2, FIRE)), alpha.astype(np.float32)
    grey = rng.choice([0.15, 0.5, 0.85, 0.97], p=[0.15, 0.15, 0.3, 0.4]) * 255
    tone = np.full(3, grey) if rng.random() < 0.8 else palette(rng, 1)[0]
    stops = np.stack([tone * rng.uniform(0.5, 0.9), np.minimum(tone * 1.08 + 6, 255)])
    light = density * 0.6 + 0.4 * fractal(size, rng, 3, 4) - y * rng.uniform(0, 0.25)
    return to_rgb(tint(light, stops)), alpha.astype(np.float32)
