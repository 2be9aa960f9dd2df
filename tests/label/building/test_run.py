import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from label_sets import BLUE, GREEN, RED, SIZE, box, dataset, still, stills, task, video
from mattebox.cancelling import Cancellation, Cancelled
from mattebox.encode import encode
from mattebox.errors import BadAnnotations, OutputFailed
from mattebox.label.building import Choices, Tiling, build_set
from mattebox.label.building import run as running
from mattebox.label.building.folder import SetFolder
from mattebox.label.formats.matting_write import Matting
from mattebox.label.formats.yolo_write import Yolo
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.picture import open_picture


def build(data, path: Path, report: Report | None = None, **asked) -> Report:
    report = report or Report()
    options = {name: asked.pop(name) for name in ("overwrite", "dry_run", "progress") if name in asked}
    build_set(data, path, Yolo(), Choices(**asked), report, **options)
    return report


def files(path: Path) -> dict[str, bytes]:
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()}


@pytest.fixture
def pets(tmp_path: Path):
    rows = [box("cat", 0, 1, 1, 9, 9), box("dog", 2, 4, 4, 20, 30)]
    return dataset(task(stills(tmp_path / "stills"), rows))


def test_stills_are_copied_byte_for_byte(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    for number in range(3):
        copied = tmp_path / f"set/images/train/park_00000{number}.jpg"
        assert copied.read_bytes() == (tmp_path / f"stills/{number}.jpg").read_bytes()


def test_stills_in_an_archive_are_copied_byte_for_byte_too(tmp_path: Path):
    import zipfile

    data = still(BLUE, form="PNG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data/один.png", data)
    media = Images([Blob(tmp_path / "a.zip", "data/один.png")])
    build(dataset(task(media, [])), tmp_path / "set", images="link")
    assert (tmp_path / "set/images/train/park_000000.png").read_bytes() == data


def test_links_share_the_bytes_of_stills(tmp_path: Path, pets):
    build(pets, tmp_path / "set", images="link")
    assert (tmp_path / "set/images/train/park_000001.jpg").samefile(tmp_path / "stills/1.jpg")


def test_links_become_copies_where_there_can_be_none(tmp_path: Path, pets, monkeypatch):
    def refuse(_, target):
        raise OSError(f"no links to {target} here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    build(pets, tmp_path / "set", images="link")
    assert (tmp_path / "set/images/train/park_000001.jpg").read_bytes() == (tmp_path / "stills/1.jpg").read_bytes()


def test_a_turned_still_matches_its_upright_boxes(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(still(RED, orientation=8))
    data = dataset(task(Images([Blob(tmp_path / "a.jpg")]), [box("cat", 0, 0, 32, 24, 64)]))
    report = build(data, tmp_path / "set", images="link")
    with Image.open(tmp_path / "set/images/train/park_000000.jpg") as image:
        plain = np.array(image)  # as a program sees it that does not heed EXIF
    heeding = open_picture(tmp_path / "set/images/train/park_000000.jpg").rgb
    assert plain.shape == heeding.shape == (64, 48, 3)
    assert plain[34:62, 2:22].min() > 240  # the box is around the white corner
    assert report.counts("note") == {"saved-anew": 1}
    assert (tmp_path / "set/labels/train/park_000000.txt").read_text() == "0 0.250000 0.750000 0.500000 0.500000\n"


def test_frames_of_a_video_keep_their_colours_and_their_numbers(tmp_path: Path):
    data = dataset(task(video(tmp_path / "a.mkv", [RED, GREEN, BLUE]), [box("cat", 2, 1, 1, 9, 9)]))
    build(data, tmp_path / "set")
    for frame, color in enumerate((RED, GREEN, BLUE)):
        rgb = np.array(Image.open(tmp_path / f"set/images/train/park_00000{frame}.jpg"))
        assert np.abs(rgb.astype(int) - color).max() <= 6


def test_a_frame_without_rows_has_an_empty_label_file(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    assert (tmp_path / "set/labels/train/park_000001.txt").read_bytes() == b""


def test_the_set_says_what_it_is_and_where_its_samples_come_from(tmp_path: Path, pets):
    build(pets, tmp_path / "set", tiling=Tiling((48, 32), overlap=0))
    manifest = json.loads((tmp_path / "set/mattebox.json").read_text())
    assert manifest["finished"]
    assert manifest["samples"] == 6
    assert manifest["asked"]["tiling"]["tile"] == [48, 32]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "set/samples.csv").read_text())))
    assert rows[3] == {
        "name": "park_000001_t0-32",
        "subset": "train",
        "task": "park",
        "frame": "1",
        "true_frame": "1",
        "source": "1.jpg",
        "scale": "1",
        "left": "32",
        "top": "0",
        "width": "32",
        "height": "48",
    }


def test_nothing_in_a_set_holds_the_path_where_it_was_made(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    for name, data in files(tmp_path / "set").items():
        assert str(tmp_path).encode() not in data, name


def test_a_bad_picture_is_left_out_and_told_and_the_rest_is_made(tmp_path: Path):
    media = stills(tmp_path / "stills")
    (tmp_path / "stills/1.jpg").write_bytes(still()[:-300])
    sized = Images(media.files, sizes=[SIZE] * 3)
    report = build(dataset(task(sized, [box("cat", 1, 1, 1, 9, 9)])), tmp_path / "set")
    assert sorted(files(tmp_path / "set/labels")) == ["train/park_000000.txt", "train/park_000002.txt"]
    assert report.counts("dropped") == {"bad-picture": 1}
    [entry] = [entry for entry in report.entries if entry.code == "bad-picture"]
    assert (entry.task, entry.frame) == ("park", 1)
    assert "1.jpg" in entry.message
    assert report.results["samples in train"] == 2


def test_a_stopped_run_goes_on_and_gives_the_same(tmp_path: Path):
    data = dataset(task(video(tmp_path / "a.mkv", [RED, GREEN, BLUE, RED]), [box("cat", 3, 1, 1, 9, 9)]))
    build(data, tmp_path / "whole")
    with Cancellation() as cancellation, pytest.raises(Cancelled):
        build(data, tmp_path / "set", progress=lambda done, _: cancellation.cancel() if done == 2 else None)
    begun = files(tmp_path / "set")
    assert not json.loads(begun["mattebox.json"])["finished"]
    stamps = {name: (tmp_path / "set" / name).stat().st_mtime_ns for name in begun if name.startswith("images")}
    build(data, tmp_path / "set")
    assert files(tmp_path / "set") == files(tmp_path / "whole")
    assert all((tmp_path / "set" / name).stat().st_mtime_ns == stamp for name, stamp in stamps.items())


def test_what_is_finished_is_not_opened_again(tmp_path: Path, pets, monkeypatch):
    build(pets, tmp_path / "set")
    before = files(tmp_path / "set")
    monkeypatch.setattr(running, "take", lambda _: pytest.fail("a picture was opened"))
    report = build(pets, tmp_path / "set")
    assert files(tmp_path / "set") == before
    assert report.results["samples in train"] == 3


def test_a_half_written_sample_is_made_again(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    whole = files(tmp_path / "set")
    (tmp_path / "set/labels/train/park_000002.txt").unlink()
    (tmp_path / "set/images/train/park_000002.jpg").write_bytes(b"half")
    build(pets, tmp_path / "set")
    assert files(tmp_path / "set") == whole


@pytest.mark.parametrize(
    ("changed", "told"), [({"quality": 80}, "quality=95, and 80 is asked"), ({"seed": 2}, "seed=0, and 2")]
)
def test_other_settings_are_an_error_that_names_them(tmp_path: Path, pets, changed, told):
    build(pets, tmp_path / "set")
    before = files(tmp_path / "set")
    with pytest.raises(OutputFailed, match=told):
        build(pets, tmp_path / "set", **changed)
    assert files(tmp_path / "set") == before


def test_other_annotations_are_an_error_too(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    other = dataset(task(pets.tasks[0].media, [box("cat", 0, 1, 1, 9, 10)]))
    with pytest.raises(OutputFailed, match="other annotations"):
        build(other, tmp_path / "set")


def test_a_set_that_is_overwritten_keeps_nothing_of_the_old_one_and_all_that_is_not_its_own(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    (tmp_path / "set/notes.txt").write_text("mine")
    build(pets, tmp_path / "set", overwrite=True, negatives=0)
    left = files(tmp_path / "set")
    assert left["notes.txt"] == b"mine"
    assert sorted(name for name in left if name.startswith("labels")) == [
        "labels/train/park_000000.txt",
        "labels/train/park_000002.txt",
    ]
    assert len([name for name in left if name.startswith("images")]) == 2


def test_what_is_overwritten_is_made_anew_even_if_nothing_changed(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    (tmp_path / "set/labels/train/park_000000.txt").write_text("spoilt")
    (tmp_path / "set/images/train/stray.jpg").write_bytes(b"")
    build(pets, tmp_path / "set", overwrite=True)
    assert (tmp_path / "set/labels/train/park_000000.txt").read_text().startswith("0 ")
    assert not (tmp_path / "set/images/train/stray.jpg").exists()


def test_what_was_cut_short_is_cleared_away(tmp_path: Path, pets):
    (tmp_path / "set").mkdir()
    build(pets, tmp_path / "set")
    (tmp_path / "set/images/train/park_000000.jpg.77.part").write_bytes(b"half")
    build(pets, tmp_path / "set")
    assert not list((tmp_path / "set").rglob("*.part"))


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, pets, overwrite):
    (tmp_path / "set/images").mkdir(parents=True)
    (tmp_path / "set/images/mine.jpg").write_bytes(b"mine")
    with pytest.raises(OutputFailed, match="holds no training set"):
        build(pets, tmp_path / "set", overwrite=overwrite)
    assert files(tmp_path / "set") == {"images/mine.jpg": b"mine"}


def test_a_manifest_that_lies_removes_nothing_outside_of_the_set(tmp_path: Path, pets):
    (tmp_path / "precious").mkdir()
    build(pets, tmp_path / "set")
    manifest = json.loads((tmp_path / "set/mattebox.json").read_text())
    parts = ["../precious", str(tmp_path / "precious"), "..", ".", ""]
    (tmp_path / "set/mattebox.json").write_text(json.dumps({**manifest, "parts": parts, "digest": "0"}))
    build(pets, tmp_path / "set", overwrite=True)
    assert (tmp_path / "precious").is_dir()
    assert (tmp_path / "set/mattebox.json").is_file()


def test_a_dry_run_writes_nothing_and_tells_what_would_be_made(tmp_path: Path, pets):
    report = build(pets, tmp_path / "set", dry_run=True)
    assert not (tmp_path / "set").exists()
    assert report.results == {"samples in train": 3, "rows": 2}


def test_a_disk_that_is_full_is_told_and_leaves_no_half_file(tmp_path: Path, pets, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputFailed, match="No space left"):
        build(pets, tmp_path / "set")
    assert not [name for name in files(tmp_path / "set") if name.endswith(".part")]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, pets):
    (tmp_path / "set").write_text("a file")
    with pytest.raises(OutputFailed, match="set is a file, and a training set needs a folder"):
        build(pets, tmp_path / "set")


def test_labels_alone_need_no_picture_once_sizes_are_known(tmp_path: Path):
    media = Images([Blob(tmp_path / "gone.jpg")], sizes=[SIZE])
    build(dataset(task(media, [box("cat", 0, 0, 0, 32, 24)])), tmp_path / "set", images="none")
    assert sorted(files(tmp_path / "set")) == [
        "data.yaml",
        "labels/train/park_000000.txt",
        "mattebox.json",
        "samples.csv",
    ]


def test_a_set_without_samples_is_an_error(tmp_path: Path):
    with pytest.raises(BadAnnotations, match=r"^pets: nothing to make samples of"):
        build(dataset(task(None, [])), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_progress_counts_samples(tmp_path: Path, pets):
    seen = []
    build(pets, tmp_path / "set", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_what_is_there_already_is_told(tmp_path: Path, pets):
    assert "samples that were there already" not in build(pets, tmp_path / "set").results
    (tmp_path / "set/labels/train/park_000001.txt").unlink()
    assert build(pets, tmp_path / "set").results["samples that were there already"] == 2
    assert build(pets, tmp_path / "set").results["samples that were there already"] == 3


def test_a_picture_is_not_linked_to_itself(tmp_path: Path):
    media = stills(tmp_path / "set/images")
    folder = SetFolder(tmp_path / "set")
    assert folder.link("images/0.jpg", media.files[0])
    assert open_picture(tmp_path / "set/images/0.jpg").size == SIZE


def test_a_set_can_be_moved(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    shutil.move(tmp_path / "set", tmp_path / "moved")
    build(pets, tmp_path / "moved")
    assert len(files(tmp_path / "moved/images")) == 3


def test_files_of_the_whole_set_go_with_the_set_that_is_overwritten(tmp_path: Path, pets):
    build(pets, tmp_path / "set")
    (tmp_path / "set/preview.jpg").write_bytes(still())
    assert {"data.yaml", "preview.jpg"} <= set(files(tmp_path / "set"))
    build(pets, tmp_path / "set")  # nothing is left to do, and the sheet is still one of its files
    (tmp_path / "set/notes.txt").write_text("mine")
    build_set(pets, tmp_path / "set", Matting(), Choices(), Report(), overwrite=True)
    left = {name for name in files(tmp_path / "set") if "/" not in name}
    assert left == {"mattebox.json", "samples.csv", "notes.txt"}


def test_another_alpha_beside_a_still_makes_another_set(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(still(RED))
    alpha = tmp_path / "alpha/a.png"
    alpha.parent.mkdir()
    alpha.write_bytes(encode(np.full(SIZE, 7, np.uint8), "png"))
    media = Images([Blob(tmp_path / "a.jpg")], related={0: [Blob(alpha)]})
    build_set(dataset(task(media, [])), tmp_path / "set", Matting(), Choices(), Report())
    alpha.write_bytes(encode(np.eye(*SIZE, dtype=np.uint8), "png"))
    with pytest.raises(OutputFailed, match="other annotations or pictures"):
        build_set(dataset(task(media, [])), tmp_path / "set", Matting(), Choices(), Report())


def test_a_ring_without_corners_is_told_and_stops_nothing(tmp_path: Path):
    corners = (1, 1, 9, 1, 9, 9, 1, 9)
    bad = Row(label="cat", frame=0, shape="polygon", points=corners, rings=(4, 0))
    good = Row(label="cat", frame=0, shape="polygon", points=corners)
    report = Report()
    build_set(
        dataset(task(stills(tmp_path / "stills"), [bad, good])), tmp_path / "set", Yolo("segment"), Choices(), report
    )
    assert report.counts("dropped") == {"too-few-points": 1}
    assert report.results["rows"] == 1
