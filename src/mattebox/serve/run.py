"""Run the server on a socket, and say what whoever started it needs to know."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from mattebox.errors import BadParameter
from mattebox.serve.app import create_app
from mattebox.serve.incoming.protocol import http_protocol
from mattebox.serve.options import ServeOptions
from mattebox.serve.service import Service
from mattebox.serve.store import StoreUnavailable

__all__ = ["configured", "listening", "run"]

HEADER_SECONDS = 10.0
"""How long a connection may take to send the header of a request."""
IDLE_SECONDS = 30
"""How long a connection is kept for the next request; longer than most clients keep theirs."""


def run(options: ServeOptions) -> int:
    """Serve until told to stop.

    Returns:
        The exit code: 0 when it was told to stop.

    Raises:
        BadParameter: the address is taken or cannot be listened on.
        StoreUnavailable, ModelNotFound, WeightsUnavailable: it cannot begin.
    """
    listener = listening(options.address, options.port)
    app = create_app(options)
    service: Service = app.state.service
    # They tell of every malformed body, and of addresses that are nobody's business.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    introduce(service, listener)
    with listener, told_to_stop():
        server = uvicorn.Server(configured(app, options))
        server.run([listener])
    return 0 if server.started else 1


def configured(app: FastAPI, options: ServeOptions) -> uvicorn.Config:
    """How uvicorn is to serve an application."""
    return uvicorn.Config(
        app,
        http=http_protocol(HEADER_SECONDS),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=options.proxies,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=max(1, round(options.grace) + 1),
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on an address.

    Raises:
        BadParameter: it cannot.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise BadParameter(
            f"cannot listen on {host} port {port}: {error.strerror or error}; try another --port"
        ) from error
    return listener


def introduce(service: Service, listener: socket.socket) -> None:
    """Say on standard error where the server is, and how to get a key when there is none.

    A key itself is never said: what servers print is kept in logs.
    """
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host in {"0.0.0.0", "127.0.0.1", "::", "::1"} else host
    lines = [f"Mattebox is at http://{shown}:{port}"]
    if service.options.local:
        lines.append("No key is asked for; only this computer can reach it.")
    elif service.options.open:
        lines.append("No key is asked for: everybody who can reach this address can use it.")
    else:
        try:
            if not service.keys.any():
                lines.append("There is no key yet. Make one with: mattebox serve keys add NAME")
        except StoreUnavailable as error:  # it may come later
            lines.append(f"Nobody is served yet: {error}")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


@contextmanager
def told_to_stop() -> Iterator[None]:
    """Let the signals that stop the server end this process in an orderly way.

    uvicorn raises them once more for whoever handled them before, when it has finished.
    """
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
