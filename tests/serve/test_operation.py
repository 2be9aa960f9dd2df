"""What those who run the server ask it, and how it stops."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from serve.live import Live, serving, serving_apart
from waiting import until


def test_health_and_readiness(server: Live) -> None:
    assert server.get("/healthz", headers={"X-API-Key": ""}).json() == {"status": "alive"}
    assert server.get("/readyz", headers={"X-API-Key": ""}).json() == {"status": "ready", "taking": True, "store": True}


def test_metrics_count_what_was_done(server: Live, lemur: bytes) -> None:
    def figure(name: str) -> float:
        match = re.search(rf"^{re.escape(name)} (\S+)$", server.get("/metrics").text, re.MULTILINE)
        return float(match[1]) if match else 0.0

    done, megapixels = figure("mattebox_pool_done_total"), figure("mattebox_megapixels_total")
    answered = figure('mattebox_answers_total{route="/v1.0/removebg",status="200"}')
    assert server.post("/v1.0/removebg", files={"image_file": lemur}).status_code == 200
    assert figure("mattebox_pool_done_total") == done + 1
    assert figure("mattebox_megapixels_total") == pytest.approx(megapixels + 0.2992)
    assert figure('mattebox_answers_total{route="/v1.0/removebg",status="200"}') == answered + 1
    assert figure("mattebox_pool_busy") == 0
    assert figure("process_resident_memory_bytes") > 0


def test_what_is_switched_off_is_not_there(tmp_path: Path) -> None:
    with serving(tmp_path, local=True, metrics=False, docs=False, studio=False) as live:
        for path in ("/metrics", "/docs", "/openapi.json", "/"):
            assert live.get(path).status_code == 404, path
        assert live.get("/healthz").status_code == 200


def test_paths_that_nobody_serves_do_not_fill_the_metrics(server: Live) -> None:
    for number in range(20):
        server.get(f"/nowhere/{number}")
    text = server.get("/metrics").text
    assert 'route="other",status="404"' in text
    assert "/nowhere" not in text


def test_models_presets_and_limits_can_be_seen_without_a_key(server: Live) -> None:
    bare = {"X-API-Key": ""}
    models = server.get("/v1/models", headers=bare).json()
    lite = next(model for model in models["models"] if model["name"] == "lite")
    assert lite["default"]
    assert not lite["non_commercial"]
    assert set(lite["licence"]) == {"code", "weights", "data"}
    assert "closed-form" in models["methods"]
    presets = server.get("/v1/presets", headers=bare).json()["presets"]
    assert {"amazon", "ebay"} <= {preset["name"] for preset in presets}
    about = server.get("/v1/about", headers=bare).json()
    assert about["keys"] is about["docs"] is True


def test_the_description_needs_nothing_from_elsewhere(server: Live) -> None:
    page = server.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in [*links, "openapi.json"]:  # relative: a proxy may have put the server into a folder
        assert link.startswith(("docs/assets/", "openapi.json"))
        assert server.get(f"/{link}").status_code == 200
    assert "url: 'openapi.json'" in page.text
    described = server.get("/openapi.json").json()
    assert described["servers"] == [{"url": "."}]
    assert {"/v1.0/removebg", "/v1.0/account", "/v1.0/improve", "/api/removebg", "/v1/cutouts"} <= set(
        described["paths"]
    )


def test_the_administrator_sees_how_it_is_set_up_but_no_secret(tmp_path: Path) -> None:
    with serving_apart(tmp_path, key="for-all", MATTEBOX_SERVE_ADMIN_KEY="for-one") as live:
        assert live.get("/api/admin/config").status_code == 403
        answer = live.get("/api/admin/config", headers={"X-API-Key": "for-one"})
        assert answer.json()["settings"]["model"] == "lite"
        assert answer.json()["keys"] == 1
        assert "for-all" not in answer.text
        assert "for-one" not in answer.text
        assert str(tmp_path) not in answer.text
        assert live.get("/v1.0/account", headers={"X-API-Key": "for-one"}).status_code == 200


@pytest.mark.slow
def test_told_to_stop_it_finishes_what_was_begun(tmp_path: Path, lemur: bytes) -> None:
    with serving_apart(tmp_path, "--workers", "1", key="k") as live, ThreadPoolExecutor(8) as pool:
        assert live.process is not None
        calls = [
            pool.submit(live.post, "/v1.0/removebg", files={"image_file": lemur}, data={"size": "full"})
            for _ in range(8)
        ]
        until(lambda: '"/v1.0/removebg"' in live.get("/metrics").text or any(call.done() for call in calls))
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(timeout=30) == 0
        statuses = [answered(call) for call in calls]
        assert set(statuses) <= {200, 503, None}
        assert statuses.count(200) >= 1
        with pytest.raises(httpx.ConnectError):
            live.get("/healthz")


def answered(call) -> int | None:
    """The status of an answer; None where the connection was not taken any more."""
    try:
        answer = call.result()
    except httpx.TransportError:
        return None
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["errors"][0]["code"] == "server_busy"
    return answer.status_code


def test_a_start_without_keys_says_how_to_make_one_and_prints_none(tmp_path: Path) -> None:
    with serving_apart(tmp_path) as live:
        assert live.log is not None
        log = live.log
        command = until(lambda: re.search(r"mattebox serve keys add .*", log.read_text()))
        assert live.get("/v1.0/account").status_code == 403
        words = shlex.split(command[0].replace("NAME", "shop"))
        made = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=True)
        secret = made.stdout.strip()
        assert live.get("/v1.0/account", headers={"X-API-Key": secret}).status_code == 200
        assert secret not in live.log.read_text()


def test_an_address_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "mattebox", "serve", "--local", "--port", port, "--data", str(tmp_path)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_start_says_what_it_stands_on_when_it_is_ready_and_a_stop_that_it_stops(tmp_path: Path) -> None:
    with serving_apart(tmp_path, "--workers", "2", key="k") as live:
        assert live.process is not None
        assert live.log is not None
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(timeout=30) == 0
        ready, *told, stopping, stopped = live.log.read_text().splitlines()
    assert [line.partition(" ")[0] for line in (ready, stopping, stopped)] == [time.strftime("%Y-%m-%d")] * 3
    assert ready.endswith(" ready")
    assert "stopping" in stopping
    assert stopped.endswith(" stopped")
    assert len(told) <= 5
    assert told[0] == f"Mattebox is at http://localhost:{live.port}, on 127.0.0.1 alone"
    assert told[1] == f"http://localhost:{live.port}/ for the page and http://localhost:{live.port}/docs for the API"
    assert told[2] == f"State: {tmp_path / 'state.sqlite'}. Data: {tmp_path}"
    assert re.fullmatch(r"Workers: 2\. Models: .*\blite\b.*", told[3])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--local", "--data", "{file}/data"], 1, "{file}/data/jobs cannot be made (Not a directory)"),
        (["--local", "--models", "isnet"], 1, "model 'isnet' cannot be fetched"),
        (["--local", "--models", "isnett"], 2, "no model 'isnett'"),
        (["--host", "192.0.2.1"], 2, "try another --host"),
    ],
)
def test_a_start_that_fails_is_one_line(tmp_path: Path, words: list[str], code: int, message: str) -> None:
    file = tmp_path / "file"
    file.touch()
    said = [word.format(file=file) for word in words]
    ended = subprocess.run(
        [sys.executable, "-m", "mattebox", "serve", "--port", "0", *said],
        env={**os.environ, "MATTEBOX_HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    (error,) = [line for line in ended.stderr.splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line)]
    assert error.startswith("error: ")
    assert message.format(file=file) in error
    assert ended.returncode == code


@pytest.mark.slow
def test_health_is_told_while_the_queue_is_full(tmp_path: Path, lemur: bytes) -> None:
    with serving_apart(tmp_path, "--workers", "1", "--queue", "4", key="k") as live:
        stop = threading.Event()

        def ask() -> list[int]:
            seen = []
            while not stop.is_set():
                seen.append(live.post("/v1.0/removebg", files={"image_file": lemur}).status_code)
            return seen

        with ThreadPoolExecutor(12) as pool:
            callers = [pool.submit(ask) for _ in range(12)]
            health = []
            for _ in range(10):
                health.append(live.get("/healthz").status_code)
                time.sleep(0.05)
            stop.set()
        statuses = {status for caller in callers for status in caller.result()}
    assert health == [200] * 10
    assert statuses <= {200, 503}
    assert 200 in statuses


def test_the_log_names_no_key_and_no_address_of_a_picture(tmp_path: Path) -> None:
    with serving_apart(tmp_path, "--verbose", key="k-secret") as live:
        log = live.log
        assert log is not None
        live.post("/v1.0/removebg", data={"image_url": "http://127.0.0.1/private?token=abc"})
        until(lambda: "/v1.0/removebg 400" in log.read_text())  # written when the answer has gone
        told = log.read_text()
    assert "k-secret" not in told
    assert "token" not in told


def test_openapi_is_json_that_holds_no_path_of_this_machine(server: Live) -> None:
    text = json.dumps(server.get("/openapi.json").json())
    assert str(Path(__file__).parents[2]) not in text
