"""Lines between the elements of skeletons, as CVAT draws them and as COCO lists them."""

import pytest

from mattebox.label.dataset import Label
from mattebox.label.skeletons import edges

PARTS = tuple(Label(name, type="points") for name in ("head", "neck", "foot"))


def line(one, other):
    return f'<line x1="1" y1="1" x2="2" y2="2" data-type="edge" data-node-from="{one}" data-node-to="{other}"></line>'


def circle(node, name=None):
    named = f' data-label-name="{name}"' if name else ""
    return f'<circle r="0.75" cx="1" cy="1" data-type="element node" data-node-id="{node}"{named}></circle>'


def drawn(*pieces, **more):
    return edges(Label("person", type="skeleton", sublabels=PARTS, svg="".join(pieces), **more))


def test_lines_join_the_elements_that_their_nodes_stand_for():
    nodes = [circle(7, "head"), circle(8, "foot"), circle(9, "neck")]
    assert drawn(line(7, 9), line(9, 8), *nodes) == [("head", "neck"), ("neck", "foot")]


def test_nodes_without_names_are_the_elements_by_number():
    assert drawn(line(1, 2), line(3, 2), circle(1), circle(2)) == [("head", "neck"), ("foot", "neck")]


def test_names_are_read_as_browsers_write_them():
    parts = (Label("a & b <c>"), Label("d"))
    svg = line(1, 2) + circle(1, "a &amp; b <c>") + circle(2, "d")
    assert edges(Label("odd", sublabels=parts, svg=svg)) == [("a & b <c>", "d")]


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<svg><circle",
        line(1, 4) + circle(4, "tail"),
        line(1, 1),
        '<line data-node-from="1">',
        "<!DOCTYPE svg><p>not a drawing",
    ],
)
def test_what_leads_nowhere_is_left_out(svg):
    assert drawn(svg) == []


def test_a_line_is_there_once():
    assert drawn(line(1, 2), line(2, 1), line(1, 2)) == [("head", "neck")]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([[1, 2], [2, 3]], [("head", "neck"), ("neck", "foot")]),
        ([[1, 9], [0, 1], ["1", "2"], [1], 5, None, [3, 1]], [("foot", "head")]),
        ({"1": 2}, []),
        (None, []),
    ],
)
def test_without_a_drawing_the_list_of_coco_counts(listed, expected):
    assert drawn(extra={"skeleton": listed}) == expected
    assert drawn(line(1, 3), extra={"skeleton": listed}) == [("head", "foot")]
