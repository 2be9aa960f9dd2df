"""XML elements as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

__all__ = ["element", "leaf", "start_tag"]

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold in any way; the sign for an unknown character stands for it."""


def start_tag(name: str, attributes: Mapping[str, str], level: int, end: str = ">") -> str:
    """How an element begins.

    Example:
        >>> print(start_tag("box", {"label": "a < b"}, 1))
          <box label="a &lt; b">
    """
    told = "".join(f" {key}={quoteattr(_legal(value))}" for key, value in attributes.items())
    return f"{'  ' * level}<{name}{told}{end}"


def element(name: str, attributes: Mapping[str, str], inner: Iterable[str] = (), level: int = 0) -> str:
    """An element with elements in it, without the last line's end.

    Args:
        name: of the element.
        attributes: by name, in order.
        inner: the elements in it, one level deeper.
        level: how deep it lies.
    """
    lines = list(inner)
    if not lines:
        return start_tag(name, attributes, level, "/>")
    return "\n".join((start_tag(name, attributes, level), *lines, f"{'  ' * level}</{name}>"))


def leaf(name: str, text: str, level: int, attributes: Mapping[str, str] | None = None) -> str:
    """An element with text in it."""
    return f"{start_tag(name, attributes or {}, level)}{escape(_legal(text), {chr(13): '&#13;'})}</{name}>"


def _legal(text: str) -> str:
    return ILLEGAL.sub("\ufffd", text)
