"""A hub on this machine, that gives files of weights and can be made to fail in every way that real ones do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from mattebox.zoo.registry import CARDS

DATA = bytes(range(256)) * 4096
"""The weights of a model that the hub has, for tests that do not read them."""
PATH = "/Carve/some/resolve/1234/some.pth"
"""Where it has them."""


def write_card(folder: Path, name: str, data: bytes, *, of: str = "isnet", **entries: Any) -> Path:
    """Write a card like one of ours, for other weights.

    Args:
        folder: where.
        name: of the new model.
        data: its weights.
        of: model that it is like.
        **entries: of the weights, beside their digest.
    """
    top, _, rest = (CARDS / f"{of}.toml").read_text().partition("[weights]")
    licence = rest.partition("[licence]")[2]
    entries = {"file": f"{name}.pth", "form": "torch", "sha256": hashlib.sha256(data).hexdigest()} | entries
    weights = "\n".join(f"{entry} = {json.dumps(value)}" for entry, value in entries.items())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    text = f"{top}[weights]\n{weights}\n\n[licence]{licence}"
    path.write_text(text.replace(f'name = "{of}"', f'name = "{name}"'))
    return path


class Answer(BaseHTTPRequestHandler):
    """How the hub answers one request."""

    hub: Hub

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.hub.asked.append((self.path, wanted))
        if self.hub.troubles:
            self.hub.troubles.pop(0)(self)
        elif self.path in self.hub.files:
            self.give(self.hub.files[self.path], wanted if self.hub.ranges else "")
        else:
            self.send_error(404)

    def give(self, data: bytes, wanted: str, *, only: int | None = None) -> None:
        """Give a file, or the part that is wanted; of that only so many bytes."""
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if wanted and start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:][:only])
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


Trouble = Callable[[Answer], None]


@dataclass
class Hub:
    """What the hub has, and what it was asked.

    Attributes:
        files: by the paths of their addresses.
        url: address of the hub.
        asked: paths and ranges, in the order of the requests.
        troubles: what meets the next requests, one each, instead of the file.
        ranges: whether it gives parts of files.
        closing: set when the hub goes, for troubles that last.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    ranges: bool = True
    closing: Event = field(default_factory=Event)


def cut(after: int) -> Trouble:
    """Give a part of what is asked for, and hang up."""

    def trouble(answer: Answer) -> None:
        answer.give(answer.hub.files[answer.path], answer.headers.get("Range", ""), only=after)
        answer.close_connection = True

    return trouble


def stall(after: int) -> Trouble:
    """Give a part of what is asked for, and then nothing."""

    def trouble(answer: Answer) -> None:
        answer.give(answer.hub.files[answer.path], answer.headers.get("Range", ""), only=after)
        answer.hub.closing.wait()

    return trouble


def status(code: int) -> Trouble:
    """Answer with a status only."""
    return lambda answer: answer.send_error(code)


def moved(to: str) -> Trouble:
    """Say that the file is elsewhere."""

    def trouble(answer: Answer) -> None:
        answer.send_response(302)
        answer.send_header("Location", to)
        answer.send_header("Content-Length", "0")
        answer.end_headers()

    return trouble


def hung_up(answer: Answer) -> None:
    """Say nothing at all."""
    answer.close_connection = True


@contextmanager
def open_hub() -> Iterator[Hub]:
    """A hub that is there for a while."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("HubAnswer", (Answer,), {"hub": hub}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients that give up are part of the tests
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
