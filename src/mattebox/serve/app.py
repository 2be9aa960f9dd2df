"""The application: routes, what surrounds them, and how it begins and ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mattebox import __version__
from mattebox.serve.envelope import Envelope, refusal_of_framework, refused
from mattebox.serve.jobs.desk import Jobs
from mattebox.serve.options import ServeOptions, options_from
from mattebox.serve.refusals import Refusal
from mattebox.serve.routes import account, carvekit, cutouts, docs, health, improve, jobs, models, removebg, studio
from mattebox.serve.schemas import SECURITY_SCHEMES
from mattebox.serve.service import Service

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
        StoreUnavailable: the state cannot be reached.
    """
    service = Service(options)
    app = FastAPI(
        title="Mattebox",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if options.docs else None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.jobs = Jobs(service)
    app.add_middleware(Envelope, service=service)
    for kind in (Refusal, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
    for each in (removebg, account, improve, carvekit, cutouts, jobs, models, health):
        app.include_router(each.router)
    if options.docs:
        docs.add_docs(app)
    if options.studio:
        app.include_router(studio.router)
    # Routes read keys themselves, so the framework does not know that there are any; what it describes it keeps.
    app.openapi()["components"] = {"securitySchemes": SECURITY_SCHEMES}
    return app


def from_environment() -> FastAPI:
    """Make the application from variables alone, for `uvicorn --factory mattebox.serve.app:from_environment`."""
    return create_app(options_from(os.environ))


async def handle(request: Request, error: Exception) -> Response:
    """Answer with a refusal."""
    refusal = refusal_of_framework(error)
    if refusal.code == "method_not_allowed":
        # The framework names the methods of the first route alone that has the path.
        described = request.app.openapi()["paths"].get(request.scope["route"].path)
        if described is not None:
            refusal.headers["Allow"] = ", ".join(method.upper() for method in described)
    return refused(refusal)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models before the first request, and finish the work that was taken after the last."""
    leaving: list[asyncio.Future[None]] = []
    service: Service = app.state.service
    await service.start()
    await app.state.jobs.start()
    with when_told_to_stop(lambda: leaving.append(asyncio.ensure_future(service.pool.drain(service.options.grace)))):
        log.info("ready: %d pictures at once, models %s", service.pool.workers, ", ".join(sorted(service.served)))
        yield
    await app.state.jobs.stop()
    await service.stop()


@contextmanager
def when_told_to_stop(act: Callable[[], object]) -> Iterator[None]:
    """Do something on the event loop as soon as the process is told to stop; the end of the lifespan would be too late.

    Whoever runs the server has put its own handlers for the signals, which are called after; then it waits for its
    connections before it ends the lifespan.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for each in before:
        signal.signal(each, told)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
