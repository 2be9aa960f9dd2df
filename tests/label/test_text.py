"""Text of any encoding, and JSON and YAML as programs write them."""

import contextlib
import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.errors import BadAnnotations
from mattebox.label.text import as_json, decode_text, parse_json, parse_yaml


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251"])
def test_russian_in_every_encoding(encoding: str) -> None:
    text = "Ёжик\tщит\n"
    assert decode_text(text.encode(encoding), "x").removeprefix("\ufeff") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_that_does_not_say_so(encoding: str) -> None:
    assert decode_text("label;кит".encode(encoding), "x") == "label;кит"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_utf_8_comes_back(text: str) -> None:
    assert decode_text(text.encode(), "x") == text.removeprefix("\ufeff")


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02\x03", b"\xff\xfe\x00", b"\x89PNG\x00\x00\x00\x0d"])
def test_what_is_no_text_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(BadAnnotations, match=r"set/x\.txt"):
        decode_text(data, "set/x.txt")


@pytest.mark.parametrize("parse", [decode_text, parse_json, parse_yaml])
@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_readers(parse: Callable[[bytes, str], object], data: bytes) -> None:
    with contextlib.suppress(BadAnnotations):
        parse(data, "x")


def test_json_with_numbers_that_are_none() -> None:
    found = parse_json(b'{"a": [NaN, Infinity, 1]}', "x")
    assert math.isnan(found["a"][0])
    assert found["a"][1:] == [math.inf, 1]


def test_json_that_is_cut_short_says_where() -> None:
    with pytest.raises(BadAnnotations, match="x, line 2, column"):
        parse_json(b'{"a":\n[1, 2', "x")


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000])
def test_json_that_is_nested_too_deeply(data: bytes) -> None:
    with pytest.raises(BadAnnotations, match="x"):
        parse_json(data, "x")


def test_yaml_runs_nothing() -> None:
    with pytest.raises(BadAnnotations, match="x: no YAML"):
        parse_yaml(b"!!python/object/apply:os.getcwd []", "x")


def test_halves_of_characters_are_read_as_unknown_ones() -> None:
    assert parse_json(rb'{"a\ud83d": ["b\ud83d", "\ud83d\ude00", "\ufeffc"]}', "x") == {"a�": ["b�", "😀", "﻿c"]}


@pytest.mark.parametrize("indented", [False, True])
def test_any_json_is_written(indented: bool) -> None:
    nested: list[object] = []
    for _ in range(500):
        nested = [nested]
    for value in ({"a": "ж"}, {"big": 10**30}, nested):
        assert json.loads(as_json(value, indented=indented)) == value
