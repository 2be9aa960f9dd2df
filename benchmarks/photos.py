"""Photos to measure with, made from the sample photos: enlarged, with fine noise so that the codecs have real work."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "examples"
NOISE = 5.0
"""Standard deviation in levels of 255: at 12 megapixels it makes JPEGs of a camera's size."""
QUALITY = 92


@dataclass(frozen=True)
class Photos:
    """Two sizes of the same photos.

    Attributes:
        small: paths.
        large: paths.
        small_size: in megapixels.
        large_size: in megapixels.
    """

    small: list[Path]
    large: list[Path]
    small_size: float
    large_size: float

    @property
    def sizes(self) -> dict[float, list[Path]]:
        """The paths by the size in megapixels."""
        return {self.small_size: self.small, self.large_size: self.large}


def make_photos(folder: Path, small_size: float, large_size: float) -> Photos:
    """Make both sizes of every sample photo."""
    samples = sorted(SAMPLES.glob("*.jpg"))
    return Photos(
        [enlarge(sample, small_size, folder / f"small_{sample.name}") for sample in samples],
        [enlarge(sample, large_size, folder / f"large_{sample.name}") for sample in samples],
        small_size,
        large_size,
    )


def enlarge(sample: Path, megapixels: float, target: Path) -> Path:
    """Enlarge a photo, add noise, write it as a JPEG."""
    import cv2
    import numpy as np

    picture = np.asarray(cv2.imread(str(sample)))
    scale = (megapixels * 1e6 / (picture.shape[0] * picture.shape[1])) ** 0.5
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).standard_normal(picture.shape, np.float32) * NOISE
    noisy = np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
    cv2.imwrite(str(target), noisy, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return target


def fill_folder(folder: Path, photos: Photos, count: int, *, every_large: int = 0) -> Path:
    """Make a folder of hard links to the photos in turn; each `every_large`-th is a large one, if that is not 0."""
    folder.mkdir()
    small, large = itertools.cycle(photos.small), itertools.cycle(photos.large)
    for number in range(count):
        photo = next(large if every_large and number % every_large == every_large - 1 else small)
        os.link(photo, folder / f"{number:03}.jpg")
    return folder
