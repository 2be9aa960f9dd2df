"""Matting sets: alphas go with their pictures, untouched."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox.errors import BadAnnotations
from mattebox.label.building.alphas import alpha_of, read_alpha
from mattebox.label.formats.matting_read import looks_like_matting, read_matting
from mattebox.label.report import Report
from sets_building import SIZE, put_picture, put_text, rows_of, told


def put_pair(folder: Path, name: str, value: int) -> None:
    """A picture, and an alpha of one value."""
    put_picture(folder / "images" / f"{name}.jpg")
    path = folder / "alpha" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(SIZE, value, np.uint8)).save(path)


def test_alphas_belong_to_their_pictures(tmp_path: Path) -> None:
    put_pair(tmp_path / "train", "a", 100)
    put_pair(tmp_path / "val", "b", 200)
    assert looks_like_matting(tmp_path)
    report = Report()
    dataset = read_matting(tmp_path, report)
    found = []
    for task in dataset.tasks:
        blob = alpha_of(task.media, 0)
        assert blob is not None
        found.append((task.subset, task.media.name_of(0), int(read_alpha(blob, SIZE).max())))
    assert found == [("train", "a.jpg", 100), ("val", "b.jpg", 200)]
    assert [(row.label, row.shape, row.points) for row in rows_of(dataset)] == [("subject", "mask", (0, 0, 39, 29))]
    assert not report.entries


def test_an_alpha_that_is_damaged_or_of_another_size_is_told(tmp_path: Path) -> None:
    for name in "abc":
        put_pair(tmp_path, name, 200)
    (tmp_path / "alpha" / "a.png").write_bytes(b"")
    put_picture(tmp_path / "alpha" / "b.png", (3, 3))
    report = Report()
    assert [row.frame for row in rows_of(read_matting(tmp_path, report))] == [2]
    assert told(report) == {"bad-alpha": 2}


def test_tasks_of_a_set_that_mattebox_built(tmp_path: Path) -> None:
    put_pair(tmp_path / "train", "a", 100)
    put_text(tmp_path / "samples.csv", "subset,name,task,frame,true_frame,source\ntrain,a,field,0,0,film.mp4\n")
    assert [task.name for task in read_matting(tmp_path, Report()).tasks] == ["field"]


def test_what_has_no_partner_is_told(tmp_path: Path) -> None:
    put_pair(tmp_path, "a", 100)
    put_picture(tmp_path / "images" / "lonely.jpg")
    put_picture(tmp_path / "alpha" / "nobody.png")
    report = Report()
    assert read_matting(tmp_path, report).tasks[0].frames.size == 1
    assert told(report) == {"partner-missing": 2}


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    put_picture(tmp_path / "images" / "a.png")
    assert not looks_like_matting(tmp_path)
    with pytest.raises(BadAnnotations, match="no matting set"):
        read_matting(tmp_path, Report())
