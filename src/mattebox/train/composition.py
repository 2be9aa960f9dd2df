"""Training pictures made from the material: natural photos, subjects on new backgrounds, and pictures with no subject.

Everything here is a pure function of its arguments and a random generator, works on `uint8 (H, W, 3)` pictures and
`float32 (H, W)` mattes, and returns squares of the size that the network is trained at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mattebox.errors import BadParameter
from mattebox.train.data import Record, read_cutout, read_pair, read_rgb
from mattebox.types import Alpha, Rgb

NATURAL_WEIGHTS = {
    "ecssd": 2.2,
    "humanseg": 1.6,
    "pets": 1.0,
    "bgrm": 0.9,
    "objs": 1.0,
    "davis": 0.8,
    "cars": 0.7,
    "horses": 0.7,
    "ccp": 0.6,
    "feralcats": 0.5,
    "alphamatting": 3.0,
    "magento": 0.4,
    "ikea": 0.2,
    "eth80": 0.25,
}
"""Odds of showing a photo of a source as it is, 1 unless named: less for coarse masks and plain white grounds."""

PASTE_WEIGHTS = {
    "pets": 1.0,
    "ecssd": 1.0,
    "bgrm": 1.0,
    "humanseg": 1.0,
    "horses": 0.6,
    "ccp": 0.6,
    "cars": 0.7,
    "davis": 0.6,
    "objs": 1.0,
    "magento": 1.0,
    "eth80": 0.4,
    "alphamatting": 2.0,
    "fg": 1.3,
    "ikea": 0.0,
    "feralcats": 0.0,
}
"""Odds of pasting a subject of a source on a new background, 1 unless named; `fg` is every cut-out with alpha."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The shares of what the network is shown; the rest of 1 is natural photos."""

    pasted: float = 0.42
    empty: float = 0.05


def weighted(records: Sequence[Record], weights: dict[str, float]) -> np.ndarray:
    """Cumulative probabilities of drawing each record."""
    values = np.array([weights.get("fg" if r.type == "fg" else r.source, 1.0) for r in records])
    if not values.any():
        raise BadParameter(
            "the training data must hold pairs, subjects to paste, and backgrounds; one of them is missing"
        )
    return np.cumsum(values / values.sum())


class Composer:
    """Draws training samples from records.

    Args:
        records: pairs, cut-outs and backgrounds to draw from.
        mix: shares of the kinds of sample.
    """

    def __init__(self, records: Sequence[Record], mix: Mix | None = None) -> None:
        self.mix = mix or Mix()
        self.pairs = [r for r in records if r.type == "pair"]
        self.subjects = [r for r in records if r.type != "bg"]
        self.grounds = [r for r in records if r.type == "bg"]
        weighted(self.grounds, {})
        self._pair_odds = weighted(self.pairs, NATURAL_WEIGHTS)
        self._subject_odds = weighted(self.subjects, PASTE_WEIGHTS)

    def sample(self, size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
        """One training picture and its exact answer, both (size, size)."""
        kind = rng.random()
        if kind < self.mix.empty:
            rgb, alpha = self.ground(size, rng), np.zeros((size, size), np.float32)
        elif kind < self.mix.empty + self.mix.pasted:
            rgb, alpha = self.pasted(size, rng)
        else:
            record = self.pairs[int(np.searchsorted(self._pair_odds, rng.random()))]
            rgb, alpha = reframe(*read_pair(record), size, rng)
        if rng.random() < 0.5:
            rgb, alpha = rgb[:, ::-1], alpha[:, ::-1]
        return damage(shift_light(rgb, rng), rng), np.clip(alpha, 0, 1)

    def ground(self, size: int, rng: np.random.Generator) -> Rgb:
        """A background: mostly a photo, sometimes the paper, wall or gradient of a studio."""
        if rng.random() < 0.22:
            return studio_ground(size, rng)
        record = self.grounds[rng.integers(len(self.grounds))]
        rgb = read_rgb(record.image)
        height, width = rgb.shape[:2]
        side = int(min(height, width) * rng.uniform(0.55, 1))
        y, x = rng.integers(height - side + 1), rng.integers(width - side + 1)
        rgb = cv2.resize(rgb[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.3:
            rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.5, size / 60))
        return rgb

    def pasted(self, size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
        """One to three subjects on a background, one before the other, light matched or not, some with a shadow."""
        canvas = shift_light(self.ground(size, rng), rng).astype(np.float32)
        alpha = np.zeros((size, size), np.float32)
        count = 1 + int(rng.random() < 0.25) + int(rng.random() < 0.06)
        for index in range(count):
            record = self.subjects[int(np.searchsorted(self._subject_odds, rng.random()))]
            rgb, matte = read_cutout(record) if record.type == "fg" else tighten(*read_pair(record))
            rgb, matte = place(rgb, matte, size, rng, largest=1.15 if index == 0 else 0.6)
            if rng.random() < 0.4:
                rgb = match_light(rgb, matte, canvas, rng.uniform(0.2, 0.8))
            if rng.random() < 0.3:
                canvas *= 1 - cast_shadow(matte, rng)[..., None]
            canvas = canvas + (rgb - canvas) * matte[..., None]
            alpha = alpha + matte - alpha * matte
        return np.clip(canvas + 0.5, 0, 255).astype(np.uint8), alpha


def tighten(rgb: Rgb, mask: Alpha) -> tuple[Rgb, Alpha]:
    """Draw a hand-made mask in by half a pixel and soften it: a pasted subject then brings less old background."""
    if np.mean((mask > 0.05) & (mask < 0.95)) > 0.02:
        return rgb, mask
    return rgb, np.clip(cv2.GaussianBlur(mask, (0, 0), 1.0) * 1.8 - 0.8, 0, 1)


def reframe(rgb: Rgb, alpha: Alpha, size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
    """A random view of a photo as a square: crop, stretch and tilt, keeping most of the subject in sight."""
    height, width = alpha.shape
    zoom = rng.uniform(0.62, 1.0) if rng.random() < 0.7 else 1.0
    crop_h, crop_w = height * zoom, width * min(1.0, zoom * np.exp(rng.normal(0, 0.12)))
    rows, columns = np.flatnonzero(alpha.max(1) > 0.5), np.flatnonzero(alpha.max(0) > 0.5)
    middle_y = (rows[0] + rows[-1]) / 2 if len(rows) else height / 2
    middle_x = (columns[0] + columns[-1]) / 2 if len(columns) else width / 2
    y = np.clip(middle_y + rng.uniform(-0.35, 0.35) * crop_h, crop_h / 2, height - crop_h / 2)
    x = np.clip(middle_x + rng.uniform(-0.35, 0.35) * crop_w, crop_w / 2, width - crop_w / 2)
    angle = np.deg2rad(rng.normal(0, 8)) if rng.random() < 0.4 else 0.0
    return warp(rgb, alpha, size, (y, x), (crop_h / size, crop_w / size), angle, cv2.BORDER_REFLECT_101)


def place(rgb: Rgb, alpha: Alpha, size: int, rng: np.random.Generator, largest: float) -> tuple[Rgb, Alpha]:
    """Put a subject on an empty square, turned and stretched, its longer side 0.3 to `largest` of the square."""
    rows, columns = np.flatnonzero(alpha.max(1) > 0.5), np.flatnonzero(alpha.max(0) > 0.5)
    if not len(rows):
        return cv2.resize(rgb, (size, size)), np.zeros((size, size), np.float32)
    box_h, box_w = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    scale = max(box_h, box_w) / (size * rng.uniform(0.3, largest))
    stretch = np.exp(rng.normal(0, 0.12))
    shift = rng.uniform(-0.5, 0.5, 2) * max(0.25, 1.1 - max(box_h, box_w) / scale / size) * size * scale
    middle = ((rows[0] + rows[-1]) / 2 + shift[0], (columns[0] + columns[-1]) / 2 + shift[1])
    angle = np.deg2rad(rng.normal(0, 15)) if rng.random() < 0.6 else 0.0
    return warp(rgb, alpha, size, middle, (scale * stretch, scale / stretch), angle, cv2.BORDER_CONSTANT)


def warp(
    rgb: Rgb,
    alpha: Alpha,
    size: int,
    middle: tuple[float, float],
    scale: tuple[float, float],
    angle: float,
    border: int,
) -> tuple[Rgb, Alpha]:
    """Cut a (size, size) window around `middle` (y, x), turned by `angle` radians; `scale` is source pixels a pixel."""
    shrink = max(scale)
    if shrink > 1.5:
        rgb = cv2.resize(rgb, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
        middle, scale = (middle[0] / shrink, middle[1] / shrink), (scale[0] / shrink, scale[1] / shrink)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * scale[1], -sin * scale[0]], [sin * scale[1], cos * scale[0]]])
    offset = np.array([middle[1], middle[0]]) - linear @ np.array([size / 2, size / 2])
    matrix = np.hstack([linear, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    reflected = cv2.BORDER_REFLECT_101
    return (
        cv2.warpAffine(rgb, matrix, (size, size), flags=flags, borderMode=reflected),
        cv2.warpAffine(alpha, matrix, (size, size), flags=flags, borderMode=border),
    )


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


def damage(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """What cameras and the web do to a picture: blur, lost resolution, noise and JPEG."""
    if rng.random() < 0.15:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.12:
        size = rgb.shape[0]
        small = cv2.resize(rgb, None, fx=(f := rng.uniform(0.35, 0.8)), fy=f, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 14), (*rgb.shape[:2], 3 if rng.random() < 0.5 else 1))
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 95))
        _, coded = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return rgb
