from __future__ import annotations

from pathlib import Path

import pytest

from label_sets import dataset, still, stills, task
from mattebox.errors import OutputFailed
from mattebox.label.apart import check_apart, check_media_apart
from mattebox.label.media import Blob, Images


@pytest.mark.parametrize("out", ["set", "set/a.zip", ".", "link", "set/../set"])
def test_a_result_is_no_source_and_no_folder_of_one(tmp_path: Path, out: str) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.zip").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "set")
    with pytest.raises(OutputFailed, match=r"a\.zip lies there and is read"):
        check_apart(tmp_path / out, [tmp_path / "set/a.zip"])


def test_a_source_that_is_a_link_lies_where_it_leads_and_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.zip").write_bytes(b"")
    (tmp_path / "b.zip").symlink_to(tmp_path / "set/a.zip")
    for out in (tmp_path / "set", tmp_path / "b.zip"):
        with pytest.raises(OutputFailed, match=r"b\.zip lies there and is read"):
            check_apart(out, [tmp_path / "b.zip"])
    check_apart(tmp_path / "se", [tmp_path / "b.zip"])


def test_a_result_is_no_folder_of_pictures_or_of_what_lies_beside_them(tmp_path: Path) -> None:
    media = stills(tmp_path / "stills", 1)
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha/0.png").write_bytes(still())
    (tmp_path / "links").mkdir()
    (tmp_path / "links/0.jpg").symlink_to(tmp_path / "stills/0.jpg")
    linked = Images([Blob(tmp_path / "links/0.jpg")], related={0: [Blob(tmp_path / "alpha/0.png")]})
    for out, owner in (("stills", media), ("stills", linked), ("links", linked), ("alpha", linked), (".", media)):
        with pytest.raises(OutputFailed, match="lies there and is read"):
            check_media_apart(tmp_path / out, dataset(task(owner, [])))


def test_a_file_is_compared_with_files_only(tmp_path: Path) -> None:
    data = dataset(task(stills(tmp_path / "stills", 2), []), task(None, []))
    check_media_apart(tmp_path / "stills/new.json", data)
    (tmp_path / "stills/old.json").write_text("{}")
    check_media_apart(tmp_path / "stills/old.json", data)
    with pytest.raises(OutputFailed, match=r"1\.jpg lies there and is read"):
        check_media_apart(tmp_path / "stills/1.jpg", data)
