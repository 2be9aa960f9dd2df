"""`manifest.jsonl`, in which CVAT says of what pictures or of what video a task is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.archive import is_safe_name
from mattebox.label.media import Images
from mattebox.label.text import decode_text

__all__ = ["MANIFEST", "Manifest", "Still", "parse_manifest", "write_manifest"]

MANIFEST = "manifest.jsonl"
VERSION = "1.1"

LONGEST = 1_000_000
"""Pixels that the longest side of a picture may have."""


@dataclass(frozen=True)
class Still:
    """A picture of a manifest.

    Attributes:
        name: with folders and suffix, relative to the task's `data`; empty for a frame that the task leaves out.
        size: height and width, upright, where they are told.
        related: pictures that show the same from elsewhere, relative to the task's `data`.
    """

    name: str = ""
    size: tuple[int, int] | None = None
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a task is made of.

    Attributes:
        type: pictures, or a video.
        stills: of pictures, one for each frame of the media.
        name: of a video.
        size: height and width of a video, where they are told.
        length: frames of a video, where they are told.
    """

    type: Literal["images", "video"]
    stills: tuple[Still, ...] = ()
    name: str = ""
    size: tuple[int, int] | None = None
    length: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every file that frames come from."""
        return (self.name,) if self.type == "video" else tuple(still.name for still in self.stills)


def parse_manifest(data: bytes, name: object) -> Manifest:
    """What a manifest says.

    Args:
        data: its bytes.
        name: of the file, for messages.

    Raises:
        BadAnnotations: a line is no JSON or says what makes no sense; the message has its number.
    """
    lines = [(number, line) for number, line in enumerate(decode_text(data, name).split("\n"), 1) if line.strip()]
    read = []
    for number, line in lines:
        try:
            read.append((number, json.loads(line)))
        except (ValueError, RecursionError) as error:
            raise BadAnnotations(f"{name}, line {number}: no JSON: {error}") from error
        if not isinstance(read[-1][1], dict):
            raise BadAnnotations(f"{name}, line {number}: a record is expected, as {{...}}")
    head = {key: value for _, record in read[:3] for key, value in record.items()}
    try:
        if head.get("type") == "video":
            return _of_video(head["properties"])
        return Manifest("images", tuple(_still(record, f"{name}, line {number}") for number, record in read[2:]))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise BadAnnotations(f"{name}: not a manifest of CVAT's: {error!r}") from error


def _of_video(properties: Mapping[str, Any]) -> Manifest:
    width, height = properties.get("resolution") or (0, 0)
    size = (int(height), int(width)) if width and height else None
    return Manifest("video", (), str(properties["name"]), size, int(properties.get("length") or 0) or None)


def _still(record: Mapping[str, Any], place: str) -> Still:
    if not record:
        return Still()
    name = f"{record['name']}{record['extension']}"
    related = tuple(map(str, (record.get("meta") or {}).get("related_images", ())))
    if unsafe := [each for each in (name, *related) if not is_safe_name(each)]:
        raise BadAnnotations(f"{place}: {unsafe[0]!r} leads out of the task's data; do not trust this file")
    height, width = (int(record.get(side) or 0) for side in ("height", "width"))
    # What no picture can have is nobody's word: the file itself tells.
    return Still(name, (height, width) if 0 < min(height, width) <= max(height, width) <= LONGEST else None, related)


def write_manifest(images: Images, names: Mapping[int, str], related: Mapping[int, Sequence[str]]) -> bytes:
    """The manifest of pictures.

    Args:
        images: in order; sizes that nobody knows yet are read from their files, and left out where that fails.
        names: where they lie, relative to the task's `data`, by frame; empty for those that the task leaves out.
        related: where the pictures lie that go with a frame.
    """
    records = (_record(images, frame, name, related.get(frame, ())) for frame, name in sorted(names.items()))
    lines = [{"version": VERSION}, {"type": "images"}, *records]
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines).encode()


def _record(images: Images, frame: int, name: str, related: Sequence[str]) -> dict[str, Any]:
    if not name:
        return {}
    suffix = PurePosixPath(name).suffix
    record: dict[str, Any] = {"name": name.removesuffix(suffix), "extension": suffix}
    # Whoever copies the file tells that it is missing or damaged.
    with suppress(BadAnnotations, BadPicture):
        record["height"], record["width"] = images.size_of(frame)
    return {**record, "meta": {"related_images": list(related)}} if related else record
