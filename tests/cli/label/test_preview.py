from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from standins import Command

ZOO = Path(__file__).parents[3] / "examples/labels/zoo.zip"


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    return Path(shutil.copy(ZOO, tmp_path / "zoo.zip"))


def test_a_sheet_has_as_many_frames_as_asked_for(mattebox: Command, zoo: Path) -> None:
    said = mattebox("label", "preview", zoo, "-o", "sheet.png", "--count", "4", "--width", "400")
    assert said.code == 0
    assert "4 frames on a sheet" in said.err
    assert np.asarray(Image.open(zoo.with_name("sheet.png"))).shape[1] == 400


def test_a_page_has_the_checks(mattebox: Command, zoo: Path) -> None:
    said = mattebox("label", "preview", zoo, "-o", "page.html", "--count", "2", "--report", "told.json")
    page = zoo.with_name("page.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 2
    assert "deleted frame" in page
    assert "deleted-frame" in zoo.with_name("told.json").read_text(encoding="utf-8")
    assert "2 frames on a page" in said.err


def test_a_video_has_every_frame_once(mattebox: Command, zoo: Path) -> None:
    assert mattebox("label", "preview", zoo, "-o", "film.webm", "--fps", "5", "-q").err == ""
    assert cv2.VideoCapture(str(zoo.with_name("film.webm"))).get(cv2.CAP_PROP_FRAME_COUNT) == 16


def test_a_folder_has_a_picture_for_every_frame(mattebox: Command, zoo: Path) -> None:
    assert mattebox("label", "preview", zoo, "-o", "drawn", "--by", "object", "--no-captions").code == 0
    names = sorted(path.name for path in zoo.with_name("drawn").iterdir())
    assert len(names) == 16
    assert names[0] == "beasts_000000.jpg"


def test_a_part_is_shown(mattebox: Command, zoo: Path) -> None:
    said = mattebox("label", "preview", zoo, "-o", "drawn", "--task", "p*", "--label", "otter")
    assert said.code == 0
    assert {path.stem.rpartition("_")[0] for path in zoo.with_name("drawn").iterdir()} == {"pan", "people"}
    assert "there are: 'beasts'" in mattebox("label", "preview", zoo, "-o", "none", "--task", "lake").err


def test_a_film_of_stills_can_be_watched(mattebox: Command, zoo: Path) -> None:
    assert mattebox("label", "preview", zoo, "-o", "film.webm", "--task", "beasts").code == 0
    assert cv2.VideoCapture(str(zoo.with_name("film.webm"))).get(cv2.CAP_PROP_FPS) == 1


def test_without_pictures_nothing_is_made(mattebox: Command, zoo: Path) -> None:
    assert mattebox("label", "convert", zoo, "-o", "rows.json", "--to", "coco").code == 0
    said = mattebox("label", "preview", "rows.json", "-o", "sheet.jpg")
    assert said.code == 1
    assert not zoo.with_name("sheet.jpg").exists()


def test_a_dry_run_writes_nothing(mattebox: Command, zoo: Path) -> None:
    said = mattebox("label", "preview", zoo, "-o", "sheet.jpg", "--dry-run")
    assert "16 frames would be drawn" in said.err
    assert not zoo.with_name("sheet.jpg").exists()


@pytest.mark.parametrize(
    ("out", "code", "told"),
    [
        ("sheet.txt", 2, "sheet.txt: a preview is a picture"),
        ("zoo.zip", 2, "zoo.zip: a preview is a picture"),
        ("there.png", 1, "there.png exists already"),
    ],
)
def test_what_cannot_be_written_is_told(mattebox: Command, zoo: Path, out: str, code: int, told: str) -> None:
    zoo.with_name("there.png").write_bytes(b"mine")
    said = mattebox("label", "preview", zoo, "-o", out)
    assert (said.code, zoo.with_name("there.png").read_bytes()) == (code, b"mine")
    assert told in said.err
