"""Reading text that nobody says the encoding of, and JSON as programs really write it."""

from __future__ import annotations

import codecs
import json
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.extra import needed_for

__all__ = ["as_json", "decode_text", "parse_json", "parse_yaml"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; those of UTF-32 begin as those of UTF-16 do, so they come first."""


def decode_text(data: bytes, name: object) -> str:
    r"""The text of a file, in UTF-8, UTF-16 or UTF-32 where it says so or shows it, and otherwise in Windows-1251.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.

    Raises:
        BadAnnotations: it is empty, or no text.

    Example:
        >>> decode_text("кот".encode("cp1251"), "a.txt"), decode_text(b"\xff\xfec\0a\0t\0", "b.txt")
        ('кот', 'cat')
    """
    if not data:
        raise BadAnnotations(f"{name}: the file is empty")
    for encoding in _likely_encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadAnnotations(f"{name}: not a text; save it as UTF-8")


def _likely_encodings(data: bytes) -> tuple[str, ...]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return (encoding,)
    # Latin letters and punctuation leave every other byte empty.
    start = data[:1000]
    if start[1::2].count(0) > len(start) // 4:
        return ("utf-16-le",)
    if start[::2].count(0) > len(start) // 4:
        return ("utf-16-be",)
    return ("utf-8", "cp1251")


def parse_json(data: bytes, name: object) -> Any:
    """What a JSON file says; NaN and Infinity, which are no JSON, are read as the numbers that they are.

    A half of a character, as a text ends with that was cut within one, becomes the sign for an unknown character: no
    file of text can hold it.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.

    Raises:
        BadAnnotations: it is empty, cut short, or no JSON.
    """
    with needed_for("reading annotations"):
        import orjson
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return _without_halves(json.loads(decode_text(data, name)))
    except json.JSONDecodeError as error:
        raise BadAnnotations(f"{name}, line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from error
    except RecursionError as error:
        raise BadAnnotations(f"{name}: no annotations: nested too deeply") from error


def as_json(value: Any, *, indented: bool = False) -> bytes:
    """Write JSON, also where numbers are over 64 bits, or records are nested deeper than most readers like.

    Args:
        value: of what JSON can hold; names that are no text become one.
        indented: write it for people to read.

    Raises:
        MissingExtra: a package of the extra `label` is needed.
    """
    with needed_for("writing annotations"):
        import orjson
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if indented else 0))
    except TypeError:
        return json.dumps(value, indent=2 if indented else None).encode()


def _without_halves(value: Any) -> Any:
    """What JSON says, with the sign for an unknown character in place of halves of one."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_halves(name): _without_halves(inner) for name, inner in value.items()}
    return list(map(_without_halves, value)) if isinstance(value, list) else value


def parse_yaml(data: bytes, name: object) -> Any:
    """What a YAML file says; nothing in it is run.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.

    Raises:
        BadAnnotations: it is empty or no YAML.
    """
    with needed_for("reading data.yaml"):
        import yaml
    text = decode_text(data, name)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        cause = " ".join(str(error).split())
        raise BadAnnotations(f"{name}: no YAML: {cause}") from error
