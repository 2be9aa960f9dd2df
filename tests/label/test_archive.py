from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from cvat_building import write_zip
from mattebox.errors import BadAnnotations
from mattebox.label.archive import SMALL, Archive, Limits


def member(name: str, **fields: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def written(path: Path, info: zipfile.ZipInfo, data: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, data)
    return path


def test_a_zip_and_a_folder_have_the_same_files(tmp_path: Path) -> None:
    files = {"task.json": b"{}", "data/b.png": b"2", "data/a.png": b"1"}
    zipped = Archive(write_zip(tmp_path / "a.zip", files))
    for name, data in files.items():
        target = tmp_path / "folder" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    folder = Archive(tmp_path / "folder")
    assert set(zipped.names) == set(folder.names) == set(files)
    for archive in (zipped, folder):
        assert archive.read("data/a.png") == b"1"
        assert archive.json("task.json") == {}
        assert "data/c.png" not in archive
        assert archive.folder("data/") == ["data/a.png", "data/b.png"]


@pytest.mark.parametrize(
    "name", ["../a.png", "data/../../a.png", "/etc/passwd", "C:/a.png", "c:a.png", "data\\..\\..\\a.png", "\\\\host\\a"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadAnnotations, match="leads out of the archive") as caught:
        Archive(written(tmp_path / "a.zip", member(name)))
    assert "a.zip" in str(caught.value)


def test_links_and_encrypted_files_are_refused(tmp_path: Path) -> None:
    link = member("data/a.png", external_attr=(stat.S_IFLNK | 0o777) << 16)
    with pytest.raises(BadAnnotations, match=r"data/a\.png.*a link"):
        Archive(written(tmp_path / "link.zip", link, b"/etc/passwd"))
    path = written(tmp_path / "secret.zip", member("task.json"))
    data = bytearray(path.read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        data[data.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    path.write_bytes(data)
    with pytest.raises(BadAnnotations, match="encrypted"):
        Archive(path)


def test_a_link_in_a_folder_is_nothing_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "task.json").write_bytes(b"{}")
    (folder / "link.json").symlink_to(tmp_path / "secret")
    assert Archive(folder).names == ("task.json",)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("task.json", "{}")
        archive.writestr("task.json", "[]")
    with pytest.raises(BadAnnotations, match=r"task\.json: two files have this name"):
        Archive(tmp_path / "a.zip")


def test_limits_hold(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a": b"12345", "b": b"1"})
    for limits in (Limits(members=1), Limits(total=5)):
        with pytest.raises(BadAnnotations, match="allowed"):
            Archive(path, limits)
    with pytest.raises(BadAnnotations, match="5 bytes are more than the 4"):
        Archive(path, Limits(document=4)).read("a")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("task.json", bytes(SMALL + 1))
    with pytest.raises(BadAnnotations, match=r"task\.json.*packed into"):
        Archive(bomb)


def test_a_large_file_is_not_held_twice(tmp_path: Path) -> None:
    data = bytes(range(256)) * (1 << 15)
    archive = Archive(write_zip(tmp_path / "a.zip", {"annotations.json": data}))
    tracemalloc.start()
    try:
        assert archive.read("annotations.json") == data
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.9 * len(data)


def test_what_is_no_whole_zip_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"task.json": os.urandom(3000)})
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:length])
        with pytest.raises(BadAnnotations, match=r"a\.zip: not a whole zip"):
            Archive(path)
    with pytest.raises(BadAnnotations, match="no such file or folder"):
        Archive(tmp_path / "none.zip")


def test_a_damaged_file_is_told_by_its_name_when_it_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"data/a.png": os.urandom(3000)})
    data = bytearray(path.read_bytes())
    data[1500] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadAnnotations, match=r"data/a\.png"):
        Archive(path).read("data/a.png")


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "utf-8"])
def test_names_packed_on_windows_are_found(tmp_path: Path, encoding: str) -> None:
    # A zip says of names that are not ASCII that they are UTF-8; programs for Windows write the system's bytes.
    path = written(tmp_path / "a.zip", member("data/" + "?" * len("дождь".encode(encoding))), b"rain")
    data = path.read_bytes().replace(b"?" * len("дождь".encode(encoding)), "дождь".encode(encoding))
    path.write_bytes(data)
    assert Archive(path).read("data/дождь") == b"rain"
