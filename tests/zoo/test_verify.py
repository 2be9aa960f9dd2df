from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

from mattebox.errors import BadParameter, WeightsUnavailable
from mattebox.zoo import locks, verify
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.locks import alone
from mattebox.zoo.places import note_of
from mattebox.zoo.verify import digests_of, fault, known, note

RIGHT, WRONG = b"a" * 100, b"b" * 100


def weights(data: bytes, *names: str, size: int | None = None) -> Weights:
    return Weights("some.pth", size, **{name: hashlib.new(name, data).hexdigest() for name in names})


@pytest.fixture
def file(tmp_path: Path, home: Path) -> Path:
    path = tmp_path / "some.pth"
    path.write_bytes(RIGHT)
    return path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was read whole, with none so small that it always is."""
    seen: list[Path] = []
    read = verify.hashed
    monkeypatch.setattr(verify, "SMALL", 0)
    monkeypatch.setattr(verify, "hashed", lambda path, names: seen.append(path) or read(path, names))
    return seen


@pytest.mark.parametrize("names", [("sha512",), ("sha256",), ("md5",), ("sha512", "sha256", "md5")])
def test_every_digest_is_checked(file: Path, names: tuple[str, ...]) -> None:
    assert fault(file, weights(RIGHT, *names)) is None
    assert fault(file, weights(RIGHT, *names, size=100)) is None
    problem = fault(file, weights(WRONG, *names, size=100))
    assert problem is not None
    assert hashlib.new(names[0], RIGHT).hexdigest()[:16] in problem
    assert hashlib.new(names[0], WRONG).hexdigest()[:16] in problem


def test_one_wrong_digest_among_right_ones_is_enough(file: Path) -> None:
    good, bad = weights(RIGHT, "sha256"), weights(WRONG, "md5")
    assert "MD5" in str(fault(file, Weights("some.pth", sha256=good.sha256, md5=bad.md5)))


def test_another_size_is_told_without_reading(file: Path, readings: list[Path]) -> None:
    assert fault(file, weights(RIGHT, "sha256", size=99)) == "has 100 bytes, where 99 are expected"
    assert readings == []


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    assert "cannot be read" in str(fault(tmp_path / "gone", weights(RIGHT, "sha256")))


def test_a_large_file_is_read_once(file: Path, readings: list[Path]) -> None:
    for names in (("sha256",), ("sha256",), ("sha512", "sha256"), ("sha512",), ("sha256",)):
        assert digests_of(file, names) == {name: hashlib.new(name, RIGHT).hexdigest() for name in names}
    assert len(readings) == 2


def test_a_moved_file_is_not_read_again(file: Path, readings: list[Path]) -> None:
    digests_of(file, ("sha256",))
    digests_of(file.rename(file.with_name("other.pth")), ("sha256",))
    assert len(readings) == 1


def test_a_changed_file_is_read_again(file: Path, readings: list[Path]) -> None:
    assert fault(file, weights(RIGHT, "sha256")) is None
    file.write_bytes(WRONG)
    os.utime(file, ns=(0, 1_000_000_000))
    assert fault(file, weights(RIGHT, "sha256")) is not None
    assert fault(file, weights(WRONG, "sha256")) is None
    assert len(readings) == 2


def test_a_file_can_be_read_in_any_case(file: Path, readings: list[Path]) -> None:
    state = file.stat()
    assert fault(file, weights(RIGHT, "sha256")) is None
    file.write_bytes(WRONG)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert fault(file, weights(RIGHT, "sha256")) is None
    assert fault(file, weights(RIGHT, "sha256"), afresh=True) is not None


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"size": 100}', b"\xff"])
def test_a_damaged_note_is_as_good_as_none(file: Path, home: Path, readings: list[Path], damage: bytes) -> None:
    digests_of(file, ("sha256",))
    (note,) = (home / "stamps").iterdir()
    note.write_bytes(damage)
    assert fault(file, weights(RIGHT, "sha256")) is None
    assert len(readings) == 2


def test_a_cache_that_cannot_be_written_costs_time_only(file: Path, home: Path, readings: list[Path]) -> None:
    home.write_text("a file where the folder should be")
    assert fault(file, weights(RIGHT, "sha256")) is None
    assert fault(file, weights(RIGHT, "sha256")) is None
    assert len(readings) == 2


def test_a_small_file_leaves_no_note(file: Path, home: Path) -> None:
    digests_of(file, ("sha256",))
    assert not home.exists()


def test_a_digest_that_nobody_has_published_is_noted_once_and_told(
    file: Path, unpublished: Card, caplog: pytest.LogCaptureFixture
) -> None:
    assert known(unpublished) == unpublished.weights
    for _ in range(2):
        note(unpublished, file)
    (told,) = caplog.messages
    assert told.startswith("model 'some': nobody has published a digest of some.pth; this one is taken at first sight")
    assert hashlib.sha256(RIGHT).hexdigest() in told
    assert note_of(unpublished).read_text() == known(unpublished).sha256 == hashlib.sha256(RIGHT).hexdigest()
    assert fault(file, known(unpublished)) is None
    file.write_bytes(WRONG)
    assert "SHA-256" in str(fault(file, known(unpublished)))


@pytest.mark.parametrize("theirs", [RIGHT, WRONG], ids=["same", "another"])
def test_of_two_that_note_at_once_the_first_decides(
    file: Path, unpublished: Card, monkeypatch: pytest.MonkeyPatch, theirs: bytes
) -> None:
    waiting = Event()
    monkeypatch.setattr(locks, "time", SimpleNamespace(sleep=lambda _: waiting.set()))
    digest = hashlib.sha256(theirs).hexdigest()
    with ThreadPoolExecutor() as others:
        with alone(note_of(unpublished).name, lambda: None):
            noted = others.submit(note, unpublished, file)
            assert waiting.wait(60)
            note_of(unpublished).parent.mkdir(parents=True)
            note_of(unpublished).write_text(digest)
        error = noted.exception()
    assert note_of(unpublished).read_text() == digest
    if theirs == RIGHT:
        assert error is None
    else:
        assert isinstance(error, WeightsUnavailable)
        assert f"{file} has the SHA-256" in str(error)


def test_a_published_digest_is_never_noted(file: Path, card: Card, home: Path) -> None:
    note(card, file)
    assert known(card) == card.weights
    assert not note_of(card).exists()


@pytest.mark.parametrize("damage", [b"", b"a" * 63, b"\xff" * 64])
def test_a_damaged_digest_is_told_with_its_file(unpublished: Card, damage: bytes) -> None:
    note_of(unpublished).parent.mkdir(parents=True)
    note_of(unpublished).write_bytes(damage)
    with pytest.raises(BadParameter, match=f"{note_of(unpublished)}: not a SHA-256; delete it"):
        known(unpublished)
