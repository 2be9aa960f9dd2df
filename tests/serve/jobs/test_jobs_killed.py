from __future__ import annotations

import io
import signal
import zipfile
from pathlib import Path

import pytest

from serve.live import serving_apart

KEY = "a-key-of-this-test"
PICTURES = 12


@pytest.mark.slow
def test_a_job_goes_on_after_its_server_was_killed(lemur: bytes, tmp_path: Path) -> None:
    """Slow, as a new server waits until the lease of the killed one is over."""
    with serving_apart(tmp_path, "--workers", "2", key=KEY) as server:
        single = server.post("/v1/cutouts", files={"image": lemur}, data={"format": "webp"}).content
        files = [("image", (f"{number}.jpg", lemur)) for number in range(PICTURES)]
        identity = server.post("/v1/jobs", files=files, data={"format": "webp"}).json()["id"]
        while (job := server.get(f"/v1/jobs/{identity}?wait=10").json())["done"] < 2:
            assert job["status"] != "done"
        assert server.process is not None
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()

    folder = tmp_path / "jobs" / identity
    done = [item["n"] for item in job["items"] if item["status"] == "done"]
    written = {number: (folder / "results" / str(number)).stat().st_mtime_ns for number in done}
    lost = PICTURES - 1
    assert job["items"][lost]["status"] == "waiting"
    (folder / "sent" / str(lost)).unlink()

    with serving_apart(tmp_path, "--workers", "2", key=KEY) as server:
        while (job := server.get(f"/v1/jobs/{identity}?wait=20").json())["status"] != "done":
            assert job["done"] >= len(done)
        assert (job["done"], job["failed"]) == (PICTURES - 1, 1)
        assert "lost" in job["items"][lost]["error"]["detail"]
        # What was done before is not done again, and nothing is half written.
        assert {number: (folder / "results" / str(number)).stat().st_mtime_ns for number in done} == written
        with zipfile.ZipFile(io.BytesIO(server.get(f"/v1/jobs/{identity}/results.zip").content)) as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == PICTURES
            assert {archive.read(f"{number}.webp") for number in range(PICTURES - 1)} == {single}
