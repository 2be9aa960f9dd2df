from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.balance import oversample, remove_copies
from mattebox.label.report import Report


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures of a YOLO folder, of which the first has labels."""
    folder = tmp_path / "images" / "train"
    labels = tmp_path / "labels" / "train"
    for each in (folder, labels):
        each.mkdir(parents=True)
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(name.encode())
    (labels / "a.txt").write_text("0 0.5 0.5 1 1\n")
    return folder


def files(pictures: Path) -> set[str]:
    return {each.name for root in (pictures, pictures.parents[1] / "labels" / "train") for each in root.iterdir()}


BEFORE = {"a.jpg", "b.jpg", "a.txt"}


def test_pictures_and_their_labels_are_linked(pictures: Path) -> None:
    oversample({pictures / "a.jpg": 3, pictures / "b.jpg": 1}, report=(report := Report()))
    assert files(pictures) == BEFORE | {"a_copy_1.jpg", "a_copy_2.jpg", "a_copy_1.txt", "a_copy_2.txt"}
    assert (pictures / "a_copy_2.jpg").samefile(pictures / "a.jpg")
    assert report.results["further pictures"] == 2


def test_copies_are_files_of_their_own(pictures: Path) -> None:
    oversample({pictures / "b.jpg": 2}, how="copy", report=Report())
    assert not (pictures / "b_copy_1.jpg").samefile(pictures / "b.jpg")
    assert (pictures / "b_copy_1.jpg").read_bytes() == b"b.jpg"


def test_where_links_are_impossible_copies_are_made(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    oversample({pictures / "b.jpg": 2}, report=Report())
    assert (pictures / "b_copy_1.jpg").read_bytes() == b"b.jpg"


def test_a_dry_run_writes_nothing(pictures: Path) -> None:
    oversample({pictures / "a.jpg": 3}, dry_run=True, report=(report := Report()))
    assert files(pictures) == BEFORE
    assert report.results["further pictures"] == 2


def test_twice_is_once_too_often(pictures: Path) -> None:
    oversample({pictures / "a.jpg": 2}, report=Report())
    with pytest.raises(BadParameter, match="already; remove them first"):
        oversample({pictures / "a.jpg": 2}, report=Report())


def test_what_lies_in_the_way_is_kept(pictures: Path) -> None:
    other = pictures.parents[1] / "labels" / "train" / "a_copy_1.txt"
    other.write_text("mine")
    with pytest.raises(OutputFailed, match=r"a_copy_1\.txt exists already"):
        oversample({pictures / "a.jpg": 2}, report=Report())
    assert other.read_text() == "mine"


def test_copies_are_taken_away_and_nothing_else(pictures: Path) -> None:
    (pictures / "c_copy_1.jpg").write_bytes(b"an original, in spite of its name")
    oversample({pictures / "a.jpg": 3, pictures / "b.jpg": 2}, report=Report())
    remove_copies(pictures, dry_run=True, report=Report())
    assert "a_copy_2.txt" in files(pictures)
    remove_copies(pictures, report=(report := Report()))
    assert files(pictures) == BEFORE | {"c_copy_1.jpg"}
    assert report.results == {"removed pictures": 3}


def test_a_picture_that_is_only_called_like_a_copy_is_left_and_told(pictures: Path) -> None:
    (pictures / "a_copy_1.jpg").write_bytes(b"another picture")
    remove_copies(pictures, report=(report := Report()))
    assert (pictures / "a_copy_1.jpg").read_bytes() == b"another picture"
    assert report.counts("problem") == {"no-copy": 1}
