"""Bodies of `multipart/form-data`, taken apart while they arrive and kept in memory: nothing is written to a disk."""

from __future__ import annotations

import io
import re
from collections.abc import Collection

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mattebox.errors import unknown_name
from mattebox.serve.incoming.bodies import Body, Limits, Upload, shown
from mattebox.serve.refusals import Refusal, too_large

__all__ = ["MultipartReader"]

PLAIN = {b"", b"7bit", b"8bit", b"binary"}
"""Transfer encodings that leave the bytes as they are."""

LONGEST_NAME = 255
LONGEST_TEXT = 4096
"""Bytes that are looked at."""


class MultipartReader:
    """Reads one body piece by piece.

    Args:
        boundary: from the header `Content-Type`.
        limits: that files and texts keep.
        files: names under which files are taken.

    Raises:
        Refusal: the boundary cannot be one.
    """

    def __init__(self, boundary: bytes, limits: Limits, files: Collection[str]) -> None:
        if not boundary:
            raise Refusal("invalid_body", "multipart/form-data comes without its boundary")
        self._limits = limits
        self._names = files
        self._body = Body()
        self._counted = {"files": 0, "fields": 0}
        self._ended = False
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._begin_part()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_begin": self._begin_header,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._name_part,
                    "on_part_data": self._add,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise Refusal("invalid_body", "the boundary of multipart/form-data is too long") from None

    def feed(self, data: bytes) -> None:
        """Take the next piece.

        Raises:
            Refusal: it does not go on as a body does, or something in it is too large or not what its name says.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Refusal("invalid_body", f"not multipart/form-data with this boundary: {error}") from None

    def finish(self) -> Body:
        """Give what was read.

        Raises:
            Refusal: the end is missing.
        """
        if not self._ended:
            raise Refusal("invalid_body", "multipart/form-data breaks off before its last boundary")
        return self._body

    def close(self) -> None:
        """Let go of the parser, which holds on to what calls it: the bytes would stay until somebody tidies up."""
        del self._parser

    def _begin_part(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._data = io.BytesIO()  # gives its bytes away without a copy, unlike a bytearray

    def _begin_header(self) -> None:
        self._header = (bytearray(), bytearray())

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)

    def _name_part(self) -> None:
        """Learn from its headers what the part is, before any of it is kept."""
        disposition, options = parse_options_header(self._headers.get(b"content-disposition"))
        if disposition.lower() != b"form-data" or not options.get(b"name"):
            raise Refusal("invalid_body", "a part has no name: its Content-Disposition must be form-data with a name")
        if self._headers.get(b"content-transfer-encoding", b"").strip().lower() not in PLAIN:
            raise Refusal("invalid_body", "a part has a Content-Transfer-Encoding: send its bytes as they are")
        self._name = decoded(options[b"name"])
        filename = options.get(b"filename")
        self._filename = None if filename is None else plain_name(filename)
        self._is_file = self._filename is not None or self._name in self._names
        self._count()
        self._most = self._limits.file if self._is_file else self._limits.longest(self._name)

    def _count(self) -> None:
        kind, most = ("files", self._limits.parts) if self._is_file else ("fields", self._limits.fields)
        self._counted[kind] += 1
        if self._counted[kind] > most:
            raise Refusal("too_many_files", f"At most {most} are taken") if self._is_file else self._limits.too_many()

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._data.tell() + end - start > self._most:
            raise too_large(self._limits.file) if self._is_file else self._limits.too_long(self._name)
        self._data.write(memoryview(data)[start:end])

    def _end_part(self) -> None:
        data = self._data.getvalue()
        if not self._is_file:
            self._body.fields[self._name] = decoded(data)
        elif data or self._filename:  # a form in which no file was picked sends one without name and bytes
            if self._name not in self._names:
                raise Refusal("invalid_body", unknown_name("file", shown(self._name), self._names))
            if self._filename is None and is_text(data):
                name = self._name
                raise Refusal("invalid_body", f"{name} came as text, not as a file; with curl write {name}=@photo.jpg")
            kind = self._headers.get(b"content-type", b"").decode("latin-1")
            self._body.files.setdefault(self._name, []).append(Upload(self._filename or "", data, kind))

    def _end(self) -> None:
        self._ended = True


def decoded(data: bytes) -> str:
    """Text of a part.

    Raises:
        Refusal: it is not in UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refusal("invalid_body", "a name or text of multipart/form-data is not in UTF-8") from None


def is_text(data: bytes) -> bool:
    """Whether what came in the place of a file is the name of one, say."""
    try:
        return len(data) <= LONGEST_TEXT and data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def plain_name(filename: bytes) -> str:
    """The name of a file without folders and control characters, whatever its sender says.

    Example:
        >>> plain_name(b"../photos/red shoe.jpg")
        'red shoe.jpg'
    """
    name = re.split(r"[/\\]", filename.decode(errors="replace"))[-1]
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]
