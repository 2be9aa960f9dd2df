"""Lets schemathesis send real pictures: random bytes would never get past the door."""

from __future__ import annotations

import base64
import io
from typing import Any

import schemathesis
from PIL import Image
from schemathesis import Case, HookContext


def small_picture() -> bytes:
    """A black square on white."""
    file, canvas = io.BytesIO(), Image.new("RGB", (48, 32), "white")
    canvas.paste("black", (16, 8, 32, 24))
    canvas.save(file, "png")
    return file.getvalue()


PICTURE = small_picture()
AS_TEXT = base64.b64encode(PICTURE).decode()


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Put the picture where one is sent."""
    if isinstance(case.body, dict):
        for name in case.body:
            if name in {"image_file", "image"}:
                case.body[name] = PICTURE
            elif name in {"image_file_b64", "image_b64"}:
                case.body[name] = AS_TEXT
