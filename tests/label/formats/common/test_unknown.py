"""What cannot be read as a data set is told in one sentence."""

import errno
import logging
import os
import zipfile
from pathlib import Path

import pytest

from mattebox.errors import BadAnnotations
from mattebox.label.formats import read, recognise, write
from mattebox.label.report import Report
from sets_building import BOX, TAG, dataset_of, put_picture, put_text


def refused(path: Path | str, **options: str) -> str:
    with pytest.raises(BadAnnotations) as caught:
        read(path, report=Report(), **options)
    return str(caught.value)


def zip_of(path: Path, name: str, data: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, data)
    return path


def test_files_that_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    put_text(tmp_path / "empty.json", "")
    assert "neither a file nor a folder" in refused(tmp_path / "pipe.zip")
    assert "neither a file nor a folder" in refused(tmp_path / "pipe.zip", format="coco")
    assert refused(tmp_path / "empty.json") == f"{tmp_path / 'empty.json'}: the file is empty"
    assert "no such file or folder" in refused(tmp_path / "nowhere")
    assert "is empty" in refused("")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put_text(tmp_path / "a.json", "{}")

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(path) == f"{path}: cannot be read: Permission denied"


def test_zips_that_nobody_should_trust(tmp_path: Path) -> None:
    assert "leads out of the archive" in refused(zip_of(tmp_path / "a.zip", "../labels/a.txt"))
    (tmp_path / "cut.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:50])
    assert "not a whole zip" in refused(tmp_path / "cut.zip", format="yolo-detect")


def test_what_it_is_instead(tmp_path: Path) -> None:
    put_picture(tmp_path / "pictures" / "a.png")
    put_text(tmp_path / "page.xml", '<?xml version="1.0"?>\n<!DOCTYPE html><html></html>')
    (tmp_path / "archives").mkdir()
    zip_of(tmp_path / "archives" / "a.zip", "a.txt")
    (tmp_path / "nothing").mkdir()
    for name, cause in (
        ("pictures", "a folder of pictures without annotations: 1;"),
        ("pictures/a.png", "a picture without annotations;"),
        ("page.xml", "it has a document type"),
        ("archives", "a folder of archives; give these: a.zip"),
        ("nothing", "the folder is empty"),
    ):
        assert f"{tmp_path / name}: {cause}" in refused(tmp_path / name) + ";"


def test_the_names_of_the_forms_and_no_more(tmp_path: Path) -> None:
    message = refused(put_text(tmp_path / "a.txt", "a"))
    assert message.endswith("labelme, yandex; say which it is meant to be")
    assert len(message) < len(str(tmp_path)) + 200


def test_a_folder_of_many_files_is_still_recognised(tmp_path: Path) -> None:
    write(dataset_of(tmp_path, [BOX]), tmp_path / "set", format="voc", report=Report())
    assert recognise(tmp_path / "set").name == "voc"


def test_without_a_report_the_log_has_what_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mattebox.label"):
        write(dataset_of(tmp_path, [BOX, TAG]), tmp_path / "set", format="voc")
        assert [record.message for record in caplog.records] == [
            "dropped: zoo: VOC cannot hold shapes of kind tag",
        ]
        caplog.clear()
        for number in range(9):
            put_text(tmp_path / "set" / "Annotations" / f"{number}.xml", "<annotation>")
        read(tmp_path / "set")
    assert [record.message for record in caplog.records][5:] == ["and 4 more; give a report to have them all"]
