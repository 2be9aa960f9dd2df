"""How a result goes out: as the file that it is, or in JSON for those who ask for that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from mattebox.serve.result import Result

__all__ = ["answer", "wants_json"]

JSON = "application/json"
FILES = ("image/", "application/zip", "application/octet-stream")


async def answer(request: Request, result: Result, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a result in the form that the request accepts.

    Args:
        request: whose `Accept` counts.
        result: the file and what is known of it.
        headers: sent beside those of the result.
    """
    sent = {**result.headers, **(headers or {}), "Vary": "Accept", "Cache-Control": "no-store"}
    if not wants_json(request.headers.get("accept", "")):
        return Response(result.data, media_type=result.media_type, headers=sent)
    # Base64 of a large file takes a while, and meanwhile others are to be answered.
    text = await asyncio.to_thread(lambda: json.dumps(result.json()))
    return Response(text, media_type=JSON, headers=sent)


def wants_json(accept: str) -> bool:
    """Whether JSON is accepted rather than a file; of equals the first counts, and `*/*` asks for a file.

    Example:
        >>> wants_json("application/json, text/plain, */*"), wants_json("image/png, application/json;q=0.5")
        (True, False)
    """
    best, json_first = 0.0, False
    for each in accept.lower().split(",")[:64]:
        kind, *parameters = (word.strip() for word in each.split(";"))
        weight = weight_of(parameters)
        if weight > best and (kind == JSON or kind.startswith(FILES)):
            best, json_first = weight, kind == JSON
    return json_first


def weight_of(parameters: list[str]) -> float:
    """How much a type is wanted, 0 to 1."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
