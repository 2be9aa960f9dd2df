from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mattebox import memory
from mattebox.memory import free_memory


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say")
def test_a_machine_has_some_memory_and_not_all_of_the_world() -> None:
    assert 1 << 24 < (free_memory() or 0) < 1 << 48


@pytest.mark.parametrize(
    ("limit", "free"),
    [
        ({}, 3 << 20),
        ({"memory.max": "max", "memory.current": "5"}, 3 << 20),
        ({"memory.max": "1000", "memory.current": "900", "memory.stat": "anon 400\ninactive_file 500"}, 600),
        ({"memory.max": "10", "memory.current": "20", "memory.stat": "inactive_file 0"}, 0),
    ],
)
def test_the_limit_of_a_container_counts(
    limit: dict[str, str], free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  9999 kB\nMemAvailable:    3072 kB\n")
    for name, text in limit.items():
        (tmp_path / name).write_text(text + "\n")
    monkeypatch.setattr(memory, "MACHINE", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    assert free_memory() == free


@pytest.mark.parametrize("text", [None, "", "MemTotal: 5 kB\n"])
def test_a_system_that_does_not_say_is_not_guessed_at(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (tmp_path / "meminfo").write_text(text)
    monkeypatch.setattr(memory, "MACHINE", tmp_path / "meminfo")
    assert free_memory() is None
