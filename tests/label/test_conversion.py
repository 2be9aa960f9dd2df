import inspect
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cvat_building import annotations, images_task, rich_video_task, shape, write_task
from mattebox.errors import BadAnnotations, BadParameter, OutputFailed
from mattebox.label import formats
from mattebox.label.conversion import PICTURES, convert, read_each
from mattebox.label.formats import FORMATS, read, write
from mattebox.label.frames import FrameMap
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.report import Report
from sets_building import BOX, dataset_of

WRITTEN = [name for name, form in FORMATS.items() if form.writes]


def rows(dataset) -> int:
    return sum(len(subtask.table) for _, subtask in dataset.walk())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_task(tmp_path / "film.zip", rich_video_task(tmp_path))


def test_tracks_are_kept_as_keys_where_the_form_holds_them_and_filled_where_not(tmp_path, archive):
    keys = read(archive, report=Report())
    kept = convert([archive], tmp_path / "kept.parquet", Report(), to="parquet")
    filled = convert([archive], tmp_path / "coco", Report(), to="coco")
    asked = convert([archive], tmp_path / "filled.parquet", Report(), to="parquet", times="frames")
    assert rows(kept) == rows(keys) == rows(read(tmp_path / "kept.parquet", report=Report()))
    assert rows(filled) == rows(asked) > rows(keys)


def test_keys_that_are_not_needed_go_on_request(tmp_path, archive):
    convert([archive], tmp_path / "filled.parquet", Report(), to="parquet", times="frames")
    reduced = convert(
        [tmp_path / "filled.parquet"], tmp_path / "keys.parquet", Report(), to="parquet", times="keyframes"
    )
    assert rows(reduced) < rows(read(tmp_path / "filled.parquet", report=Report()))


def test_several_sources_become_one_data_set_and_a_bad_one_is_told(tmp_path, archive):
    (tmp_path / "empty.zip").write_bytes(b"")
    shutil.copy(archive, tmp_path / "again.zip")
    report = Report()
    sources = [archive, tmp_path / "empty.zip", tmp_path / "again.zip"]
    merged = convert(sources, tmp_path / "a.json", report, to="json")
    assert [task.name for task in merged.tasks] == ["clip (film)", "clip (again)"]
    assert merged.name == "film + again"
    assert report.counts("dropped")["bad-source"] == 1


def test_a_source_that_is_given_twice_is_taken_once_and_told(tmp_path, archive):
    (tmp_path / "link.zip").symlink_to(archive)
    sources = [archive, archive, tmp_path / "link.zip"]
    merged = convert(sources, tmp_path / "a.json", report := Report(), to="json")
    assert len(merged.tasks) == 1
    assert report.counts("problem")["same-source"] == 2


def test_what_is_told_while_several_sources_are_read_names_the_file(tmp_path):
    for name in ("north", "south"):
        shapes = [shape("cat", 0, "rectangle", [1, 1, float("nan"), 9])]
        write_task(tmp_path / f"{name}.zip", images_task(name="park", annotated=[annotations(shapes)]))
    read_each([tmp_path / "north.zip", tmp_path / "south.zip"], report := Report())
    told = [(entry.dataset, entry.task) for entry in report.entries if entry.severity == "dropped"]
    assert told == [("north", "park"), ("south", "park")]


@pytest.mark.parametrize("to", WRITTEN)
@pytest.mark.parametrize("linked", [False, True])
def test_no_form_is_written_over_what_it_is_made_of(tmp_path, to, linked):
    data = dataset_of(tmp_path, [BOX])
    write(data, tmp_path / "set", format="yolo-detect", report=Report())
    before = {each: each.read_bytes() for each in (tmp_path / "set").rglob("*") if each.is_file()}
    out = tmp_path / "set"
    if linked:
        out = tmp_path / "link"
        out.symlink_to(tmp_path / "set")
    with pytest.raises(OutputFailed, match="lies there and is read"):
        convert([tmp_path / "set"], out, Report(), to=to, overwrite=True)
    assert {each: each.read_bytes() for each in (tmp_path / "set").rglob("*") if each.is_file()} == before


@pytest.mark.parametrize("to", ["coco", "voc", "labelme"])
def test_nor_over_the_pictures_of_what_it_is_made_of(tmp_path, to):
    write(dataset_of(tmp_path, [BOX]), tmp_path / "rows.json", format="json", report=Report())
    with pytest.raises(OutputFailed, match="lies there and is read"):
        convert([tmp_path / "rows.json"], tmp_path / "pictures", Report(), to=to, overwrite=True)
    assert len(list((tmp_path / "pictures").iterdir())) == 2


@pytest.mark.parametrize("to", ["json", "coco", "masks"])
def test_what_is_in_the_way_is_told_before_anything_is_read(tmp_path, to):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputFailed, match="out"):
        convert([tmp_path / "missing.zip"], tmp_path / "out", Report(), to=to)


@pytest.mark.parametrize("to", ["cvat", "cvat-xml"])
def test_forms_that_have_keys_only_get_every_frame_as_a_key_on_request(tmp_path, archive, to):
    out = tmp_path / {"cvat": "out.zip", "cvat-xml": "out.xml"}[to]
    every = interpolate_dataset(read(archive, report=Report()), Report())
    convert([archive], out, Report(), to=to, times="frames")
    [(_, subtask)] = read(out, report=Report()).walk()
    seen = subtask.table.take(subtask.table.tracked & ~subtask.table.outside)
    [(_, wanted)] = every.walk()
    assert seen.keyframe.all()
    assert len(seen) == int((wanted.table.tracked & ~wanted.table.outside).sum()) > rows(read(archive)) / 2
    [(_, again)] = interpolate_dataset(read(out), Report()).walk()
    assert len(again.table) == len(wanted.table)


@pytest.mark.parametrize("to", [name for name in WRITTEN if name in PICTURES and name not in {"cvat", "mot"}])
def test_rows_on_frames_that_are_not_there_or_were_deleted_are_told(tmp_path, to):
    lost, gone = replace(BOX, frame=99), replace(BOX, frame=1)
    data = dataset_of(tmp_path, [BOX, lost, gone, gone], frames=3)
    [task] = data.tasks
    data = data.replace(tasks=(task.replace(frames=FrameMap(3, deleted=frozenset({1}))),))
    write(data, tmp_path / "out", format=to, report=(report := Report()))
    assert report.counts("dropped")["no-frame"] == 1
    assert report.counts("note")["deleted-frame"] == 2


def test_no_source_that_can_be_used_is_an_error(tmp_path):
    (tmp_path / "empty.zip").write_bytes(b"")
    with pytest.raises(BadAnnotations, match=r"empty\.zip"):
        read_each([tmp_path / "empty.zip"], Report())


def test_a_dry_run_writes_nothing(tmp_path, archive):
    report, done = Report(), Report()
    convert([archive], tmp_path / "out", report, to="coco", dry_run=True)
    assert not (tmp_path / "out").exists()
    assert any("to be written to" in what for what in report.results)
    convert([archive], tmp_path / "out", done, to="coco")
    assert report.counts("dropped") == done.counts("dropped")


@pytest.mark.parametrize("to", ["cco", "yandex"])
def test_a_form_that_is_not_written_is_told_before_anything_is_read(tmp_path, to):
    with pytest.raises(BadParameter, match="form to write"):
        convert([tmp_path / "missing.zip"], tmp_path / "out", Report(), to=to)


def test_what_becomes_of_pictures_is_no_choice_where_there_are_none(tmp_path):
    with pytest.raises(BadParameter, match="tsv has no pictures"):
        convert([tmp_path / "missing.zip"], tmp_path / "out", Report(), to="tsv", images="copy")


@pytest.mark.parametrize("to", WRITTEN)
def test_every_form_is_given_options_that_it_has(to, monkeypatch, tmp_path, archive):
    called = []

    def write(dataset, path, *, report, **options):
        function = formats._function(FORMATS[options.pop("format")].writes)
        inspect.signature(function).bind(dataset, path, report, **options)
        called.append(options)

    monkeypatch.setattr("mattebox.label.conversion.write", write)
    images = "copy" if to in PICTURES else None
    convert([archive], tmp_path / "out", Report(), to=to, images=images, progress=lambda *_: None)
    assert called
