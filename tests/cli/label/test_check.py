"""`mattebox label check` on real archives."""

import csv
import json

from cvat_building import annotations, images_task, key, rich_task, shape, tag, track, write_task
from mattebox.label.cvat import read_backup
from mattebox.label.report import Report

BAD = annotations(
    [
        shape("cat", 0, "rectangle", [1.0, 1.0, 9.0, 9.0]),
        shape("cat", 0, "rectangle", [1.0, 1.0, 9.0, 9.0]),
        shape("cat", 1, "polygon", [1.0, 1.0, 9.0, 9.0, 5.0, 5.0]),
        shape("dog", 2, "rectangle", [30.0, 1.0, 40.0, 9.0]),
        shape("dog", 2, "rectangle", [1.0, 1.0, 5.0, 9.0], group=3),
    ],
    [track("cat", [key(0, "rectangle", [1, 1, 5, 5], outside=True)])],
)


def bad_archive(path):
    return write_task(path, images_task(annotated=[BAD]))


def rows_of(path):
    report = Report()
    (task,) = read_backup(path, report).tasks
    return list(task.subtasks[0].table.rows())


def test_findings_are_told_and_fail_the_command(mattebox, tmp_path):
    archive = bad_archive(tmp_path / "bad.zip")
    said = mattebox("label", "check", archive, "--report", "found.json")
    assert said.code == 1
    assert "problem: 1 duplicate" in said.err
    assert "park" in said.err
    found = json.loads((tmp_path / "found.json").read_text())["entries"]
    assert {(entry["code"], entry["severity"], entry["frame"]) for entry in found} >= {
        ("duplicate", "problem", 0),
        ("empty", "problem", 1),
        ("across-border", "note", 2),
        ("lonely-group", "note", 2),
        ("unseen-track", "note", 0),
    }
    assert all(entry["row"] is not None for entry in found if entry["code"] == "duplicate")


def test_a_sound_archive_gives_0_and_notes_fail_on_request(mattebox, tmp_path):
    sound = annotations([shape("cat", 0, "rectangle", [1.0, 1.0, 9.0, 9.0], group=2)], tags=[tag("dog", 1)])
    archive = write_task(tmp_path / "sound.zip", images_task(annotated=[sound]))
    assert mattebox("label", "check", archive, "--media").code == 0
    assert mattebox("label", "check", archive, "--fail-on", "note").code == 1
    assert mattebox("label", "check", archive, "--fail-on", "note", "--skip", "lonely-group").code == 0
    bad = bad_archive(tmp_path / "bad.zip")
    assert mattebox("label", "check", bad, "--fail-on", "never").code == 0
    assert mattebox("label", "check", bad, "--only", "not-finite,bad-runs").code == 0


def test_a_repair_writes_what_is_mended_and_says_what_went(mattebox, tmp_path):
    archive = bad_archive(tmp_path / "bad.zip")
    before = archive.read_bytes()
    said = mattebox("label", "check", archive, "--repair", "-o", "good.zip", "--report", "said.csv")
    assert said.code == 0, said.err
    assert "dropped: 1 duplicate" in said.err
    assert [(each.label, each.points, each.group) for each in rows_of(tmp_path / "good.zip")] == [
        ("cat", (1, 1, 9, 9), 0),
        ("dog", (30, 1, 32, 9), 0),
        ("dog", (1, 1, 5, 9), 3),
        ("cat", (1, 1, 5, 5), 0),
    ]
    assert archive.read_bytes() == before
    with (tmp_path / "said.csv").open(newline="") as file:
        told = [(line["severity"], line["code"]) for line in csv.DictReader(file)]
    assert told == [
        ("dropped", "empty"),
        ("note", "across-border"),
        ("dropped", "duplicate"),
        ("note", "unseen-track"),
        ("note", "lonely-group"),
    ]


def test_a_dry_run_writes_nothing_and_nothing_is_replaced_unasked(mattebox, tmp_path):
    archive = bad_archive(tmp_path / "bad.zip")
    said = mattebox("label", "check", archive, "--repair", "-o", "good.zip", "--dry-run")
    assert said.code == 0
    assert "dropped: 1 duplicate" in said.err
    assert not (tmp_path / "good.zip").exists()
    (tmp_path / "good.zip").write_bytes(b"mine")
    refused = mattebox("label", "check", archive, "--repair", "-o", "good.zip")
    assert refused.code == 1
    assert "good.zip" in refused.err
    assert (tmp_path / "good.zip").read_bytes() == b"mine"
    assert mattebox("label", "check", archive, "--repair", "-o", "good.zip", "--overwrite").code == 0
    assert len(rows_of(tmp_path / "good.zip")) == 4


def test_several_archives_are_mended_into_a_folder_and_a_damaged_one_stops_none(mattebox, tmp_path):
    paths = [bad_archive(tmp_path / "a.zip"), tmp_path / "b.zip", bad_archive(tmp_path / "c.zip")]
    paths[1].write_bytes(paths[0].read_bytes()[:200])
    said = mattebox("label", "check", *paths, "--repair", "-o", "out")
    assert said.code == 1
    assert "b.zip" in said.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.zip", "c.zip"]


def test_a_rich_archive_is_read_and_checked_in_another_form(mattebox, tmp_path):
    archive = write_task(tmp_path / "rich.zip", rich_task())
    said = mattebox(
        "label", "check", archive, "--repair", "-o", "rich.parquet", "--to", "parquet", "--fail-on", "never"
    )
    assert said.code == 0, said.err
    again = mattebox("label", "check", "rich.parquet", "--report", "again.json", "--fail-on", "never")
    assert again.code == 0, again.err
    left = {entry["code"] for entry in json.loads((tmp_path / "again.json").read_text())["entries"]}
    assert not left & {"across-border", "duplicate", "empty", "beyond-picture"}
    assert {"lonely-group", "deleted-frame"} <= left


def test_labels_are_looked_up_in_a_table(mattebox, tmp_path):
    (tmp_path / "labels.csv").write_text("Number;Class;CVAT label\n1.;vehicle;cat\n")
    (tmp_path / "classes.csv").write_text("No.;Superclass;Classes\n1;vehicles;vehicle\n")
    archive = write_task(
        tmp_path / "a.zip", images_task(annotated=[annotations([shape("dog", 0, "rectangle", [1, 1, 9, 9])])])
    )
    words = ("--taxonomy", "labels.csv", "--taxonomy", "classes.csv", "--only", "unlisted-label")
    said = mattebox("label", "check", archive, *words)
    assert said.code == 1
    assert "'dog' is not in the label table" in said.err


def test_what_reading_dropped_fails_a_check_and_no_repair(mattebox, tmp_path):
    torn = annotations([shape("cat", 0, "rectangle", [1.0, 1.0, 9.0, float("nan")])])
    archive = write_task(tmp_path / "torn.zip", images_task(annotated=[torn]))
    assert mattebox("label", "check", archive).code == 1
    said = mattebox("label", "check", archive, "--repair", "-o", "good.zip")
    assert said.code == 0
    assert "dropped: 1" in said.err
    assert mattebox("label", "check", "good.zip").code == 0


def test_findings_in_several_archives_name_the_file(mattebox, tmp_path):
    paths = [bad_archive(tmp_path / name) for name in ("a.zip", "b.zip")]
    mattebox("label", "check", *paths, "--report", "found.json")
    found = json.loads((tmp_path / "found.json").read_text())["entries"]
    assert {entry["dataset"] for entry in found} == {"a.zip", "b.zip"}


def test_several_archives_get_the_ending_of_another_form(mattebox, tmp_path):
    paths = [bad_archive(tmp_path / name) for name in ("a.zip", "b.zip")]
    assert mattebox("label", "check", *paths, "--repair", "-o", "out", "--to", "parquet").code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.parquet", "b.parquet"]


def test_nothing_is_read_before_options_and_output_are_looked_at(mattebox, tmp_path):
    (tmp_path / "good.zip").write_bytes(b"mine")
    archive = bad_archive(tmp_path / "bad.zip")
    for words, code in (
        (("--only", "dupes"), 2),
        (("--repair", "-o", "good.zip"), 1),
        (("--repair", "-o", "x", "--to", "cvatt"), 2),
    ):
        said = mattebox("label", "check", archive, *words)
        assert said.code == code
        assert "is there twice" not in said.err


def test_the_checks_are_listed(mattebox):
    from mattebox.label.checks import CHECKS

    said = mattebox("label", "check", "--list")
    assert said.code == 0
    assert all(name in said.out.decode() for name in CHECKS)


def test_wrong_use_is_told(mattebox, tmp_path):
    archive = bad_archive(tmp_path / "bad.zip")
    for words, message in (
        ((archive, "--only", "dupes"), "no check 'dupes'"),
        ((archive, "--to", "parquet"), "--to is about what --repair writes"),
        ((archive, "-o", "good.zip"), "--out is about what --repair writes"),
        ((archive, "--repair"), "say with --out where"),
        ((archive, "--repair", "-o", archive, "--overwrite"), "is read from there"),
        ((archive, "--repair", "-o", tmp_path, "--to", "masks"), "is read from there"),
        ((archive, "--repair", "-o", "good.zip", "--to", "cvatt"), "did you mean 'cvat'"),
        ((archive, archive.parent / "sub" / "bad.zip", "--repair", "-o", "out"), "would both be written to"),
        ((archive, "--report", "found.txt"), ".json or .csv"),
        (("--quiet",), "at least one archive"),
    ):
        said = mattebox("label", "check", *words)
        assert said.code == 2, said.err
        assert message in said.err
