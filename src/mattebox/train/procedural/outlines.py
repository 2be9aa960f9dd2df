"""Closed outlines drawn by chance: blobs, polygons, stars, gears, rings, and how they are laid on the square."""

from __future__ import annotations

import cv2
import numpy as np


def circle(points: int = 64) -> np.ndarray:
    """The unit circle as (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def ellipse(middle: tuple[float, float], radii: tuple[float, float], tilt: float = 0.0) -> np.ndarray:
    """An ellipse (48, 2), tilted by `tilt` radians."""
    return circle(48) * radii @ rotation(tilt).T + middle


def rotation(angle: float) -> np.ndarray:
    """The matrix (2, 2) that turns points by `angle` radians."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def blob(rng: np.random.Generator, wobble: float = 0.25) -> np.ndarray:
    """A smooth closed curve (96, 2) with a radius of at most 1, about `wobble` of it uneven."""
    waves = np.arange(2, 9)
    strength = rng.normal(0, 1, len(waves)) / waves * wobble * 2
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    radius = 1 + np.cos(angle[:, None] * waves + rng.uniform(0, 2 * np.pi, len(waves))) @ strength
    radius = np.maximum(radius, 0.25)
    return circle(96) * (radius / radius.max())[:, None]


def polygon(rng: np.random.Generator) -> np.ndarray:
    """Three to eight corners (corners, 2), even or not, on the unit circle."""
    corners = int(rng.integers(3, 9))
    angle = (np.arange(corners) + rng.uniform(-0.35, 0.35, corners) * (rng.random() < 0.5)) * 2 * np.pi / corners
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def star(rng: np.random.Generator) -> np.ndarray:
    """Four to twelve spikes (2 * spikes, 2)."""
    spikes = int(rng.integers(4, 13))
    outline = circle(2 * spikes)
    outline[1::2] *= rng.uniform(0.3, 0.8)
    return outline


def gear(rng: np.random.Generator) -> np.ndarray:
    """A wheel with square teeth (points, 2)."""
    teeth = int(rng.integers(6, 20))
    outline = circle(teeth * 4)
    low = np.arange(teeth * 4) % 4 < 2
    outline[low] *= rng.uniform(0.65, 0.9)
    return outline


def rounded_box(rng: np.random.Generator) -> np.ndarray:
    """A rectangle with round corners (64, 2): a superellipse."""
    outline = circle(64)
    power = 2 / rng.uniform(3, 12)
    outline = np.sign(outline) * np.abs(outline) ** power
    return outline / np.linalg.norm(outline, axis=-1).max()


def heart(rng: np.random.Generator) -> np.ndarray:
    """A heart (64, 2), more or less plump."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x = np.sin(angle) ** 3 * rng.uniform(0.8, 1.1)
    y = -(13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)) / 17
    return np.stack([x, y], -1) * 0.8


def any_outline(rng: np.random.Generator) -> np.ndarray:
    """One of the outlines of this file, within the unit circle."""
    makers = (blob, blob, polygon, star, gear, rounded_box, heart)
    return makers[int(rng.integers(len(makers)))](rng)


def lay(outlines: list[np.ndarray], rng: np.random.Generator, reach: tuple[float, float]) -> list[np.ndarray]:
    """Stretch and turn outlines together, near the middle, their farthest point between the two `reach`."""
    stretch = np.exp(rng.normal(0, 0.25))
    turn = rotation(rng.uniform(0, 2 * np.pi)) @ np.diag([stretch, 1 / stretch]) @ rotation(rng.uniform(0, 2 * np.pi))
    turned = [outline @ turn.T for outline in outlines]
    return fit(turned, rng, reach)


def fit(curves: list[np.ndarray], rng: np.random.Generator, reach: tuple[float, float]) -> list[np.ndarray]:
    """Move and scale curves (..., 2) together so that their box is near the middle and reaches out that far."""
    lowest = np.min([curve.reshape(-1, 2).min(0) for curve in curves], 0)
    highest = np.max([curve.reshape(-1, 2).max(0) for curve in curves], 0)
    half = float((highest - lowest).max()) / 2
    size = rng.uniform(*reach)
    shift = rng.uniform(-1, 1, 2) * max(0.0, 0.94 - size) * 0.5
    return [(curve - (lowest + highest) / 2) * (size / max(half, 1e-6)) + shift for curve in curves]


def keep_inside(curves: np.ndarray) -> np.ndarray:
    """Bend what would leave the square back before its edge."""
    soft, room = 0.8, 0.16
    beyond = np.abs(curves) - soft
    return np.where(beyond > 0, np.sign(curves) * (soft + room * np.tanh(beyond / room)), curves)


def coverage(outlines: list[np.ndarray], size: int) -> np.ndarray:
    """Exact share (size, size) of each pixel inside the outlines; where two overlap there is a hole."""
    fine = np.zeros((size * 4, size * 4), np.uint8)
    points = [np.round((outline + 1) * (size * 32) - 8).astype(np.int32) for outline in outlines]
    cv2.fillPoly(fine, points, 255, cv2.LINE_8, 4)
    return cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
