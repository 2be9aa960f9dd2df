"""A small application on a real socket, and clients that say what they like to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp, http: type[asyncio.Protocol] | str = "auto", *, keep_alive: int = 5) -> Iterator[int]:
    """Serve an application with uvicorn meanwhile, and give its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=http,  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection; what it waits for and never gets is an error after a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        yield client


def everything(client: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    said = bytearray()
    try:
        while piece := client.recv(65_536):
            said += piece
    except ConnectionError:
        pass  # closed with something of ours unread, which is closed all the same
    return bytes(said)
