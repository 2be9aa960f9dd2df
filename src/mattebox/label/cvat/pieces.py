"""annotations.json piece by piece: parsed at once, its records would take ten times the memory of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadAnnotations
from mattebox.label.cvat.entries import LISTS
from mattebox.label.text import decode_text, parse_json

__all__ = ["Piece", "pieces"]

BLOCK = 1 << 20
"""Bytes that are looked through at a time."""
PIECE = 1 << 19
"""Bytes of records, about, that are parsed at a time."""

JOB, LIST, RECORD = 2, 3, 4
"""How deep brackets are nested inside a job, inside its lists, and inside the records of these."""

JOBS = re.compile(rb"\[\s*(@\s*(,\s*@\s*)*)?\]\s*")
"""A list of jobs, with an @ for each."""

QUOTE, BACKSLASH = ord('"'), ord("\\")


class Piece(NamedTuple):
    """Some of what a job has.

    Attributes:
        job: position of the job in the file.
        record: what the job says, with some of the records of its lists.
    """

    job: int
    record: dict[str, Any]


def pieces(data: bytes, name: object) -> Iterator[Piece]:
    """Parse annotations.json; every job comes in one piece or in several, one after the other.

    Args:
        data: the bytes of the file.
        name: of the file, for messages.

    Raises:
        BadAnnotations: it is no JSON, or no list of records.
    """
    if not data.startswith(b"[") or b"\0" in data[:4]:
        data = decode_text(data, name).lstrip("\ufeff \t\r\n").encode()
    if len(data) <= PIECE or not data.startswith(b"["):
        yield from _whole(data, name)
        return
    depth, position = _nesting(data)
    rises = np.diff(depth, prepend=0) > 0
    starts, ends = np.flatnonzero(rises & (depth == JOB)), np.flatnonzero(~rises & (depth == JOB - 1))
    closed = np.flatnonzero(depth < 1).tolist() == [len(depth) - 1]
    if not closed or not JOBS.fullmatch(_around(data, position[starts], position[ends])):
        yield from _whole(data, name)  # which tells where it is damaged
        return
    for job, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        inside = slice(start, end + 1)
        for record in _of_job(data, depth[inside], rises[inside], position[inside], name):
            yield Piece(job, record)


def _around(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> bytes:
    """What is between the jobs, with an @ in place of each."""
    bounds = zip([0, *(ends + 1).tolist()], [*starts.tolist(), len(data)], strict=True)
    return b"@".join(data[first:last] for first, last in bounds)


def _whole(data: bytes, name: object) -> Iterator[Piece]:
    records = parse_json(data, name)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadAnnotations(f"{name}: a list with a record for every job is expected")
    yield from (Piece(index, record) for index, record in enumerate(records))


def _nesting(data: bytes) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """How deep it is after every bracket that opens or closes a job, a list or a record, and where that bracket is."""
    depths, positions = [], []
    depth, quoted = 0, False
    whole = np.frombuffer(data, np.uint8)
    for start in range(0, len(data), BLOCK):
        block = whole[start : start + BLOCK]
        quotes = np.flatnonzero(block == QUOTE)
        doubtful = quotes[whole[start + quotes - 1] == BACKSLASH]
        if doubtful.size:
            escaped = [each for each in doubtful.tolist() if _is_escaped(data, start + each)]
            quotes = np.setdiff1d(quotes, escaped)
        # [ { and ] } differ from each other in bit 5 only.
        folded = block | 32
        brackets = np.flatnonzero((folded == ord("{")) | (folded == ord("}")))
        outside = (np.searchsorted(quotes, brackets) + quoted) % 2 == 0
        brackets = brackets[outside]
        turns = np.where(folded[brackets] == ord("{"), 1, -1)
        after = depth + np.cumsum(turns)
        told = np.maximum(after, after - turns) <= RECORD
        depths.append(after[told].astype(np.int8))
        positions.append(start + brackets[told])
        depth = int(after[-1]) if len(after) else depth
        quoted = bool((len(quotes) + quoted) % 2)
    return np.concatenate(depths), np.concatenate(positions)


def _is_escaped(data: bytes, position: int) -> bool:
    before = position
    while before and data[before - 1] == BACKSLASH:
        before -= 1
    return (position - before) % 2 == 1


def _of_job(
    data: bytes, depth: NDArray[np.int8], rises: NDArray[np.bool_], position: NDArray[np.int64], name: object
) -> Iterator[dict[str, Any]]:
    """Records of the lists of a job, some at a time; then everything else that it says."""
    opened, closed = position[rises & (depth == LIST)], position[~rises & (depth == LIST - 1)]
    record_ends = position[~rises & (depth == RECORD - 1)] + 1
    rest, at = [], int(position[0])
    for first, last in zip(opened.tolist(), closed.tolist(), strict=True):
        rest.append(data[at : first + 1])
        at = last
        key = re.search(rb'"(\w+)"\s*:\s*$', data[max(first - 80, 0) : first])
        if key and key[1].decode() in LISTS and data[first] == ord("["):
            within = slice(*np.searchsorted(record_ends, [first, last + 1]).tolist())
            for records in _records(data, first + 1, last, record_ends[within], name):
                yield {key[1].decode(): records}
        else:
            rest.append(data[first + 1 : last])
    rest.append(data[at : position[-1] + 1])
    record = parse_json(b"".join(rest), name)
    if not isinstance(record, dict):
        raise BadAnnotations(f"{name}: a list with a record for every job is expected")
    yield record


def _records(data: bytes, first: int, last: int, ends: NDArray[np.int64], name: object) -> Iterator[list[Any]]:
    """What is in a list, some records at a time; between two of them is a comma."""
    while True:
        ends = ends[np.searchsorted(ends, first + PIECE) :]
        end = int(ends[0]) if len(ends) > 1 else last
        yield parse_json(b"[" + data[first:end].lstrip(b", \t\r\n") + b"]", name)
        if end == last:
            return
        first = end
