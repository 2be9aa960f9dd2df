"""`/docs`: the description of the API, with everything it needs from this server."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

__all__ = ["add_docs"]

ASSETS = "/docs/assets"


def add_docs(app: FastAPI) -> None:
    """Let an application describe itself at `/docs`."""
    package = find_spec("fastapi_offline")
    assert package is not None
    assert package.origin is not None
    app.mount(ASSETS, StaticFiles(directory=Path(package.origin).parent / "static"))
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Mattebox: the API",
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )
    html = bytes(page.body)
    # The page starts itself with a script in its text; that one is allowed, by its digest, and no other.
    (script,) = re.findall(rb"<script>(.*?)</script>", html, re.DOTALL)
    digest = b64encode(sha256(script).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
    )

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": policy})
