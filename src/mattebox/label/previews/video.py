"""Annotated frames as a video that browsers play."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import cv2

from mattebox.encode import whole_file
from mattebox.errors import BadParameter, OutputFailed
from mattebox.geometry import resized
from mattebox.types import Rgb

__all__ = ["write_video"]

CODECS = {".webm": "VP80", ".mp4": "mp4v", ".avi": "MJPG"}
"""What each kind of file is encoded with: VP8 plays everywhere, MPEG-4 Part 2 in players only."""


def write_video(path: Path, frames: Iterable[Rgb], *, fps: float = 25.0, overwrite: bool = False) -> int:
    """Write a video; all frames are brought to the size of the first.

    Args:
        path: .webm, .mp4 or .avi.
        frames: (H, W, 3) each.
        fps: frames a second.
        overwrite: whether an existing file is replaced.

    Returns:
        How many frames it has.

    Raises:
        BadParameter: the file is to be of another kind, or there is no frame.
        OutputFailed: it cannot be written.
    """
    if path.suffix.lower() not in CODECS:
        raise BadParameter(f"{path}: a video is written as {', '.join(CODECS)}")
    pending = iter(frames)
    first = next(pending, None)
    if first is None:
        raise BadParameter(f"{path}: there is no frame to write")
    with tempfile.TemporaryDirectory(prefix="mattebox-") as folder:
        part = Path(folder) / f"video{path.suffix.lower()}"
        count = _encode(part, first, pending, fps)
        with whole_file(path, overwrite=overwrite) as file, part.open("rb") as encoded:
            while piece := encoded.read(1 << 20):
                file.write(piece)
    return count


def _encode(part: Path, first: Rgb, frames: Iterator[Rgb], fps: float) -> int:
    height, width = (side + side % 2 for side in first.shape[:2])  # codecs take even sides
    code = cv2.VideoWriter.fourcc(*CODECS[part.suffix])
    with _silence():
        writer = cv2.VideoWriter(str(part), cv2.CAP_FFMPEG, code, fps, (width, height))
    try:
        if not writer.isOpened():
            raise OutputFailed(f"{part.suffix}: this OpenCV cannot encode {CODECS[part.suffix]}")
        count = 0
        for rgb in chain([first], frames):
            writer.write(cv2.cvtColor(resized(rgb, (height, width)), cv2.COLOR_RGB2BGR))
            count += 1
        return count
    finally:
        writer.release()


@contextmanager
def _silence() -> Iterator[None]:
    """OpenCV prints past Python that it knows VP8 by another tag in a WebM file; that is of no use to anybody."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
