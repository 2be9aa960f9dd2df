from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mattebox.serve.jobs import desk
from mattebox.serve.jobs.leases import OWNED
from serve.live import Live

BROKEN = b"\xff\xd8\xff broken"


def submitted(server: Live, pictures: list[tuple[str, bytes]], **fields: str) -> str:
    answer = server.post("/v1/jobs", files=[("image", picture) for picture in pictures], data=fields)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    return str(answer.json()["id"])


def ended(server: Live, identity: str) -> dict[str, Any]:
    """A job once it is over, asked as a client does."""
    for _ in range(100):
        job: dict[str, Any] = server.get(f"/v1/jobs/{identity}?wait=10").json()
        if job["status"] == "done":
            return job
    raise AssertionError(f"job {identity} does not end: {job}")


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.fixture(scope="module")
def job(server: Live, lemur: bytes) -> Iterator[dict[str, Any]]:
    """A job of four pictures, one of which is broken, that is over."""
    pictures = [("lemur.jpg", lemur), ("broken.jpg", BROKEN), ("LEMUR.png", lemur), ("../лемур.jpeg", lemur)]
    identity = submitted(server, pictures, format="webp", quality="60", max_megapixels="0.05")
    yield ended(server, identity)
    server.request("DELETE", f"/v1/jobs/{identity}")


def test_an_empty_file_is_a_picture_that_failed(server: Live, lemur: bytes) -> None:
    identity = submitted(server, [("empty.jpg", b""), ("lemur.jpg", lemur)], max_megapixels="0.05")
    first, second = ended(server, identity)["items"]
    assert (first["name"], first["status"], first["error"]["detail"]) == ("empty.jpg", "failed", "the file is empty")
    assert (second["name"], second["status"]) == ("lemur.jpg", "done")
    server.request("DELETE", f"/v1/jobs/{identity}")


def test_one_bad_picture_never_stops_the_rest(job: dict[str, Any]) -> None:
    assert (job["total"], job["done"], job["failed"]) == (4, 3, 1)
    assert [item["status"] for item in job["items"]] == ["done", "failed", "done", "done"]
    assert job["items"][1]["error"]["code"] == "invalid_dimensions"
    assert [item["name"] for item in job["items"]] == ["lemur.jpg", "broken.jpg", "LEMUR.png", "лемур.jpeg"]


def test_results_are_those_of_single_calls(job: dict[str, Any], server: Live, lemur: bytes) -> None:
    fields = {"format": "webp", "quality": "60", "max_megapixels": "0.05"}
    single = server.post("/v1/cutouts", files={"image": lemur}, data=fields)
    result = server.get(f"/v1/jobs/{job['id']}/items/2")
    assert result.content == single.content
    assert result.headers["content-type"] == "image/webp"
    assert result.headers["X-Foreground-Top"] == single.headers["X-Foreground-Top"]
    assert result.headers["Content-Disposition"] == "attachment; filename*=utf-8''LEMUR%20%282%29.webp"


def test_all_results_come_in_one_zip_with_a_report(job: dict[str, Any], server: Live) -> None:
    answer = server.get(f"/v1/jobs/{job['id']}/results.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["lemur.webp", "LEMUR (2).webp", "лемур.webp", "report.json"]
        report = json.loads(archive.read("report.json"))
        for item in report["items"]:
            if item["status"] == "done":
                single = server.get(f"/v1/jobs/{job['id']}/items/{item['n']}").content
                assert archive.read(item["file"]) == single
    assert report == job


def test_what_became_of_a_bad_picture_is_told_where_its_result_would_be(job: dict[str, Any], server: Live) -> None:
    answer = server.get(f"/v1/jobs/{job['id']}/items/1")
    assert answer.json() == {"errors": [job["items"][1]["error"]]}
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["4", "-1", "x", "1e0", "9" * 30, "²"])
def test_other_numbers_are_no_pictures(number: str, job: dict[str, Any], server: Live) -> None:
    assert code_of(server.get(f"/v1/jobs/{job['id']}/items/{number}")) == (404, "job_not_found")


def test_a_job_belongs_to_its_key(job: dict[str, Any], server: Live) -> None:
    assert server.service is not None
    _, secret = server.service.keys.add("stranger", rate=1000, credits=None)
    as_stranger = {"headers": {"X-API-Key": secret}}
    path = f"/v1/jobs/{job['id']}"
    for own in (path, f"{path}/items/0", f"{path}/results.zip"):
        assert code_of(server.get(own, **as_stranger)) == (404, "job_not_found")
    assert code_of(server.request("DELETE", path, **as_stranger)) == (404, "job_not_found")
    assert server.get("/v1/jobs", **as_stranger).json() == {"jobs": []}
    mine = [each for each in server.get("/v1/jobs").json()["jobs"] if each["id"] == job["id"]]
    assert mine == [{name: value for name, value in job.items() if name != "items"}]


@pytest.mark.parametrize("identity", ["0" * 32, "x", "..%2f..%2fkeys", "%00", "A" * 32])
def test_there_is_no_other_job(identity: str, server: Live) -> None:
    for path in (identity, f"{identity}/items/0", f"{identity}/results.zip"):
        assert server.get(f"/v1/jobs/{path}").status_code == 404


@pytest.mark.parametrize("wait", ["-1", "31", "nan", "inf", "long"])
def test_waiting_has_bounds(wait: str, job: dict[str, Any], server: Live) -> None:
    assert code_of(server.get(f"/v1/jobs/{job['id']}?wait={wait}")) == (400, "invalid_parameter")


def test_a_job_is_refused_before_it_is_taken(server: Live, lemur: bytes) -> None:
    before = server.get("/v1/jobs").json()
    assert code_of(server.post("/v1/jobs", data={"crop": "5%"})) == (400, "missing_source")
    assert code_of(server.post("/v1/jobs", files={"image": lemur}, data={"crop": "wide"})) == (400, "invalid_parameter")
    assert code_of(server.post("/v1/jobs", json={"image_urls": ["a"] * 201})) == (400, "too_many_files")
    assert server.get("/v1/jobs").json() == before


def test_addresses_are_fetched_when_their_turn_comes_and_only_from_the_public_web(server: Live) -> None:
    urls = [f"{server.url}/healthz", "http://169.254.169.254/shoe.jpg", "no address"]
    answer = server.post("/v1/jobs", json={"image_urls": urls})
    job = ended(server, answer.json()["id"])
    assert [item["error"]["code"] for item in job["items"]] == [
        *("failed_image_download", "failed_image_download", "invalid_image_url")
    ]
    assert [item["name"] for item in job["items"]] == ["healthz", "shoe.jpg", "no address"]
    server.request("DELETE", f"/v1/jobs/{job['id']}")


def test_a_deleted_job_is_gone_with_its_files(server: Live, lemur: bytes) -> None:
    assert server.service is not None
    identity = submitted(server, [(f"{number}.jpg", lemur) for number in range(30)])
    assert code_of(server.get(f"/v1/jobs/{identity}/results.zip")) == (409, "job_not_ready")
    assert code_of(server.get(f"/v1/jobs/{identity}/items/29")) == (409, "job_not_ready")
    assert server.request("DELETE", f"/v1/jobs/{identity}").status_code == 204
    assert code_of(server.get(f"/v1/jobs/{identity}")) == (404, "job_not_found")
    assert not (server.service.data / "jobs" / identity).exists()
    assert identity not in server.service.store.all(OWNED)


def test_a_key_keeps_no_more_than_some_jobs(
    server: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch, job: dict[str, Any]
) -> None:
    monkeypatch.setattr(desk, "MOST_JOBS", len(server.get("/v1/jobs").json()["jobs"]))
    answer = server.post("/v1/jobs", files={"image": lemur})
    assert code_of(answer) == (429, "rate_limit_exceeded")
    assert int(answer.headers["Retry-After"]) >= 1
