"""Connections that cost nothing: one that sends no whole header in time is closed, as is one that takes no answer.

uvicorn closes connections that stay idle between requests, but waits for ever for a first header, however slowly it
comes, and for a client that does not read. It also drops a client that has said it will send no more, although that
client may still wait for its answer.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mattebox.serve.refusals import Refusal

__all__ = ["http_protocol"]

HEADER_SIZE = 32_768
"""Bytes of a request's line and headers."""

STALL = 30.0
"""Seconds in which a client has to take some of an answer that waits for it."""

TAKING, SLOWEST = 60.0, 200_000
"""Seconds that it has for all of it in any case, and bytes a second that it has to take beyond that."""

PATIENCE = 2.0
"""Seconds until a client that sends no more, and has no answer yet, is asked whether it is still there."""

LOOK = 0.5
"""Seconds between looks at what came of that."""


class Guard(asyncio.Protocol):
    """What is put before a protocol of uvicorn.

    Attributes:
        header_timeout: seconds in which a header has to be whole.
    """

    header_timeout = 10.0

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    cycle: Any
    """The request that is being answered, or was last."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._received = 0
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._objection = ""

    @property
    def _in_header(self) -> bool:
        """Whether what comes next belongs to the header of a request."""
        raise NotImplementedError

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _after(self, seconds: float, what: str, function: Callable[..., None], *args: object) -> None:
        self._timers[what] = self.loop.call_later(seconds, function, *args)

    def _forget(self, what: str) -> None:
        if what in self._timers:
            self._timers.pop(what).cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first header."""
        super().connection_made(transport)
        self._after(self.header_timeout, "header", self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for anything."""
        super().connection_lost(exc)
        for what in list(self._timers):
            self._forget(what)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, and of a header no more than one may have."""
        while data and not self.transport.is_closing():
            cycle, in_header = self.cycle, self._in_header
            room = HEADER_SIZE - self._received if in_header else len(data)
            piece, data = data[:room], data[room:]
            super().data_received(piece)
            if self.cycle is not cycle:
                self._received = 0
                self._forget("header")
            elif in_header:
                self._received += len(piece)
                if self._received == HEADER_SIZE:
                    self._refuse(Refusal("invalid_body", f"the header is longer than {HEADER_SIZE} bytes"))
            else:
                self._received = 0
        # Also where the rest of a body comes that was refused before its end: that too has to be over in time.
        if not self._answering and "header" not in self._timers:
            self._after(self.header_timeout, "header", self._too_slow)

    def _too_slow(self) -> None:
        if self._received:
            self._refuse(Refusal("request_timeout", "the header did not arrive in time"))
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or not as it is taken here, in the form of every other refusal."""
        self._refuse(Refusal("invalid_body", self._objection or msg))

    def _refuse(self, refusal: Refusal) -> None:
        """Answer without the application, unless an answer has begun, and close."""
        if not self.transport.is_closing() and not (self._answering and self.cycle.response_started):
            body = json.dumps(refusal.body()).encode()
            head = (
                f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n"
                "Content-Type: application/json; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()

    def eof_received(self) -> Any:
        """Keep the connection of a client that has sent all of a request until it is answered.

        Whether it is still there shows only when something is sent, so it is sent the interim answer that means
        nothing to it (RFC 9110, 15.2) if it has to wait; then the connection of one that is gone breaks.
        """
        over_tls = self.transport.get_extra_info("sslcontext") is not None  # has no half-closed connections
        if over_tls or not self._answering or self.cycle.more_body:
            return None
        self.cycle.keep_alive = False
        self._after(PATIENCE, "probe", self._probe, self.cycle)
        return True

    def _probe(self, cycle: Any) -> None:
        if cycle is self.cycle and not cycle.response_started and cycle.scope["http_version"] == "1.1":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._after(LOOK, "probe", self._look)

    def _look(self) -> None:
        if self.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.transport.abort()
        else:
            self._after(LOOK, "probe", self._look)

    def pause_writing(self) -> None:
        """Begin to watch whether the client takes what waits for it."""
        super().pause_writing()
        waiting = self.transport.get_write_buffer_size()
        self._after(STALL, "taking", self._taken, waiting)
        self._after(TAKING + waiting / SLOWEST, "taking all", self.transport.abort)

    def resume_writing(self) -> None:
        """Stop watching: it has taken it."""
        super().resume_writing()
        self._forget("taking")
        self._forget("taking all")

    def _taken(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        else:
            self._after(STALL, "taking", self._taken, left)


class GuardedH11(Guard, H11Protocol):
    """On h11."""

    @property
    def _in_header(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _should_upgrade(self) -> bool:
        """Whether a header is refused; uvicorn asks here, before it hands the request on."""
        self._objection = objection_to(self.headers, "1.0")  # h11 looks after the host itself
        return bool(self._objection)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:  # noqa: ARG002 (as uvicorn calls it)
        """Refuse it: nothing is ever upgraded."""
        self.send_400_response(self._objection)


def objection_to(headers: list[tuple[bytes, bytes]], version: str) -> str:
    """Why a header is refused that uvicorn would take; empty where it is not.

    Args:
        headers: with their names in lower case.
        version: of HTTP.
    """
    names = [name for name, _ in headers]
    # A parser may take what follows for another protocol, and so for no body.
    if b"upgrade" in names and (b"transfer-encoding" in names or b"content-length" in names):
        return "a request with a body cannot ask for another protocol: leave out the header Upgrade, and speak HTTP/1.1"
    if names.count(b"host") != 1 and (version == "1.1" or b"host" in names):
        return "a request has one header Host"
    return ""


def http_protocol(header_timeout: float = Guard.header_timeout) -> type[asyncio.Protocol]:
    """The class for uvicorn's setting `http`; `ws` must be `none`.

    Args:
        header_timeout: seconds in which a header has to be whole, from the connection or from its first bytes.
    """
    base = GuardedH11 if find_spec("httptools") is None else guarded_httptools()
    return type(base.__name__, (base,), {"header_timeout": header_timeout})


@cache
def guarded_httptools() -> type[Guard]:
    """The class on httptools, which is not everywhere."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class GuardedHttpTools(Guard, HttpToolsProtocol):
        """On httptools."""

        _in_header = True

        def on_headers_complete(self) -> None:
            """Note that a body may follow.

            Raises:
                ValueError: the header is refused; uvicorn calls `send_400_response` for any error here.
            """
            self._objection = objection_to(self.headers, self.parser.get_http_version())
            if self._objection:
                raise ValueError(self._objection)
            super().on_headers_complete()
            self._in_header = False

        def on_message_complete(self) -> None:
            """Note that another header may follow."""
            super().on_message_complete()
            self._in_header = True

    return GuardedHttpTools
