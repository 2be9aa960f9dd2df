"""How the routes of our own API are described to those who read `/openapi.json`: they read their bodies themselves."""

from __future__ import annotations

from typing import Any

from mattebox.serve.cutouts.fields import known_fields
from mattebox.serve.cutouts.values import Schema
from mattebox.serve.cutouts.wishes import URLS
from mattebox.serve.jobs.records import DONE, FAILED, RUNNING, WAITING
from mattebox.serve.result import MEDIA_TYPES
from mattebox.serve.schemas import ERRORS, FILE, HEADERS, REFUSALS_OF_WORK, text

__all__ = ["KEYS", "cutout_operation", "file_answers", "json_answers", "refusals", "submit_operation", "wait_parameter"]

KEYS: list[Schema] = [{"key": []}, {"bearer": []}]
"""How a caller says who it is."""

COMMON = {
    "mask_b64": text("Your own mask in place of the model's, as base64: light where the subject is."),
    "trimap_b64": text("Your own trimap as base64: black is background, white is subject, grey is to be found."),
    "background_b64": text("A picture to put behind the subject, as base64."),
    "background_url": text("Address of a picture to put behind the subject, on the public web."),
}
ONE = {
    "image_b64": text("The picture's file, as base64. One of the three sources is needed."),
    "image_url": text("Address of the picture, on the public web."),
}
PARTS = {"mask": FILE, "trimap": FILE, "background_picture": FILE}

OWN_HEADERS = {
    **{name: HEADERS[name] for name in HEADERS if name not in {"X-Max-Width", "X-Max-Height", "X-Type"}},
    **{
        f"X-Mattebox-{name}": {"schema": {"type": kind}, "description": words}
        for name, kind, words in (
            ("Model", "string", "Model that found the subject."),
            ("Score", "number", "How sure it is that there is one, 0 to 1."),
            ("Kind", "string", "What the subject is, where the model says so."),
            ("Reason", "string", "Why that model was taken, where it was chosen for the picture."),
        )
    },
}
INTEGER: Schema = {"type": "integer"}
RESULT: Schema = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "required": ["result_b64", "width", "height"],
            "properties": {
                "result_b64": text("The file as base64."),
                "width": INTEGER,
                "height": INTEGER,
                "model": {"type": ["string", "null"]},
                "score": {"type": "number"},
                "kind": {"type": ["string", "null"]},
                "reason": {"type": "string"},
                **{f"foreground_{name}": INTEGER for name in ("top", "left", "width", "height")},
            },
        }
    },
}
ITEM: Schema = {
    "type": "object",
    "required": ["n", "name", "status"],
    "properties": {
        "n": INTEGER,
        "name": text("Of the picture, as it was sent."),
        "status": {"enum": [WAITING, RUNNING, DONE, FAILED]},
        "file": text("Name of the result in the ZIP."),
        "type": text("Media type of the result."),
        "error": ERRORS["properties"]["errors"]["items"],
    },
}
JOB: Schema = {
    "type": "object",
    "required": ["id", "status", "total", "done", "failed", "created", "expires"],
    "properties": {
        "id": text("Names the job."),
        "status": {"enum": [WAITING, RUNNING, DONE]},
        **dict.fromkeys(("total", "done", "failed"), INTEGER),
        "created": {"type": "number", "description": "In seconds of Unix time."},
        "expires": {"type": "number", "description": "When the job and its results are removed."},
        "items": {"type": "array", "items": ITEM},
    },
}
JOBS: Schema = {
    "type": "object",
    "required": ["jobs"],
    "properties": {"jobs": {"type": "array", "items": JOB}},
}


def refusals() -> dict[int | str, Any]:
    """Answers that are refusals."""
    # Said for every other status too, or the framework adds its own for parameters that it reads.
    return {**REFUSALS_OF_WORK, "default": {"description": "A refusal.", **content("application/json", schema=ERRORS)}}


def content(*kinds: str, schema: Schema) -> Schema:
    """What an answer holds."""
    return {"content": {kind: {"schema": schema} for kind in kinds}}


def json_answers(words: str, schema: Schema, status: int = 200, **more: Any) -> dict[int | str, Any]:
    """Answers of a route that gives JSON."""
    return {status: {"description": words, **content("application/json", schema=schema), **more}, **refusals()}


def file_answers(words: str, *kinds: str, **more: Any) -> dict[int | str, Any]:
    """Answers of a route that gives a file."""
    return {200: {"description": words, **content(*kinds, schema=FILE), **more}, **refusals()}


def bodies(in_json: Schema, in_text: Schema, parts: Schema) -> Schema:
    """A request body in the three types, of which one has files."""
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": strict({**parts, **in_text})},
            "application/x-www-form-urlencoded": {"schema": strict(in_text)},
            "application/json": {"schema": strict(in_json)},
        },
    }


def strict(properties: Schema) -> Schema:
    """An object of these properties and no others; a misspelt name is refused."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def fields(*, as_text: bool) -> Schema:
    """Everything that can be asked, as properties."""
    return {name: field.schema(text=as_text) for name, field in known_fields().items()}


def cutout_operation() -> dict[str, Any]:
    """What the route for one picture says of itself, as arguments of the route."""
    answers = file_answers(
        "The picture; with `Accept: application/json` the same in JSON.", *MEDIA_TYPES.values(), headers=OWN_HEADERS
    )
    answers[200]["content"]["application/json"] = {"schema": RESULT}
    body = bodies(
        {**ONE, **COMMON, **fields(as_text=False)},
        {**ONE, **COMMON, **fields(as_text=True)},
        {"image": FILE, **PARTS},
    )
    return {
        "operation_id": "cutout",
        "responses": answers,
        "openapi_extra": {"requestBody": body, "security": KEYS},
    }


def submit_operation() -> dict[str, Any]:
    """What the route for a job says of itself, as arguments of the route."""
    urls = {"type": "array", "items": {"type": "string"}, "description": "Addresses of pictures, on the public web."}
    in_form = {"type": "string", "contentMediaType": "application/json", "description": "JSON list of addresses."}
    body = bodies(
        {URLS: urls, **COMMON, **fields(as_text=False)},
        {URLS: in_form, **COMMON, **fields(as_text=True)},
        {"image": {"type": "array", "items": FILE, "description": "Any number of pictures."}, **PARTS},
    )
    return {
        "operation_id": "submit_job",
        "status_code": 202,
        "responses": json_answers("The job was taken.", JOB, 202),
        "openapi_extra": {"requestBody": body, "security": KEYS},
    }


def wait_parameter(most: float) -> Schema:
    """How the parameter that lets an answer wait is described."""
    return {
        "name": "wait",
        "in": "query",
        "description": "Seconds to wait until another picture has come to an end.",
        "schema": {"type": "number", "minimum": 0, "maximum": most, "default": 0},
    }
