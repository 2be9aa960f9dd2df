"""Records of JSON that somebody may have changed: what they are asked for is of the type that is asked for."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from typing import Any

__all__ = ["Told"]


class Told:
    """A value of a file, and where in the file it is.

    Every method raises ValueError, which says where and what, if the value is missing or of another type.

    Args:
        value: as JSON has it.
        place: in the file, such as `tasks[0].media`; empty for the whole.

    Example:
        >>> Told({"tasks": [{"name": 3}]}).at("tasks").each()[0].at("name").text()
        Traceback (most recent call last):
        ValueError: tasks[0].name: 3 is no text
    """

    def __init__(self, value: Any, place: str = "") -> None:
        self.value, self.place = value, place

    def at(self, name: str) -> Told:
        """The value under a name."""
        place = f"{self.place}.{name}" if self.place else name
        if name not in self.record():
            raise ValueError(f"{place} is missing")
        return Told(self.value[name], place)

    def each(self) -> list[Told]:
        """The values of a list."""
        values = self._of(list, "list")
        return [Told(value, f"{self.place}[{index}]") for index, value in enumerate(values)]

    def items(self) -> Iterator[tuple[str, Told]]:
        """The names and the values of a record."""
        return ((name, self.at(name)) for name in self.record())

    def record(self) -> dict[str, Any]:
        """Names and values, whatever these are."""
        found: dict[str, Any] = self._of(dict, "record of names and values")
        return found

    def text(self) -> str:
        """A text."""
        return str(self._of(str, "text"))

    def truth(self) -> bool:
        """True or false."""
        return bool(self._of(bool, "truth"))

    def whole(self, least: int, most: int) -> int:
        """A whole number between two others, which are allowed too."""
        number = self._of(int, "whole number")
        if isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"{self.place}: {reprlib.repr(number)} is no number from {least:,} to {most:,}")
        return int(number)

    def _of(self, kind: type, word: str) -> Any:
        if not isinstance(self.value, kind):
            message = f"{self.place or 'the whole'}: {reprlib.repr(self.value)} is no {word}"
            raise ValueError(message)  # noqa: TRY004 (a value of a file)
        return self.value
