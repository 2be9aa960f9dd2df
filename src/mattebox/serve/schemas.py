"""How the routes of the contract are described to those who read `/openapi.json`: they read their bodies themselves."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ERRORS",
    "KEYS",
    "REFUSALS_OF_WORK",
    "SECURITY_SCHEMES",
    "account_operation",
    "improve_operation",
    "of_caller",
    "refusals",
    "removebg_operation",
]

Schema = dict[str, Any]

ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["title", "code"],
                "properties": {
                    "title": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        }
    },
}
WORDS = {
    400: "A parameter or a file is not what it should be; `code` says which.",
    402: "The credits of the key are used up.",
    403: "The key is missing or not valid.",
    404: "There is no such thing.",
    405: "There is no such method.",
    408: "The body did not come in time.",
    409: "It cannot be done now.",
    415: "The body is of a type that is not read.",
    429: "Too many pictures in a minute; `Retry-After` says how long to wait.",
    500: "Something went wrong here.",
    503: "There is no room or no time now; `Retry-After` says when to try again.",
}


def refusals(*codes: int) -> dict[int | str, Schema]:
    """Answers that are refusals."""
    content = {"application/json": {"schema": ERRORS}}
    return {code: {"description": WORDS[code], "content": content} for code in codes}


REFUSALS_OF_WORK = refusals(*WORDS)

SECURITY_SCHEMES: Schema = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
}
KEYS: list[Schema] = [{"key": []}, {"bearer": []}]
"""How a caller says who it is: either of the two."""


def of_caller(responses: dict[int | str, Schema], *codes: int, **more: Any) -> dict[str, Any]:
    """What a route says of itself that only callers with a key may use, as arguments of the route.

    Args:
        responses: its good answers.
        codes: statuses of its refusals, beside those that are everywhere.
        more: what else is in the description of the operation.
    """
    return {
        "responses": {**responses, **refusals(*sorted({*codes, 403, 500, 503}))},
        "openapi_extra": {"security": KEYS, **more},
    }


def text(words: str, **more: Any) -> Schema:
    """A field of text."""
    return {"type": "string", "description": words, **more}


def choice(words: str, default: str, *values: str) -> Schema:
    """A field that takes one of some words."""
    return {"type": "string", "enum": [*values, ""], "default": default, "description": words}


def flag(words: str, *, default: bool) -> Schema:
    """A field that is true or false."""
    return {"type": "boolean", "default": default, "description": words}


FILE = {"type": "string", "format": "binary"}
SOURCES = {
    "image_file_b64": text("The picture's file, as base64. One of the three sources is needed."),
    "image_url": text("Address of the picture, on the public web."),
}
PARAMETERS: Schema = {
    "size": choice(
        "Largest size of the result: preview .25, medium 1.5, hd 4, full and auto 25, 50MP 50 megapixels; PNG at most "
        "10. Nothing is enlarged.",
        "preview",
        *("preview", "small", "regular", "medium", "hd", "4k", "full", "auto", "50MP"),
    ),
    "type": choice(
        "What the subject is, if that is known.",
        "auto",
        *("auto", "person", "product", "car", "animal", "graphic", "transportation", "other"),
    ),
    "type_level": choice("How fine the class in `X-Type` is.", "1", "none", "1", "2", "latest"),
    "format": choice(
        "`auto`: PNG where something is transparent, else JPG.", "auto", "auto", "png", "jpg", "webp", "zip"
    ),
    "roi": text(
        "Part of the picture in which the subject is: `x1 y1 x2 y2`, each in px or %.", default="0% 0% 100% 100%"
    ),
    "crop": flag("Cut off what is empty.", default=False),
    "crop_margin": text("Space left by `crop`, in px or % of the subject: one, two or four values.", default="0"),
    "scale": text("Size of the subject on the canvas: `original` or 10% to 100%.", default="original"),
    "position": text("Place of the subject: `original`, `center`, one or two percentages.", default="original"),
    "channels": choice("`alpha` gives the mask.", "rgba", "rgba", "alpha"),
    "add_shadow": flag("As `shadow_type` auto.", default=False),
    "shadow_type": choice("Kind of shadow.", "none", "none", "auto", "car", "3D", "drop"),
    "shadow_opacity": text("`auto`, or 0 to 100.", default="auto"),
    "semitransparency": flag("Keep what can be seen through inside the subject.", default=True),
    "bg_color": text("Colour behind the subject: a name, or 3, 4, 6 or 8 hexadecimal digits.", default=""),
    "bg_image_url": text("Address of a picture to put behind the subject."),
}
HEADERS = {
    name: {"schema": {"type": kind}, "description": words}
    for name, kind, words in (
        ("X-Width", "integer", "Width of the result in pixels."),
        ("X-Height", "integer", "Height of the result in pixels."),
        ("X-Max-Width", "integer", "Largest width that can be had of this picture."),
        ("X-Max-Height", "integer", "Largest height that can be had of this picture."),
        ("X-Type", "string", "Class of the subject; not for `type_level=none`."),
        ("X-Credits-Charged", "string", "What was charged; 0 for keys without a limit."),
        ("X-Foreground-Top", "integer", "Top of the subject in the result."),
        ("X-Foreground-Left", "integer", "Left side of the subject in the result."),
        ("X-Foreground-Width", "integer", "Width of the subject in the result."),
        ("X-Foreground-Height", "integer", "Height of the subject in the result."),
        ("X-RateLimit-Limit", "integer", "Megapixel pictures a minute."),
        ("X-RateLimit-Remaining", "integer", "What is left of them."),
        ("X-RateLimit-Reset", "integer", "When they begin anew, in seconds of Unix time."),
    )
}
RESULT: Schema = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "required": ["result_b64"],
            "properties": {
                "result_b64": text("The file as base64."),
                **{f"foreground_{name}": {"type": "integer"} for name in ("top", "left", "width", "height")},
            },
        }
    },
}
BINARIES = ("image/png", "image/jpeg", "image/webp", "application/zip")


def bodies(fields: Schema, files: tuple[str, ...], in_json: Schema | None = None) -> Schema:
    """A request body in the three types, of which one has files.

    Args:
        fields: parameters by name.
        files: names of files.
        in_json: what parameters are in JSON, where that is not the same.
    """
    form = {"type": "object", "properties": fields}
    parts = {"type": "object", "properties": {**dict.fromkeys(files, FILE), **fields}}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": parts},
            "application/x-www-form-urlencoded": {"schema": form},
            "application/json": {"schema": {"type": "object", "properties": {**fields, **(in_json or {})}}},
        },
    }


def removebg_operation(identity: str, *, size: str = "preview") -> dict[str, Any]:
    """What a route that cuts out by the contract says of itself, as arguments of the route.

    Args:
        identity: unique name of the operation.
        size: taken where a form says none; JSON always means a preview.
    """
    fields = {**SOURCES, **PARAMETERS, "size": {**PARAMETERS["size"], "default": size}}
    answer = {
        "description": "The picture; with `Accept: application/json` the same in JSON.",
        "headers": HEADERS,
        "content": {**{kind: {"schema": FILE} for kind in BINARIES}, "application/json": {"schema": RESULT}},
    }
    body = bodies(fields, ("image_file", "bg_image_file"), {"size": PARAMETERS["size"]})
    return {"operation_id": identity, **of_caller({200: answer}, 400, 402, 408, 415, 429, requestBody=body)}


def improve_operation() -> dict[str, Any]:
    """What the route that takes hard pictures says of itself."""
    fields = {**SOURCES, "image_filename": text("Name of the picture."), "tag": text("What to find it by.")}
    answer = in_json("The picture is kept.", {"id": {"type": "string", "format": "uuid"}})
    return of_caller({200: answer}, 400, 408, 415, 429, requestBody=bodies(fields, ("image_file",)))


def account_operation() -> dict[str, Any]:
    """What the routes that tell what is left to the caller say of themselves."""
    number = {"type": "number"}
    held = exactly(dict.fromkeys(("total", "subscription", "payg", "enterprise"), number))
    api = exactly({"free_calls": {"type": "integer"}, "sizes": {"type": "string"}})
    attributes = exactly({"credits": held, "api": api})
    return of_caller({200: in_json("What is left.", {"data": exactly({"attributes": attributes})})})


def in_json(words: str, properties: Schema) -> Schema:
    """An answer in JSON."""
    return {"description": words, "content": {"application/json": {"schema": exactly(properties)}}}


def exactly(properties: Schema) -> Schema:
    """An object with these properties, all of them and no others: clients break on one that they do not know."""
    return {"type": "object", "required": [*properties], "properties": properties, "additionalProperties": False}
