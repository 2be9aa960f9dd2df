"""How the routes of our own API are described to those who read `/openapi.json`."""

from __future__ import annotations

from typing import Any

from mattebox.serve.cutouts.fields import known_fields
from mattebox.serve.cutouts.wishes import URLS
from mattebox.serve.jobs.records import DONE, FAILED, RUNNING, WAITING
from mattebox.serve.openapi import (
    ERROR,
    FILE,
    FOREGROUND,
    HEADERS,
    INTEGER,
    NUMBER,
    bodies,
    headers,
    json_answer,
    of_caller,
    picture_answer,
    text,
)
from mattebox.serve.result import MEDIA_TYPES
from mattebox.serve.values import JSON_TEXT, TEXT, Schema

__all__ = ["JOB", "JOBS", "cutout_operation", "submit_operation", "wait_parameter"]

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
    **HEADERS,
    **headers(
        ("X-Mattebox-Model", "string", "Model that found the subject."),
        ("X-Mattebox-Score", "number", "How sure it is that there is one, 0 to 1."),
        ("X-Mattebox-Kind", "string", "What the subject is, where the model says so."),
        ("X-Mattebox-Reason", "string", "Why that model was taken, where it was chosen for the picture."),
    ),
}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
DETAILS: Schema = {
    "width": INTEGER,
    "height": INTEGER,
    "model": TEXT_OR_NULL,
    "score": NUMBER,
    "kind": TEXT_OR_NULL,
    "reason": TEXT,
    **FOREGROUND,
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
        "error": ERROR,
    },
}
JOB: Schema = {
    "type": "object",
    "required": ["id", "status", "total", "done", "failed", "created", "expires"],
    "properties": {
        "id": text("Names the job."),
        "status": {"enum": [WAITING, RUNNING, DONE]},
        **dict.fromkeys(("total", "done", "failed"), INTEGER),
        "created": {**NUMBER, "description": "In seconds of Unix time."},
        "expires": {**NUMBER, "description": "When the job and its results are removed."},
        "items": {"type": "array", "items": ITEM},
    },
}
JOBS: Schema = {
    "type": "object",
    "required": ["jobs"],
    "properties": {"jobs": {"type": "array", "items": JOB}},
}


def fields(*, as_text: bool) -> Schema:
    """Everything that a call may say, in JSON or in a form."""
    return {**COMMON, **{name: field.schema(text=as_text) for name, field in known_fields().items()}}


def cutout_operation() -> dict[str, Any]:
    """What the route for one picture says of itself, as arguments of the route."""
    body = bodies(
        {**ONE, **fields(as_text=False)},
        {**ONE, **fields(as_text=True)},
        {"image": FILE, **PARTS},
        known_only=True,
    )
    answer = picture_answer(MEDIA_TYPES.values(), OWN_HEADERS, DETAILS)
    return {"operation_id": "cutout", **of_caller({200: answer}, 400, 402, 408, 415, 429, requestBody=body)}


def submit_operation() -> dict[str, Any]:
    """What the route for a job says of itself, as arguments of the route."""
    body = bodies(
        {
            URLS: {"type": "array", "items": TEXT, "description": "Addresses of pictures, on the public web."},
            **fields(as_text=False),
        },
        {URLS: {**JSON_TEXT, "description": "JSON list of addresses."}, **fields(as_text=True)},
        {"image": {"type": "array", "items": FILE, "description": "Any number of pictures."}, **PARTS},
        known_only=True,
    )
    answer = json_answer("The job was taken.", JOB)
    return {
        "operation_id": "submit_job",
        "status_code": 202,
        **of_caller({202: answer}, 400, 408, 415, 429, requestBody=body),
    }


def wait_parameter(most: float) -> Schema:
    """How the parameter that lets an answer wait is described."""
    return {
        "name": "wait",
        "in": "query",
        "description": "Seconds to wait until another picture has come to an end.",
        "schema": {**NUMBER, "minimum": 0, "maximum": most, "default": 0},
    }
