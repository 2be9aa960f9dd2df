from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

EXAMPLE = Path(__file__).parents[2] / "examples/labels"
COMMANDS = [
    line
    for block in re.findall(r"```console\n(.*?)```", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after every command of its README."""
    folder = tmp_path_factory.mktemp("example") / "labels"
    shutil.copytree(EXAMPLE, folder)
    for command in COMMANDS:
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    return folder


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) == 9
    assert all(command.startswith("mattebox label ") for command in COMMANDS)


def test_checks_find_what_is_there(folder: Path) -> None:
    told = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    assert told["problem"] == {}
    assert {entry["code"] for entry in told["entries"]} == {"juts-out", "deleted-frame"}


def test_outlines_of_every_frame_that_may_be_used(folder: Path) -> None:
    pictures = sorted(path.relative_to(folder / "yolo/images") for path in (folder / "yolo/images").rglob("*.jpg"))
    labels = sorted(path.relative_to(folder / "yolo/labels") for path in (folder / "yolo/labels").rglob("*.txt"))
    assert [path.with_suffix("") for path in pictures] == [path.with_suffix("") for path in labels]
    assert len(pictures) == 15  # 3 + 1 + 1 stills, and 12 frames of the video without the deleted and the rejected one
    described = yaml.safe_load((folder / "yolo/data.yaml").read_text(encoding="utf-8"))
    assert described["names"] == {0: "animal", 1: "person", 2: "tableware"}
    for label in labels:
        for line in (folder / "yolo/labels" / label).read_text().splitlines():
            index, *points = line.split()
            assert index in {"0", "1", "2"}
            assert len(points) >= 6
            assert len(points) % 2 == 0
            assert all(0 <= float(point) <= 1 for point in points)


def test_a_scene_is_in_one_part_only(folder: Path) -> None:
    parts: dict[str, set[str]] = {}
    for path in (folder / "yolo/images").rglob("*.jpg"):
        parts.setdefault(path.stem.rpartition("_")[0], set()).add(path.parent.name)
    assert set(parts) == {"beasts", "table", "people", "pan"}
    assert all(len(part) == 1 for part in parts.values())


def test_stills_are_the_very_files_of_the_archive(folder: Path) -> None:
    (lemur,) = (folder / "yolo/images").rglob("beasts_000001.jpg")
    with zipfile.ZipFile(folder / "zoo.zip") as archive:
        (member,) = (name for name in archive.namelist() if name.endswith("lemur.jpg"))
        assert lemur.read_bytes() == archive.read(member)


def test_masks_hold_what_the_outlines_hold(folder: Path) -> None:
    for path in (folder / "yolo/labels").rglob("*.txt"):
        mask = np.asarray(Image.open(folder / "masks" / path.parent.name / "out" / f"{path.stem}.png"))
        drawn = np.zeros(mask.shape, np.uint8)
        for line in path.read_text().splitlines():
            points = np.array(line.split()[1:], float).reshape(-1, 2) * mask.shape[::-1] - 0.5
            cv2.fillPoly(drawn, [np.rint(points).astype(np.int32)], 1)
        both, either = ((drawn > 0) & (mask > 0)).sum(), ((drawn > 0) | (mask > 0)).sum()
        assert both > 0.9 * either, path


def test_previews_are_pictures_of_it(folder: Path) -> None:
    sheet = np.asarray(Image.open(folder / "yolo/preview.jpg"))
    assert sheet.shape[1] == 1600
    assert sheet.std() > 30
    capture = cv2.VideoCapture(str(folder / "zoo.webm"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) > 10
    page = (folder / "zoo.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 16
    assert "Nothing was found" not in page
    assert (folder / "numbers.html").stat().st_size > 1000
    assert (folder / "numbers.xlsx").stat().st_size > 1000


def test_the_python_way_makes_the_same_set(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "make_sets.py", "again"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for path in (folder / "yolo").rglob("*.txt"):
        assert (folder / "again" / path.relative_to(folder / "yolo")).read_bytes() == path.read_bytes()
