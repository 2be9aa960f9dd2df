import numpy as np
import pytest

from mask_making import drawn, shown
from mattebox.errors import BadParameter
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.tables import Place, kinds, masks_of, piece_of, with_pieces
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Row
from mattebox.label.table import Table

SIZE = (6, 8)


def row(shape, *points, **rest):
    return Row(**{"label": "cat", "frame": 0, "shape": shape, "points": points} | rest)


def test_every_kind_of_row_with_an_area_is_drawn():
    table = Table.from_rows(
        [
            row("rectangle", 1, 1, 3, 2),
            row("rectangle", 1, 2, 5, 4, rotation=90),
            row("ellipse", 3, 3, 4, 1),
            row("polygon", 0, 0, 5, 0, 5, 3, 0, 3, 1, 1, 4, 1, 4, 2, 1, 2, rings=(4, 4)),
            row("mask", 6, 4, 7, 5, runs=(1, 2, 1)),
            row("points", 1, 1),
            row("tag"),
        ]
    )
    report = Report()
    masks = masks_of(table, SIZE, report)
    assert report.entries == []
    assert masks.ids.tolist() == [0, 1, 2, 3, 4]
    assert masks.boxes.tolist() == [[1, 1, 2, 3], [1, 2, 5, 4], [1, 2, 5, 4], [0, 0, 3, 5], [4, 6, 6, 8]]
    assert masks.areas.tolist() == [2, 8, 8, 12, 2]
    assert shown(masks.take(np.array([3])))[0][:3] == ["#####...", "#...#...", "#####..."]
    assert shown(masks.take(np.array([4])))[0][4:] == [".......#", "......#."]


def test_rows_that_cannot_be_drawn_are_left_out_and_told():
    table = Table.from_rows(
        [
            row("polygon", 0, 0, 2, 0, float("nan"), 2, frame=4),
            row("mask", 0, 0, 1, 1, runs=(3,)),
            row("rectangle", 1, 2, 3),
            row("rectangle", 20, 20, 30, 30),
            row("rectangle", 0, 0, 2, 2, score=0.5),
        ]
    )
    report = Report()
    masks = masks_of(table, SIZE, report, place=Place("animals", "park", "job 1"))
    assert masks.ids.tolist() == [4]
    assert masks.scores.tolist() == [0.5]
    assert report.counts("dropped") == {"bad-shape": 3, "no-pixels": 1}
    assert (
        str(report.entries[0])
        == "animals, park, job 1, frame 4, row 0: polygon of cat: a coordinate is not a finite number"
    )


def test_a_row_without_an_area_has_no_mask():
    with pytest.raises(BadParameter, match="points"):
        piece_of(Table.from_rows([row("points", 1, 2, 3, 4)]), 0, SIZE)


def test_masks_are_put_into_rows_as_what_is_asked_for():
    table = Table.from_rows(
        [row("rectangle", 0, 0, 2, 2, rotation=30), row("mask", 0, 0, 0, 0, runs=(0, 1)), row("tag")]
    )
    pieces = {1: Piece(2, 3, drawn("##", "#.")), 0: Piece(1, 1, drawn("###", "#.#", "###"))}
    same = with_pieces(table, pieces, epsilon=0)
    assert [SHAPES[shape] for shape in same.shape] == ["polygon", "mask", "tag"]
    assert [SHAPES[shape] for shape in kinds(table, "polygon")] == ["polygon"] * 3
    assert same.rings[0].tolist() == [4, 4]
    assert same.rotation[0] == 0
    assert (same.points[1].tolist(), same.runs[1].tolist()) == ([3, 2, 4, 3], [0, 3, 1])
    for becomes in ("same", "mask", "polygon"):
        again = masks_of(with_pieces(table, pieces, becomes, epsilon=0), SIZE, Report())
        assert [shown(again)[0][1:4], shown(again)[1][2:4]] == [
            [".###....", ".#.#....", ".###...."],
            ["...##...", "...#...."],
        ]
