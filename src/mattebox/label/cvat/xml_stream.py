"""CVAT's XML read piece by piece: whatever it holds, no more than one picture's or one track's elements are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from mattebox.errors import BadAnnotations
from mattebox.label.media import Blob
from mattebox.label.media.blob import DAMAGE

__all__ = ["line_of", "stream_elements"]

CHUNK = 1 << 16
"""Bytes that are parsed at a time."""

DEPTH = 32
"""Elements within elements, of which CVAT needs eight."""

LINE = " line"
"""Where an element keeps its line: no attribute in a file can be called this."""


def line_of(element: Element) -> int:
    """The line that an element begins on, from 1."""
    return int(element.get(LINE, 0))


def stream_elements(source: Blob, root: str = "annotations") -> Iterator[Element]:
    """The elements right below the root, in order; each may be forgotten before the next.

    A document type is refused whatever it says, so no entity of a file's own is ever expanded, nothing is fetched, and
    a small file cannot grow into a large one.

    Args:
        source: the file.
        root: what its root must be.

    Raises:
        BadAnnotations: it is missing, empty, not whole, no such XML, not in the encoding that it names, or has a
            document type. The message has the line.
    """
    builder = _Builder(source, root)
    parser = builder.parser
    with source.open() as file:
        try:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk)
                yield from builder.taken()
            parser.Parse(b"", True)  # noqa: FBT003 (the parser takes no names)
        except expat.ExpatError as error:
            cause = expat.ErrorString(error.code)
            advice = "it is cut short, or no XML" if builder.depth else "it is no XML"
            raise BadAnnotations(f"{source}, line {error.lineno}: {cause}: {advice}; export it again") from error
        except BadAnnotations:
            raise
        except DAMAGE as error:
            raise BadAnnotations(f"{source}: damaged: {error}") from error
        except (LookupError, ValueError) as error:
            raise BadAnnotations(f"{source}: cannot be read in the encoding that it names: {error}") from error
    yield from builder.taken()


class _Builder:
    """Builds the elements below the root as the parser comes upon them."""

    def __init__(self, source: Blob, root: str) -> None:
        self.source, self.root = source, root
        self.depth = 0
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._whole: list[Element] = []
        self._tree: TreeBuilder | None = None

    def taken(self) -> list[Element]:
        """The elements that have become whole since it was last asked."""
        whole, self._whole = self._whole, []
        return whole

    def _refuse(self, *_: Any) -> None:
        line = self.parser.CurrentLineNumber
        raise BadAnnotations(f"{self.source}, line {line}: a document type, which CVAT never writes; not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        if self.depth == 0 and name != self.root:
            raise BadAnnotations(f"{self.source}, line {line}: <{name}> where <{self.root}> is expected; no CVAT XML")
        if self.depth == DEPTH:
            raise BadAnnotations(f"{self.source}, line {line}: <{name}> lies {DEPTH} elements deep; no CVAT XML")
        if self.depth == 1:
            self._tree = TreeBuilder()
        if self._tree is not None:
            self._tree.start(name, {**attributes, LINE: str(line)})
        self.depth += 1

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self._tree is not None:
            self._tree.end(name)
            if self.depth == 1:
                self._whole.append(self._tree.close())
                self._tree = None

    def _text(self, text: str) -> None:
        if self._tree is not None:
            self._tree.data(text)
