from __future__ import annotations

import yaml

from label_tables import vehicles
from mattebox.label.dataset import Attribute, Label
from mattebox.label.taxonomy.exports import coco_categories, cvat_labels, data_yaml


def test_every_label_of_the_table_is_one_of_cvat_with_a_colour_of_its_own() -> None:
    records = cvat_labels(vehicles())
    assert [record["name"] for record in records] == ["car", "taxi", "truck", "lorry", "reflection", "blurred"]
    assert len({record["color"] for record in records}) == 6
    assert {record["type"] for record in records} == {"any"}


def test_labels_of_a_data_set_keep_what_they_have_and_lose_their_numbers() -> None:
    doors = Attribute("doors", input_type="number", default="4", values=("2", "5", "1"), extra={"id": 7})
    known = (
        Label("Taxi", (255, 0, 16), "rectangle", (doors,), extra={"id": 3}),
        Label("person", (1, 2, 3)),
    )
    records = {record["name"]: record for record in cvat_labels(vehicles(), known)}
    assert "person" not in records
    assert records["taxi"]["color"] == "#ff0010"
    assert records["taxi"]["type"] == "rectangle"
    assert records["taxi"]["attributes"] == [
        {"name": "doors", "mutable": False, "input_type": "number", "default_value": "4", "values": ["2", "5", "1"]}
    ]
    assert "id" not in records["taxi"]


def test_categories_of_coco_have_superclasses_above_them() -> None:
    assert coco_categories(vehicles()) == [
        {"id": 1, "name": "car", "supercategory": "passenger"},
        {"id": 2, "name": "taxi", "supercategory": "passenger"},
        {"id": 3, "name": "truck", "supercategory": "cargo"},
        {"id": 4, "name": "lorry", "supercategory": "cargo"},
    ]


def test_data_yaml_names_the_classes_by_index_and_no_absolute_path() -> None:
    told = yaml.safe_load(data_yaml(vehicles()))
    assert told["nc"] == 2
    assert told["names"] == {0: "passenger", 1: "cargo"}
    assert [told[part] for part in ("train", "val", "test")] == ["images/train", "images/val", "images/test"]
    assert "path" not in told
