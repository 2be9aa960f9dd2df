from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from hub import DATA, PATH, Answer, Hub, status, write_card
from mattebox import load_cards
from mattebox.zoo import fetch
from standins import Command


@pytest.fixture(autouse=True)
def two(hub: Hub, home: Path) -> None:
    """Two models of a user's own, whose weights the hub has."""
    for name in ("some", "other"):
        path, data = PATH.replace("some", name), DATA + name.encode()
        write_card(home / "cards", name, data, size=len(data), urls=[hub.url + path])
        hub.files[path] = data


def test_models_are_listed_by_task_and_family(mattebox: Command) -> None:
    matting = mattebox("models", "list", "--task", "matte").out.decode().splitlines()
    assert {"dim", "fba", "vitmatte_small"} <= {line.split()[0] for line in matting if " matte " in line}
    assert not [line for line in matting if " segment " in line]
    records = json.loads(mattebox("models", "list", "--family", "rembg", "--json").out)
    assert {record["name"] for record in records} == {name for name in load_cards() if name.startswith("rembg_")}
    said = mattebox("models", "list", "--task", "mate")
    assert said.code == 2
    assert "no task 'mate'; did you mean 'matte'?" in said.err


def test_a_model_is_fetched_and_then_listed_as_here(mattebox: Command, home: Path) -> None:
    said = mattebox("models", "pull", "some")
    target = home / "weights" / "some.pth"
    assert (said.code, said.out) == (0, b"")
    assert said.err.splitlines() == ["some: fetching", f"some: fetched ({target})", "1 fetched"]
    assert target.read_bytes() == DATA + b"some"
    (line,) = (line for line in mattebox("models").out.decode().splitlines() if line.split()[:1] == ["some"])
    assert line.split()[-1] == "cached"
    assert mattebox("models", "path", "some").out.decode() == f"{target}\n"
    assert f"path: {target}" in mattebox("models", "info", "some").out.decode()
    assert mattebox("models", "pull", "some").err.splitlines()[-1] == "1 here already"


def test_several_models_are_fetched_at_once_and_a_failure_is_told(mattebox: Command, hub: Hub) -> None:
    del hub.files[PATH]
    said = mattebox("models", "pull", "other", "some", "lite")
    assert said.code == 1
    lines = said.err.splitlines()
    assert lines[-1] == "1 fetched, 1 failed, 1 here already"
    assert any(line.startswith("some: failed (model 'some' cannot be fetched: http://127") for line in lines)
    assert any("the server answered 404 Not Found" in line for line in lines)


def test_a_whole_family_can_be_fetched(mattebox: Command, hub: Hub) -> None:
    said = mattebox("models", "pull", "--family", "carvekit", "--task", "refine")
    assert (said.code, said.err.splitlines()[-1]) == (1, "2 failed")
    assert {path.split("/")[2] for path, _ in hub.asked if not path.startswith("/cdn")} == {"cascadepsp"}


def test_what_is_to_be_fetched_must_be_said(mattebox: Command, hub: Hub) -> None:
    said = mattebox("models", "pull")
    assert said.code == 2
    assert "name the models to fetch, or give --all" in said.err
    assert hub.asked == []


def test_a_fetch_that_is_stopped_is_told_and_goes_on_later(
    mattebox: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def interrupted(answer: Answer) -> None:
        answer.give(hub.files[PATH], "", only=1000)
        os.kill(os.getpid(), signal.SIGINT)
        hub.closing.wait()

    monkeypatch.setattr(fetch, "STALL", 0.2)
    hub.troubles = [interrupted]
    said = mattebox("models", "pull", "some")
    assert (said.code, said.err.splitlines()[-1]) == (130, "1 stopped")
    assert (home / "weights" / "some.pth.part").stat().st_size == 1000
    assert mattebox("models", "pull", "some").code == 0
    assert hub.asked[-1] == (PATH, "bytes=1000-")


def test_bars_are_shown_on_a_terminal(mattebox: Command, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    hub.troubles = [status(503)]
    said = mattebox("models", "pull", "some", "other")
    assert said.code == 0
    assert "fetching" not in said.err
    assert "1.0/1.0 MB" in said.err


def test_what_is_here_is_verified(mattebox: Command, home: Path) -> None:
    assert mattebox("models", "verify").code == 0
    assert mattebox("models", "verify", "some").err == "error: some: its weights are not here\n"
    mattebox("models", "pull", "some")
    said = mattebox("models", "verify")
    assert said.code == 0
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["detail", "lite", "some"]
    target = home / "weights" / "some.pth"
    target.write_bytes(b"damaged")
    said = mattebox("models", "verify")
    assert said.code == 1
    assert f"error: some: {target} has 7 bytes, where 1,048,580 are expected" in said.err
    assert "damaged" in mattebox("models", "list").out.decode()
    assert mattebox("models", "path", "some").code == 1


def test_a_file_that_was_brought_here_is_imported(mattebox: Command, tmp_path: Path, home: Path) -> None:
    brought = tmp_path / "brought"
    brought.write_bytes(DATA + b"other")
    said = mattebox("models", "import", brought)
    target = home / "weights" / "other.pth"
    assert (said.code, said.err) == (0, f"other: imported as {target}\n")
    assert target.read_bytes() == brought.read_bytes()
    said = mattebox("models", "import", brought, "--as", "some")
    assert said.code == 1
    assert "is not the weights of model 'some'" in said.err
    brought.write_bytes(b"nobody's")
    assert mattebox("models", "import", brought).code == 2
    assert mattebox("models", "import", tmp_path / "gone").code == 2


def test_a_model_that_is_not_here_has_no_path(mattebox: Command) -> None:
    said = mattebox("models", "path", "some")
    assert (said.code, said.out) == (1, b"")
    assert "run 'mattebox models pull some'" in said.err


def test_a_model_without_a_published_digest_is_shown_as_what_it_is(
    mattebox: Command, hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SECURE", "http://127.0.0.1")
    write_card(home / "cards", "bare", DATA, sha256="", first_sight=True, urls=[hub.url + PATH])
    assert "first sight: True" in mattebox("models", "info", "bare").out.decode()
    said = mattebox("models", "pull", "bare")
    assert said.code == 0
    (warning,) = (line for line in said.err.splitlines() if line.startswith("warning: "))
    assert "nobody has published a digest of bare.pth; this one is taken at first sight" in warning
    digest = hashlib.sha256(hub.files[PATH]).hexdigest()
    assert digest in warning
    assert f"sha256: {digest}" in mattebox("models", "info", "bare").out.decode()
    said = mattebox("models", "verify", "bare")
    assert (said.code, said.err.count("as first seen; nobody has published its digest")) == (0, 1)
    (target,) = (home / "weights").glob("*bare.pth")
    target.write_bytes(b"damaged")
    assert mattebox("models", "verify", "bare").code == 1
