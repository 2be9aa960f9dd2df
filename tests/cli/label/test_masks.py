import json

import numpy as np
import pytest

from cvat_building import annotations, images_task, key, shape, track, write_task
from mattebox.encode import write_file
from mattebox.label.formats import read
from mattebox.label.masks.pictures import IndexPicture, read_index_picture
from mattebox.label.report import Report


@pytest.fixture
def archive(tmp_path):
    """A task with a large and a small square on its first frame, and a track that shrinks."""
    shapes = [shape("cat", 0, "rectangle", [2, 2, 12, 12]), shape("dog", 0, "rectangle", [14, 2, 16, 4])]
    tracks = [track("cat", [key(0, "rectangle", [2, 14, 10, 22]), key(2, "rectangle", [2, 14, 6, 18])])]
    return write_task(tmp_path / "task.zip", images_task(annotated=[annotations(shapes=shapes, tracks=tracks)]))


def rows_of(path):
    report = Report()
    dataset = read(path, report=report)
    (table,) = (subtask.table for _, subtask in dataset.walk())
    return table


def test_an_archive_is_filtered_into_another(mattebox, archive, tmp_path):
    said = mattebox("label", "masks", archive, "-o", "out.zip", "--filter", "area>=30", "--report", "told.json")
    assert said.code == 0
    assert "dropped: 3 area" in said.err
    assert "rectangle of dog: 4 pixels, and at least 30 are asked for" in said.err
    before, after = rows_of(archive), rows_of(tmp_path / "out.zip")
    loose = after.take(~after.tracked)
    assert loose.label.lists() == ["cat"]
    assert loose.points[0].tolist() == before.points[0].tolist()
    tracked = after.take(after.tracked)
    assert tracked.outside.tolist() == [False, False, True]
    entries = json.loads((tmp_path / "told.json").read_text())["entries"]
    assert {(entry["code"], entry["frame"]) for entry in entries if entry["severity"] == "dropped"} == {
        ("area", 0),
        ("area", 2),
        ("area", 3),
    }


def test_a_dry_run_tells_and_writes_nothing(mattebox, archive, tmp_path):
    said = mattebox("label", "masks", archive, "-o", "out.zip", "-f", "area>=30", "--dry-run")
    assert said.code == 0
    assert "dropped: 3 area" in said.err
    assert not (tmp_path / "out.zip").exists()


def test_another_form_has_rows_frame_by_frame(mattebox, archive, tmp_path):
    assert mattebox("label", "masks", archive, "-o", "out.json", "-f", "area>=30", "--to", "coco").code == 0
    assert len(read(tmp_path / "out.json", report=Report()).tasks) >= 1


def test_a_folder_of_mask_pictures(mattebox, tmp_path):
    values = np.array([[1, 1, 0, 2], [1, 1, 0, 0]], np.uint8)
    write_file(tmp_path / "masks" / "a.png", IndexPicture(values).encoded())
    said = mattebox("label", "masks", "masks", "-o", "out", "--filter", "area>=2")
    assert said.code == 0
    assert "1 mask pictures" in said.err
    after = read_index_picture((tmp_path / "out" / "a.png").read_bytes(), "a.png")
    assert after.values.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]
    said = mattebox("label", "masks", "masks", "-o", "soft", "--filter", "largest", "--soft", "--from", "pictures")
    assert said.code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("task.zip", "-o", "out.zip", "-f", "melt"), "no filter 'melt'"),
        (("task.zip", "-o", "task.zip", "-f", "split"), "is read from there"),
        (("task.zip", "-o", "out.zip", "-f", "split", "--to", "yandex"), "no form to write 'yandex'"),
        (("task.zip", "-o", "out.zip", "-f", "split", "--soft"), "folders of mask pictures"),
        (("task.zip", "-o", "out.zip", "-f", "split", "--from", "pictures", "--to", "coco"), "leave out --to"),
        (("gone.zip", "-o", "out.zip", "-f", "split"), "no such file"),
        (("task.zip", "-o", "task2.zip", "-f", "split", "--report", "told.txt"), "told.txt"),
    ],
)
def test_what_makes_no_sense_is_one_line(mattebox, archive, words, message):
    said = mattebox("label", "masks", *words)
    assert said.code in {1, 2}
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_result_that_is_there_is_not_replaced_unless_asked(mattebox, archive, tmp_path):
    (tmp_path / "out.zip").write_bytes(b"mine")
    assert mattebox("label", "masks", archive, "-o", "out.zip", "-f", "split").code != 0
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
    assert mattebox("label", "masks", archive, "-o", "out.zip", "-f", "split", "--overwrite").code == 0
