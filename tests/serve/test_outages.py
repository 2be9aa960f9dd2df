"""Two servers with one Redis, Redis that goes and comes back, servers that are killed, state that is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mattebox.serve.access.keys import Keys
from mattebox.serve.options import ServeOptions
from mattebox.serve.run import introduction, listening
from mattebox.serve.service import Service
from mattebox.serve.store import open_store
from redis_server import RedisServer, running_redis
from serve.live import Live, serving, serving_apart
from waiting import until

REMOVEBG = "/v1.0/removebg"
ACCOUNT = "/v1.0/account"
SECRET = "a key from the environment"


def made_key(store: str, **limits: float) -> dict[str, str]:
    """The header of a new key, made as `mattebox serve keys add` makes one."""
    opened = open_store(store)
    try:
        return {"X-API-Key": Keys(opened).add(f"key {time.monotonic_ns()}", **limits)[1]}
    finally:
        opened.close()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def check_busy(answer: httpx.Response) -> None:
    """Sent away because the state cannot be reached."""
    assert code_of(answer) == (503, "server_busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "redis" not in answer.text.lower()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer) -> Iterator[tuple[Live, Live]]:
    """Two servers in two processes, with one Redis and one folder."""
    data = tmp_path_factory.mktemp("shared")
    with (
        serving(data, store=redis.url, keys=(SECRET,)) as here,
        serving_apart(data, "--store", redis.url, key=SECRET) as there,
    ):
        here.headers = there.headers
        yield here, there


@pytest.mark.slow
class TestTwoServers:
    def test_a_key_that_one_made_is_valid_at_the_other(self, pair: tuple[Live, Live]) -> None:
        here, there = pair
        assert here.service is not None
        key, secret = here.service.keys.add("shop")
        assert there.get(ACCOUNT, headers={"X-API-Key": secret}).status_code == 200
        here.service.keys.revoke(key.id)
        until(lambda: there.get(ACCOUNT, headers={"X-API-Key": secret}).status_code == 403)

    def test_they_count_together(self, pair: tuple[Live, Live], redis: RedisServer, lemur: bytes) -> None:
        hasty, poor = made_key(redis.url, rate=2), made_key(redis.url, credits=0.5)
        for key, refused in ((hasty, (429, "rate_limit_exceeded")), (poor, (402, "insufficient_credits"))):
            for server in pair:
                assert server.post(REMOVEBG, files={"image_file": lemur}, headers=key).status_code == 200
            for server in pair:
                assert code_of(server.post(REMOVEBG, files={"image_file": lemur}, headers=key)) == refused

    def test_a_job_that_one_took_is_seen_at_the_other(self, pair: tuple[Live, Live], lemur: bytes) -> None:
        here, there = pair
        taken = there.post("/v1/jobs", files=[("image", ("a.jpg", lemur)), ("image", ("b.jpg", lemur))])
        assert taken.status_code == 202, taken.text
        path = f"/v1/jobs/{taken.json()['id']}"
        until(lambda: here.get(path, params={"wait": 10}).json()["status"] == "done")
        assert [job["id"] for job in here.get("/v1/jobs").json()["jobs"]] == [taken.json()["id"]]
        assert here.get(f"{path}/items/1").content == there.get(f"{path}/items/1").content
        assert here.get(f"{path}/results.zip").headers["Content-Type"] == "application/zip"
        assert here.request("DELETE", path).status_code == 204
        assert code_of(there.get(path)) == (404, "job_not_found")

    def test_redis_goes_and_comes_back(self, pair: tuple[Live, Live], redis: RedisServer, lemur: bytes) -> None:
        redis.stop()
        for server in pair:
            check_busy(server.post(REMOVEBG, files={"image_file": lemur}))
            check_busy(server.get(ACCOUNT, headers={"X-API-Key": f"mbx_{'0' * 8}{'x' * 24}"}))
            check_busy(server.get("/v1/jobs"))
            ready = server.get("/readyz")
            assert (ready.status_code, ready.json()["store"]) == (503, False)
            assert server.get("/healthz").status_code == server.get("/metrics").status_code == 200
        redis.start()
        for server in pair:
            assert server.get("/readyz").status_code == 200
            assert server.post(REMOVEBG, files={"image_file": lemur}).status_code == 200
            assert server.get(ACCOUNT, headers=made_key(redis.url)).status_code == 200

    def test_redis_that_answers_nothing_stops_nobody_else(
        self, pair: tuple[Live, Live], redis: RedisServer, lemur: bytes
    ) -> None:
        with redis.stuck():
            for server in pair:
                check_busy(server.post(REMOVEBG, files={"image_file": lemur}, timeout=20))
                assert server.get("/healthz").status_code == 200
        for server in pair:
            assert server.post(REMOVEBG, files={"image_file": lemur}).status_code == 200


def test_a_server_starts_before_its_redis(tmp_path: Path, lemur: bytes) -> None:
    with running_redis(tmp_path) as redis:
        redis.stop()
        with serving(tmp_path / "data", store=redis.url, auth=False) as live:
            assert live.get("/readyz").status_code == 503
            check_busy(live.post(REMOVEBG, files={"image_file": lemur}))
            redis.start()
            assert live.get("/readyz").status_code == 200
            assert live.post(REMOVEBG, files={"image_file": lemur}).status_code == 200
        redis.stop()
        with listening("127.0.0.1", 0) as listener:
            *_, last = introduction(Service(ServeOptions(data=tmp_path, store=redis.url)), listener)
    assert f"Nobody is served yet: {redis.url}" in last


@pytest.mark.slow
def test_what_was_killed_knows_its_keys_when_it_is_started_again(tmp_path: Path, lemur: bytes) -> None:
    store = ServeOptions(data=tmp_path).store_address
    hasty, poor = made_key(store, rate=2), made_key(store, credits=1)
    with serving_apart(tmp_path) as live:
        for key in (hasty, poor):
            assert live.post(REMOVEBG, files={"image_file": lemur}, headers=key).status_code == 200
        assert live.process is not None
        live.process.kill()
        live.process.wait()
    with serving_apart(tmp_path) as live:
        answer = live.post(REMOVEBG, files={"image_file": lemur}, headers=hasty)
        assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "0")
        assert live.get(ACCOUNT, headers=poor).json()["data"]["attributes"]["credits"]["total"] == 0.75


def no_folder(data: Path) -> None:
    data.write_text("a file in its place")


def damaged(data: Path) -> None:
    data.mkdir()
    (data / "state.sqlite").write_bytes(b"no database at all" * 1000)


def a_folder(data: Path) -> None:
    (data / "state.sqlite").mkdir(parents=True)


def read_only(data: Path) -> None:
    data.mkdir()
    open_store(str(data / "state.sqlite")).close()
    (data / "state.sqlite").chmod(0o400)
    data.chmod(0o500)


@pytest.mark.parametrize(
    "spoil",
    [
        no_folder,
        damaged,
        a_folder,
        pytest.param(read_only, marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")),
    ],
)
def test_state_that_cannot_be_used_is_said_at_the_start(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    data = tmp_path / "data"
    spoil(data)
    command = [sys.executable, "-m", "mattebox", "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(data)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert str(data) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Mattebox is at" not in ended.stderr
