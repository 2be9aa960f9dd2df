from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.serve.jobs.files import LONGEST_NAME, JobFiles, digest_of, safe_names, sweep, zipped

JOB, OTHER = "a" * 32, "b" * 32


def test_a_file_is_read_as_it_was_written_or_not_at_all(tmp_path: Path) -> None:
    files = JobFiles(tmp_path, JOB)
    digest = files.keep("results/0", b"result")
    assert digest == digest_of(b"result")
    assert files.read("results/0", digest) == b"result"
    (tmp_path / JOB / "results" / "0").write_bytes(b"resul")
    assert files.read("results/0", digest) is None
    files.drop("results/0")
    files.drop("results/0")
    assert files.read("results/0", digest) is None
    files.remove()
    assert not (tmp_path / JOB).exists()


def test_only_old_folders_of_forgotten_jobs_are_swept(tmp_path: Path) -> None:
    names = {"forgotten": JOB, "known": OTHER, "new": "c" * 32, "not of a job": "state.sqlite-wal"}
    for name in names.values():
        (tmp_path / name).mkdir()
        if name != names["new"]:
            os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path, 3600, lambda identity: identity == OTHER)
    assert {path.name for path in tmp_path.iterdir()} == {*names.values()} - {JOB}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("photo.jpg", "photo"),
        ("two.dots.jpeg", "two.dots"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\shoe.png", "shoe"),
        (".htaccess", "htaccess"),
        ("", "picture"),
        ("...", "picture"),
        ("nul.jpg", "_nul"),
        ("a\nb:c?.jpg", "a_b_c_"),
        ("шуба.jpg", "шуба"),
        ("-rf", "-rf"),
    ],
)
def test_names_are_kept_as_far_as_they_are_good(name: str, stem: str) -> None:
    assert safe_names([name], ".png") == [f"{stem}.png"]


@given(st.lists(st.text(max_size=150), max_size=8))
def test_any_names_become_different_ones_that_are_good_everywhere(names: list[str]) -> None:
    safe = safe_names(names, ".png")
    assert len({name.casefold() for name in safe}) == len(names)
    for name in safe:
        assert Path(name).name == name
        assert name.endswith(".png")
        assert len(name) <= LONGEST_NAME + 10
        assert not set(name) & set('\\/:*?"<>|\n\0')
        assert name.encode("utf-8")


def test_a_zip_is_read_by_any_program(tmp_path: Path) -> None:
    files = [("a.png", b"1" * 100_000), ("шуба.png", b""), ("report.json", b"{}")]
    pieces = list(zipped(iter(files)))
    assert len(pieces) == len(files) + 1
    data = b"".join(pieces)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == files
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert not any(info.flag_bits & 0x08 for info in archive.infolist())  # sizes stand before the files
    if shutil.which("unzip"):
        (tmp_path / "results.zip").write_bytes(data)
        subprocess.run(["unzip", "-q", "results.zip"], cwd=tmp_path, check=True)
        assert (tmp_path / "a.png").read_bytes() == files[0][1]


def test_a_zip_of_nothing_is_one() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zipped([])))).namelist() == []
