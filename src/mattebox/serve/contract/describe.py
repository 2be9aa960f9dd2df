"""How the routes of the contract are described to those who read `/openapi.json`."""

from __future__ import annotations

from typing import Any

from mattebox.serve.contract.grammar import CHOICES
from mattebox.serve.contract.measures import PNG_MEGAPIXELS, SIZES
from mattebox.serve.contract.order import PREVIEW, Order
from mattebox.serve.openapi import (
    FILE,
    FOREGROUND,
    HEADERS,
    INTEGER,
    NUMBER,
    bodies,
    exactly,
    headers,
    json_answer,
    of_caller,
    picture_answer,
    text,
)
from mattebox.serve.result import MEDIA_TYPES
from mattebox.serve.values import TEXT, Schema

__all__ = ["PARAMETERS", "account_operation", "improve_operation", "removebg_operation"]

UNLESS_GIVEN = Order()


def choice(name: str, words: str, default: str | None = None) -> Schema:
    """A parameter that takes one of some words; nothing stands for the default."""
    named = CHOICES[name]
    older = [word for word in named if word not in {each.lower() for each in named.values()}]
    return text(
        words,
        enum=[*dict.fromkeys(named.values()), *older, ""],
        default=default or getattr(UNLESS_GIVEN, name),
    )


def flag(words: str, *, default: bool) -> Schema:
    """A parameter that is true or false."""
    return {"type": "boolean", "default": default, "description": words}


SOURCES = {
    "image_file_b64": text("The picture's file, as base64. One of the three sources is needed."),
    "image_url": text("Address of the picture, on the public web."),
}
MOST = ", ".join(f"{size.name} {size.most:g}" for size in SIZES.values())
PARAMETERS: Schema = {
    "size": choice(
        "size",
        f"Largest size of the result in megapixels: {MOST}; PNG at most {PNG_MEGAPIXELS}. Nothing is enlarged.",
        PREVIEW.name,
    ),
    "type": choice("type", "What the subject is, if that is known."),
    "type_level": choice("type_level", "How fine the class in `X-Type` is."),
    "format": choice("format", "`auto`: PNG where something is transparent, else JPG."),
    "roi": text(
        "Part of the picture in which the subject is: `x1 y1 x2 y2`, each in px or %.", default="0% 0% 100% 100%"
    ),
    "crop": flag("Cut off what is empty.", default=UNLESS_GIVEN.crop),
    "crop_margin": text("Space left by `crop`, in px or % of the subject: one, two or four values.", default="0"),
    "scale": text("Size of the subject on the canvas: `original` or 10% to 100%.", default="original"),
    "position": text("Place of the subject: `original`, `center`, one or two percentages.", default="original"),
    "channels": choice("channels", "`alpha` gives the mask."),
    "add_shadow": flag("As `shadow_type` auto.", default=False),
    "shadow_type": choice("shadow_type", "Kind of shadow."),
    "shadow_opacity": text("`auto`, or 0 to 100.", default="auto"),
    "semitransparency": flag(
        "Keep what can be seen through inside the subject.", default=UNLESS_GIVEN.semitransparency
    ),
    "bg_color": text("Colour behind the subject: a name, or 3, 4, 6 or 8 hexadecimal digits.", default=""),
    "bg_image_url": text("Address of a picture to put behind the subject."),
}
OWN_HEADERS = {
    **HEADERS,
    **headers(
        ("X-Max-Width", "integer", "Largest width that can be had of this picture."),
        ("X-Max-Height", "integer", "Largest height that can be had of this picture."),
        ("X-Type", "string", "Class of the subject; not for `type_level=none`."),
    ),
}
FORMATS = [MEDIA_TYPES[name] for name in ("png", "jpeg", "webp", "zip")]


def removebg_operation(identity: str, *, size: str = PREVIEW.name) -> dict[str, Any]:
    """What a route that cuts out by the contract says of itself, as arguments of the route.

    Args:
        identity: unique name of the operation.
        size: taken where a form says none; JSON always means a preview.
    """
    in_json = {**SOURCES, **PARAMETERS}
    in_form = {**in_json, "size": {**PARAMETERS["size"], "default": size}}
    body = bodies(in_json, in_form, dict.fromkeys(("image_file", "bg_image_file"), FILE))
    answer = picture_answer(FORMATS, OWN_HEADERS, FOREGROUND)
    return {"operation_id": identity, **of_caller({200: answer}, 400, 402, 408, 415, 429, requestBody=body)}


def improve_operation() -> dict[str, Any]:
    """What the route that takes hard pictures says of itself."""
    fields = {**SOURCES, "image_filename": text("Name of the picture."), "tag": text("What to find it by.")}
    answer = json_answer("The picture is kept.", exactly({"id": {**TEXT, "format": "uuid"}}))
    return of_caller({200: answer}, 400, 408, 415, 429, requestBody=bodies(fields, fields, {"image_file": FILE}))


def account_operation() -> dict[str, Any]:
    """What the routes that tell what is left to the caller say of themselves."""
    held = exactly(dict.fromkeys(("total", "subscription", "payg", "enterprise"), NUMBER))
    attributes = exactly({"credits": held, "api": exactly({"free_calls": INTEGER, "sizes": TEXT})})
    return of_caller({200: json_answer("What is left.", exactly({"data": exactly({"attributes": attributes})}))})
