"""Training pictures made from the material: natural photos, subjects on new backgrounds, and pictures with no subject.

A sample is a pure function of the mix and a random generator; pictures are `uint8 (H, W, 3)`, mattes `float32 (H, W)`,
and what is returned are squares of the size that the network is trained at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np

from mattebox.errors import BadParameter
from mattebox.train.damage import damage
from mattebox.train.data import Record, Shelf
from mattebox.train.light import cast_shadow, match_light, reflection, shift_light, studio_ground
from mattebox.train.procedural import MATERIALS, procedural_ground, procedural_subject
from mattebox.train.views import place, reframe, tighten
from mattebox.types import Alpha, Rgb

KINDS_BY_WORD = {
    "person": "person",
    "animal": "animal",
    "vehicle": "vehicle",
    "furniture": "object",
    "object": "object",
    "object (generated)": "object",
    "emoji/3d icon": "graphic",
}
"""What the manifest calls a subject, and the kind that the network is taught; other words teach no kind."""

GRAPHICS = ("text", "logo", "sticker", "chart", "panel")
"""Procedural materials that are graphics; the others teach no kind."""


class Sample(NamedTuple):
    """One training picture and what is true of it.

    Attributes:
        rgb: (size, size, 3) uint8.
        alpha: (size, size) float32, exact where the material is.
        kind: what kind of subject it is; None when nobody knows, or there is none.
    """

    rgb: Rgb
    alpha: Alpha
    kind: str | None


@dataclass(frozen=True, slots=True)
class Mix:
    """What a network is shown.

    Attributes:
        pasted: share of pictures that are subjects on a new background.
        empty: share of pictures with no subject; the rest of 1 is natural photos.
        procedural: share of the pasted subjects and of the backgrounds that are drawn rather than photographed.
    """

    pasted: float = 0.42
    empty: float = 0.05
    procedural: float = 0.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Odds of the sources, by their name, 1 unless named: they disagree about what a subject and an edge is.

    Attributes:
        natural: of showing a photo as it is.
        pasted: of pasting its subject on a new background; `fg` stands for every cut-out with alpha.
    """

    natural: Mapping[str, float] = field(default_factory=dict)
    pasted: Mapping[str, float] = field(default_factory=dict)


def weighted(records: Sequence[Record], weights: Mapping[str, float], what: str) -> np.ndarray:
    """Cumulative probabilities of drawing each record."""
    values = np.array([weights.get("fg" if r.type == "fg" else r.source, 1.0) for r in records])
    if not values.any():
        raise BadParameter(f"the training data must hold {what}, and the recipe must give some of them odds above 0")
    return np.cumsum(values / values.sum())


class Composer:
    """Draws training samples from records.

    Args:
        records: pairs, cut-outs and backgrounds to draw from.
        sources: odds of their sources.
        room: bytes of memory for decoded material, in every process that composes.
    """

    def __init__(self, records: Sequence[Record], sources: Sources | None = None, room: int = 0) -> None:
        sources = sources or Sources()
        self.pairs = [r for r in records if r.type == "pair"]
        self.subjects = [r for r in records if r.type != "bg"]
        self.grounds = [r for r in records if r.type == "bg"]
        weighted(self.grounds, {}, "backgrounds (type bg)")
        self._pair_odds = weighted(self.pairs, sources.natural, "pairs")
        self._subject_odds = weighted(self.subjects, sources.pasted, "subjects to paste (type pair or fg)")
        self._shelf = Shelf(room)

    def sample(self, size: int, mix: Mix, rng: np.random.Generator) -> Sample:
        """One training picture, its exact alpha and its kind; equal generators give equal samples."""
        share = rng.random()
        kind: str | None = None
        if share < mix.empty:
            rgb, alpha = self.ground(size, mix, rng), np.zeros((size, size), np.float32)
        elif share < mix.empty + mix.pasted:
            rgb, alpha, kind = self.pasted(size, mix, rng)
        else:
            record = self.pairs[int(np.searchsorted(self._pair_odds, rng.random()))]
            rgb, alpha = reframe(*self._shelf.subject(record), size, rng)
            kind = KINDS_BY_WORD.get(record.kind)
        if rng.random() < 0.5:
            rgb, alpha = rgb[:, ::-1], alpha[:, ::-1]
        if mix.procedural and rng.random() < 0.05:
            rgb = caption(rgb, rng)
        return Sample(damage(shift_light(rgb, rng), rng), np.ascontiguousarray(np.clip(alpha, 0, 1)), kind)

    def ground(self, size: int, mix: Mix, rng: np.random.Generator) -> Rgb:
        """A background: mostly a photo, sometimes the paper, wall or gradient of a studio, or a drawn one."""
        if rng.random() < 0.22:
            return studio_ground(size, rng)
        if mix.procedural and rng.random() < mix.procedural:
            return procedural_ground(size, rng)
        rgb = self._shelf.rgb(self.grounds[rng.integers(len(self.grounds))])
        height, width = rgb.shape[:2]
        side = int(min(height, width) * rng.uniform(0.55, 1))
        y, x = rng.integers(height - side + 1), rng.integers(width - side + 1)
        rgb = cv2.resize(rgb[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.3:
            rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.5, size / 60))
        return rgb

    def subject(self, size: int, mix: Mix, rng: np.random.Generator) -> tuple[Rgb, Alpha, str | None]:
        """A subject to paste: its colours, its matte and its kind."""
        if mix.procedural and rng.random() < mix.procedural:
            rgb, matte, material = procedural_subject(size, rng)
            return rgb, matte, "graphic" if material in GRAPHICS else None
        record = self.subjects[int(np.searchsorted(self._subject_odds, rng.random()))]
        rgb, matte = self._shelf.subject(record)
        if record.type == "pair":
            rgb, matte = tighten(rgb, matte)
        return rgb, matte, KINDS_BY_WORD.get(record.kind)

    def pasted(self, size: int, mix: Mix, rng: np.random.Generator) -> Sample:
        """One to three subjects, one before the other, lit alike or not, some with a shadow or a mirror image."""
        canvas = shift_light(self.ground(size, mix, rng), rng).astype(np.float32)
        alpha = np.zeros((size, size), np.float32)
        count = 1 + int(rng.random() < 0.25) + int(rng.random() < 0.06)
        shown: dict[str | None, float] = defaultdict(float)
        for index in range(count):
            rgb, matte, kind = self.subject(size, mix, rng)
            rgb, matte = place(rgb, matte, size, rng, largest=1.15 if index == 0 else 0.6)
            if rng.random() < 0.4:
                rgb = match_light(rgb, matte, canvas, rng.uniform(0.2, 0.8))
            if rng.random() < 0.3:
                canvas *= 1 - cast_shadow(matte, rng)[..., None]
            if rng.random() < 0.08:
                mirrored, strength = reflection(rgb, matte, rng)
                canvas += (mirrored - canvas) * strength[..., None]
            canvas = canvas + (rgb - canvas) * matte[..., None]
            alpha = alpha + matte - alpha * matte
            shown[kind] += float(matte.sum())
        largest, area = max(shown.items(), key=lambda item: item[1])
        clear = area > 0.7 * sum(shown.values())
        return Sample(np.clip(canvas + 0.5, 0, 255).astype(np.uint8), alpha, largest if clear else None)


def caption(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Print words over a picture, as captions and watermarks are; they are not the subject."""
    size = rgb.shape[0]
    ink, matte = place(*MATERIALS["text"](size, rng), size, rng, largest=0.6)
    strength = matte[..., None] * np.float32(rng.uniform(0.25, 1))
    return np.rint(rgb + (ink - rgb.astype(np.float32)) * strength).astype(np.uint8)
