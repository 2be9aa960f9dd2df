"""A video file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import cv2

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.media.base import Media
from mattebox.label.media.blob import Blob
from mattebox.types import Rgb

__all__ = ["Video"]


class Video(Media):
    """The frames of a video, counted as they are decoded, turned upright as the file says.

    Frames are found by decoding from the beginning, never by seeking: what a container says about positions is often
    off by a few frames, and annotations on the wrong frame are worse than a wait.

    Args:
        blob: of the file.
        size: height and width where they are known.
        count: how many frames it has where that is known; otherwise they are counted once when asked for.
    """

    def __init__(self, blob: Blob, size: tuple[int, int] | None = None, count: int | None = None) -> None:
        self.blob = blob
        self.name = blob.name
        self._size = size
        self._count = count

    def __len__(self) -> int:
        """How many frames there are."""
        if self._count is None:
            self._count = self.count()
        return self._count

    @property
    def files(self) -> tuple[Blob, ...]:
        """The video's file."""
        return (self.blob,)

    @property
    def known_size(self) -> tuple[int, int] | None:
        """Height and width, if they are known without opening the file."""
        return self._size

    @property
    def known_count(self) -> int | None:
        """How many frames there are, if that is known without opening the file."""
        return self._count

    @property
    def fps(self) -> float:
        """Frames a second, as the file says; 0 where it does not."""
        with self._opened() as capture:
            return float(capture.get(cv2.CAP_PROP_FPS))

    def count(self) -> int:
        """How many frames can be decoded, whatever the file or anybody says.

        Raises:
            BadAnnotations: the file is missing or damaged.
            BadPicture: it is not a video.
        """
        with self._opened() as capture:
            frames = 0
            while capture.grab():
                frames += 1
                check_cancelled()
        return frames

    def size_of(self, frame: int) -> tuple[int, int]:
        """Height and width, the same for all frames."""
        del frame
        if self._size is None:
            with self._opened() as capture:
                width, height = (
                    int(capture.get(each)) for each in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
                )
            self._size = height, width
        return self._size

    def name_of(self, frame: int) -> str:
        """The video's name with the frame's number, as a still of it would be called."""
        return f"{self.blob.name.rpartition('.')[0] or self.blob.name}_{frame:06d}.jpg"

    def stream(self, frames: Iterable[int]) -> Iterator[tuple[int, Rgb]]:
        """Decode once from the beginning, and hand out those frames."""
        wanted = list(frames)
        if wanted != sorted(wanted):
            raise ValueError("frames of a video are asked for in ascending order")
        if not wanted:
            return
        with self._opened() as capture:
            at = -1
            for frame in wanted:
                while at < frame:
                    check_cancelled()
                    if not capture.grab():
                        raise BadAnnotations(f"{self.blob}: there is no frame {frame}; it has {at + 1}")
                    at += 1
                known, bgr = capture.retrieve()
                if not known:
                    raise BadPicture(f"{self.blob}: frame {frame} cannot be decoded")
                yield frame, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        path = self.blob.local()
        if not path.is_file():
            raise BadAnnotations(f"{self.blob}: there is no such file")
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        try:
            if not capture.isOpened():
                raise BadPicture(f"{self.blob}: not a video, or damaged")
            yield capture
        finally:
            capture.release()
