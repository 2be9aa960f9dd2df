"""CarveKit's server, started as its users start it, asked as its documentation asks."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from serve.live import wait_until_ready

LEMUR = (Path(__file__).parents[2] / "examples" / "lemur.jpg").read_bytes()
KEY = {"X-Api-Key": "mytoken"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("carvekit")
    log = folder / "log"
    variables = {
        "CARVEKIT_PORT": "0",
        "CARVEKIT_HOST": "127.0.0.1",
        "CARVEKIT_ALLOWED_TOKENS": "mytoken",
        "CARVEKIT_ADMIN_TOKEN": "admintoken",
        "CARVEKIT_DEVICE": "cpu",
        "MATTEBOX_HOME": str(folder),
    }
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "carvekit.web.app"], stderr=sink, env={**os.environ, **variables}, text=True
        )
    try:
        yield wait_until_ready(process, log, 0)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.slow
@pytest.mark.parametrize("words", [["carvekit.web.app:app"], ["--factory", "mattebox.serve.app:from_environment"]])
def test_uvicorn_can_start_it(tmp_path: Path, words: list[str]) -> None:
    log = tmp_path / "log"
    variables = {"CARVEKIT_ALLOWED_TOKENS": "mytoken", "MATTEBOX_HOME": str(tmp_path)}
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--port", "0", *words],
            stderr=sink,
            env={**os.environ, **variables},
            text=True,
        )
    try:
        account = httpx.get(f"{wait_until_ready(process, log, 0)}/api/account", headers=KEY, trust_env=False)
        assert account.status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize(
    ("program", "variables", "code", "message"),
    [
        ("", {"CARVEKIT_PORT": "many"}, 2, "CARVEKIT_PORT: 'many' is not a whole number"),
        (
            "sys.modules['fastapi'] = None",
            {},
            1,
            "the server needs the extra 'serve': pip install 'mattebox[serve]'",
        ),
    ],
)
def test_what_hinders_it_is_one_line(program: str, variables: dict[str, str], code: int, message: str) -> None:
    program = f"import runpy, sys; {program}\nrunpy.run_module('carvekit.web.app', run_name='__main__')"
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (code, f"error: {message}\n")


def ask(url: str, **options) -> httpx.Response:
    return httpx.post(f"{url}/api/removebg", headers=KEY, timeout=60, trust_env=False, **options)


def test_the_example_of_its_documentation(url: str) -> None:
    answer = ask(url, files={"image_file": LEMUR}, data={"size": "auto"})
    assert answer.status_code == 200
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (680, 440))
    for name in (
        "X-Credits-Charged",
        "X-Type",
        "X-Max-Width",
        "X-Max-Height",
        "X-RateLimit-Limit",
        "X-Width",
        "X-Height",
    ):
        assert name in answer.headers
    assert int(answer.headers["X-Credits-Charged"]) == 0


def test_a_form_without_a_size_gets_the_full_one_and_json_a_preview(url: str) -> None:
    large = io.BytesIO()
    Image.open(io.BytesIO(LEMUR)).resize((1360, 880)).save(large, "JPEG")
    form = ask(url, files={"image_file": large.getvalue()})
    assert form.headers["X-Width"] == "1360"
    import base64

    json = ask(url, json={"image_file_b64": base64.b64encode(large.getvalue()).decode()})
    assert int(json.headers["X-Width"]) * int(json.headers["X-Height"]) <= 250_000


def test_of_several_pictures_the_first_in_its_order_counts(url: str) -> None:
    import base64

    cat = (Path(__file__).parents[2] / "examples" / "cat_chelsea.jpg").read_bytes()
    data = {"image_file_b64": base64.b64encode(cat).decode()}
    answer = ask(url, files={"image_file": LEMUR}, data=data)
    assert Image.open(io.BytesIO(answer.content)).size == Image.open(io.BytesIO(cat)).size


def test_zip_holds_the_result_and_not_the_input(url: str) -> None:
    answer = ask(url, files={"image_file": LEMUR}, data={"format": "zip", "crop": "true"})
    layers = zipfile.ZipFile(io.BytesIO(answer.content))
    assert layers.namelist() == ["color.jpg", "alpha.png"]
    colour, alpha = (Image.open(layers.open(name)) for name in layers.namelist())
    assert colour.size == alpha.size
    assert colour.size != (680, 440)
    assert alpha.mode == "L"


def test_account_and_administration(url: str) -> None:
    account = httpx.get(f"{url}/api/account", headers=KEY, trust_env=False).json()
    assert account["data"]["attributes"]["credits"]["total"] == 99999
    config = httpx.get(f"{url}/api/admin/config", headers={"X-Api-Key": "admintoken"}, trust_env=False)
    assert config.json()["host"] == "127.0.0.1"
    assert "token" not in config.text.replace("tokens", "")
    assert httpx.get(f"{url}/api/admin/config", headers=KEY, trust_env=False).status_code == 403


def test_what_is_not_allowed_is_refused_in_its_form(url: str) -> None:
    answer = httpx.post(f"{url}/api/removebg", files={"image_file": LEMUR}, trust_env=False)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["title"] == "Missing API Key"
