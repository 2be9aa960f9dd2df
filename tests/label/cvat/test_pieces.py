from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mattebox.errors import BadAnnotations
from mattebox.label.cvat import pieces as module
from mattebox.label.cvat.pieces import pieces

TEXTS = some.text(max_size=6) | some.sampled_from(['"', "\\", '\\"', "{[", "]}", "\\\\", "кот"])
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | TEXTS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = some.lists(some.dictionaries(TEXTS, VALUES, max_size=3), max_size=4)
JOBS = some.lists(
    some.fixed_dictionaries(
        {"version": some.integers(0, 3), "tags": RECORDS, "shapes": RECORDS}, optional={"x": VALUES}
    ),
    max_size=3,
)


def joined(data: bytes) -> list[dict[str, Any]]:
    """The jobs that pieces make together."""
    jobs: list[dict[str, Any]] = []
    for number, record in pieces(data, "annotations.json"):
        while len(jobs) <= number:
            jobs.append({})
        for name, value in record.items():
            if isinstance(value, list) and isinstance(jobs[number].get(name), list):
                jobs[number][name] += value
            else:
                jobs[number][name] = value
    return jobs


@settings(max_examples=60, deadline=None)
@given(JOBS, some.booleans(), some.booleans())
def test_pieces_are_the_whole(jobs: list[dict[str, Any]], indented: bool, ascii_only: bool) -> None:
    data = json.dumps(jobs, indent=1 if indented else None, ensure_ascii=ascii_only).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 50)
        patch.setattr(module, "PIECE", 5)
        assert joined(data) == jobs


def test_records_come_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 100)
    jobs = [{"shapes": [{"frame": frame} for frame in range(200)], "tags": []}]
    found = [len(piece.record.get("shapes", ())) for piece in pieces(json.dumps(jobs).encode(), "a")]
    assert sum(found) == 200
    assert max(found) < 12


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_any_encoding_is_read(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 20)
    jobs = [{"shapes": [{"label": "кот"}, {"label": "пёс"}]}]
    assert joined(json.dumps(jobs, ensure_ascii=False).encode(encoding)) == jobs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ('[{"shapes": [{"frame": 1', "no JSON"),
        ("{}", "a list"),
        ("[}{]", "no JSON"),
        ("[[{}]]", "a list"),
        ("[{}] {", "no JSON"),
        ("[{}] 7", "no JSON"),
        ("[{} {}]", "no JSON"),
        ("[null, {}]", "a list"),
        ("[{}, 0]", "a list"),
    ],
)
def test_what_is_no_list_of_jobs_is_told(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 1)
    with pytest.raises(BadAnnotations, match=f"annotations.json.*{told}"):
        joined(text.encode())
