"""What makes rows unfit to compute with; tests of the checks go through every case."""

import math

from label_rows import mask_row, row, table
from mattebox.label.checks import CHECKS
from mattebox.label.geometry import areas, boxes, lengths, regions
from mattebox.label.soundness import flaws
from mattebox.label.table import Table

SOUND = (
    row("tag", ()),
    row("skeleton", ()),
    row("rectangle", (-1e9, -1e9, 1e9, 1e9), rotation=1e300),
    row("ellipse", (0, 0, 1e9, -1e9), rotation=-45),
    row("polygon", (0, 0, 1e9, 0, 0, 1e9, 1, 1, 2, 1, 1, 2), rings=(3, 3)),
    row("polyline", (-1e9, 0, 1e9, 5e-324)),
    row("points", (3, 3)),
    row("cuboid", tuple(range(16))),
    mask_row(["#."]),
)


def test_flaws_have_the_names_of_checks():
    assert list(flaws(Table.empty())) == [name for name in CHECKS if name in flaws(Table.empty())]


def test_what_is_sound_can_be_computed_with():
    sound = table(*SOUND)
    assert [found.rows.tolist() for found in flaws(sound).values()] == [[], [], [], []]
    for measure in (areas, boxes, lengths, regions):
        measure(sound)


def test_a_row_has_every_flaw_that_it_has():
    found = flaws(table(*SOUND, row("polygon", (1, 2, math.nan, 4))))
    at = len(SOUND)
    assert {name: flaw.rows.tolist() for name, flaw in found.items()} == {
        "malformed": [],
        "too-few-points": [at],
        "not-finite": [at],
        "bad-runs": [],
    }
    assert found["too-few-points"].messages == ["polygon with 2 of at least 3 points"]
