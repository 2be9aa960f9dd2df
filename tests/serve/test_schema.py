"""What the server says of itself at `/openapi.json` is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from serve.live import Live, serving

HERE = Path(__file__).parent
OPEN = ("/v1/models", "/v1/presets", "/v1/about", "/healthz", "/readyz", "/metrics")
"""What is there for everybody."""


@pytest.fixture(scope="module")
def described(server: Live) -> dict[str, Any]:
    return server.get("/openapi.json").json()


@pytest.mark.slow
def test_it_is_valid(server: Live, described: dict[str, Any]) -> None:
    schemathesis.openapi.from_url(f"{server.url}/openapi.json").validate()
    names = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_every_operation_has_a_summary_of_its_own_and_one_place(described: dict[str, Any]) -> None:
    for methods in described["paths"].values():
        for operation in methods.values():
            assert len(operation["tags"]) == 1
            assert 2 < len(operation["summary"].split()) < 20
            assert not operation["summary"].endswith(".")


def test_it_says_where_a_key_is_needed(server: Live, described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            status = server.request(method, path, headers={"X-API-Key": ""}).status_code
            if path in OPEN:
                assert "security" not in operation
                assert status == 200
            else:
                assert {name for each in operation["security"] for name in each} == set(schemes)
                assert status == 403


@pytest.mark.slow
def test_whatever_it_allows_and_forbids_is_answered_as_it_says(tmp_path: Path) -> None:
    with serving(tmp_path) as live:
        ran = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "schemathesis"), "--no-color"),
                *("--config-file", str(HERE / "schemathesis.toml"), "run", f"{live.url}/openapi.json"),
                # CarveKit's names stand for the same.
                *("--max-examples", "5", "--exclude-path", "/api/removebg"),
            ],
            cwd=tmp_path,  # where it keeps what it found
            env={**os.environ, "MATTEBOX_KEY": live.key, "PYTHONPATH": str(HERE.parent)},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert live.service is not None
        assert live.service.pool.stats().done > 50
    counted = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert counted is not None
    assert int(counted[1]) == int(counted[2]) > 1000
