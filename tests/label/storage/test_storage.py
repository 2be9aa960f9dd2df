"""Mattebox's own forms: nothing is lost, and what is damaged is told."""

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mattebox.errors import BadAnnotations, OutputFailed
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.formats.labelme import read_labelme
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Row
from mattebox.label.storage import (
    load_json,
    load_parquet,
    load_tsv,
    looks_like_json,
    looks_like_parquet,
    looks_like_tsv,
    save_json,
    save_parquet,
    save_tsv,
)
from mattebox.label.table import Table
from sets_building import (
    BOX,
    HOLE,
    LABELS,
    MASK,
    PERSON,
    TAG,
    dataset_of,
    put_json,
    put_picture,
    put_text,
    rows_of,
    told,
)


class Form(NamedTuple):
    """One way to keep a data set."""

    name: str
    save: Callable[..., None]
    load: Callable[[Path, Report], Dataset]
    recognises: Callable[[Path], bool]
    by_line: bool


FORMS = [
    Form("set.parquet", save_parquet, load_parquet, looks_like_parquet, False),
    Form("set.json", save_json, load_json, looks_like_json, False),
    Form("set.jsonl", save_json, load_json, looks_like_json, True),
    Form("set.tsv", save_tsv, load_tsv, looks_like_tsv, True),
]

RICH = [
    BOX,
    HOLE,
    MASK,
    *PERSON,
    TAG,
    replace(BOX, label="a\tb\\n\"\n\u2028=cmd|' /C calc'!A0", rotation=1 / 3, z_order=-3, group=2, score=0.25),
    replace(BOX, object=7, tracked=True, keyframe=False, outside=True, attributes={"Цвет": "синий\t"}),
    replace(BOX, object=7, frame=1, tracked=True, frame_attributes={"a": ""}, extra={"x": [1, {"y": None}], "z": 0.1}),
    replace(BOX, points=(math.nan, -0.0, 1e-300, 123456.789012345)),
]


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets say the same, rows and all."""

    def bare(dataset: Dataset) -> list[object]:
        return [
            (dataset.name, dataset.labels, dataset.guide, dict(dataset.extra)),
            *((task.name, task.frames, task.labels, task.subset, task.source, task.guide) for task in dataset.tasks),
            *((part.name, part.kind, part.frames.tolist(), dict(part.extra)) for _, part in dataset.walk()),
        ]

    tables = zip((part.table for _, part in one.walk()), (part.table for _, part in other.walk()), strict=True)
    return bare(one) == bare(other) and all(table.equals(again) for table, again in tables)


def rich_dataset(folder: Path) -> Dataset:
    """Two tasks of the same name, subtasks of several kinds, frames left out, a video and pictures."""
    first = dataset_of(folder, RICH).tasks[0]
    empty = Subtask("job", np.array([0, 2, 3]), Table.empty(), "ground_truth", {"honeypot": [2]})
    video = Video(Blob(folder / "film.mp4"), (48, 64), 90)
    frames = FrameMap(4, 10, 5, frozenset({1}))
    second = Task("zoo", video, frames, (empty, empty), LABELS, "test", "film", "# Гайд", {"bug_tracker": ""})
    files = [Blob(folder / "a.zip", "x/1.jpg"), Blob(folder / "a.zip", "x/2.jpg")]
    related = {1: [Blob(folder / "alpha" / "2.png")]}
    third = Task("zip", Images(files, ["x/1.jpg", "x/2.jpg"], [(3, 4), None], related), FrameMap(2), (), LABELS[:1])
    return Dataset("Зоопарк", (first, second, third), LABELS, "read this", {"version": 1})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
class TestEveryForm:
    def test_loses_nothing(self, form: Form, tmp_path: Path) -> None:
        dataset = rich_dataset(tmp_path)
        form.save(dataset, tmp_path / form.name, Report())
        assert form.recognises(tmp_path / form.name)
        assert sum(each.recognises(tmp_path / form.name) for each in FORMS if each.load != form.load) == 0
        again = form.load(tmp_path / form.name, Report())
        assert same(dataset, again)

    def test_media_are_found_again_after_a_move(self, form: Form, tmp_path: Path) -> None:
        dataset = rich_dataset(tmp_path / "one")
        form.save(dataset, tmp_path / "one" / form.name, Report())
        (tmp_path / "one").rename(tmp_path / "two")
        report = Report()
        first, second, third = form.load(tmp_path / "two" / form.name, report).tasks
        assert first.media.read(1).shape == (30, 40, 3)
        assert isinstance(second.media, Video)
        assert (second.media.known_size, second.media.known_count) == ((48, 64), 90)
        assert third.media.files[1] == Blob(tmp_path / "two" / "a.zip", "x/2.jpg")
        assert third.media.size_of(0) == (3, 4)
        assert third.media.related(1) == (Blob(tmp_path / "two" / "alpha" / "2.png"),)
        assert report.counts("problem") == {"picture-missing": 3}

    def test_a_data_set_without_tasks(self, form: Form, tmp_path: Path) -> None:
        dataset = Dataset("nothing", ())
        form.save(dataset, tmp_path / form.name, Report())
        assert same(dataset, form.load(tmp_path / form.name, Report()))

    def test_writes_over_nothing_unless_asked(self, form: Form, tmp_path: Path) -> None:
        dataset = Dataset("nothing", ())
        form.save(dataset, tmp_path / form.name, Report())
        with pytest.raises(OutputFailed, match="exists already"):
            form.save(dataset, tmp_path / form.name, Report())
        form.save(dataset, tmp_path / form.name, Report(), overwrite=True)

    def test_an_empty_file_is_refused(self, form: Form, tmp_path: Path) -> None:
        put_text(tmp_path / form.name, "")
        with pytest.raises(BadAnnotations, match=re.escape(str(tmp_path / form.name))):
            form.load(tmp_path / form.name, Report())

    def test_a_file_that_lost_its_end_is_told(self, form: Form, tmp_path: Path) -> None:
        form.save(dataset_of(tmp_path, RICH), tmp_path / form.name, Report())
        data = (tmp_path / form.name).read_bytes()
        (tmp_path / form.name).write_bytes(data[:-20])
        report = Report()
        if form.by_line:
            assert len(rows_of(form.load(tmp_path / form.name, report))) == len(RICH) - 1
            assert told(report) == {"bad-row": 1}
        else:
            with pytest.raises(BadAnnotations, match=re.escape(str(tmp_path / form.name))):
                form.load(tmp_path / form.name, report)

    def test_another_programs_file_is_refused(self, form: Form, tmp_path: Path) -> None:
        put_text(tmp_path / form.name, '{"a": 1}\n')
        assert not form.recognises(tmp_path / form.name)
        with pytest.raises(BadAnnotations, match=form.name):
            form.load(tmp_path / form.name, Report())

    def test_a_missing_file_is_told(self, form: Form, tmp_path: Path) -> None:
        assert not form.recognises(tmp_path / form.name)
        with pytest.raises(BadAnnotations, match=form.name):
            form.load(tmp_path / form.name, Report())


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "set.parquet"], ids=lambda form: form.name)
def test_rows_of_a_task_that_is_not_described_are_told(form: Form, tmp_path: Path) -> None:
    path = tmp_path / form.name
    form.save(dataset_of(tmp_path, [BOX, BOX]), path, Report())
    text = path.read_text("utf-8")
    old, new = ('"task":0', '"task":7') if "json" in form.name else ("\nzoo\t", "\nzebra\t")
    path.write_text(text.replace(old, new, 1), "utf-8")
    report = Report()
    assert len(rows_of(form.load(path, report))) == 1
    assert told(report) == {"no-task": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frame", 2**31),
        ("frame", 3.7),
        ("z_order", 1e308),
        ("group", 2**63),
        ("object", 1e300),
        ("runs", [2**63]),
        ("rings", ["x"]),
        ("points", None),
        ("tracked", 1),
        ("attributes", [1]),
        ("label", 5),
    ],
)
def test_only_the_row_with_a_bad_value_is_dropped(name: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    save_json(dataset_of(tmp_path, [BOX, BOX]), path, Report())
    document = json.loads(path.read_bytes())
    document["rows"][0][name] = value
    put_json(path, document)
    report = Report()
    assert len(rows_of(load_json(path, report))) == 1
    assert told(report) == {"bad-row": 1}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("rows", None),
        ("tasks", 5),
        ("labels.0.name", [1]),
        ("labels.0.color", [1]),
        ("labels.0.color", [0, [1], 0]),
        ("labels.0.attributes.0.values", [None]),
        ("labels.0.attributes.0.mutable", 1),
        ("labels.0.extra", "x"),
        ("labels.2.sublabels.0.name", 1e308),
        ("tasks.0.name", 2**31),
        ("tasks.0.subset", {}),
        ("tasks.0.frames", [1e308, 0, 1, []]),
        ("tasks.0.frames", [2**31, 0, 1, []]),
        ("tasks.0.frames", [2, 0, 1.5, []]),
        ("tasks.0.frames", [2, 0, 1, [None]]),
        ("tasks.0.frames", [2, 2**63, 1, []]),
        ("tasks.0.frames", [2, 0]),
        ("tasks.0.subtasks.0.frames", [[0, 2**31]]),
        ("tasks.0.subtasks.0.kind", "star"),
        ("tasks.0.media.names", [None, None]),
        ("tasks.0.media.sizes", ["x", "x"]),
        ("tasks.0.media.files", ["", ""]),
        ("tasks.0.media.related", {"x": []}),
    ],
)
def test_a_damaged_description_is_refused_with_the_place(place: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    save_json(dataset_of(tmp_path, [BOX]), path, Report())
    parts = [int(part) if part.isdecimal() else part for part in place.split(".")]
    document: Any = json.loads(path.read_bytes())
    inner = document
    for part in parts[:-1]:
        inner = inner[part]
    inner[parts[-1]] = value
    path.write_text('{"mattebox":' + json.dumps(document).partition(":")[2])
    with pytest.raises(BadAnnotations, match=re.escape(str(parts[-1]))):
        load_json(path, Report())


def test_a_table_that_is_there_keeps_its_description(tmp_path: Path) -> None:
    put_text(tmp_path / "set.tsv", "somebody's")
    with pytest.raises(OutputFailed, match="exists already"):
        save_tsv(dataset_of(tmp_path, [BOX]), tmp_path / "set.tsv", Report())
    assert not (tmp_path / "set.tsv.json").exists()


@pytest.mark.parametrize("name", ["label", "points", "frame", "task"])
def test_columns_of_another_type_are_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    save_parquet(dataset_of(tmp_path, [BOX]), path, Report())
    table = pq.read_table(path)
    index = table.column_names.index(name)
    pq.write_table(table.set_column(index, name, pa.array([["x"]] if name != "points" else ["x"])), path)
    with pytest.raises(BadAnnotations, match=r"set\.parquet: a column"):
        load_parquet(path, Report())


def test_a_path_longer_than_any_is_a_picture_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    save_json(dataset_of(tmp_path, [BOX]), path, Report())
    document = json.loads(path.read_bytes())
    document["tasks"][0]["media"]["files"][0] = ["x" * 100_000]
    put_json(path, document)
    report = Report()
    load_json(path, report)
    assert report.counts("problem") == {"picture-missing": 1}


def test_pictures_inside_other_files_are_told(tmp_path: Path) -> None:
    data = base64.b64encode(put_picture(tmp_path / "a.png").read_bytes()).decode()
    (tmp_path / "a.png").unlink()
    put_json(tmp_path / "in" / "a.json", {"imagePath": "b.png", "imageData": data, "shapes": []})
    report = Report()
    save_parquet(read_labelme(tmp_path / "in", Report()), tmp_path / "set.parquet", report)
    assert report.counts("problem") == {"picture-inside": 1}


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = put_text(tmp_path / "set.json", '{"mattebox":99,"rows":[]}')
    with pytest.raises(BadAnnotations, match="later Mattebox"):
        load_json(path, Report())


def test_a_table_without_its_description_is_rows(tmp_path: Path) -> None:
    save_tsv(dataset_of(tmp_path, [BOX, replace(BOX, frame=1)]), tmp_path / "set.tsv", Report())
    (tmp_path / "set.tsv.json").unlink()
    dataset = load_tsv(tmp_path / "set.tsv", Report())
    assert [task.name for task in dataset.tasks] == ["zoo"]
    assert dataset.tasks[0].frames == FrameMap(2)
    assert [label.name for label in dataset.labels] == ["cat"]
    assert [row.points for row in rows_of(dataset)] == [BOX.points, BOX.points]


def test_a_table_in_utf_16_with_a_bad_line(tmp_path: Path) -> None:
    lines = [
        "frame\tlabel\tshape\tpoints",
        "0\tкит\tpoints\t[1,2]",
        "0\tкит\tpoints\t[1,",
        "x\tкит",
        "0\tкит\tstar\t[1,2]",
    ]
    path = put_text(tmp_path / "set.tsv", "\r\n".join(lines), "utf-16")
    report = Report()
    assert [row.label for row in rows_of(load_tsv(path, report))] == ["кит"]
    assert told(report) == {"bad-row": 3}


def test_a_cell_nested_too_deeply_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(f"frame\tlabel\tshape\textra\n0\tcat\ttag\t{{}}\n1\tcat\ttag\t{'[' * 200_000}\n")
    report = Report()
    assert len(rows_of(load_tsv(path, report))) == 1
    assert [entry.code for entry in report.entries] == ["bad-row"]
    assert len(report.entries[0].message) < 200


def test_what_is_nested_deeply_is_written_whole(tmp_path: Path) -> None:
    nested: Any = "end"
    for _ in range(400):
        nested = [nested]
    save_json(dataset_of(tmp_path, [replace(BOX, extra={"deep": nested})]), tmp_path / "set.json", Report())
    (row,) = rows_of(load_json(tmp_path / "set.json", Report()))
    assert row.extra == {"deep": nested}


def test_nothing_in_a_table_is_run(tmp_path: Path) -> None:
    path = put_text(tmp_path / "set.tsv", "frame\tlabel\tshape\tpoints\n0\ta\tpoints\t__import__('os').getcwd()\n")
    report = Report()
    assert rows_of(load_tsv(path, report)) == []
    assert told(report) == {"bad-row": 1}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
NUMBER = st.floats(allow_nan=False, width=64)
ROW = st.builds(
    Row,
    label=TEXT,
    frame=st.integers(0, 1),
    shape=st.sampled_from(SHAPES),
    points=st.lists(NUMBER, max_size=6).map(tuple),
    rings=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    object=st.integers(0, 5),
    occluded=st.booleans(),
    rotation=NUMBER,
    score=st.none() | st.floats(0, 1),
    attributes=st.dictionaries(TEXT, TEXT, max_size=2),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@given(rows=st.lists(ROW, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_come_back(form: Form, rows: list[Row], tmp_path: Path) -> None:
    table = Table.from_rows(rows)
    task = Task("t", None, FrameMap(2), (Subtask("s", np.arange(2), table),))
    form.save(Dataset("d", (task,)), tmp_path / form.name, Report(), overwrite=True)
    again = form.load(tmp_path / form.name, Report())
    assert table.equals(again.tasks[0].subtasks[0].table)
