"""Bodies of text alone: JSON and `application/x-www-form-urlencoded`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from mattebox.serve.incoming.bodies import Limits
from mattebox.serve.refusals import Refusal

__all__ = ["read_form", "read_json"]

MOST_VALUES = 50_000
"""Commas and brackets in a JSON body; base64 has none, and every value in it costs memory."""

DEEPEST = 16
LONGEST_NUMBER = 64

BASE64_ESCAPES = {b"%2B": b"+", b"%2F": b"/", b"%3D": b"=", b"%0D": b"\r", b"%0A": b"\n"}
"""What is escaped in base64; put back first, because there may be millions of them."""


def read_json(data: bytes, limits: Limits) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        Refusal: it is not an object in UTF-8, has a key twice, a number that is none or more values than are taken,
            is too deep, or a text in it is too long.
    """
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise Refusal("invalid_body", f"the JSON has more than {MOST_VALUES} values")
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=once_each,
            parse_constant=no_number,
            parse_int=short_int,
            parse_float=finite_float,
        )
    except UnicodeDecodeError:
        raise Refusal("invalid_body", "the JSON is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Refusal("invalid_body", f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Refusal("invalid_body", f"the JSON is deeper than {DEEPEST}") from None
    except ValueError as error:
        raise Refusal("invalid_body", f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal("invalid_body", "the JSON is not an object")
    if len(value) > limits.fields:
        raise limits.too_many()
    for name, each in value.items():
        check(name, each, limits)
    return value


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def no_number(text: str) -> float:
    """Refuse what Python takes for a number, and JSON does not."""
    raise ValueError(f"{text} is not a number")


def short_int(text: str) -> int:
    """A whole number of a sensible length: longer ones take time without end."""
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number has more than {LONGEST_NUMBER} digits")
    return int(text)


def finite_float(text: str) -> float:
    """A number that is not beyond all numbers."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def check(name: str, value: object, limits: Limits) -> None:
    """Refuse a value that is too deep, or in which a text is too long or cannot be written as UTF-8."""
    for text in texts_in([name, value]):
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise Refusal("invalid_body", "a text in the JSON has half a character (a lone surrogate)") from None
        if size > limits.longest(name):
            raise limits.too_long(name)


def texts_in(value: object, depth: int = 0) -> Iterator[str]:
    """Every text in a value, keys as well."""
    if depth > DEEPEST:
        raise Refusal("invalid_body", f"the JSON is deeper than {DEEPEST}")
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each, depth + 1)
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from texts_in(each, depth + 1)


def read_form(data: bytes, limits: Limits) -> dict[str, object]:
    """Read an urlencoded form; of a name that stands twice the last value counts.

    Raises:
        Refusal: there are too many fields, one is too long, or they are not UTF-8.
    """
    if data.count(b"&") >= limits.fields:
        raise limits.too_many()
    fields: dict[str, object] = {}
    for pair in data.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")
        name = unescaped(raw_name, "name", limits)
        if name:
            fields[name] = unescaped(raw_value, name, limits)
    return fields


def unescaped(raw: bytes, name: str, limits: Limits) -> str:
    """A text as it was before it was escaped."""
    raw = raw.replace(b"+", b" ")
    for escape, byte in BASE64_ESCAPES.items():
        raw = raw.replace(escape, byte)
    # Escapes are put back one by one, at many times their length in memory: there may be as many as a text is long.
    if len(raw) - 2 * raw.count(b"%") > limits.longest(name) or raw.count(b"%") > limits.field_size:
        raise limits.too_long(name)
    try:
        text = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise Refusal("invalid_body", "the form is not in UTF-8") from None
    if len(raw) > limits.longest(name) and len(text.encode()) > limits.longest(name):
        raise limits.too_long(name)
    return text
