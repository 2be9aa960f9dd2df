"""What a run dropped, doubted and made, and where: so that nothing is lost in silence."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from mattebox.encode import write_file
from mattebox.errors import BadParameter, OutputFailed

__all__ = ["Entry", "Report", "Severity", "check_report"]

Severity: TypeAlias = Literal["dropped", "problem", "note"]
"""Something is not in the result; something is doubtful; something is worth knowing."""

BEGINNINGS = {".json": b'{\n "made"', ".csv": b"severity,code,message"}
"""What every report begins with, by its kind."""
SINGULARS = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", ""))
"""How words end after several and after one, the first that fits."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Entry:
    """One thing that is told, and where it is.

    Attributes:
        severity: how bad it is.
        code: what kind of thing it is, in a word or two with hyphens.
        message: what is wrong with which value, and what to do about it.
        dataset: name of the data set, or of the file.
        task: name of the task.
        subtask: name of the job or scene.
        frame: index in the thinned task.
        true_frame: index in the original media, where it is another.
        row: position in the subtask's table, as it was read.
        count: how many things it stands for.
    """

    severity: Severity
    code: str
    message: str
    dataset: str = ""
    task: str = ""
    subtask: str = ""
    frame: int | None = None
    true_frame: int | None = None
    row: int | None = None
    count: int = 1

    @property
    def place(self) -> str:
        """Where it is, from the data set down to the row."""
        parts = [part for part in (self.dataset, self.task, self.subtask) if part]
        numbers = ("frame", self.frame), ("true frame", self.true_frame), ("row", self.row)
        parts += [f"{name} {number}" for name, number in numbers if number is not None]
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class Report:
    r"""Gathers what a run has to tell.

    Example:
        >>> report = Report()
        >>> report.drop("too-few-points", "a polygon of 2 points", task="park", frame=3, row=7)
        >>> report.made("pictures", 12)
        >>> print(*report.lines(), sep="\n")
        done: 12 pictures
        dropped: 1 too-few-points
          park, frame 3, row 7: a polygon of 2 points
    """

    SHOWN = 3
    """How many entries of one code are shown to people; files have them all."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.results: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        """Take down what another has worded."""
        self.entries.append(entry)

    def drop(self, code: str, message: str, **where: Any) -> None:
        """Tell that something is not in the result.

        Args:
            code: what kind of thing it is.
            message: what is wrong, and what to do about it.
            where: the place and the count, as `Entry` names them; so in the methods below.
        """
        self.add(Entry("dropped", code, message, **where))

    def problem(self, code: str, message: str, **where: Any) -> None:
        """Tell that something is there and doubtful."""
        self.add(Entry("problem", code, message, **where))

    def note(self, code: str, message: str, **where: Any) -> None:
        """Tell what is worth knowing."""
        self.add(Entry("note", code, message, **where))

    def made(self, what: str, count: int = 1) -> None:
        """Count results.

        Args:
            what: they are, in words that follow their number.
            count: how many more there are.
        """
        self.results[what] += count

    def counts(self, severity: Severity) -> dict[str, int]:
        """How many things were told, by code, the most frequent first."""
        counted: Counter[str] = Counter()
        for entry in self.entries:
            if entry.severity == severity:
                counted[entry.code] += entry.count
        return dict(counted.most_common())

    @property
    def dropped(self) -> int:
        """How many things are not in the result."""
        return sum(self.counts("dropped").values())

    @property
    def problems(self) -> int:
        """How many things are doubtful."""
        return sum(self.counts("problem").values())

    def lines(self) -> Iterator[str]:
        """The summary for people: what was made, what is missing or doubtful, the first few of each kind, and notes."""
        if self.results:
            yield "done: " + ", ".join(f"{count:,} {_counted(what, count)}" for what, count in self.results.items())
        for severity in SEVERITIES[:2]:
            for code, count in self.counts(severity).items():
                yield f"{severity}: {count:,} {code}"
                entries = [entry for entry in self.entries if (entry.severity, entry.code) == (severity, code)]
                yield from (f"  {entry}" for entry in entries[: self.SHOWN])
                if len(entries) > self.SHOWN:
                    yield f"  and {len(entries) - self.SHOWN:,} more"
        yield from self._note_lines()

    def _note_lines(self) -> Iterator[str]:
        """Notes as they are where they are few, and else only how many there are of each kind."""
        notes = [entry for entry in self.entries if entry.severity == "note"]
        if len(notes) <= self.SHOWN:
            yield from (f"note: {entry}" for entry in notes)
        else:
            kinds = ", ".join(f"{count:,} {code}" for code, count in self.counts("note").items())
            yield f"notes: {kinds} (--report lists them)"

    def save(self, path: Path) -> None:
        """Write everything that was told to a .json or a .csv file; an earlier report there is replaced.

        Raises:
            BadParameter: it is of neither kind.
            OutputFailed: it cannot be written, or something that is no report is there.
        """
        check_report(path)
        write_file(path, self._encoded(path.suffix.lower()), overwrite=True)

    def _encoded(self, suffix: str) -> bytes:
        if suffix == ".json":
            told: dict[str, Any] = {"made": dict(self.results)}
            told |= {severity: self.counts(severity) for severity in SEVERITIES}
            told["entries"] = [asdict(entry) for entry in self.entries]
            return json.dumps(told, indent=1, ensure_ascii=False).encode()
        text = io.StringIO()
        table = csv.DictWriter(text, [column.name for column in fields(Entry)])
        table.writeheader()
        table.writerows(asdict(entry) for entry in self.entries)
        return text.getvalue().encode()


def check_report(path: Path) -> None:
    """Make sure that a report can be written there, before any work is done for it.

    Raises:
        BadParameter: it is neither .json nor .csv.
        OutputFailed: something that is no report is there.
    """
    kind = path.suffix.lower()
    if kind not in BEGINNINGS:
        raise BadParameter(f"{path}: a report is written as .json or .csv")
    try:
        with path.open("rb") as file:
            begins = file.read(len(BEGINNINGS[kind]))
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror}") from error
    if begins != BEGINNINGS[kind]:
        raise OutputFailed(f"{path} is there and is no report; give another name")


def _counted(what: str, count: int) -> str:
    """The words after a number: their first one loses its plural after 1."""
    noun, blank, rest = what.partition(" ")
    if count == 1:
        noun = next((noun[: -len(many)] + one for many, one in SINGULARS if noun.endswith(many)), noun)
    return noun + blank + rest
