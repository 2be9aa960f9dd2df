from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mattebox.errors import BadAnnotations
from mattebox.label.row import SHAPES, Row
from mattebox.label.table import COLUMNS, Table, shape_codes

WHOLE = some.integers(0, 10_000)
RECORDS = some.dictionaries(some.sampled_from(["colour", "age", "цвет"]), some.text(max_size=3), max_size=2)
ROWS = some.builds(
    Row,
    label=some.sampled_from(["cat", "dog", "кот"]),
    frame=WHOLE,
    shape=some.sampled_from(SHAPES),
    points=some.lists(some.floats(-1e9, 1e9), max_size=6).map(tuple),
    rings=some.lists(WHOLE, max_size=2).map(tuple),
    runs=some.lists(WHOLE, max_size=4).map(tuple),
    object=some.integers(-1, 5),
    tracked=some.booleans(),
    parent=some.integers(-1, 5),
    keyframe=some.booleans(),
    occluded=some.booleans(),
    outside=some.booleans(),
    z_order=some.integers(-9, 9),
    rotation=some.floats(0, 360),
    group=some.integers(0, 3),
    source=some.sampled_from(["manual", "auto"]),
    score=some.none() | some.floats(0, 1),
    attributes=RECORDS,
    frame_attributes=RECORDS,
    extra=some.dictionaries(some.text(max_size=2), some.integers() | some.lists(some.none(), max_size=1), max_size=2),
)
TABLES = some.lists(ROWS, max_size=6).map(Table.from_rows)


def row(**values: Any) -> Row:
    return Row(**{"label": "cat", "frame": 0, "shape": "rectangle", "points": (1, 2, 3, 4), **values})


def test_a_table_has_a_column_for_each_field_of_a_row() -> None:
    assert list(COLUMNS) == [field.name for field in fields(Row)] == [field.name for field in fields(Table)]


@given(TABLES)
def test_rows_come_back_as_they_went_in(table: Table) -> None:
    assert Table.from_rows(table.rows()).equals(table)
    assert [table.row(index) for index in range(len(table))] == list(table.rows())


@given(TABLES)
def test_arrow_keeps_everything(table: Table) -> None:
    assert Table.from_arrow(table.to_arrow()).equals(table)


@given(TABLES, TABLES)
def test_arrow_joins_tables_as_tables_do(one: Table, other: Table) -> None:
    joined = Table.from_arrow(pa.concat_tables([one.to_arrow(), other.to_arrow()]))
    assert joined.label.lists() == one.label.lists() + other.label.lists()
    assert joined.points.lists() == one.points.lists() + other.points.lists()


@given(TABLES)
def test_objects_of_two_tables_stay_apart(table: Table) -> None:
    twice = Table.concat([table, table])
    first, second = (set(part.object.tolist()) | set(part.parent.tolist()) - {-1} for part in halves(twice))
    assert not (first & second) - {-1}
    assert len(set(twice.object.tolist())) == 2 * len(set(table.object.tolist()))
    groups = [set(part.group[part.group > 0].tolist()) for part in halves(twice)]
    assert not groups[0] & groups[1]


def halves(table: Table) -> tuple[Table, Table]:
    middle = len(table) // 2
    return table.take(np.arange(middle)), table.take(np.arange(middle, len(table)))


def test_objects_without_a_number_get_the_next_ones() -> None:
    assert Table.from_rows([row(object=7), row(), row()]).object.tolist() == [7, 8, 9]


def test_columns_that_are_left_out_have_their_defaults() -> None:
    table = Table.of(2, label=["cat", "dog"], shape=shape_codes("tag", "mask"))
    assert list(table.rows()) == [
        Row(label="cat", frame=0, shape="tag", object=0),
        Row(label="dog", frame=0, shape="mask", object=1),
    ]


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"column label has 1 rows, and frame has 2"):
        Table.of(2, label=["cat"])


def test_a_column_of_another_name_is_refused() -> None:
    with pytest.raises(TypeError, match="no such columns: lable"):
        Table.of(1, lable=["cat"])


def test_replaced_columns_leave_the_table_as_it_was() -> None:
    table = Table.from_rows([row(), row(frame=3)])
    assert table.replace(label=["dog", "dog"], frame=[1, 1]).row(1).label == "dog"
    assert table.frame.tolist() == [0, 3]


def test_rows_are_sorted_by_frame_and_then_from_below() -> None:
    table = Table.from_rows([row(frame=1), row(z_order=2), row(z_order=1), row(z_order=1, object=0)])
    assert [(each.frame, each.z_order, each.object) for each in table.sorted().rows()] == [
        (0, 1, 0),
        (0, 1, 3),
        (0, 2, 2),
        (1, 0, 1),
    ]


def test_shapes_are_picked_by_name() -> None:
    table = Table.from_rows([row(), row(shape="tag"), row(shape="mask")])
    assert table.is_shape("tag", "mask").tolist() == [False, True, True]


@pytest.mark.parametrize(
    "other", [row(frame=1), row(points=(1, 2, 3, 5)), row(label="dog"), row(attributes={"a": "b"})]
)
def test_tables_that_differ_are_not_equal(other: Row) -> None:
    one = Table.from_rows([row()])
    assert one.equals(Table.from_rows([row()]))
    assert not one.equals(Table.from_rows([other]))
    assert not one.equals(Table.empty())


def test_arrow_of_somebody_else_is_refused() -> None:
    with pytest.raises(BadAnnotations, match="no column label, frame"):
        Table.from_arrow(pa.table({"points": [[1.0]]}))
    theirs = Table.from_rows([row()]).to_arrow().set_column(2, "shape", pa.array(["blob"]).dictionary_encode())
    with pytest.raises(BadAnnotations, match="shape 'blob' is none of tag, rectangle"):
        Table.from_arrow(theirs)


@pytest.mark.parametrize("name", list(COLUMNS))
@pytest.mark.parametrize("wrong", [pa.nulls(1), pa.array([{"x": 1}]), pa.array(["x"]), pa.array([[["y"]]])])
def test_columns_of_another_type_are_refused(name: str, wrong: pa.Array) -> None:
    mine = Table.from_rows([row()]).to_arrow()
    theirs = mine.set_column(mine.column_names.index(name), name, wrong)
    if name in {"label", "source"} and wrong.type == pa.string():
        assert Table.from_arrow(theirs).row(0)
    else:
        with pytest.raises(BadAnnotations):
            Table.from_arrow(theirs)
