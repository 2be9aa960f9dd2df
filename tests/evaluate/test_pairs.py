from __future__ import annotations

from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.evaluate.pairs import Pair, matched, pair_results


def files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_one_truth_serves_all_backgrounds_of_a_subject(tmp_path: Path) -> None:
    images = files(tmp_path / "merged", "cat_0.png", "cat_1.png", "dog_9.png")
    truths = files(tmp_path / "alpha", "cat.png", "dog_9.png")
    trimaps = files(tmp_path / "trimaps", "cat_0.png", "cat_1.png", "dog_9.jpg")
    assert matched(images, truths, trimaps, kind="animal", soft=True) == [
        Pair(images / "cat_0.png", truths / "cat.png", "animal", soft=True, trimap=trimaps / "cat_0.png"),
        Pair(images / "cat_1.png", truths / "cat.png", "animal", soft=True, trimap=trimaps / "cat_1.png"),
        Pair(images / "dog_9.png", truths / "dog_9.png", "animal", soft=True, trimap=trimaps / "dog_9.jpg"),
    ]


def test_what_is_missing_has_a_name_to_be_noticed_by(tmp_path: Path) -> None:
    images, truths = files(tmp_path / "im", "a.jpg", "notes.txt", ".hidden.png"), files(tmp_path / "gt", "b.png")
    (pair,) = matched(images, truths, truths)
    assert pair == Pair(images / "a.jpg", truths / "a.png", trimap=truths / "a.png")


def test_results_are_paired_by_name_whatever_saved_them(tmp_path: Path) -> None:
    results = files(tmp_path / "r", "a_cutout.png", "b.tif", "c_alpha.png", "d_7.png", "e_alpha.png")
    truths = files(tmp_path / "t", "a.png", "b.png", "c.jpg", "d.png", "e_alpha.png")
    trimaps = files(tmp_path / "m", "a.png", "b.png", "c.png", "d_7.png", "e.png")
    found = pair_results(results, truths, trimaps)
    assert [(pair.image.name, pair.mask.name, pair.trimap.name) for pair in found] == [
        ("a_cutout.png", "a.png", "a.png"),
        ("b.tif", "b.png", "b.png"),
        ("c_alpha.png", "c.jpg", "c.png"),
        ("d_7.png", "d.png", "d_7.png"),
        ("e_alpha.png", "e_alpha.png", "e.png"),
    ]
    assert all(pair.soft for pair in found)
    assert [pair.trimap for pair in pair_results(results, truths)] == [None] * 5


def test_single_files_are_paired_whatever_their_names(tmp_path: Path) -> None:
    folder = files(tmp_path, "a.png", "b.png", "c.png")
    paths = [folder / name for name in ("a.png", "b.png", "c.png")]
    assert pair_results(*paths) == [Pair(paths[0], paths[1], soft=True, trimap=paths[2])]


def test_sides_that_do_not_match_are_both_listed(tmp_path: Path) -> None:
    results = files(tmp_path / "r", *(f"only_r{letter}.png" for letter in "abcde"), "both.png")
    truths = files(tmp_path / "t", "both.png", "alone.png")
    with pytest.raises(BadParameter) as caught:
        pair_results(results, truths)
    assert str(caught.value) == (
        f"{results} and {truths} do not match: "
        "5 of 6 results have no truth (only_ra.png, only_rb.png, only_rc.png, ...); "
        "1 of 2 truths have no result (alone.png)"
    )
    empty = files(tmp_path / "empty")
    with pytest.raises(BadParameter, match="0 of 0 results have no truth; 2 of 2 truths have no result"):
        pair_results(empty, truths)
    with pytest.raises(BadParameter, match=r"do not match: 6 of 6 results have no trimap"):
        pair_results(results, results, empty)


def test_what_is_not_there_or_of_another_kind_is_told(tmp_path: Path) -> None:
    folder, file = files(tmp_path / "r", "a.png"), tmp_path / "r" / "a.png"
    with pytest.raises(BadParameter, match="gone: no such file or folder"):
        pair_results(folder, tmp_path / "gone")
    with pytest.raises(BadParameter, match="give only folders, or only files"):
        pair_results(folder, file)
    with pytest.raises(BadParameter, match="give only folders, or only files"):
        pair_results(file, file, folder)


@pytest.mark.parametrize(
    "names",
    [("a.png", "a_3.png"), ("a.png", "a_alpha.png"), ("a_3.png", "a_3_cutout.png"), ("a_1.png", "a_2.png", "a.png")],
)
def test_a_truth_counts_once_unless_its_results_are_numbered(tmp_path: Path, names: tuple[str, ...]) -> None:
    results, truths = files(tmp_path / "r", *names), files(tmp_path / "t", "a.png")
    with pytest.raises(BadParameter) as caught:
        pair_results(results, truths)
    assert str(caught.value).startswith(
        f"{' and '.join(sorted(names))} are results of one truth, {truths / 'a.png'}: keep"
    )
    numbered = files(tmp_path / "n", "a_1.png", "a_2_cutout.png")
    assert [pair.mask for pair in pair_results(numbered, truths)] == [truths / "a.png"] * 2


def test_files_of_one_name_are_refused_wherever_they_are(tmp_path: Path) -> None:
    twice, once = files(tmp_path / "twice", "a.png", "a.webp"), files(tmp_path / "once", "a.png")
    message = "twice: a.png and a.webp have one name; keep one of them"
    for call in (
        lambda: pair_results(twice, once),
        lambda: pair_results(once, twice),
        lambda: pair_results(once, once, twice),
        lambda: matched(once, twice),
    ):
        with pytest.raises(BadParameter, match=message):
            call()
