"""What tests put in place of trained networks and of the web."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from mattebox import remover
from mattebox.engines.base import Tensor


class BrightSubject:
    """In place of both networks: what is bright is the subject, and a picture of one colour has none."""

    device = "cpu"

    def run(self, batch: Tensor) -> tuple[Tensor, ...]:
        if batch.shape[1] == 4:
            return (batch[:, 3:],)
        red = batch[:, :1]
        return (red > 0).astype(np.float32), (red.std(axis=(1, 2, 3)) > 0.05).astype(np.float32)


@contextmanager
def bright_subjects() -> Iterator[None]:
    """Every remover that is built meanwhile runs on stand-ins; none that was built before is used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remover, "load_engine", lambda *_, **__: BrightSubject())
        remover.shared_remover.cache_clear()
        yield
        remover.shared_remover.cache_clear()


def draw(size: tuple[int, int] = (48, 64), *, empty: bool = False) -> Image.Image:
    """A bright disc on a dark ground, or the ground alone."""
    y, x = np.mgrid[: size[0], : size[1]]
    disc = np.hypot(y - size[0] / 2, x - size[1] / 2) < size[0] / 3
    rgb = np.where((disc & (not empty))[..., None], [235, 200, 180], [20, 60, 40])
    return Image.fromarray(rgb.astype(np.uint8))


def photo(path: Path, *, empty: bool = False, size: tuple[int, int] = (48, 64)) -> Path:
    """Save a drawing, in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(size, empty=empty).save(path)
    return path


@contextmanager
def site(files: dict[str, bytes]) -> Iterator[str]:
    """A web site with these files; `/moved` leads to the first of them, and `/slow` takes two seconds to answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/slow":
                time.sleep(2)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", next(iter(files)))
                self.end_headers()
            elif self.path in files:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(files[self.path])
            else:
                self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # clients that give up are part of the tests
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: bytes
    err: str


Command = Callable[..., Said]
