"""What every store does, and what is special to each kind, with a real Redis."""

from __future__ import annotations

import math
import os
import sqlite3
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mattebox.errors import BadParameter, MissingExtra, StoreUnavailable
from mattebox.serve.store import Store, open_store, sqlite
from mattebox.serve.store import redis as redis_store
from mattebox.serve.store.redis import shown_address
from redis_server import RedisServer, running_redis
from waiting import until

MOMENT = 0.05


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["file", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is empty, and that other processes can open too."""
    if request.param == "file":
        return f"sqlite:///{tmp_path / 'state' / 'state.sqlite'}"
    server: RedisServer = request.getfixturevalue("redis")
    with server.asked() as client:
        client.flushall()
    return server.url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as opened:
        yield opened


def test_a_record_is_kept_replaced_and_forgotten(store: Store) -> None:
    assert store.get("fruit", "a") is None
    assert store.put("fruit", "a", {"weight": 1.5, "names": ["æble", None]})
    assert store.get("fruit", "a") == {"weight": 1.5, "names": ["æble", None]}
    assert store.get("bread", "a") is None
    assert store.put("fruit", "a", {})
    assert store.get("fruit", "a") == {}
    assert store.delete("fruit", "a")
    assert not store.delete("fruit", "a")
    assert store.get("fruit", "a") is None


def test_a_record_that_is_there_can_be_left_alone(store: Store) -> None:
    assert store.put("fruit", "a", {"first": True}, replace=False)
    assert not store.put("fruit", "a", {"first": False}, replace=False)
    assert store.get("fruit", "a") == {"first": True}


@pytest.mark.parametrize("name", ["", "a:b", "*", "mattebox", "line\nend", "x" * 2000, "ключ", "'; --"])
def test_ids_are_any_text(store: Store, name: str) -> None:
    store.put("fruit", "other", {})
    store.put("fruit", name, {"name": name})
    store.put("bread", name, {})
    assert store.get("fruit", name) == {"name": name}
    assert store.all("fruit") == {"other": {}, name: {"name": name}}
    assert store.count(name, 2, limit=2).allowed
    assert store.delete("fruit", name)
    assert store.all("fruit") == {"other": {}}
    assert store.all("nothing") == {}


def test_a_record_ends_with_its_time(store: Store) -> None:
    store.put("fruit", "a", {}, ttl=MOMENT)
    store.put("fruit", "b", {}, ttl=60)
    until(lambda: store.get("fruit", "a") is None)
    assert store.all("fruit") == {"b": {}}
    assert store.update("fruit", "a", lambda record: {**record, "changed": True}) is None
    assert not store.delete("fruit", "a")
    assert store.put("fruit", "a", {"new": True}, replace=False)
    assert store.get("fruit", "a") == {"new": True}


def test_a_record_that_is_put_anew_has_its_new_time(store: Store) -> None:
    store.put("fruit", "a", {}, ttl=MOMENT)
    store.put("fruit", "a", {})
    store.put("fruit", "b", {}, ttl=MOMENT)
    until(lambda: store.get("fruit", "b") is None)
    assert store.get("fruit", "a") == {}


def test_a_change_makes_no_time_longer(store: Store) -> None:
    store.put("fruit", "a", {"n": 1}, ttl=1)
    assert store.update("fruit", "a", lambda record: {"n": record["n"] + 1}) == {"n": 2}
    until(lambda: store.get("fruit", "a") is None)


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    store.put("fruit", "a", {"n": 1})

    def fail(record: dict[str, Any]) -> dict[str, Any]:
        record["n"] = 5
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.update("fruit", "a", fail)
    assert store.get("fruit", "a") == {"n": 1}
    assert store.update("fruit", "a", lambda record: {"n": record["n"] + 1}) == {"n": 2}


def test_a_counter_stops_at_its_limit(store: Store) -> None:
    assert store.count("c", 2, limit=3) == (True, 2, math.inf)
    assert store.count("c", 2, limit=3) == (False, 2, math.inf)
    assert store.count("c", 0.75, limit=3) == (True, 2.75, math.inf)
    assert store.count("c", 0.25, limit=3) == (True, 3, math.inf)
    assert store.count("c", 0) == (True, 3, math.inf)
    assert store.count("c", -1, limit=1) == (True, 2, math.inf)
    assert store.count("c", -9) == (True, 0, math.inf)
    assert store.count("d", 10) == (True, 10, math.inf)


def test_a_counter_with_a_window_starts_anew(store: Store) -> None:
    first = store.count("c", 3, limit=3, window=1)
    second = store.count("c", 1, limit=3, window=1)
    assert (first.allowed, second.allowed) == (True, False)
    assert second.total == 3
    assert second.resets == first.resets
    until(lambda: store.count("c", 2, limit=3, window=1).allowed)
    third = store.count("c", 0, window=1)
    assert third.total == 2
    assert third.resets > first.resets


def test_looking_begins_no_window(store: Store) -> None:
    first = store.count("c", 0, window=60)
    assert store.count("c", 5, limit=3, window=60).allowed is False
    until(lambda: store.count("c", 0, window=60).resets > first.resets)


@pytest.mark.parametrize("kind", ["memory", "redis"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.floats(-50, 50).map(lambda amount: round(amount, 2)), max_size=12), limit=st.floats(0, 100))
def test_a_counter_counts_as_arithmetic_says(redis: RedisServer, kind: str, amounts: list[float], limit: float) -> None:
    with closing(open_store("memory:" if kind == "memory" else redis.url)) as store:
        store.count("sum", -1e9)
        total = 0.0
        for amount in amounts:
            allowed = amount <= 0 or total + amount <= limit
            total = max(0.0, total + amount) if allowed else total
            assert store.count("sum", amount, limit=limit) == (allowed, total, math.inf)


def test_threads_lose_nothing_and_pass_no_limit(store: Store) -> None:
    store.put("fruit", "a", {"n": 0})

    def one(_: int) -> bool:
        store.update("fruit", "a", lambda record: {"n": record["n"] + 1})
        return store.count("c", 1, limit=77, window=600).allowed

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(one, range(160))) == 77
    assert store.get("fruit", "a") == {"n": 160}


PROCESS = """
import sys
from mattebox.serve.store import open_store
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
store = open_store(sys.argv[1])
store.put("fruit", "a", {"n": 0}, replace=False)
won = store.put("fruit", "b", {}, replace=False)
allowed = 0
for _ in range(60):
    store.update("fruit", "a", lambda record: {"n": record["n"] + 1})
    allowed += store.count("c", 1, limit=100, window=600).allowed
print(allowed, int(won))
store.close()
"""


def test_processes_lose_nothing_and_pass_no_limit(url: str) -> None:
    command = [sys.executable, "-c", PROCESS, url]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sum(int(allowed) for allowed, _ in said) == 100
    assert sum(int(won) for _, won in said) == 1
    with closing(open_store(url)) as store:
        assert store.get("fruit", "a") == {"n": 240}


def test_memory_is_gone_at_the_end() -> None:
    with closing(open_store("memory:")) as store:
        store.put("fruit", "a", {})
        assert store.name == "memory"
    with closing(open_store("memory:")) as store:
        assert store.get("fruit", "a") is None


def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "state.sqlite"
    with closing(open_store(str(path))) as store:
        store.put("fruit", "a", {})
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == ["state.sqlite", "state.sqlite-shm", "state.sqlite-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_over_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(open_store(str(path))) as store:
        for name in "abc":
            store.put("fruit", name, {}, ttl=MOMENT)
            store.count(name, 1, window=MOMENT)
        until(lambda: not store.all("fruit") and not store.count("c", 0).total)
        store.put("fruit", "d", {})
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT id FROM records").fetchall() == [("d",)]
        assert file.execute("SELECT name FROM counters").fetchall() == []


def test_a_path_may_begin_in_the_users_folder(home: Path) -> None:
    open_store("~/state.sqlite").close()
    assert (home.parent / "state.sqlite").is_file()


def with_garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def with_a_folder(path: Path) -> None:
    path.mkdir()


def with_somebody_elses_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE records (other)")


def with_a_newer_layout(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (with_garbage, "file is not a database; if the file is damaged, restore a copy"),
        (with_a_folder, "cannot be read and written \\(Is a directory\\)"),
        (with_somebody_elses_tables, "made by another program"),
        (with_a_newer_layout, "another version of Mattebox"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, made: Callable[[Path], None], message: str) -> None:
    path = tmp_path / "state.sqlite"
    made(path)
    with pytest.raises(StoreUnavailable, match=message) as raised:
        open_store(str(path))
    assert str(path) in str(raised.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"/file cannot be made \(File exists\)"):
        open_store(str(tmp_path / "file" / "state.sqlite"))


def test_a_file_that_is_damaged_later_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(open_store(str(path))) as store:
        for number in range(200):
            store.put("fruit", str(number), {"text": "x" * 200})
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * (path.stat().st_size - 2 * 4096))
    with (
        closing(open_store(str(path))) as store,
        pytest.raises(StoreUnavailable, match="malformed; if the file is damaged"),
    ):
        store.all("fruit")


@pytest.fixture
def locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that nobody may write, in this folder, since another user may not walk through those above."""
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o755)
    path = Path("state.sqlite")
    open_store(str(path)).close()
    path.chmod(0o400)
    return path


@pytest.fixture
def plain_user() -> Iterator[None]:
    """Without the rights of root, who may write everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


def test_a_file_that_may_not_be_written_is_told(locked_file: Path, plain_user: None) -> None:
    with pytest.raises(StoreUnavailable, match=r"state\.sqlite cannot be read and written \(Permission denied\)"):
        open_store(str(locked_file))


def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    program = """
import resource, sys
from mattebox.errors import StoreUnavailable
from mattebox.serve.store import open_store
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    store.put("fruit", "a", {})
except StoreUnavailable as error:
    print(error)
"""
    path = tmp_path / "state.sqlite"
    said = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(str(path))
    assert "see that the disk has room" in said.stdout


def test_another_program_that_holds_the_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", MOMENT)
    path = tmp_path / "state.sqlite"
    with closing(open_store(str(path))) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.put("fruit", "a", {})
        other.execute("BEGIN IMMEDIATE")
        assert store.get("fruit", "a") == {}
        with pytest.raises(StoreUnavailable, match=r"locked; see that .* no other program holds the file"):
            store.put("fruit", "b", {})
        other.execute("ROLLBACK")
        assert store.put("fruit", "b", {})


@pytest.mark.parametrize("url", ["", " ", "http://host", "postgres://u:pass@host/db", "sqlite://pass"])
def test_an_address_of_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadParameter, match=r"is not known; give a path, sqlite:///path, redis://host") as raised:
        open_store(url)
    assert "pass" not in str(raised.value)


def test_redis_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "mattebox.serve.store.redis")
    with pytest.raises(MissingExtra, match=r"mattebox\[serve\]"):
        open_store("redis://localhost")


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter/2@host",
        "redis://:1/hunter@host",
        "redis://:1?hunter@host",
        "redis://:1#hunter@host",
        "redis://:hunter@host:port",
        "redis://:hunter@host:0",
        "redis://:hunter@host:99999",
        "redis://:hunter@[::1",
        "redis://:hunter@host/first",
        "redis://:hunter@host?colour=blue",
        "redis://:hunter@host?socket_timeout=hunter",
        "rediss://:hunter@host?ssl_cert_reqs=hunter",
    ],
)
def test_an_address_of_redis_that_makes_no_sense_is_not_repeated(url: str) -> None:
    with pytest.raises(BadParameter, match="the address of Redis cannot be read") as raised:
        open_store(url)
    assert "hunter" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://", "redis://"),
        ("redis://cache", "redis://cache"),
        ("redis://cache:7000/", "redis://cache:7000/"),
        ("redis://cache/0", "redis://cache/0"),
        ("rediss://user:p%40ss@cache:7000/3?ssl_check_hostname=no", "rediss://cache:7000/3"),
        ("redis://:p@ss@[::1]:7000", "redis://[::1]:7000"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert shown_address(url) == shown
    with closing(open_store(url)) as store:
        assert store.name == shown


def test_redis_may_be_stopped_and_started(tmp_path: Path, redis: RedisServer) -> None:
    with running_redis(tmp_path) as server, closing(open_store(server.url)) as store:
        use(store)
        server.stop()
        for ask in (lambda: store.get("a", "b"), lambda: store.count("c", 1), lambda: use(store)):
            with pytest.raises(StoreUnavailable, match=f"{server.url}: .*refused.*; see that Redis runs there"):
                ask()
        server.start()
        use(store)


def use(store: Store) -> None:
    """Ask everything that there is of an empty store, from several threads so that several connections are used."""

    def once(name: int) -> None:
        assert store.put("fruit", str(name), {"n": 0})
        assert store.update("fruit", str(name), lambda record: {"n": record["n"] + 1}) == {"n": 1}
        assert store.count(f"c{name}", 2, window=60).total == 2
        assert store.all("fruit")[str(name)] == {"n": 1}
        assert store.delete("fruit", str(name))

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(once, range(6))) == [None] * 6


def test_redis_need_not_run_when_the_store_is_opened(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.stop()
    with closing(open_store(server.url)) as store:
        with pytest.raises(StoreUnavailable):
            store.get("a", "b")
        server.start()
        try:
            use(store)
        finally:
            server.stop()


def test_a_redis_that_is_stuck_is_not_waited_for(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_store, "PATIENCE", 1)
    with closing(open_store(redis.url)) as store:
        store.get("a", "b")
        with redis.stuck(), pytest.raises(StoreUnavailable, match="Timeout"):
            store.get("a", "b")
        assert store.get("a", "b") is None


def test_a_password_is_used_and_never_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with running_redis(tmp_path, "--requirepass", "hunter@/:2") as server:
        host = server.url.removeprefix("redis://")
        with closing(open_store(f"redis://:hunter%40%2F%3A2@{host}/3")) as store:
            use(store)
            assert "hunter" not in repr(store) + caplog.text
        for password in ("hunter%40", ""):
            with closing(open_store(f"redis://:{password}@{host}")) as store:
                with pytest.raises(StoreUnavailable, match=f"redis://{host}: ") as raised:
                    store.get("a", "b")
                told = "".join(traceback.format_exception(raised.value)) + repr(store) + caplog.text
                assert "hunter" not in told


def test_redis_behind_tls_is_believed_only_with_its_certificate(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext"]
    make += ["subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    options = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    with running_redis(tmp_path, *options, secure=True) as server:
        with closing(open_store(f"{server.url}?ssl_ca_certs={certificate}")) as store:
            use(store)
        with (
            closing(open_store(server.url)) as store,
            pytest.raises(StoreUnavailable, match=r"CERTIFICATE_VERIFY_FAILED"),
        ):
            store.get("a", "b")


def test_redis_keeps_only_what_is_ours_and_nothing_that_is_over(redis: RedisServer) -> None:
    with closing(open_store(redis.url)) as store, redis.asked() as client:
        client.flushall()
        store.put("fruit", "a", {}, ttl=MOMENT)
        store.put("fruit", "b", {})
        store.count("c", 1, window=MOMENT)
        store.count("d", 1)
        names = {"mattebox:record:fruit:b", "mattebox:kind:fruit", "mattebox:counter:d"}
        until(lambda: set(client.scan_iter()) == names)
        store.all("fruit")
        assert client.smembers("mattebox:kind:fruit") == {"b"}
