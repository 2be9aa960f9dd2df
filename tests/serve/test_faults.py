"""Callers who hang up, work that takes too long or goes wrong, and more of it than there is room for."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mattebox import picture
from mattebox.cancelling import check_cancelled
from mattebox.serve.incoming.fetching import Fetcher
from mattebox.serve.routes import removebg
from mattebox.serve.service import FETCHES
from mattebox.serve.workers.pieces import Stats
from serve.live import Live, serving
from serve.sockets import connected, everything
from waiting import until

REMOVEBG = "/v1.0/removebg"
LONG = 60.0


class Stalled:
    """Work in place of that on pictures: it goes on until it is let go or given up."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def __call__(self, *_: object, **__: object) -> None:
        while not self.let.wait(0.005):
            check_cancelled()
        raise ValueError("it was let go")


@pytest.fixture
def stalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stalled]:
    """Nothing is ever finished."""
    work = Stalled()
    monkeypatch.setattr(removebg, "fulfil", work)
    yield work
    work.let.set()


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Live]:
    """A server with one worker, and one place to wait."""
    with serving(tmp_path, workers=1, queue=1) as live:
        yield live


def stats(live: Live) -> Stats:
    assert live.service is not None
    return live.service.pool.stats()


def request(live: Live, photo: bytes) -> bytes:
    """A call as it goes over the wire."""
    prepared = httpx.Request("POST", live.url + REMOVEBG, files={"image_file": photo}, headers=live.headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items())
    return f"POST {REMOVEBG} HTTP/1.1\r\n{head}\r\n".encode() + prepared.read()


@contextmanager
def calling(live: Live, photo: bytes, *, abruptly: bool = True) -> Iterator[socket.socket]:
    """A caller who waits for an answer meanwhile, and has hung up afterwards.

    One who does not do it abruptly looks at first like one who sends no more and waits on.
    """
    before = sum(stats(live)[1:3])
    with connected(live.port) as client:
        if abruptly:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(request(live, photo))
        until(lambda: sum(stats(live)[1:3]) > before)
        yield client


def error_of(answer: httpx.Response) -> dict[str, str]:
    (error,) = answer.json()["errors"]
    return dict(error)


def left(live: Live) -> float:
    """Credits of the key."""
    return float(live.get("/v1.0/account").json()["data"]["attributes"]["credits"]["total"])


def limited(live: Live, credits: float) -> None:  # noqa: A002
    """From now on callers have a key with so many credits."""
    assert live.service is not None
    live.headers = {"X-API-Key": live.service.keys.add("limited", rate=1e6, credits=credits)[1]}


@pytest.mark.parametrize("abruptly", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.usefixtures("stalled")
def test_whoever_hangs_up_makes_room(
    narrow: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch, *, abruptly: bool
) -> None:
    limited(narrow, 5)
    with calling(narrow, lemur, abruptly=abruptly):
        with calling(narrow, lemur, abruptly=abruptly):
            assert (stats(narrow).busy, stats(narrow).waiting) == (1, 1)
        until(lambda: stats(narrow).cancelled == 1)
        assert (stats(narrow).busy, stats(narrow).waiting) == (1, 0)
    until(lambda: stats(narrow).cancelled == 2 and stats(narrow).busy == 0)
    monkeypatch.undo()
    assert narrow.post(REMOVEBG, files={"image_file": lemur}).status_code == 200
    until(lambda: left(narrow) == 4.75)
    assert stats(narrow)[4:9] == (1, 0, 0, 0, 2)


def test_who_only_stops_sending_gets_the_answer(server: Live, lemur: bytes) -> None:
    with connected(server.port) as client:
        client.sendall(request(server, lemur))
        client.shutdown(socket.SHUT_WR)
        assert everything(client).startswith(b"HTTP/1.1 200 ")


def test_a_full_queue_sends_away_and_goes_on(narrow: Live, lemur: bytes, stalled: Stalled) -> None:
    limited(narrow, 5)
    with calling(narrow, lemur) as first, calling(narrow, lemur) as second:
        answer = narrow.post(REMOVEBG, files={"image_file": lemur})
        assert answer.status_code == 503
        assert error_of(answer)["code"] == "server_busy"
        assert int(answer.headers["Retry-After"]) >= 1
        assert narrow.get("/healthz").status_code == narrow.get("/readyz").status_code == 200
        stalled.let.set()
        for client in (first, second):
            assert client.recv(12) == b"HTTP/1.1 500"
    assert stats(narrow).refused == 1
    assert left(narrow) == 5


@pytest.mark.usefixtures("stalled")
def test_what_is_not_done_in_time_is_given_up(tmp_path: Path, lemur: bytes) -> None:
    with serving(tmp_path, workers=1, queue=4, deadline=1) as live:
        limited(live, 5)
        with ThreadPoolExecutor(3) as callers:
            asked = [callers.submit(live.post, REMOVEBG, files={"image_file": lemur}) for _ in range(3)]
        for answer in (each.result() for each in asked):
            assert answer.status_code == 503
            assert error_of(answer)["code"] == "deadline_exceeded"
            assert int(answer.headers["Retry-After"]) >= 1
        until(lambda: stats(live).busy == 0)
        assert stats(live).expired == 3
        assert left(live) == 5


def test_work_that_fails_counts_for_the_rate_and_costs_no_credits(narrow: Live, lemur: bytes) -> None:
    assert narrow.service is not None
    narrow.headers = {"X-API-Key": narrow.service.keys.add("slow", rate=2, credits=5)[1]}
    answers = [narrow.post("/v1/cutouts", files={"image": lemur}, data={"crop": "90000px"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert left(narrow) == 5


def test_a_key_has_few_addresses_fetched_at_once(narrow: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    assert narrow.service is not None
    now, most = 0, 0

    async def fetch(*_: object) -> bytes:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.1)
        now -= 1
        return b"%PDF"

    monkeypatch.setattr(narrow.service.fetcher, "fetch", fetch)
    with ThreadPoolExecutor(3 * FETCHES) as callers:
        asked = [callers.submit(narrow.post, REMOVEBG, data={"image_url": "http://x/"}) for _ in range(3 * FETCHES)]
    assert {error_of(each.result())["code"] for each in asked} == {"invalid_file_type"}
    assert most == FETCHES


@pytest.mark.parametrize(
    ("name", "code"), [("image_url", "failed_image_download"), ("bg_image_url", "failed_bg_download")]
)
def test_an_address_that_never_answers_is_given_up_too(tmp_path: Path, lemur: bytes, name: str, code: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        serving(tmp_path, deadline=1, private_addresses=True) as live,
    ):
        assert live.service is not None
        live.service.fetcher = Fetcher(10_000_000, 1000, private=True)
        body: dict[str, Any] = {"data": {name: f"http://127.0.0.1:{silent.getsockname()[1]}/"}}
        if name == "bg_image_url":
            body["files"] = {"image_file": lemur}
        answer = live.post(REMOVEBG, **body)
        assert (answer.status_code, error_of(answer)["code"]) == (400, code)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValueError("secret in /srv/pictures/a.jpg"), 500, "internal_error"),
        (RecursionError("secret"), 500, "internal_error"),
        (StopIteration("secret"), 500, "internal_error"),
        (SystemExit("secret"), 500, "internal_error"),
        (MemoryError("secret"), 503, "server_busy"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_of_ours_is_told_without_its_words(
    narrow: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, code: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    limited(narrow, 5)
    monkeypatch.setattr(removebg, "fulfil", broken)
    for _ in range(3):
        answer = narrow.post(REMOVEBG, files={"image_file": lemur})
        assert (answer.status_code, error_of(answer)["code"]) == (status, code)
        assert ("Retry-After" in answer.headers) == (status == 503)
        for word in ("secret", "srv", "Traceback", type(error).__name__):
            assert word not in answer.text
    monkeypatch.undo()
    assert narrow.post(REMOVEBG, files={"image_file": lemur}).status_code == 200
    assert left(narrow) == 4.75


def test_a_decoder_that_breaks_blames_the_picture(narrow: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in a plugin")

    limited(narrow, 5)
    monkeypatch.setattr(picture, "decode_image", broken)
    answer = narrow.post(REMOVEBG, files={"image_file": lemur})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "failed_to_read_image")
    assert left(narrow) == 5


def test_an_error_before_the_work_is_told_alike(narrow: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(removebg, "read_order", broken)
    answer = narrow.post(REMOVEBG, files={"image_file": lemur}, headers={"Origin": "https://shop.example"})
    assert (answer.status_code, error_of(answer)["code"]) == (500, "internal_error")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "secret" not in answer.text


def held() -> tuple[int, int]:
    """Threads and open files of this process and of the server in it."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def connections(port: int) -> int:
    """Connections to a port of this computer that are not closed by the server."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(local.endswith(f":{port:04X}") and state in {"01", "08"} for _, local, _, state, *_ in fields)


@pytest.mark.slow
def test_nothing_of_all_that_stays(tmp_path: Path, lemur: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def troubles(live: Live) -> None:
        """A few callers of every unpleasant kind."""
        work = Stalled()
        with monkeypatch.context() as patched:
            patched.setattr(removebg, "fulfil", work)
            with calling(live, lemur), calling(live, lemur):
                assert live.post(REMOVEBG, files={"image_file": lemur}).status_code == 503
        until(lambda: stats(live).busy == stats(live).waiting == 0)
        bodies: list[dict[str, Any]] = [
            {"files": {"image_file": lemur}},
            {"files": {"image_file": lemur[:9000]}},
            {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            {"json": {"image_url": "http://127.0.0.1/"}},
            {"json": {"image_file_b64": "***"}},
        ]
        for body in bodies:
            assert live.post(REMOVEBG, **body).status_code in {200, 400}
        with connected(live.port) as client:
            client.sendall(request(live, lemur)[:-5000])
        with connected(live.port) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")

    with serving(tmp_path, workers=1, queue=1) as live:
        for _ in range(5):
            troubles(live)
        until(lambda: connections(live.port) == 0)
        before, rounds = held(), 8
        for _ in range(rounds):
            troubles(live)
        until(lambda: connections(live.port) == 0)
        after = held()
        assert live.get("/readyz").status_code == 200
    # What is left behind is left behind in every round; a thread that a bounded pool had not needed yet is not.
    assert all(now - then < rounds for now, then in zip(after, before, strict=True)), (before, after)
