"""`mattebox label scenes` on a real archive."""

from cvat_building import annotations, images_task, key, label, shape, tag, track, write_task
from mattebox.label.cvat import read_backup
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.report import Report
from mattebox.label.storage import load_parquet

LABELS = [label(name) for name in ("cat", "scene-start", "scene-finish")]
NAMES = [f"{index}.png" for index in range(8)]


def archive(path, *tags):
    keys = [key(0, "rectangle", [0, 0, 8, 8]), key(7, "rectangle", [14, 0, 22, 8])]
    job = annotations([shape("cat", 1, "rectangle", [1, 1, 5, 5])], [track("cat", keys)], tags)
    return write_task(path, images_task(NAMES, LABELS, annotated=[job]))


def test_an_archive_is_cut_into_scenes(mattebox, tmp_path):
    source = archive(tmp_path / "in.zip", tag("scene-start", 2), tag("scene-finish", 4))
    said = mattebox("label", "scenes", source, "-o", "out.parquet", "--to", "parquet")
    assert said.code == 0, said.err
    assert "1 scene," in said.err
    assert "in-no-scene" in said.err
    (task,) = load_parquet(tmp_path / "out.parquet", Report()).tasks
    (scene,) = task.subtasks
    assert (scene.kind, scene.frames.tolist()) == ("scene", [2, 3, 4])
    assert [(each.frame, each.points[0]) for each in scene.table.rows()] == [(2, 4), (4, 8)]


def test_an_archive_has_scenes_in_one_job_with_tracks_that_are_cut(mattebox, tmp_path):
    source = archive(tmp_path / "in.zip", tag("scene-start", 0), tag("scene-finish", 2), tag("scene-start", 5))
    said = mattebox("label", "scenes", source, "-o", "out.zip", "--open-end")
    assert said.code == 0, said.err
    assert "2 scenes or jobs of unequal length are written as one job" in said.err
    dataset = interpolate_dataset(read_backup(tmp_path / "out.zip", Report()), Report())
    tracked = dataset.tasks[0].subtasks[0].table
    tracked = tracked.take(tracked.tracked)
    assert tracked.frame.tolist() == [0, 1, 2, 5, 6, 7]
    assert tracked.points.values[::4].tolist() == [0, 2, 4, 10, 12, 14]


def test_marks_that_do_not_fit_are_told_and_a_dry_run_writes_nothing(mattebox, tmp_path):
    source = archive(tmp_path / "in.zip", tag("scene-finish", 1), tag("scene-start", 2))
    said = mattebox("label", "scenes", source, "-o", "out.zip", "--dry-run", "--report", "said.json")
    assert said.code == 0, said.err
    assert "finish-without-start" in said.err
    assert "no-finish" in said.err
    assert not (tmp_path / "out.zip").exists()
    assert mattebox("label", "scenes", source, "-o", "out.zip", "--start", "x", "--finish", "x").code == 2


def test_that_nothing_is_marked_is_told(mattebox, tmp_path):
    said = mattebox("label", "scenes", archive(tmp_path / "in.zip", tag("cat", 1)), "-o", "out.zip")
    assert said.code == 0
    assert "nothing is called 'scene-start' or 'scene-finish'" in said.err
    assert "labels are: cat" in said.err


def test_nothing_is_read_before_options_and_output_are_looked_at(mattebox, tmp_path):
    source = archive(tmp_path / "in.zip", tag("scene-finish", 1))
    (tmp_path / "out.zip").write_bytes(b"mine")
    for words, message, code in (
        (("-o", "out.zip"), "out.zip exists already", 1),
        (("-o", source, "--overwrite"), "is read from there", 2),
        (("-o", "new.zip", "--to", "cvatt"), "did you mean 'cvat'", 2),
        (("-o", "new.zip", "--start", "x", "--finish", "x"), "--start and --finish are both 'x'", 2),
    ):
        said = mattebox("label", "scenes", source, *words)
        assert said.code == code
        assert message in said.err
        assert "finish-without-start" not in said.err
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
