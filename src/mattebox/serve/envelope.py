"""What is the same for every answer: its headers, the form of errors, the count and the log line."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mattebox.errors import MatteboxError
from mattebox.serve.refusals import Refusal, refusal_of
from mattebox.serve.result import SUBJECT
from mattebox.serve.service import ClientGone

if TYPE_CHECKING:
    from mattebox.serve.service import Service

__all__ = ["Envelope", "refusal_in_place_of", "refused"]

log = logging.getLogger("mattebox.serve.answers")

HARDENED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
EXPOSED = (
    f"X-Width, X-Height, X-Max-Width, X-Max-Height, X-Type, X-Credits-Charged, {', '.join(SUBJECT.values())}, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "Retry-After, X-Request-Id, X-Mattebox-Model, X-Mattebox-Score, X-Mattebox-Kind, X-Mattebox-Reason, "
    "Content-Disposition"
)
ALLOWED = "X-API-Key, Authorization, Content-Type, Accept"
METHODS = "GET, POST, DELETE, OPTIONS"
FOREIGN = "A server without keys is for programs of its own computer, and for its own page. Use localhost as its name."
OWN_NAMES = {"localhost", "127.0.0.1", "::1"}
HUNG_UP = 499
"""What is counted for a caller who did not wait for the answer."""
NOTED = ("code", "megapixels", "key")
"""What is noted in the state of a request for its line in the log."""


class Envelope:
    """Middleware around all routes: whatever happens inside, an answer in the one form goes out.

    Args:
        app: what is inside.
        service: the service, once there is one.
    """

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self._app = app
        self._service = service
        self._local = service.options.local
        self._origins = service.options.callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), HUNG_UP
        identity = uuid.uuid4().hex
        headers = Headers(scope=scope)
        extra = {**HARDENED, "X-Request-Id": identity, **self._cors(headers)}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = MutableHeaders(scope=message)
                for name, value in extra.items():
                    own.setdefault(name, value)
                if "*" not in self._origins:
                    own.add_vary_header("Origin")
            await send(message)

        try:
            answer = self._at_the_door(scope, headers)
            if answer is not None:
                await answer(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except ClientGone:
            log.debug("%s: the caller hung up", identity)
        except Exception as error:
            if status != HUNG_UP:  # the answer has begun, so nothing can be said any more
                raise
            refusal = refusal_of(error)  # which logs it
            log.warning("%s: answered with %s", identity, refusal.code)
            await refused(refusal, scope)(scope, receive, sending)
        finally:
            self._service.holding.release(scope)
            self._note(scope, status, time.perf_counter() - started, identity)

    def _cors(self, headers: Headers) -> Mapping[str, str]:
        """What tells a browser which pages may read the answer."""
        origin = headers.get("origin")
        if "*" in self._origins:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
        if origin in self._origins:
            return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
        return {}

    def _at_the_door(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to what never gets to a route."""
        if self._local and not is_own(headers):
            return refused(Refusal("auth_failed", FOREIGN, title="Caller not allowed"), scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Allow-Headers": ALLOWED}
            return Response(status_code=204, headers={**allowed, "Access-Control-Max-Age": "86400"})
        return None

    def _note(self, scope: Scope, status: int, seconds: float, identity: str) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._service.metrics.answers.labels(route, status).inc()
        self._service.metrics.seconds.labels(route).observe(seconds)
        noted = scope.get("state", {})
        known = [f"{name}={noted[name]}" for name in NOTED if name in noted]
        log.debug("%s", " ".join((identity, scope["method"], route, str(status), f"{1000 * seconds:.0f} ms", *known)))


def is_own(headers: Headers) -> bool:
    """Whether a request was sent to this computer by name, and by no page of another server.

    A page anywhere may have a browser send requests here, also under a name of its own that leads here.
    """
    # Pictures and scripts in a page come without an origin. A link that leads here is harmless.
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return False
    origin = headers.get("origin")
    try:
        host = urlsplit(f"//{headers.get('host', '')}")
        return host.hostname in OWN_NAMES and (origin is None or urlsplit(origin).netloc == host.netloc)
    except ValueError:  # one of them is no address at all
        return False


def refused(refusal: Refusal, scope: Scope) -> JSONResponse:
    """A refusal as an answer to the request of a scope, which notes its code."""
    scope.setdefault("state", {})["code"] = refusal.code
    return JSONResponse(
        refusal.body(), refusal.status, headers=refusal.headers, media_type="application/json; charset=utf-8"
    )


def refusal_in_place_of(error: Exception) -> Refusal:
    """A refusal in place of an error of ours, or of what the framework would say."""
    if isinstance(error, MatteboxError):
        return refusal_of(error)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return Refusal("invalid_parameter", f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_body")
    return Refusal(code, headers=error.headers)
