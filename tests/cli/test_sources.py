from __future__ import annotations

import os
from pathlib import Path

import pytest

from mattebox import BadParameter
from mattebox.cli.sources import Found, Namer, expand, file_name

TREE = [
    "b.JPG",
    "a.png",
    "a_cutout.png",
    "a_sheet.jpg",
    "notes.txt",
    ".hidden.png",
    "sub/c.webp",
    "sub/deeper/d.tiff",
    "sub/deeper/d_cutout.webp",
    ".thumbs/e.png",
    "other/f.heic",
    "[odd]/g.png",
]


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TREE:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "in" / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "in")


@pytest.mark.parametrize(
    ("inputs", "recursive", "expected"),
    [
        (["a.png"], False, ["a.png"]),
        (["a.png", "./a.png", "b.JPG"], False, ["a.png", "b.JPG"]),
        (["notes.txt"], False, ["notes.txt"]),
        (["a_cutout.png", ".hidden.png"], False, ["a_cutout.png", ".hidden.png"]),
        (["."], False, ["a.png", "b.JPG"]),
        (["."], True, ["a.png", "b.JPG", "[odd]/g.png", "other/f.heic", "sub/c.webp", "sub/deeper/d.tiff"]),
        (["sub"], True, ["sub/c.webp", "sub/deeper/d.tiff"]),
        (["*.png"], False, ["a.png"]),
        (["*"], False, ["[odd]/g.png", "a.png", "b.JPG", "other/f.heic", "sub/c.webp"]),
        (["**/*.tiff"], False, ["sub/deeper/d.tiff"]),
        (["[odd]/g.png"], False, ["[odd]/g.png"]),
        (["[odd]"], False, ["[odd]/g.png"]),
        (["https://a.example/b.jpg", "a.png"], False, ["https://a.example/b.jpg", "a.png"]),
    ],
)
def test_inputs_become_pictures(inputs: list[str], recursive: bool, expected: list[str]) -> None:
    assert [found.source.replace(os.sep, "/") for found in expand(inputs, recursive=recursive)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gone.png", "no such file or folder"),
        ("empty", "--recursive looks into its folders too"),
        ("*.gif", "no picture matches this pattern"),
        ("*_cutout.png", "no picture matches this pattern"),
        ("", "an input is empty"),
    ],
)
def test_an_input_that_stands_for_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        expand(["a.png", text], recursive=False)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["*.*", "[[]odd]"], ["a", "b", "[odd]/g"]),
        (["."], ["a", "b", "[odd]/g", "other/f", "sub/c", "sub/deeper/d"]),
        (["sub"], ["c", "deeper/d"]),
        (["sub", "other"], ["sub/c", "sub/deeper/d", "other/f"]),
        (["**/*.tiff"], ["sub/deeper/d"]),
        (["sub/*.webp", "b.JPG"], ["c", "b"]),
    ],
)
def test_the_tree_is_kept_below_the_output_folder(inputs: list[str], expected: list[str]) -> None:
    namer = Namer(Path("out"), ".png")
    targets = [namer(found) for found in expand(inputs, recursive=True)]
    assert targets == [Path("out") / f"{name}_cutout.png" for name in expected]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["x/a.jpg"], ["x/a_cutout.png"]),
        (["a.jpg", "a.png", "b.png"], ["a_cutout.png", "a.png_cutout.png", "b_cutout.png"]),
        (["a.jpg", "A.PNG"], ["a_cutout.png", "A.PNG_cutout.png"]),
        (["a.b.jpg", "a.jpg"], ["a.b_cutout.png", "a_cutout.png"]),
        (["http://e.example/x/a.jpg?b=c", "http://e.example/y/a.jpg"], ["a_cutout.png", "a.jpg_cutout.png"]),
        (["a.jpg", "a_cutout.png"], ["a.jpg_cutout.png", "a_cutout_cutout.png"]),
    ],
)
def test_every_picture_has_a_target_of_its_own(sources: list[str], expected: list[str]) -> None:
    found = [Found(source) for source in sources]
    namer = Namer(None, ".png", found)
    assert [namer(picture) for picture in found] == [Path(name) for name in expected]


def test_names_that_differ_in_capitals_are_pictures_of_their_own() -> None:
    names = ["IMG.jpg", "img.jpg", "x.HIF", "y.heif"]
    for name in names:
        Path("empty", name).touch()
    found = expand(["empty"], recursive=False)
    assert [Path(picture.source).name for picture in found] == names
    namer = Namer(Path("out"), ".png", found)
    assert [namer(picture).name for picture in found[:2]] == ["IMG_cutout.png", "img.jpg_cutout.png"]


def test_the_third_of_a_name_is_numbered() -> None:
    namer = Namer(Path("out"), ".webp")
    names = [namer(Found(f"{folder}/a.jpg")).name for folder in "wxyz"]
    assert names == ["a_cutout.webp", "a.jpg_cutout.webp", "a.jpg-2_cutout.webp", "a.jpg-3_cutout.webp"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b/red%20shoe.jpg?x=1#y", "red_shoe.jpg"),
        ("https://a.example/..%2F..%2Fetc%2Fpasswd", ".._.._etc_passwd"),
        ("https://a.example/", "a.example"),
        ("https://a.example/a%00%1b.png", "a_.png"),
    ],
)
def test_an_address_gives_a_name_that_every_disk_takes(url: str, expected: str) -> None:
    assert file_name(url) == expected
