"""Servers as processes: started, watched from outside, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.bench import MATTEBOX, Bench
from benchmarks.load import Call
from benchmarks.peer import NETWORK
from benchmarks.processes import family

READY_SECONDS = 120.0
STOP_SECONDS = 180.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        process: that was started.
        port: on this machine.
        call: how it is asked for a cutout.
    """

    process: subprocess.Popen[bytes]
    port: int
    call: Call

    @property
    def peak(self) -> float:
        """Most memory so far in MB (2^20 bytes): the peaks of resident pages of the process and its children, added."""
        return sum(peak_memory(pid) for pid in family(self.process.pid))

    @property
    def cpu(self) -> float:
        """Seconds of all cores that the process and its children have taken so far."""
        return sum(processor_time(pid) for pid in family(self.process.pid))

    def answer_time(self, path: str) -> float:
        """Seconds until a path is answered, on a connection of its own.

        Raises:
            OSError, HTTPException: it is not, or not with 200.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        start = time.perf_counter()
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
        if response.status != 200:
            raise HTTPException(f"{path} was answered with {response.status}")
        return time.perf_counter() - start

    def stop(self) -> float:
        """Ask it to end, and give the seconds until it has; one that does not within three minutes is killed."""
        start = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.perf_counter() - start


@contextlib.contextmanager
def mattebox_serve(bench: Bench, *options: str) -> Iterator[Server]:
    """Our server, as it comes unless options say otherwise, with a key that no rate limits."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as data:
        store = f"sqlite:///{data}/state.sqlite"
        add: list[str | Path] = [MATTEBOX, "serve", "keys", "add", "benchmark", "--rate", "1000000", "--store", store]
        key = subprocess.run(add, check=True, capture_output=True, text=True).stdout.strip()
        port = free_port()
        call = Call(
            f"http://127.0.0.1:{port}/v1.0/removebg",
            "image_file",
            {"size": "full", "format": "png"},
            {"X-Api-Key": key},
        )
        env = {"MATTEBOX_SERVE_STORE": store, "MATTEBOX_SERVE_DATA": data}
        command: list[str | Path] = [MATTEBOX, "serve", "--host", "127.0.0.1", "--port", str(port), *options]
        with started(command, env, port, call, "/readyz") as server:
            yield server


@contextlib.contextmanager
def rembg_serve(bench: Bench) -> Iterator[Server]:
    """The peer's server as it comes, without its page; it loads the network at the first request."""
    port, peer = free_port(), bench.peer
    extras = urlencode({"extras": json.dumps({"model_path": str(peer.home / NETWORK.name)})})
    call = Call(f"http://127.0.0.1:{port}/api/remove?{extras}", "file", {"model": "u2net_custom"})
    command: list[str | Path] = [peer.program, "s", "--no-ui", "--host", "127.0.0.1", "--port", str(port)]
    with started(command, {**peer.env, "BROWSER": "true"}, port, call, "/openapi.json") as server:
        yield server


@contextlib.contextmanager
def started(command: Sequence[str | Path], env: dict[str, str], port: int, call: Call, ready: str) -> Iterator[Server]:
    """Start a server, and wait until it answers a path with 200.

    Raises:
        RuntimeError: it did not; the message has what it printed.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        server = Server(process, port, call)
        try:
            if not becomes_ready(server, ready):
                log.seek(0)
                raise RuntimeError(f"{command[0]} did not get ready:\n{log.read().decode(errors='replace')[-2000:]}")
            yield server
        finally:
            process.kill()
            process.wait()


def becomes_ready(server: Server, path: str) -> bool:
    """Wait for a server; whether it got ready in time."""
    end = time.monotonic() + READY_SECONDS
    while server.process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, HTTPException):
            server.answer_time(path)
            return True
        time.sleep(POLL_SECONDS)
    return False


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peak_memory(pid: int) -> float:
    """Most resident memory that a process ever had, in MB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def processor_time(pid: int) -> float:
    """Seconds that a process has run, in its own code and in the system's; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
