"""What a request comes to: a file, and what is known of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from mattebox.geometry import Box

__all__ = ["MEDIA_TYPES", "SUBJECT", "Result", "boxed"]

MEDIA_TYPES = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
    "zip": "application/zip",
}
"""What HTTP calls the formats that are written."""
SUBJECT = {name: f"X-Foreground-{name.title()}" for name in ("top", "left", "width", "height")}
"""The headers that tell where the subject lies, by what they tell."""


@dataclass(frozen=True, slots=True)
class Result:
    """A file to answer with.

    Attributes:
        data: the file's bytes.
        media_type: of the file, as in `image/png`.
        headers: what is told of it beside the file.
        details: the same for those who ask for JSON.

    Example:
        >>> Result(b"...", "image/png", {"X-Width": "3"}, {"foreground_top": 0}).json()
        {'data': {'result_b64': 'Li4u', 'foreground_top': 0}}
    """

    data: bytes
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)
    details: dict[str, object] = field(default_factory=dict)

    def json(self) -> dict[str, dict[str, object]]:
        """The object that is sent to those who accept JSON: the file in base64, and the details."""
        return {"data": {"result_b64": base64.b64encode(self.data).decode("ascii"), **self.details}}


def boxed(box: Box) -> tuple[dict[str, str], dict[str, object]]:
    """Where the subject lies in the result, as headers and as details.

    Example:
        >>> boxed((1, 2, 5, 9))[1]
        {'foreground_top': 1, 'foreground_left': 2, 'foreground_width': 7, 'foreground_height': 4}
    """
    top, left, bottom, right = box
    values = (top, left, right - left, bottom - top)
    headers = {header: str(value) for header, value in zip(SUBJECT.values(), values, strict=True)}
    return headers, {f"foreground_{name}": value for name, value in zip(SUBJECT, values, strict=True)}
