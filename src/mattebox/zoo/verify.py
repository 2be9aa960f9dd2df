"""Whether a file is the one that a card describes.

A large file is read whole for it once: what was found is kept in our cache, together with the file's size and time, so
that 300 MB need not be read again at every start. A file that was changed is read again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from mattebox.errors import OutputFailed
from mattebox.zoo.card import Weights
from mattebox.zoo.places import home

__all__ = ["digests_of", "fault"]

log = logging.getLogger(__name__)

BLOCK = 1 << 20
SMALL = 32 << 20
"""Files below this many bytes are read every time; it takes less than a tenth of a second."""


def fault(path: Path, weights: Weights, *, afresh: bool = False) -> str | None:
    """What is wrong with a file, in words; None when it is the one that is described.

    Args:
        path: of the file.
        weights: what it should be.
        afresh: read it even when it was read before.
    """
    try:
        size = path.stat().st_size
        if weights.size is not None and size != weights.size:
            return f"has {size:,} bytes, where {weights.size:,} are expected"
        found = digests_of(path, weights.digests, afresh=afresh)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    for name, expected in weights.digests.items():
        if found[name] != expected:
            title = name.upper().replace("SHA", "SHA-")
            return f"has the {title} {found[name][:16]}..., where {expected[:16]}... is expected"
    return None


def digests_of(path: Path, names: Collection[str], *, afresh: bool = False) -> dict[str, str]:
    """Digests of a file, by name.

    Args:
        path: of the file.
        names: of the digests, as `hashlib` has them.
        afresh: read the file even when it was read before.

    Raises:
        OSError: it cannot be read.
    """
    state = path.stat()
    stamp = home() / "stamps" / f"{state.st_dev:x}-{state.st_ino:x}.json"
    known = {} if afresh else stamped(stamp, state)
    if not set(names) <= known.keys():
        known |= hashed(path, names)
        if state.st_size >= SMALL:
            keep(stamp, state, known)
    return {name: known[name] for name in names}


def hashed(path: Path, names: Collection[str]) -> dict[str, str]:
    """Digests of a file in one reading."""
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            for each in hashes.values():
                each.update(block)
    return {name: each.hexdigest() for name, each in hashes.items()}


def stamped(stamp: Path, state: os.stat_result) -> dict[str, str]:
    """Digests that were found when the file was as it is now; none when it was another."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        record = json.loads(stamp.read_text(encoding="utf-8"))
        if (record["size"], record["time"]) == (state.st_size, state.st_mtime_ns):
            return dict(record["digests"])
    return {}


def keep(stamp: Path, state: os.stat_result, digests: dict[str, str]) -> None:
    """Write down what was found; where our cache cannot be written, the file is read again next time."""
    from mattebox.encode import write_file

    record = {"size": state.st_size, "time": state.st_mtime_ns, "digests": digests}
    try:
        write_file(stamp, json.dumps(record).encode(), overwrite=True)
    except OutputFailed as error:
        log.debug("%s", error)
