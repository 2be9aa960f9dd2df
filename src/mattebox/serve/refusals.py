"""What the server says when it cannot do what was asked: a status, a code, a title and, where it helps, a detail.

The first 24 codes, with their titles and fixed details, are those of remove.bg's published OpenAPI document, so that
clients which read them go on to understand what they are told.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from mattebox.errors import (
    BadParameter,
    BadPicture,
    EngineFailed,
    MatteboxError,
    MissingExtra,
    ModelNotFound,
    StoreUnavailable,
    WeightsUnavailable,
    out_of_memory,
)

__all__ = ["DETAILS", "MISSING_KEY", "REFUSALS", "Refusal", "refusal_of", "too_large", "too_many_pixels"]

log = logging.getLogger(__name__)

REFUSALS: dict[str, tuple[int, str]] = {
    "failed_bg_download": (400, "Failed to download background image from given image_url"),
    "failed_image_download": (400, "Failed to download image from given image_url"),
    "failed_to_read_image": (400, "There was an error reading the image."),
    "file_too_large": (400, "File too large"),
    "invalid_bg_color": (400, "Invalid bg_color parameter given"),
    "invalid_bg_image_url": (400, "Invalid bg_image_url: Please provide a valid URL."),
    "invalid_channels": (400, "Invalid value for parameter 'channels'"),
    "invalid_crop_margin": (400, "Invalid crop_margin parameter given"),
    "invalid_dimensions": (400, "Failed to read image dimensions"),
    "invalid_file_type": (400, "Invalid file type"),
    "invalid_format": (400, "Invalid format parameter given"),
    "invalid_image_url": (400, "Invalid image_url: Please provide a valid URL."),
    "invalid_position": (400, "Invalid position parameter given"),
    "invalid_roi": (400, "Invalid roi parameter given"),
    "invalid_scale": (400, "Invalid scale parameter given"),
    "invalid_semitransparency": (400, "Invalid semitransparency parameter given"),
    "invalid_size": (400, "Invalid value for parameter 'size'"),
    "missing_source": (400, "No image given"),
    "multiple_bg_sources": (
        400,
        (
            "Multiple background sources given: Please provide either the bg_color, the bg_image_url or the "
            "bg_image_file parameter."
        ),
    ),
    "multiple_sources": (
        400,
        "Multiple image sources given: Please provide either the image_url, image_file or image_file_b64 parameter.",
    ),
    "resolution_too_high": (400, "Image resolution too high"),
    "roi_exceeds_bounds": (400, "ROI exceeds image bounds"),
    "roi_region_empty": (400, "ROI region is empty"),
    "unknown_foreground": (400, "Could not identify foreground in image."),
    # Of the contract too, which publishes their titles and no codes.
    "auth_failed": (403, "API Key invalid"),
    "insufficient_credits": (402, "Insufficient credits"),
    "rate_limit_exceeded": (429, "Rate limit exceeded"),
    # Ours: the contract does not say how these are refused.
    "invalid_crop": (400, "Invalid crop parameter given"),
    "invalid_shadow_opacity": (400, "Invalid shadow_opacity parameter given"),
    "invalid_shadow_type": (400, "Invalid shadow_type parameter given"),
    "invalid_type": (400, "Invalid type parameter given"),
    "invalid_type_level": (400, "Invalid type_level parameter given"),
    "invalid_parameter": (400, "Invalid parameter given"),
    "invalid_body": (400, "Invalid request body"),
    "too_many_files": (400, "Too many files"),
    "unknown_model": (400, "Unknown model"),
    "not_found": (404, "Not found"),
    "job_not_found": (404, "Job not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "request_timeout": (408, "Request timeout"),
    "job_not_ready": (409, "Job not ready"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "internal_error": (500, "Internal server error"),
    "deadline_exceeded": (503, "Not finished in time"),
    "model_unavailable": (503, "Model unavailable"),
    "server_busy": (503, "Server busy"),
}
"""HTTP status and title of every code."""

DETAILS: dict[str, str] = {
    "invalid_dimensions": "The dimensions of the given image could not be read.",
    "missing_source": "Please provide the source image in the image_url, image_file or image_file_b64 parameter.",
    "roi_exceeds_bounds": "The given roi parameter defines a region that exceeds the image bounds",
    "roi_region_empty": "The given roi parameter defines an empty region",
    "internal_error": "Something went wrong here, and was logged. The request may work when it is sent again.",
    "model_unavailable": "The server cannot run this model. Ask for another one, or tell whoever runs the server.",
    "server_busy": "The server is at work on as much as it can hold. Try again later.",
    "deadline_exceeded": "The server could not finish in time. Try again later, or ask for a smaller size.",
}
"""Details of the codes that have always the same."""

STORE_AWAY = "The server cannot reach what it keeps of keys, counts and jobs. Try again later."
"""Detail of `server_busy` where that is why."""

MISSING_KEY = "Missing API Key"
"""Title of `auth_failed` where no key was sent at all."""

LONGEST_DETAIL = 500
RETRY_AFTER = 5
"""Seconds after which a client may ask again where memory ran out, or what we keep could not be reached."""


class Refusal(MatteboxError):
    """The answer to a request that is not fulfilled.

    Args:
        code: one of `REFUSALS`.
        detail: what was wrong with which value, and what to do; the fixed one of `DETAILS` unless given.
        title: in place of the usual one.
        headers: sent with the answer, such as `Retry-After`.

    Attributes:
        status: of HTTP, 400 to 503.
        title: in few words.
        code: for programs.
        detail: for people; None where the title says it all.
        headers: sent with the answer.

    Example:
        >>> Refusal("invalid_size", "size='big': give auto, preview or full").body()["errors"][0]["code"]
        'invalid_size'
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.status, usual = REFUSALS[code]
        self.title = title or usual
        detail = detail or DETAILS.get(code)
        # JSON can bring halves of characters, which no answer can be encoded with.
        self.detail = detail and detail.encode("utf-8", "backslashreplace").decode()
        self.headers = dict(headers or {})
        super().__init__(f"{self.title}: {self.detail}" if self.detail else self.title)

    def body(self) -> dict[str, list[dict[str, str]]]:
        """The refusal as the JSON object that is sent."""
        error = {"title": self.title, "code": self.code}
        return {"errors": [error if self.detail is None else error | {"detail": self.detail}]}


def too_large(limit: int) -> Refusal:
    """Refuse a file of more than `limit` bytes.

    Example:
        >>> too_large(22_000_000).detail
        'File exceeds limit of 22MB'
    """
    return Refusal("file_too_large", f"File exceeds limit of {limit / 1e6:.3g}MB")


def too_many_pixels(pixels: int, limit: int) -> Refusal:
    """Refuse a picture of more than `limit` pixels.

    Example:
        >>> too_many_pixels(60_000_000, 50_000_000).detail
        'Input image has 60 megapixels, maximum supported input resolution is 50 megapixels'
    """
    # Rounded upwards, so that a picture just over the limit is not told that it has exactly the limit.
    megapixels = -(-pixels // 100_000) / 10
    return Refusal(
        "resolution_too_high",
        f"Input image has {megapixels:.10g} megapixels, maximum supported input resolution is {limit / 1e6:.10g} "
        "megapixels",
    )


def refusal_of(error: Exception) -> Refusal:
    """Turn any error into what a client may know of it; what is the server's own fault is logged and not told.

    Example:
        >>> refusal_of(BadPicture("<bytes> is empty")).detail
        'the picture is empty'
    """
    if isinstance(error, Refusal):
        return error
    if isinstance(error, MissingExtra) and error.extra == "heif":
        return Refusal("invalid_file_type", "This server cannot read HEIC. Send jpg, png or webp.")
    for kind, code in OF_CALLERS.items():
        if isinstance(error, kind):
            return Refusal(code, told(error))
    code = "server_busy" if out_of_memory(error) else next(c for kind, c in OF_OURS.items() if isinstance(error, kind))
    log.error("%s: %r", code, error, exc_info=error if code == "internal_error" else None)
    detail = STORE_AWAY if isinstance(error, StoreUnavailable) else None
    return Refusal(code, detail, headers={"Retry-After": str(RETRY_AFTER)} if code == "server_busy" else None)


OF_CALLERS: dict[type[Exception], str] = {
    BadPicture: "failed_to_read_image",
    ModelNotFound: "unknown_model",
    BadParameter: "invalid_parameter",
}
"""Errors that say what is wrong with a request."""
OF_OURS: dict[type[Exception], str] = {
    StoreUnavailable: "server_busy",
    MissingExtra: "model_unavailable",
    WeightsUnavailable: "model_unavailable",
    EngineFailed: "model_unavailable",
    Exception: "internal_error",
}
"""Errors that say what is wrong with the server."""


def told(error: Exception) -> str:
    """The message of an error without what only we know: our name for an upload, and paths of this machine."""
    text = re.sub(r"^<\w+>: ", "", str(error))
    text = re.sub(r"^<\w+> ", "the picture ", text)
    text = re.sub(r"(?<![\w:/])(?:/|[A-Za-z]:\\)[\w.~-][^\s'\":;,]*", "(a file)", text)
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"
