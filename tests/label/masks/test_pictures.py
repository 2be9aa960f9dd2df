import io

import numpy as np
import pytest
from PIL import Image

from mask_making import drawn
from mattebox.encode import encode, write_file
from mattebox.errors import BadPicture, OutputFailed
from mattebox.label.masks.filters import Chain, parse_filters
from mattebox.label.masks.pictures import IndexPicture, filter_folder, filter_picture, read_index_picture
from mattebox.label.report import Report

INDICES = np.array([[1, 1, 0, 2, 2, 2], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 255]], np.uint8)
COLOURS = [0, 0, 0, 200, 30, 40, 10, 220, 60] + [0] * 759


def filtered(values, text, **rest):
    report = Report()
    after = filter_picture(IndexPicture(values), parse_filters(text), report, "a.png", **rest)
    return after.values, report


def test_indices_are_read_as_they_are_stored_and_written_back_with_their_colours():
    picture = IndexPicture(INDICES, COLOURS)
    again = read_index_picture(picture.encoded(), "a.png")
    np.testing.assert_array_equal(again.values, INDICES)
    assert again.palette == COLOURS
    with Image.open(io.BytesIO(picture.encoded())) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (200, 30, 40)


def test_sixteen_bits_are_kept():
    values = np.array([[0, 300], [65535, 7]], np.uint16)
    again = read_index_picture(IndexPicture(values).encoded(), "a.png")
    assert again.values.dtype == np.uint16
    np.testing.assert_array_equal(again.values, values)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be opened"),
        (b"no picture", "cannot be opened"),
        (encode(INDICES, "png")[:-40], "cannot be opened"),
        (encode(np.zeros((2, 2, 3), np.uint8), "png"), "RGB"),
    ],
)
def test_what_is_no_mask_is_refused(data, message):
    with pytest.raises(BadPicture, match=rf"a\.png .*{message}"):
        read_index_picture(data, "a.png")


def expected():
    after = INDICES.copy()
    after[2, 4] = 0
    return after


def test_every_index_is_an_object_and_parts_keep_it():
    after, report = filtered(INDICES, "split,area>=2", ignore=255)
    np.testing.assert_array_equal(after, expected())
    assert report.counts("dropped") == {"part-area": 1}
    assert "index 1: 1 pixels" in report.entries[0].message


def test_an_index_that_is_not_passed_over_is_an_object_too():
    after, report = filtered(INDICES, "area>=2")
    assert after[2].tolist() == [0, 0, 0, 0, 1, 0]
    assert report.counts("dropped") == {"mask-area": 1}


def test_smaller_masks_are_painted_over_larger_ones():
    values = np.array([[1, 1, 1, 2, 2, 0]], np.uint8)
    assert filtered(values, "dilate=1")[0].tolist() == [[1, 1, 2, 2, 2, 2]]


def test_soft_masks_keep_their_levels():
    values = np.array([[10, 128, 255, 0, 30, 0]], np.uint8)
    assert filtered(values, "largest", soft=True)[0].tolist() == [[10, 128, 255, 0, 0, 0]]
    assert filtered(values, "dilate=1", soft=True)[0].tolist() == [[128, 255, 255, 255, 30, 30]]
    assert filtered(values, "area>=50%", soft=True)[0].tolist() == [[0] * 6]


def test_a_folder_keeps_its_tree_and_a_bad_picture_stops_nothing(tmp_path):
    for name in ("a.png", "deep/b.png"):
        write_file(tmp_path / "in" / name, IndexPicture(INDICES, COLOURS).encoded())
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    (tmp_path / "in" / "notes.txt").write_text("not one either")
    report, seen = Report(), []
    filter_folder(
        tmp_path / "in",
        tmp_path / "out",
        parse_filters("split,area>=2"),
        report,
        ignore=255,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert report.results == {"mask pictures": 2}
    assert report.counts("dropped") == {"part-area": 2, "bad-picture": 1}
    for name in ("a.png", "deep/b.png"):
        again = read_index_picture((tmp_path / "out" / name).read_bytes(), name)
        np.testing.assert_array_equal(again.values, expected())
        assert again.palette == COLOURS
    with pytest.raises(OutputFailed, match="exists already"):
        filter_folder(tmp_path / "in", tmp_path / "out", Chain(), Report())
    filter_folder(tmp_path / "in", tmp_path / "out", Chain(), Report(), overwrite=True)
    filter_folder(tmp_path / "in", tmp_path / "none", Chain(), Report(), dry=True)
    assert not (tmp_path / "none").exists()


def test_a_picture_of_two_levels_is_one_object():
    mask = drawn("##..#", "##...")
    image = Image.fromarray(mask)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    picture = read_index_picture(buffer.getvalue(), "a.png")
    assert filter_picture(picture, parse_filters("largest"), Report(), "a.png").values.tolist() == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
    ]


def test_an_index_that_is_passed_over_stays_where_a_mask_grows_into_it():
    values = np.array([[1, 1, 255, 255, 0, 0]], np.uint8)
    assert filtered(values, "dilate=1", ignore=255)[0].tolist() == [[1, 1, 255, 255, 0, 0]]


def test_of_two_pictures_of_one_name_the_second_is_told_and_not_written_over_the_first(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(INDICES).save(tmp_path / "in/a.bmp")
    Image.fromarray(INDICES + 1).save(tmp_path / "in/a.png")
    filter_folder(tmp_path / "in", tmp_path / "out", Chain(), report := Report(), overwrite=True)
    assert report.counts("dropped") == {"bad-picture": 1}
    assert "a.bmp is written to the same file" in report.entries[0].message
    np.testing.assert_array_equal(read_index_picture((tmp_path / "out/a.png").read_bytes(), "a.png").values, INDICES)
