"""`/openapi.json` and `/docs`: the description of the API, with everything it needs from this server."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, JSONResponse, Response

from mattebox.serve.refusals import Refusal

__all__ = ["add_docs"]

FOLDER = "docs/assets"


def add_docs(app: FastAPI) -> None:
    """Let an application describe itself; addresses are relative, since a proxy may have put it into a folder."""
    package = find_spec("fastapi_offline")
    assert package is not None
    assert package.origin is not None
    assets = {path.name: path for path in (Path(package.origin).parent / "static").iterdir()}
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Mattebox: the API",
        swagger_js_url=f"{FOLDER}/swagger-ui-bundle.js",
        swagger_css_url=f"{FOLDER}/swagger-ui.css",
        swagger_favicon_url=f"{FOLDER}/favicon.png",
    )
    html = bytes(page.body)
    # The page starts itself with a script in its text; that one is allowed, by its digest, and no other.
    (script,) = re.findall(rb"<script>(.*?)</script>", html, re.DOTALL)
    digest = b64encode(sha256(script).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
    )

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.get(f"/{FOLDER}/{{name}}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in assets:
            raise Refusal("not_found")
        return FileResponse(assets[name])

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": policy})
