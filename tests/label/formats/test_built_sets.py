"""Training sets that Mattebox builds, read back: what is found out of them, and what their rows become."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.label.formats import read, recognise, write
from mattebox.label.report import Report
from mattebox.label.row import Row
from sets_building import BOX, HOLE, MASK, PARTS, POLYGON, SIZE, TURNED, dataset_of, rows_of


class Form(NamedTuple):
    """A kind of set: what it is read as, the rows that it holds, and what they become."""

    reads: str
    rows: tuple[Row, ...]
    expected: tuple[tuple[Any, ...], ...]


def shape_of(row: Row) -> tuple[Any, ...]:
    """Label, kind, and points of a row, to a ten thousandth of a pixel."""
    return row.label, row.shape, *np.round(row.points, 4).tolist(), round(row.rotation, 3)


FORMS = {
    "yolo-detect": Form(
        "yolo-detect",
        (BOX, POLYGON),
        (("cat", "rectangle", 2, 3, 12, 15.5, 0), ("dog", "rectangle", 1, 1, 9, 9.5, 0)),
    ),
    "yolo-segment": Form(
        "yolo-segment",
        (BOX, POLYGON),
        (("cat", "polygon", 2, 3, 12, 3, 12, 15.5, 2, 15.5, 0), ("dog", "polygon", 1, 1, 9, 1, 9, 9.5, 0)),
    ),
    "yolo-obb": Form(
        "yolo-obb", (BOX, TURNED), (("cat", "rectangle", 2, 3, 12, 15.5, 0), ("cat", "rectangle", 10, 8, 22, 16, 30))
    ),
    "masks": Form("masks", (replace(MASK, frame=0),), (("dog", "mask", 4, 5, 7, 6, 0),)),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_set_comes_back(name: str, tmp_path: Path) -> None:
    form, report = FORMS[name], Report()
    dataset = dataset_of(tmp_path, form.rows)
    write(dataset, tmp_path / "set", format=name, report=Report())
    assert recognise(tmp_path / "set").name == form.reads
    again = read(tmp_path / "set", report=report)
    assert not report.dropped
    assert not report.problems
    found = [shape_of(row) for row in rows_of(again)]
    assert len(found) == len(form.expected)
    for row, expected in zip(found, form.expected, strict=True):
        assert row[:2] == expected[:2]
        assert row[2:] == pytest.approx(expected[2:], abs=2e-3)
    assert [label.name for label in again.labels] == [label.name for label in dataset.labels]
    assert [(task.name, task.subset, task.frames.size) for task in again.tasks] == [("zoo", "train", 2)]


@pytest.mark.parametrize("row", [HOLE, PARTS, MASK])
def test_index_masks_are_exact(row: Row, tmp_path: Path) -> None:
    from mattebox.label.masks.tables import masks_of

    dataset = dataset_of(tmp_path, [row])
    write(dataset, tmp_path / "set", format="masks", report=Report())
    again = read(tmp_path / "set", report=Report())

    def pixels(of: Any) -> np.ndarray[Any, Any]:
        table = of.tasks[0].subtasks[0].table
        return masks_of(table, SIZE, Report()).stack()

    assert np.array_equal(pixels(dataset), pixels(again))


@pytest.mark.parametrize("name", ["coco", "voc", "mot", "labelme"])
def test_other_sets_are_recognised(name: str, tmp_path: Path) -> None:
    write(dataset_of(tmp_path, [BOX]), tmp_path / "set", format=name, report=Report(), images="copy")
    assert recognise(tmp_path / "set").name == name
    assert len(rows_of(read(tmp_path / "set", report=Report()))) in {1, 2}


@pytest.mark.parametrize("name", ["parquet", "tsv", "json"])
def test_own_forms_are_recognised(name: str, tmp_path: Path) -> None:
    write(dataset_of(tmp_path, [BOX]), tmp_path / f"set.{name}", format=name, report=Report())
    assert recognise(tmp_path / f"set.{name}").name == name


@pytest.mark.parametrize("name", ["coco", "yolo-detect", "masks", "cvat"])
def test_an_option_that_a_form_does_not_have_is_wrong_use(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadParameter, match=r"no option colour, tilse|no choice .colour."):
        write(dataset_of(tmp_path, (BOX,)), tmp_path / "set", format=name, colour="red", tilse=3)


def test_choices_of_a_training_set_are_options(tmp_path: Path) -> None:
    write(dataset_of(tmp_path, (BOX,)), tmp_path / "set", format="yolo-detect", images="none", report=Report())
    assert not [*(tmp_path / "set").rglob("*.png")]
