"""What a file may cost before its pixels are decoded: small files can be made that take a decoder minutes.

Pillow bounds the size of a picture and of its texts, but not how many pieces a file is cut into, nor how often a JPEG
goes over the same pixels. The bounds here lie far above what cameras and programs write.
"""

from __future__ import annotations

import io
import re
import struct
from typing import Any, BinaryIO, Literal, TypeAlias

from mattebox.errors import BadPicture

__all__ = ["HEADER_READS", "PIXEL_READS", "MeteredFile", "check_header"]

HEADER_READS = 20_000
"""Reads until the pixels begin: Pillow takes two to four for a segment, a chunk, a block or a tag."""
PIXEL_READS = 1_000_000
"""Reads until the pixels are decoded: three for each chunk of a PNG, two for each run of a compressed BMP."""

MOST_SEGMENTS = 20_000
MOST_CHUNKS = 250_000  # those of the pixels too, of which there is one for every 8 KB
MOST_SCANS = 100  # as in libtiff; programs write about ten
MOST_EXIF_BLOCKS = 16  # Pillow joins those of a JPEG, and copies the whole for each
MOST_PROFILES = 4  # Pillow unpacks each one of a PNG, to a megabyte
MOST_TEXT_BYTES = 4_000_000
MOST_DIRECTORIES = 16
MOST_TAG_VALUES = 200_000  # 65,535 rows in as many strips take two for each

_MARKER = re.compile(rb"\xff[\x02-\xc7\xc9-\xcf\xd9-\xef\xfe]")  # those of a JPEG that segments follow
_EXIF = re.compile(rb"(?:II|MM)(?:\*\0|\0[*+])")
_BYTES = (1, 2, 7)  # types of tags whose values stay bytes
_POINTERS = {4: 4, 13: 4, 16: 8, 18: 8}  # types of tags that say where a directory is, and their bytes
_SUB_DIRECTORIES = (34665, 34853, 40965)  # Pillow reads all that is in these


ByteOrder: TypeAlias = Literal["little", "big"]


class MeteredFile:
    """A file that Pillow reads from, up to a number of reads: each costs its time and memory, even of no bytes.

    Args:
        file: open for reading; all but `read` is passed on to it.
        name: what messages call it.

    Attributes:
        left: how many more reads are allowed.

    Example:
        >>> import io
        >>> MeteredFile(io.BytesIO(b"abc"), "<bytes>").read(2)
        b'ab'
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.left = HEADER_READS
        self._file = file
        self._name = name

    def read(self, size: int = -1, /) -> bytes:
        """Read like the file itself.

        Raises:
            BadPicture: it was read too often.
        """
        if self.left < 1:
            raise BadPicture(f"{self._name} is cut into too many small pieces to be decoded safely; save it anew")
        self.left -= 1
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def check_header(file: BinaryIO, name: str) -> None:
    """Refuse a file that would cost a decoder far more than it weighs; the place in the file is not kept.

    Args:
        file: of any format; seekable.
        name: what messages call it.

    Raises:
        BadPicture: too many scans, profiles, bytes of text, or values of tags.
    """
    file.seek(0)
    start = file.read(12)
    if start.startswith(b"\xff\xd8"):
        _check_jpeg(_whole(file), name)
    elif start.startswith(b"\x89PNG"):
        _check_png(file, name)
    elif _EXIF.match(start) or start.startswith(b"II+\0"):
        _check_tiff(file, name)
    elif start[4:8] == b"ftyp" or start[8:12] == b"WEBP":
        _check_exif(_whole(file), name)


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _refuse_over(most: int, count: int, what: str, name: str) -> None:
    if count > most:
        raise BadPicture(f"{name} has more than {most} {what}, too many to be decoded safely; save it anew")


def _check_jpeg(data: bytes, name: str) -> None:
    """Walk from marker to marker as libjpeg does, up to the end of the first picture."""
    segments = scans = exif_blocks = 0
    position = 2
    while found := _MARKER.search(data, position):
        segments += 1
        _refuse_over(MOST_SEGMENTS, segments, "segments", name)
        marker, position = data[found.start() + 1], found.end()
        if marker == 0xD9:
            if scans:
                return
            continue  # Pillow reads on
        if marker == 0xDA:
            scans += 1
            _refuse_over(MOST_SCANS, scans, "scans", name)
        elif marker == 0xE1 and data.startswith(b"Exif\0\0", position + 2):
            exif_blocks += 1
            _refuse_over(MOST_EXIF_BLOCKS, exif_blocks, "EXIF blocks", name)
        position += max(2, int.from_bytes(data[position : position + 2], "big"))


def _check_png(file: BinaryIO, name: str) -> None:
    """Walk from chunk to chunk, up to the last."""
    chunks = profiles = 0
    file.seek(8)
    while len(head := file.read(8)) == 8:
        chunks += 1
        _refuse_over(MOST_CHUNKS, chunks, "chunks", name)
        length, kind = struct.unpack(">I4s", head)
        after = file.tell() + length + 4
        if kind == b"IEND":
            return
        if kind == b"iCCP":
            profiles += 1
            _refuse_over(MOST_PROFILES, profiles, "colour profiles", name)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _refuse_over(MOST_TEXT_BYTES, length, "bytes in one text", name)
        elif kind == b"eXIf":
            _check_exif(file.read(length), name)
        file.seek(after)


def _check_exif(data: bytes, name: str) -> None:
    """Check whatever may be an EXIF block in a file that keeps it in one piece; Pillow reads its first directory."""
    for count, found in enumerate(_EXIF.finditer(data), 1):
        _refuse_over(MOST_EXIF_BLOCKS, count, "EXIF blocks", name)
        order = _order(found[0])
        place = int.from_bytes(data[found.end() : found.end() + 4], order)
        _check_directory(io.BytesIO(data), found.start() + place, order, name)


def _check_tiff(file: BinaryIO, name: str) -> None:
    """Check the first directory of a TIFF, and those that it leads to, of which Pillow reads every value."""
    file.seek(0)
    head = file.read(16)
    order, is_big = _order(head), head[2:3] == b"+"
    places = [int.from_bytes(head[8:16] if is_big else head[4:8], order)]
    for place in places:
        for kind, value in _check_directory(file, place, order, name, is_big=is_big):
            if kind not in _POINTERS:
                raise BadPicture(f"{name} is damaged: a tag that says where more of them are has type {kind}")
            places.append(int.from_bytes(value[: _POINTERS[kind]], order))
            _refuse_over(MOST_DIRECTORIES, len(places), "directories", name)


def _order(head: bytes) -> ByteOrder:
    return "little" if head.startswith(b"II") else "big"


def _check_directory(
    file: BinaryIO, place: int, order: ByteOrder, name: str, *, is_big: bool = False
) -> list[tuple[int, bytes]]:
    """Add up the values of the tags in a directory.

    What is cut off or damaged is left to Pillow, which skips a tag that claims more than the file holds.

    Returns:
        Type and value of the tags that lead to other directories.
    """
    length = file.seek(0, io.SEEK_END)
    if place >= length:
        return []
    file.seek(place)
    tags = int.from_bytes(file.read(8 if is_big else 2), order)
    width = 8 if is_big else 4
    leading, values = [], 0
    for _ in range(min(tags, HEADER_READS)):
        entry = file.read(4 + 2 * width)
        tag, kind = int.from_bytes(entry[:2], order), int.from_bytes(entry[2:4], order)
        count = int.from_bytes(entry[4 : 4 + width], order)
        if kind not in _BYTES and count <= length:
            values += count
            _refuse_over(MOST_TAG_VALUES, values, "values in its tags", name)
        if tag in _SUB_DIRECTORIES:
            leading.append((kind, entry[4 + width :]))
    return leading
