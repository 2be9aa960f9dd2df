"""What a run has begun and ended, kept in a file, so that it can be resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from mattebox.errors import OutputFailed

__all__ = ["Journal"]


class Journal:
    """The file that a run adds a line to for every picture that it begins and ends; the next run can heed it.

    Args:
        path: of the file; made when the first line is written, and never removed.
        resume: heed the lines that are there; without it only new ones are added.

    Raises:
        OutputFailed: the file cannot be read.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path.expanduser()
        self._last: dict[str, tuple[str, str]] = {}
        try:
            if resume and self.path.exists():
                for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                    self._heed(_parsed(line))
        except OSError as error:
            raise OutputFailed(f"{self.path}: {error.strerror}") from error

    def _heed(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"status": "begun" | "done" as status, "target": str(target), "digest": str(digest)}:
                self._last[target] = status, digest
            case {"status": "failed", "target": str(target)} if self._last.get(target, ("",))[0] == "begun":
                del self._last[target]  # whatever is there now is not ours; a finished result outlives a failure

    def has(self, target: Path, digest: str) -> bool:
        """Whether a job was done, and its result is the last that was written there and still is."""
        return self._last.get(str(target)) == ("done", digest) and target.is_file()

    def broke_off(self, target: Path, digest: str) -> bool:
        """Whether a job was begun and its end is not known, so that a result that is there is a result of ours."""
        return self._last.get(str(target)) == ("begun", digest)

    def note(self, status: Literal["begun", "done", "failed"], target: Path | str, digest: str) -> None:
        """Add a line.

        Raises:
            OutputFailed: the file cannot be written.
        """
        line = json.dumps({"status": status, "target": str(target), "digest": digest})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputFailed(f"{self.path}: {error.strerror}") from error


def _parsed(line: str) -> dict[str, Any]:
    """One line of a journal; a line that a crash cut short is no line."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
