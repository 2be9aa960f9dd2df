"""Read the weights in files of Paddle (`.pdparams`) without Paddle, and run none of it.

Such a file is a pickle of protocol 2 to 4: a table of NumPy arrays by name, or of pairs of another name and an array,
beside a table of names that only Paddle needs. To Python it is a program. Here the few functions that make arrays have
stand-ins, which note what an array is said to be; the array is made when that has been checked. Everything else that a
file asks for is refused by name. Memory is taken in proportion to the file, whatever it says.

The file may also be packed, alone or with others, as `.tar.gz` or `.zip`; nothing is unpacked by its name.
"""

from __future__ import annotations

import gzip
import math
import mmap
import pickle
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from mattebox.zoo.pickles import Bounded, Forbidden, Rebuilder, origin_of

__all__ = ["is_packed", "read_arrays"]

SUFFIX = ".pdparams"
"""Of the file in an archive."""
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
"""What archives begin with: one of tar that was compressed, and one of zip."""
TORCH = "/data.pkl"
"""How the name ends of a file that is in every checkpoint of PyTorch, which is an archive of zip too."""
GROWTH = 4
"""An archive may unpack to as many times its size; weights hardly get smaller by packing."""
SPARE = 1 << 20
"""Bytes that may be taken beside those of the file."""
NUMBERS = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"}
"""Types of the arrays that may be in a file, as NumPy abbreviates them."""
PLACE, ENTRY = 8, 400
"""Bytes that something takes in a tuple, and in a table, where its name may be made anew."""


class Limited:
    """A file of which only so many bytes are read.

    Args:
        file: it.
        most: bytes.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left = file, most

    def read(self, count: int = -1) -> bytes:
        """The next bytes.

        Raises:
            UnpicklingError: there are more than there may be.
        """
        data = self._file.read(count)
        self._left -= len(data)
        if self._left < 0:
            raise pickle.UnpicklingError("an archive that unpacks to far more than weights do")
        return data


class Kind:
    """What the file says of a type of numbers.

    Args:
        code: as NumPy abbreviates it.
    """

    def __init__(self, code: str, *_: object) -> None:
        self.code = code
        self.order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take the order of the bytes, which is all that matters of what NumPy notes."""
        self.order = state[1]


class Parts:
    """What the file says of an array.

    Args:
        kind: of its numbers.
        data: their bytes.
        shape: of the array.
    """

    def __init__(self, kind: Kind | None = None, data: bytes = b"", shape: tuple[int, ...] = ()) -> None:
        self.kind, self.data, self.shape, self.columns_first = kind, data, shape, False

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take a version, the shape, the type, whether the first axis varies fastest, and the bytes."""
        _, self.shape, self.kind, self.columns_first, self.data = state

    def array(self) -> NDArray[Any]:
        """The array, in memory of its own.

        Raises:
            UnpicklingError: what is said of it does not agree.
        """
        if not isinstance(self.kind, Kind) or self.kind.code not in NUMBERS:
            raise pickle.UnpicklingError("an array of something else than numbers")
        kind = np.dtype(self.kind.code).newbyteorder(cast("Any", self.kind.order))
        if math.prod(self.shape) * kind.itemsize != len(self.data):
            raise pickle.UnpicklingError(f"an array {self.shape} of {kind} in {len(self.data):,} bytes")
        array = np.frombuffer(self.data, kind).reshape(self.shape, order="F" if self.columns_first else "C")
        return array.astype(kind.newbyteorder("="), order="C")


class Unpickler(Bounded):
    """Knows what a table of arrays is made of, and refuses everything else.

    Args:
        file: whole, in memory or mapped to it.
        size: of the file in bytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__(file, encoding="latin1")
        self._left = size + SPARE
        made: dict[str, Callable[..., Any]] = {
            "numpy.ndarray": refused,
            "numpy.dtype": Kind,
            "numpy.core.multiarray._reconstruct": lambda *_: Parts(),
            "numpy.core.multiarray.scalar": Parts,
            "_codecs.encode": self._bytes_of,
            "builtins.tuple": self._tuple_of,
            "collections.OrderedDict": self._table_of,
        }
        newer = {name.replace("numpy.core", "numpy._core"): function for name, function in made.items()}
        self._known = {name: Rebuilder(function) for name, function in (made | newer).items()}

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for.

        Raises:
            Forbidden: nothing that weights need.
        """
        origin = origin_of(module, name)
        if origin not in self._known:
            raise Forbidden(f"it asks for {origin}, which weights have no need of")
        return self._known[origin]

    def _bytes_of(self, text: str, encoding: str) -> bytes:
        """Bytes that protocol 2 keeps as text."""
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes kept as {encoding}")
        self.take(len(text))
        return text.encode(encoding)

    def _tuple_of(self, values: Any = ()) -> tuple[Any, ...]:
        """What Paddle puts the name and the array of a parameter into."""
        return tuple(self._counted(values, PLACE))

    def _table_of(self, pairs: Any = ()) -> dict[Any, Any]:
        """A table, which need not be told apart from one that keeps its order; Python 2 gives its entries at once."""
        return dict(self._counted(pairs, ENTRY))

    def _counted(self, values: Any, size: int) -> Any:
        """Account for a copy of values that the file may ask for any number of times.

        Raises:
            UnpicklingError: they are no list, or there are too many of them.
        """
        if not isinstance(values, (list, tuple)):
            raise pickle.UnpicklingError(f"a {type(values).__name__}, where a list is expected")
        self.take(size * len(values))
        return values

    def take(self, count: int) -> None:
        """Account for bytes of memory that were not read from the file.

        Raises:
            UnpicklingError: they are more than the file has, as when the same bytes are made into many arrays.
        """
        self._left -= count
        if self._left < 0:
            raise pickle.UnpicklingError("arrays and tables that are together larger than the file")


def refused(*_: object) -> NoReturn:
    """Refuse to make an array of a size that a file merely states.

    Raises:
        UnpicklingError: always.
    """
    raise pickle.UnpicklingError("an array without its numbers")


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the weights in a file of Paddle, packed or not; what is no array is left out.

    Raises:
        Forbidden: the file wants something else than arrays.
        UnpicklingError: it is damaged, or not a table.
        OSError, EOFError, ...: as the packages that unpack it raise them.
    """
    opened = unpacked(path) if is_packed(path) else path.open("rb")
    # A map gives what there is where a file would first make room for what is asked for.
    with opened as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        reader = Unpickler(cast("BinaryIO", content), len(content))
        table = reader.load()
    if not isinstance(table, Mapping):
        raise pickle.UnpicklingError(f"a {type(table).__name__}, where a table is expected")
    found, made = {}, {}
    for name, value in table.items():
        parts = value[1] if isinstance(value, tuple) and len(value) == 2 else value
        if isinstance(name, str) and isinstance(parts, Parts):
            if parts not in made:
                reader.take(len(parts.data))
                made[parts] = parts.array()
            found[name] = made[parts]
    return found


def is_packed(path: Path) -> bool:
    """Whether a file is an archive that may hold weights of Paddle."""
    return begins_with(path, GZIP) or (begins_with(path, ZIP) and member_of(path) is not None)


def begins_with(path: Path, start: bytes) -> bool:
    """Whether a file begins with some bytes."""
    with path.open("rb") as file:
        return file.read(len(start)) == start


def member_of(path: Path) -> zipfile.ZipInfo | None:
    """The file of Paddle in an archive of zip; none in a checkpoint of PyTorch, whatever else that holds."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if any(member.filename.endswith(TORCH) for member in members):
        return None
    return next((member for member in members if member.filename.endswith(SUFFIX)), None)


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The file of Paddle in an archive, as a file without a name.

    Raises:
        UnpicklingError: there is none, or the archive unpacks to far more than weights do.
    """
    most = GROWTH * path.stat().st_size + SPARE
    member = from_tar(path, most) if begins_with(path, GZIP) else from_zip(path)
    with tempfile.TemporaryFile() as file, member as content:
        shutil.copyfileobj(Limited(content, most), file)
        file.flush()
        yield file


@contextmanager
def from_tar(path: Path, most: int) -> Iterator[IO[bytes]]:
    """The file of Paddle in an archive of tar, compressed with gzip, of which only so many bytes are unpacked."""
    with gzip.open(path) as packed:
        content = cast("IO[bytes]", Limited(cast("IO[bytes]", packed), most))
        with tarfile.open(fileobj=content, mode="r|") as archive:
            for member in archive:
                if member.isreg() and member.name.endswith(SUFFIX):
                    yield cast("IO[bytes]", archive.extractfile(member))
                    return
    raise pickle.UnpicklingError(f"an archive without a file *{SUFFIX}")


@contextmanager
def from_zip(path: Path) -> Iterator[IO[bytes]]:
    """The file of Paddle in an archive of zip."""
    member = member_of(path)
    if member is None or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise pickle.UnpicklingError(f"an archive without a file *{SUFFIX} that is stored or deflated")
    with zipfile.ZipFile(path) as archive, archive.open(member) as content:
        yield content
