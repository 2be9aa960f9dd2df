"""What a call of our own API may say beside its pictures: every setting of the library, by its name in Python.

The table is made of `Settings` and `Output` themselves, so a new setting is there by itself, with its type, its default
and what its docstring says. Left out are what belongs to the server and what makes no sense over HTTP.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple, get_type_hints

from mattebox.encode import FORMATS
from mattebox.errors import BadParameter
from mattebox.hints import as_point, as_region
from mattebox.output import RANGES as OF_OUTPUT
from mattebox.output import Output
from mattebox.presets import load_presets
from mattebox.serve.values import (
    BOX,
    JSON_TEXT,
    MOST_POINTS,
    POINT,
    TEXT,
    Form,
    Schema,
    form_of,
    read_list,
    read_number,
    read_text,
)
from mattebox.settings import FOREGROUNDS, RANGES, Settings
from mattebox.shadows import Shadow

__all__ = ["Field", "hint_fields", "is_given", "known_fields", "output_fields", "settings_fields"]

NOT_ASKED = ("device", "half", "sheet")
"""Fields that a call does not decide: where networks run, and a second file."""
LONGEST = 20_000
"""Characters of a value that are read; more is no setting."""
LEAST_MEGAPIXELS = 0.001


class Field(NamedTuple):
    """One thing that can be asked.

    Attributes:
        name: as in Python.
        form: how its value is read.
        default: what holds when it is not given.
        about: what it means, in words.
    """

    name: str
    form: Form
    default: object
    about: str

    def read(self, value: object) -> Any:
        """The value as the library takes it.

        Args:
            value: text of a form, or what a JSON body has.

        Raises:
            BadParameter: it cannot be read.
        """
        if isinstance(value, str) and len(value) > LONGEST:
            raise BadParameter(f"{self.name}: is longer than {LONGEST} characters")
        return self.form.value(value, self.name)

    def schema(self, *, text: bool) -> Schema:
        """The field as a property of a JSON Schema.

        Args:
            text: whether in a form, where some things are written otherwise than in JSON.
        """
        form = self.form.text if text and self.form.text is not None else self.form.schema
        default = {} if self.default is None or (text and self.form.text) else {"default": self.default}
        return {**form, **LIMITS.get(self.name, {}), "description": self.about, **default}


def is_given(value: object) -> bool:
    """Whether a value says anything; empty text and null do not."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def read_megapixels(value: object) -> float:
    """Read how large a picture may be."""
    number = read_number(value)
    if number < LEAST_MEGAPIXELS:
        raise ValueError(value)
    return number


LIMITS: dict[str, Schema] = {
    **{name: {"minimum": low, "maximum": high} for name, (low, high) in {**RANGES, **OF_OUTPUT}.items()},
    "format": {"enum": list(FORMATS)},
    "foreground": {"enum": list(FOREGROUNDS)},
    "preset": {"enum": list(load_presets())},
}
"""What the library takes, for the description alone: it is the library that checks, and says so in its own words."""

ABOUT = {
    "model": "Name of the segmentation model, one of `GET /v1/models`; `autoscene` or `auto` to have it chosen for the "
    "picture, by its scene or by its scene and what is in it.",
    "segment_size": "Side in pixels of what the segmentation model sees; what suits it unless given. Where the model "
    "is chosen, one that works at a single size keeps to that.",
    "matte_size": "Longest side that the matting model sees at once; what suits it unless given. What is larger is "
    "worked on in tiles.",
    "format": "`png`, `webp`, `jpeg`, `tiff` or `zip`; unless given, that of the preset, else PNG.",
    "crop": "Space around the subject that is kept, such as `5%` or `10px`, one to four values; true stands for 0. "
    "Nothing is cropped unless given.",
    "shadow": "`drop` on a wall close behind the subject, `contact` where it touches the ground, `cast` on the ground "
    "behind it, or `auto` for what suits it; true stands for `drop`.",
    "scale": "Share of the canvas that the subject fills; it keeps its size, or shrinks to fit, unless given.",
    "background": "A colour, or `blur` for the picture's own background out of focus; transparent unless given. A "
    "picture is sent as `background_picture`, `background_b64` or `background_url`.",
    "canvas": "Width and height in pixels of the canvas that the subject is placed on, as in 1000x800.",
    "position": "x and y on the canvas, 0 for left and top, 0.5 for the middle, 1 for right and bottom.",
}
"""What is said otherwise than in Python."""


def read_crop(value: object) -> str | None:
    """Read the space that a crop leaves: true for none, false for no crop."""
    text = str(value).lower() if isinstance(value, bool) else read_text(value)
    return {"true": "0", "false": None}.get(text.lower(), text)


TAKEN = {"shadow": bool | Shadow}
"""What is taken otherwise than in Python."""
READ = {"crop": Form(read_crop, "a margin, as in 5%", {"anyOf": [TEXT, {"type": "boolean"}]})}
"""What is read otherwise than values of its type."""


@cache
def settings_fields() -> dict[str, Field]:
    """What can be asked of the pipeline, by name."""
    return fields_of(Settings)


@cache
def output_fields() -> dict[str, Field]:
    """How a result can be dressed and written, by name."""
    return fields_of(Output)


@cache
def hint_fields() -> dict[str, Field]:
    """What can be said of the subject of a picture, and how large the picture may be, by name."""
    known = (
        Field(
            "points",
            Form(
                lambda value: tuple(as_point(each) for each in read_list(value)),
                f"a list of at most {MOST_POINTS} points [row, column], as in [[120, 300], [40, 20, false]]",
                {"type": "array", "items": POINT, "maxItems": MOST_POINTS},
                JSON_TEXT,
            ),
            None,
            "[row, column] of pixels on the subject, or [row, column, false] of pixels beside it.",
        ),
        Field(
            "box",
            Form(lambda value: as_region(read_list(value), "box"), "[top, left, bottom, right]", BOX, JSON_TEXT),
            None,
            "[top, left, bottom, right] in pixels around the subject.",
        ),
        Field(
            "transparent",
            Form(
                lambda value: tuple(as_region(each, "transparent") for each in read_list(value)),
                f"a list of at most {MOST_POINTS} boxes, as in [[0, 100, 400, 500]]",
                {"type": "array", "items": BOX, "maxItems": MOST_POINTS},
                JSON_TEXT,
            ),
            None,
            "Boxes in which the subject can be seen through, as glass; for matting methods.",
        ),
        Field(
            "region",
            Form(lambda value: as_region(read_list(value)), "[top, left, bottom, right]", BOX, JSON_TEXT),
            None,
            "[top, left, bottom, right] in pixels; the model looks only there, and all outside is background.",
        ),
        Field(
            "max_megapixels",
            Form(
                read_megapixels,
                f"a number of megapixels, at least {LEAST_MEGAPIXELS}",
                {"type": "number", "minimum": LEAST_MEGAPIXELS},
            ),
            None,
            "A larger picture is shrunk to this many megapixels first, as for a preview; points and boxes still count "
            "in the picture as it was sent.",
        ),
    )
    return {field.name: field for field in known}


@cache
def known_fields() -> dict[str, Field]:
    """Everything that can be asked, by name."""
    return {**settings_fields(), **output_fields(), **hint_fields()}


def fields_of(kind: type) -> dict[str, Field]:
    """The fields of a dataclass that a call may give, by name."""
    hints, texts = {**get_type_hints(kind), **TAKEN}, described(kind)
    return {
        each.name: Field(
            each.name,
            READ.get(each.name) or form_of(hints[each.name]),
            each.default,
            ABOUT.get(each.name) or texts[each.name],
        )
        for each in fields(kind)
        if each.name not in NOT_ASKED
    }


def described(kind: type) -> dict[str, str]:
    """What the docstring of a dataclass says of its attributes, by name."""
    section = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    parts = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: sentence(re.sub(r"\s+", " ", text)) for name, text in parts}


def sentence(text: str) -> str:
    """Text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
