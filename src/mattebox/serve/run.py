"""Run the server on a socket, and say what whoever started it needs to know."""

from __future__ import annotations

import errno
import logging
import shlex
import socket
import sys

import uvicorn
from fastapi import FastAPI

from mattebox.errors import BadParameter, StoreUnavailable
from mattebox.serve.app import create_app
from mattebox.serve.incoming.protocol import http_protocol
from mattebox.serve.options import ServeOptions
from mattebox.serve.service import Service
from mattebox.serve.stopping import when_told_to_stop

__all__ = ["configured", "introduction", "listening", "run"]

HEADER_SECONDS = 10.0
"""How long a connection may take to send the header of a request."""
IDLE_SECONDS = 75
"""How long a connection is kept for the next request; longer than most clients keep theirs."""


def run(options: ServeOptions) -> int:
    """Serve until told to stop.

    Returns:
        The exit code: 0 when it was told to stop.

    Raises:
        BadParameter: the address is taken or cannot be listened on.
        StoreUnavailable, ModelNotFound, WeightsUnavailable: it cannot begin.
    """
    # They tell of every malformed body, and of addresses that are nobody's business.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # uvicorn raises the signals once more when it has finished; without a handler they would kill the process.
    with listening(options.address, options.port) as listener, when_told_to_stop(lambda: None, pass_on=False):
        server = Server(configured(create_app(options), options))
        server.run([listener])
    return 0 if server.started else 1


class Server(uvicorn.Server):
    """uvicorn's server, which says where it is as soon as it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer.

        Raises:
            MatteboxError: the models cannot be loaded; uvicorn would make a traceback of that.
        """
        assert sockets is not None
        service: Service = self.config.app.state.service  # type: ignore[union-attr]
        await service.start()
        await super().startup(sockets)
        if not self.should_exit:
            sys.stderr.write("".join(f"{line}\n" for line in await service.stored(introduction, service, sockets[0])))
            sys.stderr.flush()


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
        other = "--host" if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL else "--port"
        raise BadParameter(
            f"cannot listen on {host} port {port}: {error.strerror or error}; try another {other}"
        ) from error
    return listener


def introduction(service: Service, listener: socket.socket) -> list[str]:
    """Where the server is and what it stands on, and how to get a key when there is none.

    A key itself is never said: what servers print is kept in logs.
    """
    options = service.options
    host, port = listener.getsockname()[:2]
    everywhere = host in {"0.0.0.0", "::"}
    name = "localhost" if everywhere or host in {"127.0.0.1", "::1"} else f"[{host}]" if ":" in host else host
    url = f"http://{name}:{port}"
    shown = {"the page": options.studio and f"{url}/", "the API": options.docs and f"{url}/docs"}
    lines = [
        f"Mattebox is at {url}, on {'all addresses of this computer' if everywhere else f'{host} alone'}",
        " and ".join(f"{where} for {what}" for what, where in shown.items() if where),
        f"State: {service.store.name}. Data: {service.data}",
        f"Workers: {service.pool.workers}. Models: {', '.join(sorted(service.served))}",
        "No key is asked for: everybody who can reach this address can use it."
        if options.open
        else lack_of_keys(service),
    ]
    return [line for line in lines if line]


def lack_of_keys(service: Service) -> str:
    """What keeps everybody from using a server that asks for keys; nothing where nothing does."""
    try:
        if service.keys.any():
            return ""
    except StoreUnavailable as error:  # it may come later
        return f"Nobody is served yet: {error}"
    if service.store.name == "memory":
        return "There is no key, and none can be made for a state in memory: set MATTEBOX_SERVE_KEYS"
    return f"There is no key yet. Make one with: mattebox serve keys add NAME --store {shlex.quote(service.store.name)}"
