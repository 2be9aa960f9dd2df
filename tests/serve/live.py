"""Servers for tests: real ones, on free ports of this computer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from mattebox.serve.app import create_app
from mattebox.serve.options import ServeOptions
from mattebox.serve.run import configured, listening
from mattebox.serve.service import Service
from waiting import until


@dataclass
class Live:
    """A server that runs.

    Attributes:
        url: its address, without a slash at the end.
        key: a valid key; empty where none is asked for.
        service: its parts, where it runs in this process.
        process: where it runs in one of its own.
    """

    url: str
    key: str = ""
    service: Service | None = None
    process: subprocess.Popen[str] | None = None
    log: Path | None = None
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"X-API-Key": self.key} if self.key else {}

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def request(self, method: str, path: str, *, timeout: float = 60, **options: Any) -> httpx.Response:
        """A request with the key, unless its headers say otherwise."""
        headers = {**self.headers, **options.pop("headers", {})}
        # Making ready for TLS, which is not used here, would take longer than the request.
        plain = {"trust_env": False, "verify": False}
        return httpx.request(method, self.url + path, headers=headers, timeout=timeout, **plain, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@contextmanager
def serving(data: Path, **options: Any) -> Iterator[Live]:
    """A server in a thread of this process, with a key of its own and everything under `data`."""
    listener = listening("127.0.0.1", 0)
    app = create_app(ServeOptions(**{"data": data, "grace": 1.0, **options}))
    service: Service = app.state.service
    key = "" if service.options.open else service.keys.add("test", rate=1e6, credits=None)[1]
    server = uvicorn.Server(configured(app, service.options))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", key, service)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def serving_apart(data: Path, *words: str, key: str = "", port: int = 0, **variables: str) -> Iterator[Live]:
    """A server in a process of its own, started as users start it; killed at the end if it still runs."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / "server.log"
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", **variables}
    if key:
        environment["MATTEBOX_SERVE_KEYS"] = key
    command = [sys.executable, "-m", "mattebox", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("a") as sink:
        start = sink.tell()
        process = subprocess.Popen([*command, "--data", str(data), *words], stderr=sink, env=environment, text=True)
    try:
        yield Live(wait_until_ready(process, log, start), key, process=process, log=log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until_ready(process: subprocess.Popen[str], log: Path, start: int) -> str:
    """The address of a server, once it takes work."""

    def ready() -> str | None:
        assert process.poll() is None, f"the server did not start:\n{log.read_text()[start:]}"
        match = re.search(r"http://\S+?:(\d+)", log.read_text()[start:])
        url = match and f"http://127.0.0.1:{match[1]}"
        return url if url and is_ready(url) else None

    url = until(ready)
    assert url is not None
    return url


def is_ready(url: str) -> bool:
    """Whether a server takes work."""
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
