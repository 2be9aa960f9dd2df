"""The application: routes, what surrounds them, and how it begins and ends."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mattebox import __version__
from mattebox.errors import MatteboxError
from mattebox.serve.envelope import Envelope, refusal_in_place_of, refused
from mattebox.serve.jobs.desk import Jobs
from mattebox.serve.openapi import complete
from mattebox.serve.options import ServeOptions, options_from
from mattebox.serve.routes import (
    account,
    carvekit,
    cutouts,
    docs,
    health,
    improve,
    jobs,
    metrics,
    models,
    removebg,
    studio,
)
from mattebox.serve.service import Service
from mattebox.serve.stopping import when_told_to_stop

__all__ = ["create_app", "from_environment"]

log = logging.getLogger(__name__)

DESCRIPTION = """Cut subjects out of pictures.

* `/v1.0/...` keeps the contract of remove.bg, so that its clients work unchanged; `/api/...` are CarveKit's names.
* `/v1/...` is Mattebox's own: every setting of the library, and batch jobs.

Every error is `{"errors": [{"title", "code", "detail"}]}`."""


def create_app(options: ServeOptions) -> FastAPI:
    """Make the application of a server.

    Args:
        options: how it runs.

    Raises:
        BadParameter, ModelNotFound: a model that is to be served is not known.
        StoreUnavailable: the state or the folder of data cannot be used.
    """
    service = Service(options)
    app = FastAPI(
        title="Mattebox",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.jobs = Jobs(service)
    app.add_middleware(Envelope, service=service)
    for kind in (MatteboxError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
    for each in (removebg, account, improve, carvekit, cutouts, jobs, models, health):
        app.include_router(each.router)
    if options.metrics:
        app.include_router(metrics.router)
    if options.docs:
        docs.add_docs(app)
    if options.studio:
        app.include_router(studio.router)
    complete(app.openapi())  # which is made once, and kept
    return app


def from_environment() -> FastAPI:
    """Make the application from variables alone, for servers of ASGI applications.

    Raises:
        BadParameter: a variable cannot be read or makes no sense; and what `create_app` raises.
    """
    return create_app(options_from(os.environ))


async def handle(request: Request, error: Exception) -> Response:
    """Answer with a refusal."""
    refusal = refusal_in_place_of(error)
    if refusal.code == "method_not_allowed":
        # The framework names the methods of the first route alone that has the path.
        route = request.scope.get("route")
        described = route and request.app.openapi()["paths"].get(route.path)
        if described is not None:
            refusal.headers["Allow"] = ", ".join(method.upper() for method in described)
    return refused(refusal, request.scope)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models before the first request, and finish the work that was taken after the last."""
    leaving: list[asyncio.Future[None]] = []
    loop = asyncio.get_running_loop()
    service: Service = app.state.service

    def leave() -> None:
        log.info("stopping: what was taken is finished, for up to %g s", service.options.grace)
        leaving.append(asyncio.ensure_future(service.pool.drain(service.options.grace)))

    await service.start()
    await app.state.jobs.start()
    # The end of the lifespan comes only when the server has waited for its connections, which wait for their work.
    with when_told_to_stop(lambda: loop.call_soon_threadsafe(leave), pass_on=True):
        log.info("ready")
        yield
    await app.state.jobs.stop()
    await service.stop()
    log.info("stopped")
