"""Lace, net and veils: repeating holes in cloth with folds."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.train.procedural.noise import axes, fractal, palette, smoothstep, to_rgb
from mattebox.train.procedural.outlines import blob, circle, coverage, lay, rotation
from mattebox.types import Alpha, Rgb


def motif(rng: np.random.Generator) -> np.ndarray:
    """A tile (64, 64) of thread cover, 0 to 1, that repeats without a seam."""
    x, y = axes(64)
    radius, angle, thread = np.hypot(x, y), np.arctan2(y, x), rng.uniform(0.08, 0.3)
    lines = np.maximum(np.abs(x), np.abs(y)) > 1 - thread
    petal = 0.55 + 0.35 * np.cos(angle * rng.integers(4, 9) + rng.uniform(0, 6))
    diagonals = np.abs(np.abs(x) - np.abs(y)) < thread * 0.7
    tiles = (
        lines,
        diagonals | (radius < thread),
        lines | diagonals,
        (np.abs(radius - petal) < thread) | (radius < 0.2) | (lines & (rng.random() < 0.5)),
        (np.abs(radius - 0.85) < thread) | (np.abs(radius - 0.4) < thread * 0.6),
        (radius < rng.uniform(0.2, 0.6)) | (lines & (rng.random() < 0.3)),
        radius > rng.uniform(0.4, 0.85),
    )
    tile = tiles[int(rng.integers(len(tiles)))].astype(np.float32)
    return cv2.GaussianBlur(tile, (0, 0), 1.2, borderType=cv2.BORDER_REFLECT)


def lace(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """Net, lace, tulle or a sheer veil: a repeating pattern of holes on cloth with folds, hem and embroidery."""
    double = size * 2
    x, y = axes(double)
    lean, folds = rng.uniform(-0.5, 0.5), rng.uniform(2, 9)
    swing = fractal(double, rng, 3, 2)
    phase = (x + lean * y) * folds + swing * rng.uniform(0, 9)
    fold = np.sin(phase) * (rng.uniform(0, 1) if rng.random() < 0.8 else 0)
    turn = rotation(rng.uniform(0, np.pi)) * (64 * rng.uniform(4, 16))
    u = (turn[0, 0] * x + turn[0, 1] * y + fold * rng.uniform(4, 24)).astype(np.float32)
    v = (turn[1, 0] * x + turn[1, 1] * y + swing * rng.uniform(0, 60)).astype(np.float32)
    thread = cv2.remap(motif(rng), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    if rng.random() < 0.4:
        thread = np.maximum(thread, smoothstep((fractal(double, rng, 5, 3) - rng.uniform(0.55, 0.7)) * 25))
    thread = cv2.resize(thread, (size, size), interpolation=cv2.INTER_AREA)
    fold = cv2.resize(fold.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    cloth = lay([cloth_outline(rng)], rng, (0.65, 0.93))
    inside = coverage(cloth, size)
    sheer, solid = rng.choice([0.0, rng.uniform(0.1, 0.6)]), rng.uniform(0.6, 1)
    if rng.random() < 0.2:
        thread, sheer = np.zeros_like(thread), rng.uniform(0.25, 0.7)
    hem = coverage([cloth[0], cloth[0] * (1 - rng.uniform(0.02, 0.08))], size) * (rng.random() < 0.7)
    gap = (1 - sheer - (solid - sheer) * np.maximum(thread, hem)) ** (1 + np.clip(fold, 0, 1) * rng.uniform(0, 1.5))
    alpha = inside * (1 - np.clip(gap, 0, 1))
    tone = np.full(3, rng.choice([20, 235, 250])) + rng.normal(0, 4, 3) if rng.random() < 0.6 else palette(rng, 1)[0]
    light = 0.8 + 0.2 * fold + 0.12 * (thread - 0.5) + 0.1 * fractal(size, rng, 4, 4)
    return to_rgb(tone * light[..., None]), alpha.astype(np.float32)


def cloth_outline(rng: np.random.Generator) -> np.ndarray:
    """A piece of cloth: a doily with a scalloped edge, a hanging sheet with a wavy hem, or a scrap."""
    kind = rng.random()
    if kind < 0.4:
        scallops, deep = rng.integers(8, 30), rng.uniform(0, 0.08)
        return circle(240) * (1 + deep * np.cos(np.linspace(0, 2 * np.pi, 240, endpoint=False) * scallops))[:, None]
    if kind < 0.8:
        t = np.linspace(-1, 1, 80)
        hem = 0.9 + np.sin(t * rng.uniform(3, 15) + rng.uniform(0, 6)) * rng.uniform(0, 0.12)
        top = np.stack([t[::-1] * rng.uniform(0.4, 1), np.full(80, -0.9)], -1)
        return np.concatenate([np.stack([t, hem], -1), top])
    return blob(rng, 0.3)
