"""Things made on a screen: words, logos, icons, stickers and charts."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mattebox.train.procedural.canvas import Canvas
from mattebox.train.procedural.noise import palette, to_rgb
from mattebox.train.procedural.outlines import any_outline, circle, coverage, fit, lay, rounded_box
from mattebox.train.procedural.paints import gradient, paint
from mattebox.types import Alpha, Rgb

LETTERS = np.array(list("aaabcdeeefghiijklmnooprrssttuvwyzABCDEFGHIKLMNOPRSTUVWZ0123456789&!?%+#@"))

HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


@cache
def font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font at a height in pixels."""
    return ImageFont.load_default(size=height)


def words(rng: np.random.Generator) -> str:
    """One to three lines of made-up words, most of them short."""
    lines = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        line = ["".join(rng.choice(LETTERS, rng.integers(1, 8))) for _ in range(rng.choice([1, 1, 2]))]
        lines.append(" ".join(line))
    text = "\n".join(lines)
    return text.upper() if rng.random() < 0.4 else text


def lettering(text: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Cover (size, size) of the lines of `text`, slanted, turned and stretched to fill most of the square."""
    lines, line_height = text.split("\n"), 64
    if rng.random() < 0.6:
        weight = int(rng.choice([0, 0, 1, 3, 5]))
        sheet = Image.new("L", (line_height * max(map(len, lines)) + 80, line_height * 2 * len(lines) + 40))
        where, face = (sheet.width / 2, sheet.height / 2), font(line_height)
        ImageDraw.Draw(sheet).text(where, text, 255, face, "mm", align="center", stroke_width=weight)
        page = np.asarray(sheet)
    else:
        face_id, weight = HERSHEY[int(rng.integers(len(HERSHEY)))], int(rng.integers(2, 10))
        page = np.zeros((line_height * 2 * len(lines) + 40, line_height * max(map(len, lines)) + 120), np.uint8)
        for index, line in enumerate(lines):
            at = (40, int(line_height * (1.4 + 1.5 * index)))
            cv2.putText(page, line, at, face_id, 2.0, 255, weight, cv2.LINE_AA)
    left, top, width, height = cv2.boundingRect(page)
    tilt, slant = rng.normal(0, 0.25) * (rng.random() < 0.6), rng.normal(0, 0.2) * (rng.random() < 0.4)
    cos, sin = np.cos(tilt), np.sin(tilt)
    tall = min(rng.uniform(1, 2), max(1.0, width / max(height, 1)))
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, slant], [0, 1]]) @ np.diag([1, tall])
    corners = np.abs(linear) @ np.array([width, height]) / 2
    scale = size * rng.uniform(0.3, 0.46) / max(float(corners.max()), 1.0)
    fine = 2 if scale < 0.7 else 1
    linear *= scale * fine
    middle = np.array([left + (width - 1) / 2, top + (height - 1) / 2])
    offset = (size * fine - 1) / 2 - linear @ middle
    if scale * fine < 0.5:
        page = cv2.GaussianBlur(page, (0, 0), 0.4 / (scale * fine))
    laid = cv2.warpAffine(
        page, np.hstack([linear, offset[:, None]]), (size * fine, size * fine), flags=cv2.INTER_LINEAR
    )
    return cv2.resize(laid, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def grown(cover: np.ndarray, share: float) -> np.ndarray:
    """`cover` (H, W) made fatter by `share` of its side, with an even edge."""
    radius = max(share * cover.shape[0], 1.0)
    outside = cv2.distanceTransform((cover < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.maximum(cover, np.clip(radius - outside + 0.5, 0, 1))


def surface(size: int, rng: np.random.Generator) -> np.ndarray:
    """What a designer fills with: mostly plain colour, some gradients, few textures."""
    chance = rng.random()
    if chance < 0.6:
        return np.broadcast_to(palette(rng, 1)[0], (size, size, 3))
    return gradient(size, rng) if chance < 0.85 else paint(size, rng)


def text(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """Words, some with an outline, some half transparent like a watermark."""
    cover = lettering(words(rng), size, rng)
    colours = surface(size, rng)
    if rng.random() < 0.3:
        around = grown(cover, rng.uniform(0.006, 0.02))
        colours = surface(size, rng) * (1 - cover[..., None]) + colours * cover[..., None]
        cover = around
    opacity = rng.uniform(0.3, 0.8) if rng.random() < 0.12 else 1.0
    return to_rgb(colours), (cover * opacity).astype(np.float32)


def logo(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A badge, an app icon or a mark: outlines within each other, with or without letters, solid or cut out."""
    plate = lay([rounded_box(rng) if rng.random() < 0.3 else any_outline(rng)], rng, (0.55, 0.9))
    if rng.random() < 0.5:
        plate = fit([circle(96)], rng, (0.6, 0.92))
    middle = (plate[0].min(0) + plate[0].max(0)) / 2
    alpha = coverage(plate, size)
    colours = np.array(surface(size, rng), np.float32)
    for _ in range(rng.integers(1, 4)):
        inner = any_outline(rng) * rng.uniform(0.15, 0.55) + middle
        rings = [inner, (inner - middle) * rng.uniform(0.5, 0.9) + middle] if rng.random() < 0.4 else [inner]
        mark = coverage(rings, size)
        if rng.random() < 0.35:
            alpha = alpha * (1 - mark)
        else:
            colours += (surface(size, rng) - colours) * mark[..., None]
    if rng.random() < 0.4:
        letters = "".join(rng.choice(LETTERS, rng.integers(1, 4)))
        mark = cv2.warpAffine(
            lettering(letters, size, rng),
            np.array([[0.5, 0, size * (0.25 + middle[0] / 2)], [0, 0.5, size * (0.25 + middle[1] / 2)]]),
            (size, size),
            flags=cv2.INTER_AREA,
        )
        colours += (surface(size, rng) - colours) * mark[..., None]
        alpha = np.maximum(alpha, mark)
    return to_rgb(colours), alpha.astype(np.float32)


def sticker(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A logo, or words, with a white or coloured border cut around it."""
    colours, cover = logo(size, rng) if rng.random() < 0.6 else text(size, rng)
    shrink = np.array([[0.86, 0, size * 0.07], [0, 0.86, size * 0.07]])
    cover = cv2.warpAffine(cover, shrink, (size, size))
    colours = cv2.warpAffine(colours, shrink, (size, size), borderMode=cv2.BORDER_REPLICATE)
    border = np.full(3, rng.uniform(235, 255)) if rng.random() < 0.75 else palette(rng, 1)[0]
    alpha = grown(cover, rng.uniform(0.015, 0.05))
    return to_rgb(border + (colours - border) * cover[..., None]), alpha.astype(np.float32)


def chart(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """Bars, slices or lines, with axes, on nothing."""
    canvas = Canvas(size)
    count = int(rng.integers(3, 9))
    colours = palette(rng, count)
    kind, reach = rng.random(), rng.uniform(0.6, 0.88)
    values = rng.uniform(0.1, 1, count)
    if kind < 0.35:
        hole, gap = rng.choice([0.0, rng.uniform(0.3, 0.8)]), rng.uniform(0, 0.04)
        edges = np.concatenate([[0], np.cumsum(values / values.sum())]) * 2 * np.pi
        for colour, start, stop in zip(colours, edges[:-1], edges[1:], strict=True):
            angle = np.linspace(start + gap, max(stop - gap, start + gap), 40)
            arc = np.stack([np.cos(angle), np.sin(angle)], -1) * reach
            canvas.fill([np.concatenate([arc, arc[::-1] * hole])], colour)
        return canvas.finish(rng)
    edges = np.linspace(-reach, reach, count + 1)
    heights = reach - values * reach * 2
    if kind < 0.7:
        for colour, left, right, height in zip(
            colours, edges[:-1], edges[1:] - 0.25 * reach / count, heights, strict=True
        ):
            canvas.fill([np.array([[left, reach], [right, reach], [right, height], [left, height]])], colour)
    else:
        for colour in colours[:3]:
            line = np.stack([edges, rng.uniform(-reach, reach, count + 1)], -1)
            canvas.stroke([line], colour, rng.uniform(0.01, 0.04))
            for dot in line if rng.random() < 0.5 else ():
                canvas.fill([circle(24) * 0.035 + dot], colour)
    axis = np.array([[-reach, -reach], [-reach, reach], [reach, reach]])
    canvas.stroke([axis], palette(rng, 1)[0], rng.uniform(0.006, 0.03))
    return canvas.finish(rng)


def panel(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A card or window of plain colour with bars for text, softly see-through now and then."""
    canvas = Canvas(size)
    half = np.array([rng.uniform(0.35, 0.9), rng.uniform(0.3, 0.9)])
    frame = rounded_box(rng)
    canvas.fill([frame / np.abs(frame).max(0) * half], palette(rng, 1)[0])
    for row in np.arange(-half[1] * 0.8, half[1] * 0.75, rng.uniform(0.12, 0.25)):
        left, right = -half[0] * 0.8, half[0] * rng.uniform(-0.4, 0.8)
        canvas.stroke([np.array([[left, row], [right, row]])], palette(rng, 1)[0], rng.uniform(0.015, 0.06))
    colours, alpha = canvas.finish(rng)
    return colours, alpha * np.float32(1 if rng.random() < 0.7 else rng.uniform(0.4, 0.9))
