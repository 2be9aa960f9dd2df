"""How values are read by their types: from the text of a form or a variable, or from what JSON has in its place."""

from __future__ import annotations

import json
import math
import os
import re
import reprlib
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from mattebox.errors import BadParameter

__all__ = [
    "BOX",
    "JSON_TEXT",
    "MOST_POINTS",
    "POINT",
    "TEXT",
    "TRUTH",
    "Form",
    "Schema",
    "form_of",
    "read_list",
    "read_number",
    "read_text",
]

Schema = dict[str, Any]
"""A piece of JSON Schema."""

MOST_POINTS = 100
"""Points or boxes in one call: for a point that was not found, the network may look twice more."""


class Form(NamedTuple):
    """How a value is read and described.

    Attributes:
        read: from text, or from what a JSON body has for it.
        words: what it must be, for messages.
        schema: the same for OpenAPI.
        text: what a form has in its place, where that is another thing than in JSON.
    """

    read: Callable[[Any], Any]
    words: str
    schema: Schema
    text: Schema | None = None

    def value(self, given: object, name: str) -> Any:
        """Read what was given under a name.

        Raises:
            BadParameter: it cannot be read.
        """
        try:
            return self.read(given.strip() if isinstance(given, str) else given)
        except BadParameter:  # a kind of ValueError that says what is wrong
            raise
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
            raise BadParameter(f"{name}: {reprlib.repr(given)} is not {self.words}") from None


def read_text(value: object) -> str:
    """Read text as it is."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def read_bool(value: object) -> bool:
    """Read true or false."""
    return value if isinstance(value, bool) else BOOLEANS[read_text(value).lower()]


TRUTH = {"true": True, "1": True, "false": False, "0": False}
"""What is true and what is false, in every grammar."""
BOOLEANS = {**TRUTH, "yes": True, "on": True, "no": False, "off": False}


def read_number(value: object) -> float:
    """Read a finite number."""
    if isinstance(value, str):
        if not NUMBER.fullmatch(value.strip()):
            raise ValueError(value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def read_whole(value: object) -> int:
    """Read a whole number."""
    number = read_number(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def read_canvas(value: object) -> tuple[int, int]:
    """Read WIDTHxHEIGHT, as on the command line, as (height, width)."""
    size = re.fullmatch(r"(\d{1,6})x(\d{1,6})", read_text(value).lower(), re.ASCII)
    if size is None:
        raise ValueError(value)
    return int(size[2]), int(size[1])


def read_position(value: object) -> tuple[float, float]:
    """Read x,y as text, or a list of them."""
    x, y = value.split(",") if isinstance(value, str) else read_list(value)
    return read_number(x), read_number(y)


def read_list(value: object) -> Sequence[Any]:
    """Read a list, or JSON text of one."""
    read = json.loads(value) if isinstance(value, str) else value
    if not isinstance(read, list) or len(read) > MOST_POINTS:
        raise TypeError(value)
    return read


def read_names(value: object) -> tuple[str, ...]:
    """Read names, or secrets, with commas between."""
    return tuple(name.strip() for name in read_text(value).split(",") if name.strip())


def read_path(value: object) -> Path:
    """Read the path of a file or folder of this machine."""
    return Path(value if isinstance(value, Path) else os.path.expanduser(read_text(value)))


def read_either(value: object) -> bool | str:
    """Read true or false, or a name."""
    return value if isinstance(value, bool) else BOOLEANS.get(read_text(value).lower(), read_text(value))


TEXT: Schema = {"type": "string"}
BOX: Schema = {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4}
POINT: Schema = {
    "type": "array",
    "prefixItems": [{"type": "integer"}, {"type": "integer"}, {"type": "boolean"}],
    "minItems": 2,
    "maxItems": 3,
}
JSON_TEXT: Schema = {"type": "string", "contentMediaType": "application/json"}
FORMS: dict[Any, Form] = {
    str: Form(read_text, "text", TEXT),
    bool: Form(read_bool, "true or false", {"type": "boolean"}),
    int: Form(read_whole, "a whole number", {"type": "integer"}),
    float: Form(read_number, "a number", {"type": "number"}),
    bool | str: Form(read_either, "true, false or a name", {"anyOf": [{"type": "boolean"}, TEXT]}),
    tuple[int, int]: Form(
        read_canvas,
        "a width and a height in pixels, as in 1000x800",
        {"type": "string", "pattern": r"^[1-9]\d{0,5}x[1-9]\d{0,5}$"},
    ),
    tuple[float, float]: Form(
        read_position,
        "x and y from 0 to 1, as in 0.5,1",
        {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2},
        TEXT,
    ),
    tuple[str, ...]: Form(read_names, "names with commas between", TEXT),
    Path: Form(read_path, "a path", TEXT),
}
"""How values of each type are read."""


def form_of(hint: Any) -> Form:
    """How values of a type are read; None beside it only says that the field may be left out.

    Raises:
        KeyError: nobody has said how.
    """
    if get_origin(hint) in {Union, types.UnionType}:
        some = [each for each in get_args(hint) if each is not type(None)]
        names = [name for each in some if get_origin(each) is Literal for name in get_args(each)]
        if bool in some and len(some) > 1:
            return with_names(FORMS[bool | str], names)
        return form_of(str if str in some else some[0])
    if get_origin(hint) is Literal:
        return with_names(FORMS[str], list(get_args(hint)))
    return FORMS[hint]


def with_names(form: Form, names: list[str]) -> Form:
    """The form of a value that is one of some names."""
    named = {"type": "string", "enum": names} if names else TEXT
    return form._replace(schema=named if form.schema is TEXT else {"anyOf": [{"type": "boolean"}, named]})
