"""What a request may bring, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mattebox.serve.refusals import Refusal, too_large

__all__ = ["Body", "Limits", "Upload"]

IN_TEXT = "_b64"
"""How names of files end that come as text in base64."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before anything is decoded.

    Attributes:
        body: bytes of a whole body.
        file: bytes of one file; in base64 it may be longer by as much as that takes.
        pixels: of a picture; for whoever opens it.
        fields: how many texts there may be.
        field_size: bytes of one text.
        parts: how many files there may be.
        seconds: in which a body has to be here.
        grace: seconds that a body may take however little comes.
        rate: bytes a second that have to come on average once these are over.
    """

    body: int
    file: int
    pixels: int
    fields: int = 200
    field_size: int = 65_536
    parts: int = 16
    seconds: float = 180.0
    grace: float = 10.0
    rate: float = 5_000.0

    def longest(self, name: str) -> int:
        """Bytes of the text of that name; base64 takes a third more than the file, and some for ends of lines."""
        return self.file * 7 // 5 if name.endswith(IN_TEXT) else self.field_size

    def too_long(self, name: str) -> Refusal:
        """The refusal of a text that is longer than that."""
        if name.endswith(IN_TEXT):
            return too_large(self.file)
        return Refusal("invalid_body", f"'{shown(name)}' is longer than {self.field_size} bytes")

    def too_many(self) -> Refusal:
        """The refusal of more texts than there may be."""
        return Refusal("invalid_body", f"there are more than {self.fields} fields")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a body.

    Attributes:
        name: that its sender gave it, without folders; may be empty.
        data: its bytes.
        type: media type that its sender gave it; may be empty, and says nothing for sure.
    """

    name: str
    data: bytes = field(repr=False)
    type: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request brought.

    Attributes:
        fields: texts by name; of a JSON body whatever values it has.
        files: files by name, in the order in which they came.
    """

    fields: dict[str, object] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)


def shown(name: str) -> str:
    """A name from outside as it may stand in a message."""
    return name if len(name) <= 64 else f"{name[:64]}…"
