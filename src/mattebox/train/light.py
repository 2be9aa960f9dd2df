"""Light in made pictures: studio paper, shadows, reflections, subjects lit like their new ground, exposure, colour."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.types import Alpha, Rgb


def studio_ground(size: int, rng: np.random.Generator) -> Rgb:
    """Plain paper: white, grey or coloured, even or with a soft fall-off of light."""
    colour = np.full(3, rng.uniform(215, 255)) if rng.random() < 0.5 else rng.uniform(0, 255, 3)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    direction = rng.normal(0, 1, 2)
    slope = ramp[:, None] * direction[0] + ramp[None] * direction[1]
    fall_off = (ramp[:, None] ** 2 + ramp[None] ** 2) * rng.uniform(0, 1)
    light = slope * rng.uniform(0, 22) - fall_off * rng.uniform(0, 35)
    grain = rng.normal(0, rng.uniform(0, 3), (size, size, 1))
    return np.clip(colour + light[..., None] + grain, 0, 255).astype(np.uint8)


def cast_shadow(matte: Alpha, rng: np.random.Generator) -> Alpha:
    """Darkness, 0 to 1, of a blurred shadow beside the subject."""
    size = matte.shape[0]
    shift = rng.uniform(-0.08, 0.08, 2) * size
    moved = cv2.warpAffine(matte, np.array([[1, 0, shift[0]], [0, 1, abs(shift[1])]]), (size, size))
    return cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.01, 0.06) * size) * rng.uniform(0.15, 0.6)


def reflection(rgb: np.ndarray, matte: Alpha, rng: np.random.Generator) -> tuple[np.ndarray, Alpha]:
    """What polished ground under a subject shows of it: its mirror image, fading downwards; colours and strength."""
    size = matte.shape[0]
    rows = np.flatnonzero(matte.max(1) > 0.5)
    foot = int(rows[-1]) if len(rows) else size - 1
    source = np.clip(2 * foot - np.arange(size), 0, size - 1)
    fade = np.clip(1 - (np.arange(size) - foot) / (size * rng.uniform(0.1, 0.5)), 0, 1) * (np.arange(size) > foot)
    return rgb[source], matte[source] * (fade * rng.uniform(0.1, 0.45)).astype(np.float32)[:, None]


def match_light(rgb: Rgb, matte: Alpha, canvas: np.ndarray, strength: float) -> np.ndarray:
    """Move the mean and spread of the subject's colours towards those of the background."""
    inside = rgb[matte > 0.5].astype(np.float32)
    if len(inside) < 16:
        return rgb
    flat = canvas.reshape(-1, 3)
    gain = np.clip(flat.std(0) / (inside.std(0) + 8), 0.6, 1.6)
    matched = (rgb - inside.mean(0)) * gain + flat.mean(0)
    return np.clip(rgb + (matched - rgb) * strength, 0, 255)


def shift_light(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Exposure, contrast, gamma, white balance and saturation, through one table per channel."""
    levels = np.arange(256, dtype=np.float32) / 255
    gamma, contrast, brightness = np.exp(rng.normal(0, 0.22)), np.exp(rng.normal(0, 0.18)), rng.normal(0, 0.06)
    curve = (levels**gamma - 0.5) * contrast + 0.5 + brightness
    table = curve[:, None] * np.exp(rng.normal(0, 0.06, 3))[None]
    rgb = cv2.LUT(np.ascontiguousarray(rgb), np.clip(table * 255, 0, 255).astype(np.uint8).reshape(1, 256, 3))
    if rng.random() < 0.5:
        grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        keep = 0.0 if rng.random() < 0.1 else rng.uniform(0.3, 1.4)
        rgb = cv2.addWeighted(rgb, keep, grey, 1 - keep, 0)
    return rgb
