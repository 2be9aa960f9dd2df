"""What the tests of clients share: where pictures lie that have an address, and how a result is looked at."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image

LEMUR = Path(__file__).parents[2] / "examples/lemur.jpg"
with Image.open(LEMUR) as lemur:
    SIZE = lemur.size
PREVIEW = 250_000
"""Pixels of the size `preview`."""


@contextmanager
def site_of(folder: Path) -> Iterator[str]:
    """The address of a site that has the files of a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def check_lemur(data: bytes, *, pixels: int | None = None) -> None:
    """A cut-out of the lemur: the subject is opaque and has the photo's colours, the corners are empty."""
    cutout, source = opened(data), opened(LEMUR.read_bytes())
    assert (cutout.format, cutout.mode) == ("PNG", "RGBA")
    if pixels is None:
        assert cutout.size == SIZE
    else:
        assert 0.97 * pixels <= cutout.width * cutout.height <= pixels
        assert abs(cutout.width / cutout.height - SIZE[0] / SIZE[1]) < 0.01
    values = np.asarray(cutout).astype(int)
    alpha = values[..., 3]
    check_shape(alpha)
    colours = np.asarray(source.resize(cutout.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(values[..., :3] - colours)[alpha == 255].mean() < 6


def check_shape(alpha: np.ndarray) -> None:
    """The lemur's head is in the middle of the photo; to the left and above there is nothing of it."""
    height, width = alpha.shape
    assert alpha[height // 2, width // 2] == 255
    assert alpha[: height // 20, : width // 20].max() == 0
    assert 0.1 < (alpha > 127).mean() < 0.7
    assert ((alpha > 0) & (alpha < 255)).any()


def check_zip(data: bytes) -> None:
    """`color.jpg` and `alpha.png`, as the three official programs take them apart."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == ["alpha.png", "color.jpg"]
        colour, alpha = opened(archive.read("color.jpg")), opened(archive.read("alpha.png"))
    assert (colour.format, colour.mode) == ("JPEG", "RGB")
    assert (alpha.format, alpha.mode) == ("PNG", "L")
    assert colour.size == alpha.size == SIZE
    check_shape(np.asarray(alpha))
