"""Clients of a server: each sends a picture, waits for the answer, and sends the next; the pictures left are shared."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

PATIENCE = 300.0
"""Seconds that a client waits for one answer."""
BOUNDARY = "a-boundary-that-no-photo-holds"
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
REFUSED = {429, 503}


@dataclass(frozen=True)
class Call:
    """How a server is asked for a cutout.

    Attributes:
        url: where to.
        file: name of the part with the picture.
        fields: everything else that is said.
        headers: such as the key.
    """

    url: str
    file: str
    fields: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, photo: Path) -> bytes:
        """The multipart body for a photo."""
        parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in self.fields.items()]
        head = f'form-data; name="{self.file}"; filename="{photo.name}"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + photo.read_bytes())
        opened = b"".join(b"--%b\r\nContent-Disposition: %b\r\n" % (BOUNDARY.encode(), part) for part in parts)
        return opened + b"--%b--\r\n" % BOUNDARY.encode()


@dataclass
class Tally:
    """What clients saw.

    Attributes:
        waits: seconds from a picture's first request to its cutout, waiting and asking again included.
        answers: seconds of the single requests that gave a cutout.
        refused: answers that said to come back later.
        failed: what each picture that gave no cutout got instead.
        wall: seconds from the first request to the last answer.
    """

    waits: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    refused: int = 0
    failed: list[str] = field(default_factory=list)
    wall: float = 0.0


class Failed(Exception):
    """An answer that is no cutout and does not say to come back."""


def load(call: Call, photos: Sequence[Path], clients: int, count: int, persistent: bool = True) -> Tally:
    """Have so many clients ask for so many cutouts of photos in turn.

    Args:
        call: how the server is asked.
        photos: JPEG files.
        clients: how many ask at the same time.
        count: cutouts in all.
        persistent: a client that is refused waits as long as it is told and asks again; otherwise it gives up.
    """
    bodies = [call.body(photo) for photo in photos]
    crowd = Crowd(call, [bodies[number % len(bodies)] for number in range(count)], persistent=persistent)
    threads = [Thread(target=crowd.client) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    crowd.tally.wall = time.perf_counter() - start
    return crowd.tally


class Crowd:
    """Clients that share the requests to be made, and write down together what they saw."""

    def __init__(self, call: Call, bodies: Sequence[bytes], *, persistent: bool) -> None:
        self.tally = Tally()
        self._call = call
        self._left = iter(bodies)
        self._persistent = persistent
        self._lock = Lock()

    def client(self) -> None:
        """One client: send pictures until none is left."""
        address = urlsplit(self._call.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        while (body := self._next()) is not None:
            self._try(connection, body)
        connection.close()

    def _next(self) -> bytes | None:
        with self._lock:
            return next(self._left, None)

    def _try(self, connection: HTTPConnection, body: bytes) -> None:
        try:
            self._insist(connection, body)
        except (Failed, HTTPException, OSError) as error:
            connection.close()
            with self._lock:
                self.tally.failed.append(f"{type(error).__name__}: {error}")

    def _insist(self, connection: HTTPConnection, body: bytes) -> None:
        """Ask until there is a cutout, or once."""
        first = time.perf_counter()
        while True:
            sent = time.perf_counter()
            wait = ask(connection, self._call, body)
            answered = time.perf_counter()
            with self._lock:
                if wait is None:
                    self.tally.waits.append(answered - first)
                    self.tally.answers.append(answered - sent)
                else:
                    self.tally.refused += 1
            if wait is None or not self._persistent:
                return
            connection.close()  # nobody keeps one for as long as that; the next request opens it again
            time.sleep(wait)


def ask(connection: HTTPConnection, call: Call, body: bytes) -> float | None:
    """Ask once; gives None for a cutout, and the seconds to wait for a refusal.

    Raises:
        Failed: the answer is neither.
        HTTPException, OSError: there was no answer.
    """
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **call.headers}
    target = urlsplit(call.url)._replace(scheme="", netloc="").geturl()
    connection.request("POST", target, body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status in REFUSED and "Retry-After" in response.headers:
        return float(response.headers["Retry-After"])
    if response.status != 200 or not (answer.startswith(PNG_START) and answer.endswith(PNG_END)):
        raise Failed(f"{response.status}, {answer[:80]!r}")
    return None
