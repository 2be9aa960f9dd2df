"""The pictures of samples: a still's own bytes where they can stay, otherwise upright pixels, scaled, cut, encoded."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import ExifTags, Image

from mattebox.encode import encode
from mattebox.errors import BadAnnotations, BadPicture
from mattebox.geometry import resized
from mattebox.label.building.choices import Choices
from mattebox.label.building.reel import Shot
from mattebox.label.media import Blob, Images, Media
from mattebox.picture import open_picture
from mattebox.types import Rgb

__all__ = ["Source", "Taken", "encoded", "frames_of", "is_upright", "part_of", "take"]

STAYING = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
"""Suffixes of stills that trainers read as they are."""

SUFFIXES = {"jpeg": ".jpg", "png": ".png"}


@dataclass(frozen=True, eq=False)
class Source:
    """A frame of the media, before anything is done to it.

    Attributes:
        true_frame: which.
        rgb: its pixels, where the medium had to be decoded to get at them.
        blob: the file of a still.
        failure: why there is no such frame.
    """

    true_frame: int
    rgb: Rgb | None = None
    blob: Blob | None = None
    failure: str = ""


@dataclass(frozen=True, eq=False)
class Taken:
    """A frame that was read.

    Attributes:
        rgb: upright pixels.
        own: bytes of a still that can stay as it is.
        suffix: of those.
        icc_profile: of the colours, where the file has one.
    """

    rgb: Rgb
    own: bytes | None = None
    suffix: str = ""
    icc_profile: bytes | None = None


def frames_of(media: Media, true_frames: Sequence[int]) -> Iterator[Source]:
    """Hand out frames in one pass over the medium; stills are left to be read by whoever works on them.

    Args:
        media: of a task.
        true_frames: ascending.
    """
    if isinstance(media, Images):
        yield from (Source(frame, blob=media.files[frame]) for frame in true_frames)
        return
    left, told = deque(true_frames), ""
    while left:
        for source in _streamed(media, left, told):
            told = source.failure
            yield source


def _streamed(media: Media, left: deque[int], told: str) -> Iterator[Source]:
    """Hand out frames and take them off the list, up to the first that is damaged.

    Args:
        media: of a task.
        left: the frames that are still to come.
        told: what was last told of a frame; what is told twice is about the medium, and so of all that are left.
    """
    try:
        for frame, rgb in media.stream(list(left)):
            left.popleft()
            yield Source(frame, rgb)
    except (BadPicture, BadAnnotations) as error:
        lost = 1 if isinstance(error, BadPicture) and str(error) != told else len(left)
        yield from (Source(left.popleft(), failure=str(error)) for _ in range(lost))


def take(source: Source) -> Taken:
    """Read a frame.

    Raises:
        BadPicture: its file is damaged.
        BadAnnotations: it is not there.
    """
    if source.failure:
        raise BadPicture(source.failure)
    if source.rgb is not None:
        return Taken(source.rgb)
    blob = source.blob
    if blob is None:
        raise BadPicture(f"frame {source.true_frame} has no file")
    data = blob.read()
    try:
        picture = open_picture(data)
    except BadPicture as error:
        raise BadPicture(str(error).replace("<bytes>", str(blob))) from error
    suffix = PurePosixPath(blob.name).suffix.lower()
    own = data if suffix in STAYING and is_upright(data) else None
    return Taken(picture.rgb, own, suffix, picture.icc_profile)


def is_upright(data: bytes) -> bool:
    """Whether the pixels in a file are stored upright, so that programs that heed EXIF and those that do not agree.

    Trainers differ: what is turned by its EXIF would be turned under the annotations in some of them.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.format == "PNG":
                image.load()  # its EXIF may follow the pixels
            return int(image.getexif().get(ExifTags.Base.Orientation, 1)) == 1
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, Image.DecompressionBombError):
        return False


def part_of(rgb: Rgb, shot: Shot) -> Rgb:
    """What a sample shows of a frame, (H, W, 3).

    Raises:
        BadPicture: the frame has another size than its annotations are for.
    """
    if rgb.shape[:2] != shot.original:
        (height, width), (meant, across) = rgb.shape[:2], shot.original
        raise BadPicture(f"{shot.source} is {width} x {height}, and its annotations are for {across} x {meant}")
    if shot.whole != shot.original:
        rgb = resized(rgb, shot.whole)
    if shot.box is not None:
        top, left, bottom, right = shot.box
        rgb = np.ascontiguousarray(rgb[top:bottom, left:right])
    return rgb


def encoded(taken: Taken, rgb: Rgb, shot: Shot, choices: Choices) -> tuple[str, bytes]:
    """The suffix and the bytes of a sample's picture: the still's own where nothing was done to it.

    Args:
        taken: the frame.
        rgb: what the sample shows of it.
        shot: the sample.
        choices: how the rest is encoded.
    """
    if shot.untouched and taken.own is not None:
        return taken.suffix, taken.own
    quality = choices.quality if choices.encoding == "jpeg" else None
    data = encode(rgb, choices.encoding, icc_profile=taken.icc_profile, quality=quality)
    return SUFFIXES[choices.encoding], data
