from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mattebox.cli import main
from standins import Command, Said, bright_subjects


@pytest.fixture
def mattebox(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Iterator[Command]:
    """The command, run in this process in an empty folder, with stand-ins for networks."""

    def command(*words: str | Path, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        code = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return Said(code, out, err.decode())

    monkeypatch.chdir(tmp_path)
    with bright_subjects():
        yield command
