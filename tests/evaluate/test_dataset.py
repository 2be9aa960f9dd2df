from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox.errors import BadParameter, BadPicture
from mattebox.evaluate.dataset import Pair, read_alpha, read_pairs

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
RED = np.full((3, 4, 3), (255, 0, 0), np.uint8)


def saved(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def manifest(folder: Path, text: str) -> Path:
    (folder / "manifest.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_manifest_says_what_belongs_together(tmp_path: Path) -> None:
    manifest(
        tmp_path,
        "image,mask,kind,mask_quality,licence\n"
        'images/pets_1.jpg,masks/pets_1.png,animal,"soft, solved",CC0\n'
        "images/plain.jpg,masks/plain.png,object,binary,CC0\n"
        "fg/cut_2.webp,,object,,CC0\n",
    )
    soft, binary = read_pairs(tmp_path)
    assert soft == Pair(tmp_path / "images/pets_1.jpg", tmp_path / "masks/pets_1.png", "animal", soft=True)
    assert (soft.source, binary.source, binary.soft) == ("pets", "", False)


def test_a_manifest_may_name_trimaps(tmp_path: Path) -> None:
    manifest(tmp_path, "image,mask,trimap\na.jpg,a.png,t/a.png\nb.jpg,b.png,\n")
    assert [pair.trimap for pair in read_pairs(tmp_path)] == [tmp_path / "t/a.png", None]


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_only_two_columns_are_needed(tmp_path: Path, start: str) -> None:
    manifest(tmp_path, f"{start}image,mask\na.jpg,a.png\n")
    assert read_pairs(tmp_path) == [Pair(tmp_path / "a.jpg", tmp_path / "a.png")]


@pytest.mark.parametrize(("truths", "soft"), [("masks", False), ("alpha", True)])
def test_without_a_manifest_names_say_what_belongs_together(tmp_path: Path, truths: str, soft: bool) -> None:
    for name in ("b.jpg", "a.png", ".hidden.png"):
        saved(tmp_path / "images" / name, RED)
    saved(tmp_path / truths / "a.tif", RAMP)
    folder = tmp_path / truths
    assert read_pairs(tmp_path) == [
        Pair(tmp_path / "images/a.png", folder / "a.tif", soft=soft),
        Pair(tmp_path / "images/b.jpg", folder / "b.png", soft=soft),  # missing: told when it is opened
    ]


def test_a_folder_of_trimaps_belongs_to_the_pictures_beside_it(tmp_path: Path) -> None:
    for folder in ("images", "alpha", "trimaps"):
        saved(tmp_path / folder / "a.png", RAMP)
    assert read_pairs(tmp_path)[0].trimap == tmp_path / "trimaps" / "a.png"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("picture,mask\na,b\n", "manifest.csv: lacks the column image"),
        ("", "lacks the column image and mask"),
        ("image,mask\n", "no pictures with masks"),
        (b"image,mask\n\xff\xfe,b\n", "manifest.csv cannot be read as a table"),
    ],
)
def test_a_manifest_that_says_nothing_is_told(tmp_path: Path, table: str | bytes, message: str) -> None:
    (tmp_path / "manifest.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(BadParameter, match=message):
        read_pairs(tmp_path)


def test_a_folder_of_another_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="gone: no such folder"):
        read_pairs(tmp_path / "gone")
    with pytest.raises(BadParameter, match=r"needs manifest.csv, or the folders images and masks"):
        read_pairs(tmp_path)
    saved(tmp_path / "masks" / "a.png", RAMP)
    with pytest.raises(BadParameter, match="needs manifest"):
        read_pairs(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(BadParameter, match="no pictures with masks"):
        read_pairs(tmp_path)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (RAMP, RAMP),
        (np.dstack((RAMP, RAMP, RAMP)), RAMP),
        (np.dstack((RAMP, RAMP, RAMP + 5)), None),  # nearly grey
        (np.dstack((RED, RAMP)), RAMP),
        (np.dstack((RED, np.full_like(RAMP, 255))), np.full_like(RAMP, 255)),
        (np.dstack((RAMP, RAMP, RAMP, np.full_like(RAMP, 255))), np.full_like(RAMP, 255)),  # a grey photo, all kept
    ],
)
def test_an_opacity_is_the_alpha_channel_or_how_light_a_grey_picture_is(
    tmp_path: Path, pixels: np.ndarray, expected: np.ndarray | None
) -> None:
    found = read_alpha(saved(tmp_path / "a.png", pixels))
    assert found.dtype == np.float32
    if expected is None:
        np.testing.assert_allclose(found * 255, RAMP, atol=5)
    else:
        np.testing.assert_array_equal(found, expected.astype(np.float32) / 255)


def test_a_photo_is_no_opacity(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match=r"a\.png has colours and no alpha channel"):
        read_alpha(saved(tmp_path / "a.png", RED))
    with pytest.raises(BadPicture, match=r"gone\.png"):
        read_alpha(tmp_path / "gone.png")
