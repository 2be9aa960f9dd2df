"""Parts of the description at `/openapi.json`: routes that read their bodies themselves say what they take and give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mattebox.serve.result import SUBJECT
from mattebox.serve.values import TEXT, Schema

__all__ = [
    "ERROR",
    "FILE",
    "FOREGROUND",
    "HEADERS",
    "INTEGER",
    "NUMBER",
    "bodies",
    "complete",
    "exactly",
    "file_answer",
    "headers",
    "json_answer",
    "of_caller",
    "picture_answer",
    "text",
]

INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FILE: Schema = {"type": "string", "format": "binary"}
ERROR: Schema = {
    "type": "object",
    "required": ["title", "code"],
    "properties": dict.fromkeys(("title", "code", "detail"), TEXT),
}
ERRORS: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "minItems": 1, "items": ERROR}},
}
REFUSALS: dict[int | str, str] = {
    400: "A parameter or a file is not what it should be; `code` says which.",
    402: "The credits of the key are used up.",
    403: "The key is missing or not valid.",
    404: "There is no such thing.",
    408: "The body did not come in time.",
    409: "It cannot be done now.",
    415: "The body is of a type that is not read.",
    429: "Too many pictures in a minute; `Retry-After` says how long to wait.",
    500: "Something went wrong here.",
    503: "There is no room or no time now; `Retry-After` says when to try again.",
    "default": "A refusal.",
}
EVERYWHERE = (403, 500, 503)
"""Refusals of every route that asks for a key."""

SECURITY_SCHEMES: Schema = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
}


def of_caller(responses: dict[int | str, Schema], *codes: int | str, **more: Any) -> dict[str, Any]:
    """What a route says of itself that only callers with a key may use, as arguments of the route.

    Args:
        responses: its good answers.
        codes: statuses of its refusals, beside those that are everywhere; `default` stands for any, which a route with
            parameters in its path needs, or the framework adds a form of its own.
        more: what else is in the description of the operation.
    """
    refusals = {code: json_answer(REFUSALS[code], ERRORS) for code in (*codes, *EVERYWHERE)}
    # Either of the two is enough.
    security: list[Schema] = [{name: []} for name in SECURITY_SCHEMES]
    return {"responses": {**responses, **refusals}, "openapi_extra": {"security": security, **more}}


def complete(document: Schema) -> None:
    """Add to a description what the framework does not know.

    Args:
        document: all of it; the first paragraphs of docstrings become the summaries of operations.
    """
    # Routes read keys themselves.
    document["components"] = {"securitySchemes": SECURITY_SCHEMES}
    # A proxy may have put everything into a folder; operations are found from where this document is.
    document["servers"] = [{"url": "."}]
    for methods in document["paths"].values():
        for operation in methods.values():
            first, _, more = operation.pop("description").partition("\n\n")
            operation["summary"] = first.replace("\n", " ").rstrip(".")
            if more:
                operation["description"] = more


def json_answer(words: str, schema: Schema, **more: Any) -> Schema:
    """An answer in JSON."""
    return {"description": words, "content": {"application/json": {"schema": schema}}, **more}


def file_answer(words: str, kinds: Iterable[str]) -> Schema:
    """An answer that is a file of one of some media types."""
    return {"description": words, "content": {kind: {"schema": FILE} for kind in kinds}}


def picture_answer(kinds: Iterable[str], told: Schema, details: Schema) -> Schema:
    """An answer with a result.

    Args:
        kinds: media types of the file.
        told: headers of the file.
        details: what is beside it in JSON.
    """
    answer = file_answer("The picture; with `Accept: application/json` the same in JSON.", kinds)
    data = {
        "type": "object",
        "required": ["result_b64"],
        "properties": {"result_b64": text("The file as base64."), **details},
    }
    result = {"type": "object", "required": ["data"], "properties": {"data": data}}
    answer["content"]["application/json"] = {"schema": result}
    return {**answer, "headers": told}


def bodies(in_json: Schema, in_form: Schema, files: Schema, *, known_only: bool = False) -> Schema:
    """A request body in the three types, of which one has files.

    Args:
        in_json: fields by name, as they are in JSON.
        in_form: the same in forms, where everything is text.
        files: files by name.
        known_only: whether other fields are refused.
    """

    def of(fields: Schema) -> Schema:
        closed = {"additionalProperties": False} if known_only else {}
        return {"schema": {"type": "object", "properties": fields, **closed}}

    content = {
        "multipart/form-data": of({**files, **in_form}),
        "application/x-www-form-urlencoded": of(in_form),
        "application/json": of(in_json),
    }
    return {"required": True, "content": content}


def text(words: str, **more: Any) -> Schema:
    """A field of text."""
    return {**TEXT, "description": words, **more}


def exactly(properties: Schema) -> Schema:
    """An object with these properties, all of them and no others: clients break on one that they do not know."""
    return {"type": "object", "required": [*properties], "properties": properties, "additionalProperties": False}


def headers(*rows: tuple[str, str, str]) -> Schema:
    """Headers of an answer: each its name, its type and what it says."""
    return {name: {"schema": {"type": kind}, "description": words} for name, kind, words in rows}


FOREGROUND: Schema = {f"foreground_{name}": INTEGER for name in SUBJECT}
"""Where the subject is, in JSON."""
HEADERS = headers(
    ("X-Width", "integer", "Width of the result in pixels."),
    ("X-Height", "integer", "Height of the result in pixels."),
    ("X-Credits-Charged", "string", "What was charged; 0 for keys without a limit."),
    *((header, "integer", f"{name.title()} of the subject in the result.") for name, header in SUBJECT.items()),
    ("X-RateLimit-Limit", "integer", "Megapixel pictures a minute."),
    ("X-RateLimit-Remaining", "integer", "What is left of them."),
    ("X-RateLimit-Reset", "integer", "When they begin anew, in seconds of Unix time."),
)
"""What every result is sent with."""
