from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mattebox.errors import BadParameter, BadPicture
from mattebox.train.data import Record, Shelf, read_cutout, read_manifest, read_pair, split_validation


def test_manifest_is_read(material: Path) -> None:
    records = read_manifest(material)
    assert [r.type for r in records[:3]] == ["pair", "fg", "bg"]
    assert {r.source for r in records if r.type == "pair"} == {"pets", "ecssd"}
    rgb, mask = read_pair(records[0])
    assert rgb.shape[:2] == mask.shape
    assert mask.max() == 1
    assert read_cutout(records[1])[1].max() == 1


def test_a_missing_picture_is_named(material: Path) -> None:
    gone = Record(material / "images/gone.webp", material / "masks/gone.png", "pair", "pets", soft=True)
    with pytest.raises(BadPicture, match=r"gone\.png"):
        read_pair(gone)


def test_the_split_never_moves_and_never_overlaps(material: Path) -> None:
    records = read_manifest(material)
    train, held = split_validation(records, share=0.3)
    again, _ = split_validation(list(reversed(records)), share=0.3)
    assert held
    assert not set(held) & set(train)
    assert set(train) == set(again)
    assert all(record.type == "pair" for record in held)


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("CC0 1.0", True),
        ("CC BY-SA 4.0 (Oxford-IIIT Pet)", True),
        ("Public Domain (as declared)", True),
        ("OSL 3.0 / AFL 3.0 (repository)", True),
        ("Apache-2.0 (repository); street-style blog photos (research use)", False),
        ("no licence file (research use)", False),
        ("photo credits in repository", False),
        ("", False),
    ],
)
def test_only_an_open_licence_without_a_narrower_one_is_open(licence: str, free: bool) -> None:
    assert Record(Path("a.webp"), None, "bg", "wall", soft=False, licence=licence).openly_licensed == free


def test_the_manifest_can_be_read_by_licence(material: Path) -> None:
    every, free = read_manifest(material), read_manifest(material, "open")
    assert [record for record in every if record.openly_licensed] == free
    assert len(every) - len(free) == 12
    with pytest.raises(BadParameter, match="licences='free'"):
        read_manifest(material, "free")


def test_a_manifest_that_a_licence_filter_empties_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("image,mask,type,licence\na.webp,,bg,research use\n")
    with pytest.raises(BadParameter, match=r"manifest\.csv: no record is left with licences='open'"):
        read_manifest(tmp_path, "open")


@pytest.mark.parametrize("room", [0, 100_000, 10**9])
def test_a_shelf_gives_what_the_files_hold_whatever_its_room(material: Path, room: int) -> None:
    shelf = Shelf(room)
    records = read_manifest(material)[:9]
    for record in records + records:
        if record.type == "bg":
            continue
        rgb, alpha = read_pair(record) if record.type == "pair" else read_cutout(record)
        kept_rgb, kept_alpha = shelf.subject(record)
        np.testing.assert_array_equal(kept_rgb, rgb)
        np.testing.assert_allclose(kept_alpha, alpha, atol=1e-6)
        np.testing.assert_array_equal(shelf.rgb(record), rgb)


def test_a_shelf_reads_a_file_once_while_there_is_room(material: Path, tmp_path: Path) -> None:
    record = next(record for record in read_manifest(material) if record.type == "bg")
    copy = tmp_path / "wall.webp"
    copy.write_bytes(record.image.read_bytes())
    kept, small = Shelf(10**9), Shelf(10)
    record = replace(record, image=copy)
    kept.rgb(record), small.rgb(record)
    copy.unlink()
    assert kept.rgb(record).size
    with pytest.raises(BadPicture):
        small.rgb(record)


def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"manifest\.csv cannot be read as a table"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.csv").write_text("image,type\na.webp,bg\n")
    with pytest.raises(BadParameter, match="lacks the column mask"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [("a.webp,,backgroud", "line 3: type 'backgroud' is none of"), ("a.webp,,pair", "line 3: a pair without a mask")],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "manifest.csv").write_text(f"image,mask,type\nb.webp,,bg\n{row}\n")
    with pytest.raises(BadParameter, match=said):
        read_manifest(tmp_path)


def test_something_is_held_out_of_however_few_pairs() -> None:
    records = [Record(Path(f"{i}.png"), Path(f"m{i}.png"), "pair", "", soft=False) for i in range(20)]
    for count in range(2, 20):
        train, held = split_validation(records[:count], share=0.0)
        assert (len(train), len(held)) == (count - 1, 1)
    assert split_validation(records[:1], share=0.0) == (records[:1], [])


def test_a_mask_of_another_size_is_refused(material: Path, tmp_path: Path) -> None:
    record = read_manifest(material)[0]
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((30, 40), np.uint8))
    with pytest.raises(BadPicture, match=r"small\.png has the size \(30, 40\)"):
        read_pair(replace(record, mask=tmp_path / "small.png"))


def test_a_cutout_of_16_bits_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "deep.png"), np.zeros((30, 40, 4), np.uint16))
    with pytest.raises(BadPicture, match="of 8 bits"):
        read_cutout(Record(tmp_path / "deep.png", None, "fg", "", soft=False))
