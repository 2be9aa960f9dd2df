from __future__ import annotations

from typing import Any

import pytest

from cvat_building import RICH_LABELS, attribute, label
from mattebox.errors import BadAnnotations
from mattebox.label.cvat.labels import label_record, parse_labels
from mattebox.label.dataset import Attribute, Label


def test_labels_of_every_kind_are_read() -> None:
    cat, dog, person, blur = parse_labels(RICH_LABELS, "task.json")
    assert (cat.name, cat.color, cat.type) == ("cat", (255, 0, 0), "any")
    assert [(each.name, each.mutable) for each in cat.attributes] == [("breed", False), ("pose", True), ("age", False)]
    assert cat.attributes[2].values == ("0", "30", "1")
    assert (dog.type, blur.type) == ("rectangle", "tag")
    assert [each.name for each in person.sublabels] == ["head", "hand", "foot"]
    assert 'data-label-name="hand"' in person.svg


OLD: list[dict[str, Any]] = [
    {"name": "cat", "color": "#ff0000", "attributes": []},
    {"name": "dog", "color": "", "attributes": []},
    {"name": "cow", "color": "#FF00aa", "attributes": [{"name": "a", "mutable": False}]},
    {"name": "pig", "color": None, "attributes": [attribute("n") | {"values": "1\n2"}], "id": 7, "has_parent": False},
    label("hen", attributes=[attribute("n") | {"values": [1, 2], "default_value": "1", "id": 3}], parent_id=None),
    label("ox", sublabels=None, svg=None, as_written=1, absent=2) | {"type": None, "attributes": None},
    label("yak", attributes=[attribute("n") | {"default_value": each, "values": ""} for each in (None, 1, True)]),
    label("emu", attributes=[attribute("n") | {"mutable": None, "input_type": None, "values": None}]),
]
"""As older versions write them, and with what nobody knows."""


@pytest.mark.parametrize("record", [*RICH_LABELS, *OLD[:3], *OLD[4:]], ids=lambda record: record["name"])
def test_labels_are_written_as_they_were(record: dict[str, Any]) -> None:
    assert label_record(*parse_labels([record], "task.json")) == record


def test_what_another_form_says_by_the_same_name_changes_nothing() -> None:
    assert label_record(Label("cat", (0, 0, 0), extra={"type": "thing"}))["type"] == "any"


def test_a_default_that_is_null_is_none() -> None:
    (spec,) = parse_labels([label("cat", attributes=[attribute("n") | {"default_value": None}])], "task.json")
    assert spec.attributes[0].default == ""


def test_what_changed_is_written_and_the_rest_stays() -> None:
    (cow,) = parse_labels([OLD[2] | {"id": 7}], "task.json")
    changed = Label("Kuh", (0, 0, 1), "polygon", cow.attributes, extra=cow.extra)
    assert label_record(changed) == {**OLD[2], "id": 7, "name": "Kuh", "color": "#000001", "type": "polygon"}


def test_a_new_label_says_all_that_cvat_asks_for() -> None:
    made = label_record(Label("cat", (1, 2, 255), attributes=(Attribute("n", values=("a",)),)))
    assert made == label("cat", "#0102ff", attributes=[attribute("n") | {"values": ["a"]}])
    assert "color" not in label_record(Label("dog"))


@pytest.mark.parametrize(
    "records", [[7], [{"color": "#000000"}], [label("cat", attributes=[{"mutable": True}])], "cat"]
)
def test_what_is_no_label_is_told(records: Any) -> None:
    with pytest.raises(BadAnnotations, match=r"task\.json: labels"):
        parse_labels(records, "task.json")


def test_a_message_is_short_however_long_what_it_shows() -> None:
    for records in ("x" * 100_000, ["x" * 100_000], [label("cat", attributes="x" * 100_000)]):
        with pytest.raises(BadAnnotations) as caught:
            parse_labels(records, "task.json")
        assert len(str(caught.value)) < 200


def test_what_should_be_a_text_is_read_as_one_and_written_as_it_was() -> None:
    record = label("cat", type=3, svg=7, attributes=[attribute("n") | {"input_type": 5}])
    (read,) = parse_labels([record], "task.json")
    assert (read.type, read.svg, read.attributes[0].input_type) == ("3", "7", "5")
    assert label_record(read) == record
