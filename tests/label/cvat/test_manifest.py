from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvat_building import picture
from mattebox.errors import BadAnnotations
from mattebox.label.cvat.manifest import Still, parse_manifest, write_manifest
from mattebox.label.media import Blob, Images


def lines(*records: object) -> bytes:
    return "\n".join(map(json.dumps, records)).encode()


HEAD = ({"version": "1.1"}, {"type": "images"})


def test_pictures_are_read_with_sizes_related_pictures_and_gaps() -> None:
    first = {"name": "day/a", "extension": ".png", "width": 32, "height": 24, "checksum": "x"}
    related = {**first, "meta": {"related_images": ["related_images/day/a_png/b.png"]}}
    found = parse_manifest(lines(*HEAD, related, {}, {"name": "c", "extension": ".jpg"}), "m")
    assert found.type == "images"
    assert found.stills == (
        Still("day/a.png", (24, 32), ("related_images/day/a_png/b.png",)),
        Still(),
        Still("c.jpg"),
    )


@pytest.mark.parametrize("width", [-1, 0, 10**9, None])
def test_a_size_that_no_picture_has_is_not_believed(width: int | None) -> None:
    record = {"name": "a", "extension": ".png", "width": width, "height": 24}
    assert parse_manifest(lines(*HEAD, record), "m").stills == (Still("a.png"),)


def test_a_line_nested_too_deeply_is_told() -> None:
    with pytest.raises(BadAnnotations, match="m, line 3: no JSON"):
        parse_manifest(lines(*HEAD) + b"\n" + b"[" * 200_000, "m")


def test_a_video_is_read() -> None:
    properties = {"name": "clip.mp4", "resolution": [1280, 720], "length": 778}
    data = lines({"version": "1.0"}, {"type": "video"}, {"properties": properties}, {"number": 0, "pts": 0})
    found = parse_manifest(data, "m")
    assert (found.type, found.name, found.size, found.length) == ("video", "clip.mp4", (720, 1280), 778)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (lines(*HEAD) + b"\n{broken", "m, line 3: no JSON"),
        (lines(*HEAD, [1]), "m, line 3: a record"),
        (lines(*HEAD, {"name": "a"}), "not a manifest"),
        (lines(*HEAD, {"name": "a", "extension": ".png", "meta": True}), "not a manifest"),
        (lines(*HEAD, {"name": "a", "extension": ".png", "width": 1, "height": float("inf")}), "not a manifest"),
        (lines(*HEAD, {"name": "../a", "extension": ".png"}), "m, line 3: '../a.png' leads out"),
        (lines({"version": "1.0"}, {"type": "video"}), "not a manifest"),
        (b"", "m: the file is empty"),
    ],
)
def test_what_is_no_manifest_is_told_with_its_line(data: bytes, told: str) -> None:
    with pytest.raises(BadAnnotations) as caught:
        parse_manifest(data, "m")
    assert told in str(caught.value)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "кот.png").write_bytes(picture(size=(5, 7)))
    odd = "x/y\u2028\x85.jpg"  # has what Python takes for the ends of lines
    images = Images([Blob(tmp_path / "кот.png"), Blob(tmp_path / "none.png"), Blob(tmp_path)], ["кот.png", odd, ""])
    data = write_manifest(images, {0: "кот.png", 1: odd, 2: ""}, {0: ["related_images/a.png"]})
    assert parse_manifest(data, "m").stills == (
        Still("кот.png", (5, 7), ("related_images/a.png",)),
        Still(odd),
        Still(),
    )
