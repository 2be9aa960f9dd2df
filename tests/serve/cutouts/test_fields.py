from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.errors import BadParameter
from mattebox.output import Output
from mattebox.serve.cutouts.fields import (
    LIMITS,
    NOT_ASKED,
    hint_fields,
    is_given,
    known_fields,
    output_fields,
    settings_fields,
)
from mattebox.settings import Settings

BESIDE: dict[str, dict[str, Any]] = {"scale": {"canvas": (100, 100)}, "segment_size": {"model": "auto"}}
"""What else has to be said for a field to mean anything."""


def test_everything_that_python_knows_can_be_asked_but_for_what_is_the_servers() -> None:
    names = {each.name for kind in (Settings, Output) for each in fields(kind)}
    assert {*settings_fields(), *output_fields()} == names - set(NOT_ASKED)


@pytest.mark.parametrize("name", known_fields())
def test_every_field_is_told_without_words_of_python(name: str) -> None:
    about = known_fields()[name].about
    assert about.endswith(".")
    assert not {"None", "True", "False"} & set(about.replace(";", " ").replace(",", " ").split())


@pytest.mark.parametrize(
    ("said", "read"), [("true", "0"), (True, "0"), ("False", None), (False, None), ("0", "0"), ("1", "1"), ("5%", "5%")]
)
def test_a_crop_is_a_margin_or_whether_there_is_one(said: object, read: str | None) -> None:
    assert output_fields()["crop"].read(said) == read


@pytest.mark.parametrize("name", {**settings_fields(), **output_fields()})
def test_a_default_is_read_as_itself(name: str) -> None:
    field = known_fields()[name]
    for text in (False, True):
        schema = field.schema(text=text)
        if "default" in schema and field.default is not None:
            given = list(field.default) if isinstance(field.default, tuple) else field.default
            assert field.read(given) == field.default


def asked(name: str, value: object) -> Settings | Output:
    """What the library makes of one value."""
    kind: Any = Settings if name in settings_fields() else Output
    return kind(**{name: known_fields()[name].read(value)}, **BESIDE.get(name, {}))


@pytest.mark.parametrize("name", [name for name, limit in LIMITS.items() if "maximum" in limit])
def test_the_range_that_is_told_is_the_range_that_is_taken(name: str) -> None:
    limit, step = LIMITS[name], 32 if name.endswith("_size") or name == "quality" else 1e-6
    low, high = limit["minimum"], limit["maximum"]
    assert getattr(asked(name, low), name) == low
    assert getattr(asked(name, high), name) == high
    for outside in (low - step, high + step):
        with pytest.raises(BadParameter, match=name):
            asked(name, outside)


@pytest.mark.parametrize("name", [name for name, limit in LIMITS.items() if "enum" in limit])
def test_every_name_that_is_told_is_taken_and_no_other(name: str) -> None:
    for value in LIMITS[name]["enum"]:
        assert getattr(asked(name, value), name) == value
    with pytest.raises(BadParameter):
        asked(name, "nothing-of-the-kind")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("keep_largest", "TRUE", True),
        ("keep_largest", "0", False),
        ("keep_largest", True, True),
        ("segment_size", " 320 ", 320),
        ("segment_size", 320.0, 320),
        ("feather", "2.5", 2.5),
        ("feather", "1e1", 10.0),
        ("feather", 3, 3.0),
        ("feather", "0.30000000000000004", 0.1 + 0.2),
        ("feather", "5e-324", 5e-324),
        ("canvas", "1000X800", (800, 1000)),
        ("position", "0.5, 1", (0.5, 1.0)),
        ("position", [0, 1], (0.0, 1.0)),
        ("shadow", "true", True),
        ("shadow", "cast", "cast"),
        ("shadow", False, False),
        ("points", "[[120, 300], [40, 20, false]]", ((120, 300, True), (40, 20, False))),
        ("points", [[1, 2]], ((1, 2, True),)),
        ("box", "[1, 2, 3, 4]", (1, 2, 3, 4)),
        ("transparent", [[1, 2, 3, 4]], ((1, 2, 3, 4),)),
        ("region", [1, 2, 3, 4], (1, 2, 3, 4)),
        ("max_megapixels", "0.25", 0.25),
    ],
)
def test_text_and_json_are_read(name: str, text: object, value: object) -> None:
    read = known_fields()[name].read(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keep_largest", "perhaps"),
        ("keep_largest", 1),
        ("segment_size", "3.5"),
        ("segment_size", True),
        ("segment_size", "1_000"),
        ("segment_size", "9" * 5000),
        ("feather", "nan"),
        ("feather", float("nan")),
        ("feather", "1e999"),
        ("feather", 10**400),
        ("model", ["lite"]),
        ("canvas", "1000"),
        ("canvas", [1000, 800]),
        ("canvas", "-5x5"),
        ("position", "0.5"),
        ("position", {"x": 1}),
        ("points", "[" * 20_000),
        ("points", "x" * 30_000),
        ("points", [[1, 2]] * 101),
        ("points", [[1]]),
        ("points", "12"),
        ("box", [1, 2, 3]),
        ("box", "[1, 2, 3, 4.5]"),
        ("max_megapixels", 0),
        ("max_megapixels", "-1"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(name: str, value: object) -> None:
    with pytest.raises(BadParameter) as caught:
        known_fields()[name].read(value)
    assert name.rstrip("s") in str(caught.value)
    assert len(str(caught.value)) < 250


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(name=st.sampled_from(sorted(known_fields())), value=anything)
def test_any_value_is_read_or_refused(name: str, value: object) -> None:
    try:
        known_fields()[name].read(value)
    except BadParameter:
        return


def test_empty_text_and_null_are_not_given() -> None:
    assert [is_given(value) for value in (None, "", "  ", 0, False, "0", [])] == [
        *(False, False, False),
        *(True, True, True, True),
    ]


def test_hints_are_lists_in_json_and_text_in_forms() -> None:
    for name, field in hint_fields().items():
        if name != "max_megapixels":
            assert field.schema(text=False)["type"] == "array"
            assert field.schema(text=True)["type"] == "string"
