"""The files of a data set: nothing outside it is ever reached."""

import os
import zipfile
from pathlib import Path

import pytest

from mattebox.errors import BadAnnotations
from mattebox.label.archive import SMALL
from mattebox.label.formats.common.tree import Tree, tree_of
from sets_building import put_picture, put_text


@pytest.fixture(params=["folder", "zip"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    for name in ("b/10.png", "b/9.png", "a/9.png", "c.png", "d.JPG"):
        put_picture(tmp_path / "set" / name)
    put_text(tmp_path / "set" / "note.txt", "кот", "cp1251")
    put_text(tmp_path / "set" / ".hidden" / "x.txt", "x")
    put_picture(tmp_path / "outside.png")
    if request.param == "folder":
        return Tree(tmp_path / "set")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "set"))
    return Tree(tmp_path / "set.zip")


def test_files_in_natural_order(tree: Tree) -> None:
    assert tree.files == ("a/9.png", "b/9.png", "b/10.png", "c.png", "d.JPG", "note.txt")
    assert tree.pictures("b") == ["b/9.png", "b/10.png"]
    assert tree.pictures("b/") == tree.pictures("b")
    assert tree.under("", ".jpg") == ["d.JPG"]
    assert tree.text("note.txt") == "кот"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("c.png", "c.png"),
        ("C.PNG", "c.png"),
        ("b\\10.png", "b/10.png"),
        ("9.png", ""),
        ("a/9.png", "a/9.png"),
        ("x/a/9.png", ""),
        ("z/c.png", ""),
        ("/data/somewhere/a/9.png", "a/9.png"),
        ("D:\\work\\a\\9.png", "a/9.png"),
        ("../a/9.png", "a/9.png"),
        ("../outside.png", ""),
        ("/etc/passwd", ""),
        ("", ""),
        ("..", ""),
    ],
)
def test_pictures_are_found_by_what_files_call_them(tree: Tree, name: str, found: str) -> None:
    assert tree.find_picture(name, ".") == found


def test_a_folder_that_is_asked_first_wins(tree: Tree) -> None:
    assert tree.find_picture("9.png", "nowhere", "b", "a") == "b/9.png"


@pytest.mark.parametrize(("name", "found"), [("c", "c.png"), ("b/10", "b/10.png"), ("9", ""), ("D", "d.JPG")])
def test_pictures_are_found_without_their_suffix(tree: Tree, name: str, found: str) -> None:
    assert tree.find_picture(name, ".") == found


@pytest.mark.parametrize("name", ["../outside.png", "a/../../outside.png", "/etc/passwd", "", "x" * 9999, "a\0.png"])
def test_what_lies_outside_is_not_in_it(tree: Tree, name: str) -> None:
    assert name not in tree


def test_lines_without_blanks(tmp_path: Path) -> None:
    put_text(tmp_path / "a.txt", "\n cat\r\n\n dog ")
    put_text(tmp_path / "b.txt", "")
    assert Tree(tmp_path).lines("a.txt") == ["cat", "dog"]
    assert Tree(tmp_path).lines("b.txt") == []


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = put_text(tmp_path / "set.zip", "PK no archive")
    with pytest.raises(BadAnnotations, match=r"set\.zip"):
        _ = Tree(path).files


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadAnnotations, match="no such file"):
        tree_of(tmp_path / "nowhere", ".json")


def test_what_no_honest_zip_has_is_refused(tmp_path: Path) -> None:
    for name in ("images//abs.png", "../a.png", "/etc/a.png"):
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            archive.writestr(name, b"x")
        with pytest.raises(BadAnnotations, match="leads out of the archive"):
            Tree(tmp_path / "set.zip")


def test_texts_have_limits(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b" " * (SMALL + 1), compresslevel=1)
    with pytest.raises(BadAnnotations, match=r"a\.txt: .* bytes are packed into"):
        Tree(tmp_path / "set.zip").lines("a.txt")
    put_text(tmp_path / "set" / "a.txt", "12345")
    assert Tree(tmp_path / "set").read("a.txt", most=5) == b"12345"
    with pytest.raises(BadAnnotations, match=r"a\.txt: 5 bytes are more than the 4"):
        Tree(tmp_path / "set").read("a.txt", most=4)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "zeros.png").symlink_to("/dev/zero")
    put_text(tmp_path / "a.txt", "a")
    tree = Tree(tmp_path)
    assert tree.files == ("a.txt",)
    for name in ("pipe.txt", "zeros.png"):
        assert name not in tree
        with pytest.raises(BadAnnotations, match="no file with an end"):
            tree.blob(name).read()


def test_texts_are_not_read_through_links_that_lead_out(tmp_path: Path) -> None:
    secret = put_text(tmp_path / "secret.txt", "root:x:0:0")
    put_text(tmp_path / "set" / "inner.txt", "inner")
    (tmp_path / "set" / "in.txt").symlink_to("inner.txt")
    (tmp_path / "set" / "out.txt").symlink_to(secret)
    (tmp_path / "set" / "folder").symlink_to(tmp_path)
    tree = Tree(tmp_path / "set")
    assert tree.text("in.txt") == "inner"
    for name in ("out.txt", "folder/secret.txt"):
        with pytest.raises(BadAnnotations, match="a link that leads out of the folder"):
            tree.lines(name)
    # Whoever names the link itself means what it leads to.
    given, file = tree_of(tmp_path / "set" / "out.txt", ".txt")
    assert given.text(file) == "root:x:0:0"


@pytest.mark.parametrize("packed", [False, True])
def test_the_ends_of_a_file(packed: bool, tmp_path: Path) -> None:
    put_text(tmp_path / "set" / "a.txt", "0123456789")
    if packed:
        with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / "set" / "a.txt", "a.txt")
    tree = Tree(tmp_path / ("set.zip" if packed else "set"))
    assert tree.ends("a.txt", 3) == b"012789"
    assert tree.ends("a.txt", 99) == b"0123456789" * 2
