"""A list of still pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.media.base import Media
from mattebox.label.media.blob import Blob
from mattebox.picture import open_picture, read_size
from mattebox.types import Rgb

__all__ = ["Images"]


class Images(Media):
    """Stills in order, each in a file of its own.

    Args:
        files: of the stills.
        names: what they are called, with folders; their files' names unless given.
        sizes: heights and widths, where they are known; read from the files when asked for otherwise.
        related: pictures that show the same from elsewhere, by frame.
        name: of the list; that of the only still, or of the folder of the first, unless given.

    Raises:
        BadAnnotations: there are not as many names or sizes as files.
    """

    def __init__(
        self,
        files: Sequence[Blob],
        names: Sequence[str] | None = None,
        sizes: Sequence[tuple[int, int] | None] | None = None,
        related: Mapping[int, Sequence[Blob]] | None = None,
        name: str = "",
    ) -> None:
        self._files = tuple(files)
        self.names = tuple(names) if names is not None else tuple(file.name for file in files)
        self._sizes: list[tuple[int, int] | None] = list(sizes or [None] * len(self._files))
        self._related = {frame: tuple(blobs) for frame, blobs in (related or {}).items()}
        self.name = name or _name_of(self._files)
        if not len(self._files) == len(self.names) == len(self._sizes):
            raise BadAnnotations(
                f"{self.name}: {len(self._files)} pictures, {len(self.names)} names and {len(self._sizes)} sizes"
            )

    def __len__(self) -> int:
        """How many stills there are."""
        return len(self._files)

    @property
    def files(self) -> tuple[Blob, ...]:
        """The stills' files, in order."""
        return self._files

    @property
    def known_sizes(self) -> tuple[tuple[int, int] | None, ...]:
        """Heights and widths as far as they are known without opening a file."""
        return tuple(self._sizes)

    def size_of(self, frame: int) -> tuple[int, int]:
        """Height and width of a still, upright; what the file says when nothing else did."""
        self._check(frame)
        known = self._sizes[frame]
        if known is None:
            with self._blaming(frame):
                known = self._sizes[frame] = read_size(self.original(frame), upright=True)
        return known

    def name_of(self, frame: int) -> str:
        """What a still is called, with folders."""
        self._check(frame)
        return self.names[frame]

    def stream(self, frames: Iterable[int]) -> Iterator[tuple[int, Rgb]]:
        """Open stills one after the other."""
        for frame in frames:
            with self._blaming(frame):
                rgb = open_picture(self.original(frame)).rgb
            self._sizes[frame] = self._sizes[frame] or (rgb.shape[0], rgb.shape[1])
            yield frame, rgb

    def original(self, frame: int) -> bytes:
        """The bytes of a still's own file."""
        self._check(frame)
        return self._files[frame].read()

    def related(self, frame: int) -> tuple[Blob, ...]:
        """Pictures that show the same from elsewhere."""
        return self._related.get(frame, ())

    @contextmanager
    def _blaming(self, frame: int) -> Iterator[None]:
        """Have errors name the file."""
        try:
            yield
        except BadPicture as error:
            raise BadPicture(str(error).replace("<bytes>", str(self._files[frame]))) from error

    def _check(self, frame: int) -> None:
        if not 0 <= frame < len(self._files):
            raise BadAnnotations(f"{self.name}: there is no frame {frame}; it has {len(self._files)}")


def _name_of(files: Sequence[Blob]) -> str:
    if not files:
        return "no pictures"
    if len(files) == 1:
        return files[0].name
    return files[0].path.name if files[0].member else files[0].path.parent.name
