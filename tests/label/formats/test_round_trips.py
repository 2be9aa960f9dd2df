"""What survives a format: one table of writers, readers, and the rows that each of them holds."""

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from mattebox.errors import BadAnnotations, OutputFailed
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.formats import read as read_any
from mattebox.label.formats import write as write_any
from mattebox.label.formats.coco import looks_like_coco, read_coco, write_coco
from mattebox.label.formats.labelme import looks_like_labelme, read_labelme, write_labelme
from mattebox.label.formats.mot import looks_like_mot, read_mot, write_mot
from mattebox.label.formats.voc import looks_like_voc, read_voc, write_voc
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table
from sets_building import (
    BOX,
    CIRCLE,
    LABELS,
    LINE,
    MASK,
    PARTS,
    PERSON,
    POINT,
    POLYGON,
    SIZE,
    TAG,
    TURNED,
    dataset_of,
    put_picture,
    rows_of,
    told,
)


class Form(NamedTuple):
    """A format: how it is written and read, the rows that it holds, and those that it drops."""

    write: Callable[..., None]
    read: Callable[[Path, Report], Dataset]
    recognises: Callable[[Path], bool]
    holds: tuple[Row, ...]
    drops: tuple[Row, ...]


ATTRIBUTED = replace(BOX, attributes={"fluffy": "true", "name": "Том"}, occluded=True)
TRACK = tuple(replace(BOX, frame=frame, object=3, tracked=True) for frame in (0, 1))

FORMS = {
    "coco": Form(
        write_coco,
        read_coco,
        looks_like_coco,
        (BOX, ATTRIBUTED, POLYGON, PARTS, MASK, *PERSON, *TRACK),
        (LINE, POINT, TAG),
    ),
    "voc": Form(write_voc, read_voc, looks_like_voc, (BOX, TURNED, ATTRIBUTED), (LINE, POINT, TAG)),
    "mot": Form(write_mot, read_mot, looks_like_mot, (BOX, *TRACK), (LINE, POINT, TAG)),
    "labelme": Form(
        write_labelme,
        read_labelme,
        looks_like_labelme,
        (BOX, replace(BOX, attributes={"fluffy": "true"}, group=2), POLYGON, MASK, CIRCLE, LINE, POINT, TAG),
        (PERSON[0],),
    ),
}


AROUND = [(8.804, 5.536, 23.196, 18.464), (1, 1, 9, 9.5), (4, 5, 8, 7), (14, 9, 26, 21)]
"""The boxes around what forms of boxes have no name for."""


def meaning(row: Row) -> tuple[Any, ...]:
    """What must survive of a row: all but its numbers of objects, which every file counts anew."""
    bare = replace(row, object=-1, parent=min(row.parent, 0), extra={}, attributes={}, frame_attributes={})
    return (*vars(bare).values(), sorted({**row.attributes, **row.frame_attributes}.items()))


def read_or_refused(form: Form, path: Path) -> tuple[list[Row], Report]:
    """The rows of a damaged set, and what was told; none when it is refused, which names the file."""
    report = Report()
    with contextlib.suppress(BadAnnotations):
        return rows_of(form.read(path, report)), report
    with pytest.raises(BadAnnotations, match=re.escape(str(path))):
        form.read(path, report)
    return [], report


@pytest.mark.parametrize("name", FORMS)
class TestEveryForm:
    def test_holds_what_it_can(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        dataset, report = dataset_of(tmp_path, form.holds), Report()
        form.write(dataset, tmp_path / "set", report, images="copy")
        assert not report.dropped
        assert form.recognises(tmp_path / "set")
        again = form.read(tmp_path / "set", report)
        assert not report.dropped
        assert not report.problems
        visible = [row for row in rows_of(again) if not row.outside]
        assert sorted(map(meaning, visible), key=str) == sorted(map(meaning, rows_of(dataset)), key=str)

    def test_pictures_come_along(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        dataset = dataset_of(tmp_path, form.holds)
        form.write(dataset, tmp_path / "set", Report(), images="copy")
        task = form.read(tmp_path / "set", Report()).tasks[0]
        assert task.media is not None
        assert [task.media.size_of(frame) for frame in range(2)] == [SIZE, SIZE]
        assert np.array_equal(task.media.read(0), dataset.tasks[0].media.read(0))

    def test_tells_what_it_cannot_hold(self, name: str, tmp_path: Path) -> None:
        form, report = FORMS[name], Report()
        form.write(dataset_of(tmp_path, [BOX, *form.drops]), tmp_path / "set", report)
        assert told(report) == {"format-cannot-hold": len(form.drops)}

    def test_no_subset_and_no_name_leads_out_of_the_folder(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        dataset = dataset_of(tmp_path / "in", form.holds, subset="../../night")
        task = dataset.tasks[0]
        media = Images(task.media.files, ["../../a.png", "/b.png"])
        dataset = dataset.replace(tasks=(task.replace(media=media, name="../zoo"),))
        form.write(dataset, tmp_path / "out" / "set", Report(), images="copy")
        assert {each.name for each in tmp_path.iterdir()} == {"in", "out"}
        assert [each.name for each in (tmp_path / "out").iterdir()] == ["set"]
        assert sum(task.frames.size for task in form.read(tmp_path / "out" / "set", Report()).tasks) == 2

    def test_writes_over_nothing_unless_asked(self, name: str, tmp_path: Path) -> None:
        form, dataset = FORMS[name], dataset_of(tmp_path, FORMS[name].holds)
        form.write(dataset, tmp_path / "set", Report())
        with pytest.raises(OutputFailed, match="exists already"):
            form.write(dataset, tmp_path / "set", Report())
        form.write(dataset, tmp_path / "set", Report(), overwrite=True)

    def test_an_empty_file_is_told(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        form.write(dataset_of(tmp_path, form.holds), tmp_path / "set", Report())
        sheets = [
            each for each in (tmp_path / "set").rglob("*") if each.suffix in {".json", ".xml"} or each.name == "gt.txt"
        ]
        sheets[0].write_bytes(b"")
        found, report = read_or_refused(form, tmp_path / "set")
        assert report.dropped or not found

    def test_a_file_that_is_cut_short_is_told(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        form.write(dataset_of(tmp_path, form.holds), tmp_path / "set", Report())
        for sheet in (tmp_path / "set").rglob("*"):
            if sheet.suffix in {".json", ".xml"} or sheet.name == "gt.txt":
                data = sheet.read_bytes()
                sheet.write_bytes(data[: len(data) // 2 + 1])
        found, report = read_or_refused(form, tmp_path / "set")
        assert report.dropped or len(found) < len(form.holds)


@pytest.mark.parametrize("name", ["voc", "mot"])
def test_areas_become_the_boxes_around_them(name: str, tmp_path: Path) -> None:
    form, report = FORMS[name], Report()
    rows = [TURNED, POLYGON, replace(MASK, frame=0), replace(CIRCLE, frame=0)]
    form.write(dataset_of(tmp_path, rows if name == "mot" else rows[1:]), tmp_path / "set", report, images="copy")
    found = [row.points for row in rows_of(form.read(tmp_path / "set", Report()))]
    expected = AROUND if name == "mot" else AROUND[1:]
    assert report.counts("note") == {"shape-changed": len(expected)}
    assert not report.dropped
    for points, around in zip(found, expected, strict=True):
        assert points == pytest.approx(around, abs=0.1)


@pytest.mark.parametrize("name", FORMS)
def test_nothing_is_written_that_no_reader_takes(name: str, tmp_path: Path) -> None:
    far = [replace(BOX, points=points) for points in ((100, 3, 120, 9), (1, -9, 5, -1), (1e300, 1e300, 2e300, 2e300))]
    empty = [replace(BOX, points=points) for points in ((9, 9, 1, 1), (5, 5, 5, 9))]
    empty += [replace(CIRCLE, points=(9, 9, 9, 9)), replace(POLYGON, points=(2, 2) * 5, rings=())]
    empty.append(replace(MASK, points=(3, 3, 6, 6), runs=(16,)))
    report = Report()
    FORMS[name].write(dataset_of(tmp_path, [BOX, *far, *empty]), tmp_path / "set", report)
    assert told(report) == {"outside-picture": 2, "not-finite": 1, "empty-shape": 5}
    assert [row.points for row in rows_of(FORMS[name].read(tmp_path / "set", report)) if not row.outside] == [
        BOX.points
    ]


def two_tasks(folder: Path, names: Sequence[str], subsets: Sequence[str] = ("train", "val")) -> Dataset:
    """Tasks whose pictures have the same names, each of another colour."""
    tasks = []
    for number, subset in enumerate(subsets):
        files = [Blob(put_picture(folder / subset / name, color=(90 * number, 9, 9))) for name in names]
        table = Table.from_rows([replace(BOX, frame=frame) for frame in range(len(names))])
        subtask = Subtask("job", np.arange(len(names)), table)
        tasks.append(Task(subset, Images(files, names), FrameMap(len(names)), (subtask,), subset=subset))
    return Dataset("two", tuple(tasks), LABELS)


@pytest.mark.parametrize(
    ("name", "out"), [("voc", "set"), ("coco", "set"), ("coco", "set/all.json"), ("labelme", "set")]
)
def test_pictures_of_one_name_stay_apart(name: str, out: str, tmp_path: Path) -> None:
    dataset, report = two_tasks(tmp_path / "in", ["a.png", "a.bmp"]), Report()
    (tmp_path / "set").mkdir()
    FORMS[name].write(dataset, tmp_path / out, Report(), images="copy")
    again = FORMS[name].read(tmp_path / out, report)
    assert not report.dropped
    assert not report.problems
    found = [
        int(task.media.read(row.frame)[0, 0, 0])
        for task, subtask in again.walk()
        for row in subtask.table.rows()
        if task.media is not None
    ]
    assert sorted(found) == [0, 0, 90, 90]


@pytest.mark.parametrize("name", ["coco", "voc", "labelme"])
def test_names_that_no_file_can_have_are_changed(name: str, tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "in", [BOX, replace(BOX, frame=1)])
    media = Images(dataset.tasks[0].media.files, ["ж" * 300 + ".png", ".a\0b.png"])
    task = dataset.tasks[0].replace(media=media)
    FORMS[name].write(dataset.replace(tasks=(task,)), tmp_path / "set", Report(), images="copy")
    again = FORMS[name].read(tmp_path / "set", Report())
    assert len(rows_of(again)) == 2
    (names,) = (sorted(each.media.names) for each in again.tasks)
    assert [Path(each).name for each in names] == ["_a b.png", "ж" * 98 + ".png"]


def test_a_form_without_tracks_tells_so(tmp_path: Path) -> None:
    for name in ("voc", "labelme"):
        report = Report()
        FORMS[name].write(dataset_of(tmp_path, TRACK), tmp_path / name, report)
        assert report.counts("note") == {"tracks-lost": 2}


@pytest.mark.parametrize("name", FORMS)
def test_progress_is_told(name: str, tmp_path: Path) -> None:
    FORMS[name].write(dataset_of(tmp_path, FORMS[name].holds), tmp_path / "set", Report())
    seen: list[tuple[int, int]] = []
    read_any(tmp_path / "set", format=name, report=Report(), progress=lambda done, total: seen.append((done, total)))
    assert seen
    assert seen[-1][0] == seen[-1][1]


def test_a_path_may_be_a_text_and_nobody_need_listen(tmp_path: Path) -> None:
    write_coco(dataset_of(tmp_path, [BOX]), tmp_path / "set", Report())
    assert len(rows_of(read_any(str(tmp_path / "set")))) == 1  # type: ignore[arg-type]


def test_write_interpolates_what_the_form_has_by_frame(tmp_path: Path) -> None:
    keys = [replace(BOX, frame=0, object=3, tracked=True), replace(BOX, frame=2, object=3, tracked=True)]
    write_any(dataset_of(tmp_path, keys, frames=3), tmp_path / "set", format="voc", report=Report())
    assert len(rows_of(read_voc(tmp_path / "set", Report()))) == 3
