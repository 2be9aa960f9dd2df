"""What a run does about models that are not here yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import Hub, write_card
from mattebox.batch import share_cores
from mattebox.cli import main
from mattebox.zoo.places import EMBEDDED
from standins import photo

DATA = (EMBEDDED / "lite/lite.onnx").read_bytes()
WHERE = {"repository": "Carve/some", "revision": "1234", "file": "some.onnx", "form": "onnx"}


@pytest.fixture
def card(home: Path) -> Path:
    """The card of a model on the hub that is the embedded one under another name."""
    return write_card(home / "cards", "some", DATA, of="lite", **WHERE)


def run(folder: Path, capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    source = photo(folder / "a.png")
    code = main(["remove", str(source), "-o", str(folder / "out.png"), "--overwrite", "-m", "some", *words])
    return code, capfd.readouterr().err


def test_a_model_that_is_asked_for_is_fetched_and_its_licence_told_once(
    hub: Hub, card: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.files["/Carve/some/resolve/1234/some.onnx"] = DATA
    code, err = run(tmp_path, capfd)
    assert code == 0, err
    assert "some: weights under Apache-2.0; trained on" in err
    assert "some: fetched" in err
    again, err = run(tmp_path, capfd)
    assert (again, len(err.splitlines())) == (0, 1)
    assert len(hub.asked) == 1


def test_a_quiet_run_fetches_without_a_word(
    hub: Hub, card: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.files["/Carve/some/resolve/1234/some.onnx"] = DATA
    assert run(tmp_path, capfd, "--quiet") == (0, "")


def test_a_model_that_cannot_be_fetched_ends_the_run_before_the_first_picture(
    hub: Hub, card: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, err = run(tmp_path, capfd)
    assert code == 1
    assert "some: failed" in err
    assert "404" in err
    assert not (tmp_path / "out.png").exists()


def test_nothing_is_fetched_for_a_model_that_could_not_run(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mattebox.zoo.convert.find_spec", lambda _: None)
    code = main(["remove", str(photo(tmp_path / "a.png")), "-m", "isnet"])
    err = capfd.readouterr().err
    assert code == 1
    assert "pip install 'mattebox[torch]'" in err
    assert hub.asked == []


def test_pictures_are_worked_on_one_after_the_other_by_large_networks() -> None:
    assert share_cores(10, None, large=True) == (1, None)
    assert share_cores(10, 2, large=True) == share_cores(10, 2)
