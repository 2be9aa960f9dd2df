from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest
from starlette.types import Message, Receive, Scope, Send

from mattebox.serve.incoming import protocol
from mattebox.serve.incoming.protocol import HEADER_SIZE, GuardedH11, guarded_httptools, http_protocol
from serve.sockets import connected, everything, serving

GET = b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 20_000_000


class Place(NamedTuple):
    """A server, and what it was asked."""

    port: int
    seen: list[str]


@pytest.fixture(params=["httptools", "h11"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    seen: list[str] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        seen.append(path)
        data = b"done"
        if path == "/body":
            data = b""
            message: Message = {"more_body": True}
            while message.get("more_body"):
                message = await receive()
                data += message.get("body", b"")
        if path == "/wait":
            await receive()
            gone = asyncio.ensure_future(receive())
            await asyncio.wait({gone}, timeout=1.5)
            seen.append("hung up" if gone.done() else "waited")
            gone.cancel()
        if path == "/large":
            data = b"x" * LARGE
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(data))]})
        await send({"type": "http.response.body", "body": data})
        seen.append("answered")

    base = GuardedH11 if request.param == "h11" else guarded_httptools()
    with serving(answer, type("Hurried", (base,), {"header_timeout": 0.5})) as port:
        yield Place(port, seen)


def test_the_class_is_the_one_that_uvicorn_would_take() -> None:
    made = http_protocol(3.0)
    assert issubclass(made, guarded_httptools())
    assert made.header_timeout == 3.0  # type: ignore[attr-defined]


def test_it_is_h11_where_there_is_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "find_spec", lambda _: None)
    assert issubclass(http_protocol(), GuardedH11)


def test_a_connection_that_says_nothing_is_closed(place: Place) -> None:
    with connected(place.port) as client:
        assert everything(client) == b""
    assert place.seen == []


def until(client: socket.socket, end: bytes) -> bytes:
    """What comes up to this end."""
    said = b""
    while not said.endswith(end):
        piece = client.recv(65_536)
        assert piece, said
        said += piece
    return said


def drip(client: socket.socket, data: bytes, pause: float) -> bytes:
    """Send byte after byte until there is an answer."""
    client.settimeout(pause)
    for byte in data:
        client.sendall(bytes([byte]))
        try:
            first = client.recv(65_536)
        except TimeoutError:
            continue
        client.settimeout(20)
        return first + everything(client)
    raise AssertionError("it took everything, however slowly")


@pytest.mark.parametrize("before", [b"", GET % b"first"])
def test_a_header_that_comes_byte_by_byte_is_given_up(place: Place, before: bytes) -> None:
    with connected(place.port) as client:
        if before:
            client.sendall(before)
            assert until(client, b"done")
        head, _, body = drip(client, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100, 0.02).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(body)["errors"][0]["code"] == "request_timeout"
    assert "/" not in place.seen


def test_a_body_may_take_longer_than_a_header(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 40\r\n\r\n")
        assert drip(client, b"x" * 40 + GET % b"", 0.025).startswith(b"HTTP/1.1 200")


def test_a_kept_connection_is_used_again(place: Place) -> None:
    with connected(place.port) as client:
        for number in range(5):
            client.sendall(GET % b"%d" % number)
            assert until(client, b"done")
    assert place.seen[::2] == [f"/{number}" for number in range(5)]


def test_requests_may_come_at_once(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"".join(GET % b"%d" % number for number in range(900)))
        said = b""
        while said.count(b"done") < 900:
            said += client.recv(65_536)
    assert place.seen[::2] == [f"/{number}" for number in range(900)]


@pytest.mark.parametrize("piece", [b"X: y\r\n", b"x"])
def test_a_header_has_an_end(place: Place, piece: bytes) -> None:
    with connected(place.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        try:
            for _ in range(2 * HEADER_SIZE // 600):
                client.sendall(piece * (600 // len(piece)))
        except ConnectionError:
            pass  # refused before it was all sent
        assert b" 200 " not in everything(client)
    assert place.seen == []


def test_a_long_header_is_taken(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 12_000 + b"\r\n\r\n")
        assert until(client, b"done")


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-client\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"]
)
def test_what_is_not_http_is_refused_in_the_form_of_every_refusal(place: Place, said: bytes) -> None:
    with connected(place.port) as client:
        client.sendall(said)
        head, _, body = everything(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"application/json; charset=utf-8" in head
    assert json.loads(body)["errors"][0]["code"] == "invalid_body"


def test_a_body_that_was_refused_early_can_still_be_sent_and_the_connection_used(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert until(client, b"done")
        client.sendall(b"x" * 1_000_000 + GET % b"next")
        assert until(client, b"done")
    assert place.seen[::2] == ["/early", "/next"]


def test_a_body_that_was_refused_early_does_not_go_on_for_ever(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert until(client, b"done")
        assert drip_to_the_end(client)


def drip_to_the_end(client: socket.socket) -> bool:
    """Send byte after byte until the other side has closed."""
    client.settimeout(0.02)
    for _ in range(1_000):
        with suppress(TimeoutError):
            try:
                client.sendall(b"x")
                if client.recv(1) == b"":
                    return True
            except ConnectionError:
                return True
    return False


@pytest.mark.parametrize("path", ["body", "wait"])
def test_a_client_that_has_said_all_is_answered(place: Place, path: str) -> None:
    with connected(place.port) as client:
        client.sendall(b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndone" % path.encode())
        client.shutdown(socket.SHUT_WR)
        said = everything(client)
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"done")
    assert "hung up" not in place.seen


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_one_that_waits_longer_is_told_that_it_goes_on(
    place: Place, version: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    monkeypatch.setattr(protocol, "LOOK", 0.1)
    with connected(place.port) as client:
        client.sendall(b"GET /wait HTTP/%b\r\nHost: x\r\n\r\n" % version)
        client.shutdown(socket.SHUT_WR)
        said = everything(client)
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert said.startswith(interim) is (version == b"1.1")
    assert said.removeprefix(interim).startswith(b"HTTP/1.1 200")
    assert said.endswith(b"done")
    assert place.seen == ["/wait", "waited", "answered"]


def test_one_that_is_gone_is_noticed_before_its_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.1)
    monkeypatch.setattr(protocol, "LOOK", 0.1)
    with connected(place.port) as client:
        client.sendall(GET % b"wait")
    with connected(place.port) as client:
        client.sendall(GET % b"wait")
        assert until(client, b"done")
    assert place.seen.count("hung up") == 1
    assert place.seen.count("waited") == 1


def test_a_request_that_can_never_be_whole_is_given_up(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\nx")
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == b""


def test_a_client_that_takes_nothing_is_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "STALL", 0.2)
    with connected(place.port) as client:
        client.sendall(GET % b"large")
        with pytest.raises(ConnectionError):
            talk(client)


def test_a_client_that_takes_its_answer_too_slowly_is_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never stalls, and would keep the answer in memory for as long as it likes."""
    monkeypatch.setattr(protocol, "TAKING", 0.3)
    monkeypatch.setattr(protocol, "SLOWEST", 1e9)
    with connected(place.port) as client:
        client.sendall(GET % b"large")
        got = 0
        with suppress(ConnectionError):
            while piece := client.recv(10_000):
                got += len(piece)
                time.sleep(0.01)
    assert 0 < got < LARGE


UPGRADE = b"POST /body HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: foo\r\n"


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 26\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1a\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_body_is_never_taken_for_another_request(place: Place, rest: bytes, split: bool) -> None:
    with connected(place.port) as client:
        head, _, body = rest.partition(b"\r\n\r\n")
        client.sendall(UPGRADE + head + b"\r\n\r\n")
        if split:
            time.sleep(0.05)
        with suppress(ConnectionError):
            client.sendall(body)
        said = everything(client)
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"leave out the header Upgrade" in said
    assert place.seen == []


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nhost: a\r\n"])
def test_a_request_has_one_host(place: Place, hosts: bytes) -> None:
    with connected(place.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + hosts + b"\r\n")
        said = everything(client)
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert place.seen == []


def test_the_first_http_knew_no_host(place: Place) -> None:
    with connected(place.port) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert everything(client).endswith(b"done")


def talk(client: socket.socket) -> None:
    """Send on and on, and read nothing."""
    while True:
        client.sendall(b"\r\n")
        time.sleep(0.01)


@pytest.mark.slow
def test_a_client_that_takes_its_time_gets_everything(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer in all than it may stall."""
    monkeypatch.setattr(protocol, "STALL", 2.0)
    with connected(place.port) as client:
        client.sendall(GET % b"large")
        got = 0
        while got < LARGE:
            got += len(client.recv(1_000_000, socket.MSG_WAITALL if got + 1_000_000 < LARGE else 0))
            time.sleep(0.15)
    assert got > LARGE
