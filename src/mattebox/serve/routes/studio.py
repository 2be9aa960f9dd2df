"""The studio: the page at `/` and the files that it is made of, read once and kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from mattebox.serve.refusals import Refusal

__all__ = ["Asset", "load_assets", "router"]

FOLDER = Path(__file__).parents[1] / "studio"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".md": "text/plain; charset=utf-8",
}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
"""What the page may load: nothing but its own files, and pictures that it holds itself."""

HEADERS = {
    # Files keep their names from version to version, so a browser asks whether its copy is still the right one.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page.

    Attributes:
        data: its bytes.
        type: its media type.
        tag: what changes when it does, as an `ETag`.
    """

    data: bytes
    type: str
    tag: str


@cache
def load_assets() -> dict[str, Asset]:
    """Every file of the page by its path in the folder; what is not in here is never served.

    Example:
        >>> load_assets()["index.html"].type
        'text/html; charset=utf-8'
    """
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(FOLDER).as_posix(): read_asset(path) for path in files}


def read_asset(path: Path) -> Asset:
    """One file, with its type by its suffix and a tag made of its bytes."""
    data = path.read_bytes()
    return Asset(data, TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:32]}"')


router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
@router.api_route("/studio/{path:path}", methods=["GET", "HEAD"])
async def studio(request: Request, path: str = "index.html") -> Response:
    """One file of the page, or word that the browser's copy is still right.

    Raises:
        Refusal: `not_found`, the page has no such file.
    """
    asset = load_assets().get(path)
    if asset is None:
        raise Refusal("not_found")
    headers = {**HEADERS, "ETag": asset.tag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {asset.tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(asset.data, media_type=asset.type, headers=headers)
