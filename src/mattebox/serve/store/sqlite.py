"""State in a SQLite file, which any number of processes on one machine share, or in memory."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from mattebox.errors import StoreUnavailable
from mattebox.serve.folders import make_folder
from mattebox.serve.store.base import Change, Count, Record

__all__ = ["SqliteStore"]

Ask: TypeAlias = Callable[..., sqlite3.Cursor]
"""Runs one statement."""

PATIENCE = 10.0
"""Seconds to wait for other processes that write."""

PAUSE = 0.01
"""Seconds between two attempts where SQLite does not wait by itself."""

LAYOUT = 1
"""Number of the tables below, which is noted in the file."""

TABLES = (
    "CREATE TABLE records (kind TEXT, id TEXT, record TEXT NOT NULL, expires REAL NOT NULL, PRIMARY KEY (kind, id))",
    "CREATE INDEX records_by_expiry ON records (expires)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, total REAL NOT NULL, resets REAL NOT NULL)",
)
"""What is kept for good expires at infinity; a counter without a window starts anew at infinity."""


class SqliteStore:
    """A store in a file.

    One connection serves all threads in turn: a call takes well under a millisecond, and writers would wait for each
    other anyway.

    Args:
        path: of the file; None keeps everything in memory.
        make: make the file where it is missing, for its owner alone.

    Raises:
        StoreUnavailable: the file cannot be used; the message names it.
    """

    def __init__(self, path: Path | None, *, make: bool = True) -> None:
        self.name = "memory" if path is None else str(path)
        self._lock = Lock()
        if path is not None:
            open_file(path, make=make)
        with self._told():
            self._connection = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            self._prepare()
        except StoreUnavailable:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        """Set the file up for several processes, and make its tables."""
        with self._told():
            share(self._connection)
            self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._transaction() as ask:
            (layout,) = ask("PRAGMA user_version").fetchone()
            (tables,) = ask("SELECT count(*) FROM sqlite_master").fetchone()
            if layout != LAYOUT and (layout or tables):
                raise StoreUnavailable(
                    f"{self.name} was made by another program or another version of Mattebox; name another file"
                )
            if not layout:
                for table in TABLES:
                    ask(table)
                ask(f"PRAGMA user_version = {LAYOUT}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite says of the file, as an error of ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self.name}: {error}; {advice(error)}") from error

    @contextmanager
    def _transaction(self) -> Iterator[Ask]:
        """One thread and one process at a time; what it did is undone when something is raised."""
        with self._lock, self._told(), self._connection:
            # A lock that is only taken at the first write would be refused when somebody wrote since the first read.
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute

    def get(self, kind: str, id: str) -> Record | None:  # noqa: A002
        """The record, or None where there is none or its time is over."""
        with self._lock, self._told():
            row = find(self._connection.execute, kind, id)
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, id: str, record: Record, *, ttl: float | None = None, replace: bool = True) -> bool:  # noqa: A002
        """Keep a record, for some seconds or for good; whether it was put."""
        text = json.dumps(record)
        with self._transaction() as ask:
            now = time.time()
            expires = math.inf if ttl is None else now + ttl
            ask("DELETE FROM records WHERE expires <= ?", (now,))
            ask("DELETE FROM counters WHERE resets <= ?", (now,))
            verb = "REPLACE" if replace else "IGNORE"
            put = ask(f"INSERT OR {verb} INTO records VALUES (?, ?, ?, ?)", (kind, id, text, expires))
            return put.rowcount > 0

    def update(self, kind: str, id: str, change: Change) -> Record | None:  # noqa: A002
        """Change a record; the record as it is now, or None where there is none."""
        with self._transaction() as ask:
            row = find(ask, kind, id)
            if row is None:
                return None
            text = json.dumps(change(json.loads(row[0])))
            ask("UPDATE records SET record = ? WHERE kind = ? AND id = ?", (text, kind, id))
        return json.loads(text)

    def delete(self, kind: str, id: str) -> bool:  # noqa: A002
        """Forget a record; whether there was one."""
        with self._transaction() as ask:
            there = find(ask, kind, id) is not None
            ask("DELETE FROM records WHERE kind = ? AND id = ?", (kind, id))
        return there

    def all(self, kind: str) -> dict[str, Record]:
        """Every record of a kind, by id."""
        with self._lock, self._told():
            rows = self._connection.execute(
                "SELECT id, record FROM records WHERE kind = ? AND expires > ?", (kind, time.time())
            ).fetchall()
        return {id: json.loads(text) for id, text in rows}  # noqa: A001

    def count(self, name: str, amount: float, *, limit: float | None = None, window: float | None = None) -> Count:
        """Add to a counter, unless it would pass its limit."""
        with self._transaction() as ask:
            now = time.time()
            row = ask("SELECT total, resets FROM counters WHERE name = ? AND resets > ?", (name, now)).fetchone()
            total, resets = row or (0.0, math.inf if window is None else now + window)
            allowed = amount <= 0 or limit is None or total + amount <= limit
            if allowed and amount:
                total = max(0.0, total + amount)
                ask("INSERT OR REPLACE INTO counters VALUES (?, ?, ?)", (name, total, resets))
        return Count(allowed, total, resets)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


def open_file(path: Path, *, make: bool) -> None:
    """See that a file can be used; one that is made can be read by its owner alone.

    Raises:
        StoreUnavailable: it cannot be read and written, or is not there and is not to be made.
    """
    if make:
        make_folder(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600))
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not make:
            raise StoreUnavailable(f"{path}: there is no such file, so there are no keys yet") from error
        raise StoreUnavailable(
            f"{path} cannot be read and written ({error.strerror}); name a file in a folder that can"
        ) from error


def share(connection: sqlite3.Connection) -> None:
    """Let several processes read a file while one writes it; the file remembers that.

    SQLite itself does not wait while another process sees to the same.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:  # noqa: PERF203 (it is tried until it succeeds)
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
        else:
            return


def find(ask: Ask, kind: str, id: str) -> tuple[str] | None:  # noqa: A002
    """The row of a record whose time is not over."""
    text = "SELECT record FROM records WHERE kind = ? AND id = ? AND expires > ?"
    return ask(text, (kind, id, time.time())).fetchone()


def advice(error: sqlite3.Error) -> str:
    """What to do about what SQLite found."""
    if isinstance(error, sqlite3.OperationalError):
        return "see that the disk has room, that the folder may be written and that no other program holds the file"
    return "if the file is damaged, restore a copy, or move it away: a new one is made then, without keys"
