"""The page in a real browser, as tests use it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Request, expect

from serve.live import Live

SECONDS = 30_000
"""Milliseconds that anything may take."""


class Desk:
    """The page, what went wrong in it, and what it asked of whom."""

    def __init__(self, page: Page, live: Live) -> None:
        self.page, self.live = page, live
        self.problems: list[str] = []
        self.requests: list[Request] = []
        page.on("console", lambda told: self.problems.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self.note)

    def note(self, request: Request) -> None:
        self.requests.append(request)

    def open(self) -> Desk:
        self.page.goto(self.live.url)
        return self.ready()

    def reload(self) -> Desk:
        self.page.reload()
        return self.ready()

    def ready(self) -> Desk:
        """Wait until the page is shown: before that nobody can give it anything, and it listens to nothing."""
        expect(self.page.locator("#welcome")).to_be_visible()
        return self

    def bring(self, *pictures: Path, wait: bool = True) -> Desk:
        """Pick files, and wait until the last of them is done."""
        self.page.set_input_files("#files", [str(path) for path in pictures])
        if wait:
            self.settle(len(pictures))
        return self

    def settle(self, done: int) -> None:
        """Wait until so many pictures are done and what is shown is what was asked for."""
        expect(self.page.locator(".thumb[data-state=done]")).to_have_count(done, timeout=SECONDS)
        expect(self.page.locator("#news")).to_be_hidden(timeout=SECONDS)
        expect(self.page.locator("#download")).to_be_enabled(timeout=SECONDS)

    def choose(self, tab: str, *tiles: str) -> Desk:
        """Open a tab and press tiles on it by their names."""
        self.page.get_by_role("tab", name=tab).click()
        for name in tiles:
            self.page.locator("label.tile").filter(has_text=re.compile(f"^{re.escape(name)}")).click()
        return self

    def saved(self, button: str = "#download") -> tuple[str, bytes]:
        """The name and the bytes of what a button hands out."""
        with self.page.expect_download(timeout=SECONDS) as caught:
            self.page.click(button)
        return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()

    def stage(self) -> np.ndarray[Any, Any]:
        """What the stage looks like, (H, W, 3)."""
        return np.asarray(Image.open(io.BytesIO(self.page.locator("#stage").screenshot())).convert("RGB"))

    def asked(self) -> list[Request]:
        return [request for request in self.requests if request.url.endswith("/v1/cutouts")]


Opener = Callable[..., Desk]


def made(live: Live, picture: Path, **fields: Any) -> bytes:
    """The API's own answer to what the page asks for."""
    files = {"image": (picture.name, picture.read_bytes()), **fields.pop("files", {})}
    answer = live.post("/v1/cutouts", files=files, data={"format": "png", **fields})
    assert answer.status_code == 200, answer.text
    return answer.content


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)
