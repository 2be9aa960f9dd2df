"""A real Redis, started for a test."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


class RedisServer:
    """A Redis on a free port of this machine that keeps nothing on disk; it can be stopped and started again."""

    def __init__(self, folder: Path, *options: str, secure: bool = False) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        ports = ("--port", "0", "--tls-port", str(self.port)) if secure else ("--port", str(self.port))
        self._command = ["redis-server", *ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *options]
        self.url = f"{'rediss' if secure else 'redis'}://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with socket.socket() as caller:
            while caller.connect_ex(("127.0.0.1", self.port)):
                assert self._process.poll() is None, "Redis does not start"
                time.sleep(0.01)

    def stop(self) -> None:
        """End it, and wait until it has gone."""
        self._process.kill()
        self._process.wait()

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """It is there and answers nothing meanwhile."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def asked(self) -> Iterator[redis.Redis]:
        """A plain client of it."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            yield client


@contextmanager
def running_redis(folder: Path, *options: str, secure: bool = False) -> Iterator[RedisServer]:
    """A Redis that ends with the block."""
    server = RedisServer(folder, *options, secure=secure)
    try:
        yield server
    finally:
        server.stop()
