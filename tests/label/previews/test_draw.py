from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mattebox.label.colors import distinct
from mattebox.label.previews import Drawing, draw
from mattebox.label.previews.lettering import font, write
from mattebox.label.row import Row
from mattebox.label.table import Table

RED, BLUE = (255, 0, 0), (0, 0, 255)
GROUND = np.full((100, 120, 3), 200, np.uint8)
PLAIN = Drawing(colors={"cat": RED, "dog": BLUE}, fill=1.0, captions=False)


def row(**values: object) -> Row:
    return Row(**{"label": "cat", "frame": 0, "shape": "rectangle", "points": (20, 30, 60, 70), **values})  # type: ignore[arg-type]


def drawn(*rows: Row, drawing: Drawing = PLAIN) -> np.ndarray:
    return draw(GROUND, Table.from_rows(rows), drawing)


def test_a_rectangle_covers_its_pixels_and_no_others() -> None:
    changed = (drawn(row()) == RED).all(axis=2)
    assert changed[32:68, 22:58].all()
    outside = changed.copy()
    outside[28:72, 18:62] = False
    assert not outside.any()


def test_the_picture_stays_as_it_was() -> None:
    before = GROUND.copy()
    drawn(row(), drawing=Drawing())
    assert np.array_equal(before, GROUND)


def test_a_hole_stays_open() -> None:
    ring = (20, 20, 80, 20, 80, 80, 20, 80), (40, 40, 60, 40, 60, 60, 40, 60)
    picture = drawn(row(shape="polygon", points=ring[0] + ring[1], rings=(4, 4)))
    assert tuple(picture[50, 50]) == (200, 200, 200)
    assert tuple(picture[30, 30]) == RED


def test_a_turned_rectangle_is_drawn_turned() -> None:
    picture = drawn(row(points=(40, 48, 80, 52), rotation=90))
    assert tuple(picture[32, 60]) == RED
    assert tuple(picture[50, 42]) == (200, 200, 200)


def test_what_lies_above_is_drawn_later() -> None:
    one, other = row(z_order=1), row(label="dog", points=(40, 30, 90, 70))
    assert tuple(drawn(one, other)[50, 50]) == RED
    assert tuple(drawn(other, one)[50, 50]) == RED


def test_what_is_outside_is_not_drawn() -> None:
    assert np.array_equal(drawn(row(outside=True)), GROUND)


def test_what_is_occluded_has_an_outline_only() -> None:
    picture = drawn(row(occluded=True))
    assert tuple(picture[50, 40]) == (200, 200, 200)
    assert not np.array_equal(picture, GROUND)


@pytest.mark.parametrize(
    "shape", [{"shape": "polyline", "points": (10, 50.5, 110, 50.5)}, {"shape": "points", "points": (50.5, 50.5)}]
)
def test_lines_and_points_are_drawn(shape: dict[str, object]) -> None:
    assert np.abs(drawn(row(**shape))[50, 50].astype(int) - RED).max() < 30


def test_a_mask_covers_its_pixels() -> None:
    picture = drawn(row(shape="mask", points=(10, 10, 49, 49), runs=(0, 1600)))
    assert tuple(picture[30, 30]) == RED
    assert tuple(picture[60, 60]) == (200, 200, 200)


def test_an_element_has_the_colour_of_its_skeleton() -> None:
    skeleton = row(shape="skeleton", points=(), object=5)
    element = row(label="paw", shape="points", points=(50, 50), parent=5)
    assert tuple(drawn(skeleton, element)[50, 50]) == RED


def test_lines_join_the_elements_of_a_skeleton() -> None:
    skeleton = row(shape="skeleton", points=(), object=5)
    ends = [row(label=name, shape="points", points=(x, 50.5), parent=5) for name, x in (("paw", 20), ("tail", 90))]
    plain, joined = (
        drawn(skeleton, *ends, drawing=Drawing(colors={"cat": RED}, edges=edges, captions=False))
        for edges in ({}, {"cat": [("paw", "tail"), ("tail", "ear")]})
    )
    assert tuple(plain[50, 55]) == (200, 200, 200)
    assert np.abs(joined[50, 55].astype(int) - RED).max() < 30


def test_a_cuboid_has_the_edges_behind_too() -> None:
    corners = (20, 30, 20, 80, 60, 30, 60, 80, 90, 20, 90, 60, 50, 20, 50, 60)
    picture = drawn(row(shape="cuboid", points=corners), drawing=Drawing(colors={"cat": RED}, fill=0, captions=False))
    assert np.abs(picture[45, 49:51].astype(int) - RED).max(axis=1).min() < 60  # the upright edge at the back, left
    assert np.abs(picture[55, 59:61].astype(int) - RED).max(axis=1).min() < 60  # and the one in front, right


def test_objects_can_have_colours_of_their_own() -> None:
    picture = drawn(
        row(object=1), row(object=2, points=(70, 30, 110, 70)), drawing=Drawing(by="object", fill=1, captions=False)
    )
    assert tuple(picture[50, 40]) == distinct(1)
    assert tuple(picture[50, 90]) == distinct(2)


def test_unknown_labels_are_grey() -> None:
    assert tuple(drawn(row(label="owl"))[50, 40]) == (128, 128, 128)


def test_captions_and_tags_are_written() -> None:
    picture = drawn(row(tracked=True), row(shape="tag", points=()), drawing=Drawing(colors={"cat": RED}, fill=0))
    assert (picture[16:30, 20:50] == RED).all(axis=2).mean() > 0.3
    assert (picture[-12:, :20] == RED).all(axis=2).mean() > 0.3


def test_shapes_far_outside_are_no_trouble() -> None:
    assert np.array_equal(drawn(row(points=(1e12, 1e12, 2e12, 2e12))), GROUND)


def test_letters_are_in_the_font() -> None:
    missing = font(12).getmask("\uffff").getbbox()
    assert all(font(12).getmask(letter).getbbox() not in (None, missing) for letter in "жЖqλ")


def test_words_stay_within_the_picture() -> None:
    image = Image.new("RGB", (120, 40))
    write(image, "кот #12", (115, 2), 12, RED)
    written = (np.asarray(image) == RED).all(axis=2)
    assert written[:17, 50:].mean() > 0.4
    assert not written[25:].any()
