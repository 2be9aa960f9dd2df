"""What every medium can do: say how large its frames are, and hand them out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from mattebox.label.media.blob import Blob
from mattebox.types import Rgb

__all__ = ["Media"]


class Media(ABC):
    """The frames that annotations are about; frames are those of the original media, from 0.

    Attributes:
        name: of the file, or of the list of pictures.
    """

    name: str

    @abstractmethod
    def __len__(self) -> int:
        """How many frames there are."""

    @property
    @abstractmethod
    def files(self) -> tuple[Blob, ...]:
        """The files that hold the frames."""

    @abstractmethod
    def size_of(self, frame: int) -> tuple[int, int]:
        """Height and width of a frame, upright.

        Raises:
            BadAnnotations: there is no such frame, or its file is missing.
            BadPicture: its file is damaged.
        """

    @abstractmethod
    def name_of(self, frame: int) -> str:
        """What a frame is called, with the folders within the medium and the suffix of its file."""

    @abstractmethod
    def stream(self, frames: Iterable[int]) -> Iterator[tuple[int, Rgb]]:
        """Hand out frames in ascending order, each with its number, in one pass over the medium.

        Raises:
            BadAnnotations: one is not there.
            BadPicture: one is damaged.
        """

    def read(self, frame: int) -> Rgb:
        """One frame, upright.

        Raises:
            BadAnnotations: it is not there.
            BadPicture: it is damaged.
        """
        return next(self.stream([frame]))[1]

    def original(self, frame: int) -> bytes | None:
        """The bytes of a still's own file; None for a frame of a video."""
        del frame
        return None

    def related(self, frame: int) -> tuple[Blob, ...]:
        """Pictures that show the same from elsewhere, as CVAT's context images."""
        del frame
        return ()
