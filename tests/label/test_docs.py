from __future__ import annotations

import re
from pathlib import Path

from mattebox.label.checks import CHECKS
from mattebox.label.formats import FORMATS
from mattebox.label.masks.filters import FILTERS

TEXT = (Path(__file__).parents[2] / "docs/labels.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    rows = re.search(rf"^## {heading}\n.*?((?:^\|[^\n]*\n)+)", TEXT, re.MULTILINE | re.DOTALL)
    assert rows
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows[1].splitlines()[2:]]


def test_every_check_is_told_as_it_tells_itself() -> None:
    assert table("Checks") == [
        [f"`{name}`", check.finds, check.severity, check.mends] for name, check in CHECKS.items()
    ]


def test_every_filter_is_told_as_it_tells_itself() -> None:
    assert table("Masks") == [[f"`{name}{word.value}`", word.meaning] for name, word in FILTERS.items()]


def test_every_form_is_told() -> None:
    told = {
        name: (reads, writes) for names, reads, writes, *_ in table("Forms") for name in re.findall(r"`([^`]+)`", names)
    }
    assert told == {name: ("yes" if form.reads else "", "yes" if form.writes else "") for name, form in FORMATS.items()}
