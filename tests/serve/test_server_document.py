"""The examples of docs/server.md are run as they stand there, and its tables are complete."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image

from mattebox.serve.access.keys import RATE
from mattebox.serve.options import CARVEKIT, FROM_CARVEKIT, PREFIX, ServeOptions
from serve.live import Live

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/server.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
CURL = [block for language, block in BLOCKS if language == "sh" and block.startswith("curl ")]
PYTHON = [block for language, block in BLOCKS if language == "python"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the pictures that the examples name."""
    for name in ("photo.jpg", "one.jpg", "two.jpg"):
        shutil.copy(ROOT / "examples/lemur.jpg", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "block", [*CURL[:-1], pytest.param(CURL[-1], marks=pytest.mark.slow)], ids=["contract", "cutout", "job"]
)
def test_curl(server: Live, folder: Path, block: str) -> None:
    script = f"set -e\nKEY={server.key}\n{block.replace('http://localhost:8000', server.url)}"
    subprocess.run(["bash", "-c", script], cwd=folder, check=True, capture_output=True, timeout=60)
    written = {path.name for path in folder.iterdir()} - {"photo.jpg", "one.jpg", "two.jpg", "job.json"}
    assert written
    for name in written:
        if name.endswith(".zip"):
            with zipfile.ZipFile(folder / name) as archive:
                assert len(archive.namelist()) == 3
        else:
            Image.open(folder / name).load()


def test_python(server: Live, folder: Path) -> None:
    (block,) = PYTHON
    exec(block.replace("http://localhost:8000", server.url), {"KEY": server.key})
    with Image.open(folder / "cutout.webp") as cutout:
        assert cutout.mode == "RGBA"


def test_every_option_is_told_with_what_holds_unless_it_is_set() -> None:
    told = dict(re.findall(rf"^\| `{PREFIX}([A-Z_]+)` \| (.*?) \|", TEXT, re.MULTILINE))
    options = ServeOptions()
    holds = {
        each.name.upper(): shown(getattr(options, each.name)) for each in fields(options) if each.name != "settings"
    }
    in_words = {
        "HOST": "all addresses",
        "WORKERS": "one per core",
        "STORE": "a file in the folder of data",
        "DATA": "`server` in `MATTEBOX_HOME`",
        "ORIGINS": "`*`; none without keys",
    }
    assert {holds[name] for name in in_words} == {"none"}
    assert told == {**holds, **in_words}


def shown(value: object) -> str:
    """A default as the table has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value or "none")


def test_the_rate_of_keys_is_told() -> None:
    assert f"`--rate N`: megapixel pictures a minute ({RATE:g})" in TEXT


def test_every_variable_of_carvekit_is_told() -> None:
    told = set(re.findall(rf"`{CARVEKIT}([A-Z_0-9]+)`", TEXT))
    assert told == {*FROM_CARVEKIT, "PREPROCESSING_METHOD", "POSTPROCESSING_METHOD"}


def test_links_lead_somewhere() -> None:
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", TEXT)]
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target
