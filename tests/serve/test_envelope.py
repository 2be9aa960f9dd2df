"""What is the same for every answer of a real server."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from serve.live import Live, serving
from waiting import until


def errors(answer) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    (error,) = answer.json()["errors"]
    assert {"title", "code"} <= set(error) <= {"title", "code", "detail"}
    return [error]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1.0/removebg", 405, "method_not_allowed"),
        ("POST", "/v1.0/account", 405, "method_not_allowed"),
        ("POST", "/v1.0/removebg/", 404, "not_found"),
        ("GET", "/studio/../../pyproject.toml", 404, "not_found"),
        ("GET", "/studio/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/docs/assets/%2e%2e/__init__.py", 404, "not_found"),
        ("POST", "/docs/assets/swagger-ui.css", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_what_the_framework_refuses_has_the_form_of_errors(
    server: Live, method: str, path: str, status: int, code: str
) -> None:
    answer = server.request(method, path)
    assert answer.status_code == status
    assert errors(answer)[0]["code"] == code
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_key_is_asked_for(server: Live) -> None:
    missing = server.get("/v1.0/account", headers={"X-API-Key": ""})
    wrong = server.get("/v1.0/account", headers={"X-API-Key": "wrong"})
    assert missing.status_code == wrong.status_code == 403
    assert errors(missing)[0]["title"] == "Missing API Key"
    assert errors(wrong)[0] == {"title": "API Key invalid", "code": "auth_failed"}
    bearer = server.get("/v1.0/account", headers={"X-API-Key": "", "Authorization": f"Bearer {server.key}"})
    assert bearer.status_code == 200


def test_every_answer_is_hardened(server: Live) -> None:
    for path in ("/", "/healthz", "/v1.0/account", "/docs", "/nowhere"):
        headers = server.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert "default-src" in headers["content-security-policy"], path
        assert "unsafe-eval" not in headers["content-security-policy"], path
        assert "server" not in headers, path
        assert len(headers["x-request-id"]) == 32, path


def test_pages_may_read_every_header_that_is_told_of(server: Live) -> None:
    paths = server.get("/openapi.json").json()["paths"].values()
    answers = [answer for methods in paths for each in methods.values() for answer in each["responses"].values()]
    told = {header for answer in answers for header in answer.get("headers", ())}
    assert {"X-Width", "X-Foreground-Top", "X-Mattebox-Model"} <= told
    assert told <= set(server.get("/healthz").headers["access-control-expose-headers"].split(", "))


def test_browsers_may_ask_first(server: Live) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key",
    }
    answer = server.request("OPTIONS", "/v1.0/removebg", headers={**asked, "X-API-Key": ""})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()


def test_what_nobody_has_foreseen_says_nothing_of_the_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path) as live:
        assert live.service is not None

        def fails(*_: object) -> None:
            raise RuntimeError("/home/secret/key mbx_12345")

        monkeypatch.setattr(live.service.allowance, "balance", fails)
        with caplog.at_level(logging.WARNING):
            answer = live.get("/v1.0/account")
        assert answer.status_code == 500
        assert errors(answer)[0]["code"] == "internal_error"
        assert "secret" not in answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-request-id"] in caplog.text
        assert live.get("/healthz").status_code == 200


def test_pages_of_some_addresses_may_be_allowed(tmp_path: Path) -> None:
    with serving(tmp_path, origins=("https://shop.example",)) as live:
        good = live.get("/v1/about", headers={"Origin": "https://shop.example"})
        assert good.headers["access-control-allow-origin"] == "https://shop.example"
        assert "Origin" in good.headers["vary"]
        assert (
            "access-control-allow-origin"
            not in live.get("/v1/about", headers={"Origin": "https://evil.example"}).headers
        )


def test_without_keys_no_page_of_another_server_may_call(tmp_path: Path) -> None:
    with serving(tmp_path, local=True) as live:
        assert live.get("/v1/about").json()["keys"] is False
        assert live.get("/v1/about", headers={"Origin": live.url}).status_code == 200
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert live.get("/", headers=link).status_code == 200
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://["},
            {"Host": "evil.example"},
            {"Host": "["},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        ):
            answer = live.get("/v1/about", headers=headers)
            assert answer.status_code == 403, headers
            assert errors(answer)
            assert "access-control-allow-origin" not in answer.headers


def test_where_no_key_is_asked_for_pages_read_nothing_unless_they_are_named(tmp_path: Path) -> None:
    with serving(tmp_path, auth=False) as live:
        answer = live.get("/v1/jobs", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


def test_the_log_has_a_line_for_each_answer(server: Live, lemur: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert server.service is not None
    key = next(each for each in server.service.keys.list() if each.name == "test")

    def line(answer) -> str:
        said = until(lambda: [each for each in caplog.messages if answer.headers["x-request-id"] in each])
        return re.sub(r"\d+ ms", "N ms", said[0].partition(" ")[2])

    with caplog.at_level(logging.DEBUG, "mattebox.serve.answers"):
        good = server.post("/v1.0/removebg", files={"image_file": lemur})
        assert line(good) == f"POST /v1.0/removebg 200 N ms megapixels=0.2992 key={key.id}"
        bad = server.post("/v1.0/removebg", files={"image_file": lemur}, data={"size": "vast"})
        assert line(bad) == f"POST /v1.0/removebg 400 N ms code=invalid_size key={key.id}"
        assert line(server.get("/v1.0/account", headers={"X-API-Key": ""})).endswith("403 N ms code=auth_failed")
        for path, name in {
            "/nowhere": "other 404 N ms code=not_found",
            "/docs": "/docs 200 N ms",
            "/openapi.json": "/openapi.json 200 N ms",
            "/docs/assets/favicon.png": "/docs/assets/{name} 200 N ms",
            "/studio/index.html": "/studio/{path:path} 200 N ms",
        }.items():
            assert line(server.get(path)) == f"GET {name}"
