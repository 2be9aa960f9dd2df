"""Whether a file is the one that a card describes.

A large file is read whole for it once: what was found is kept in our cache, together with the file's size and time, so
that 300 MB need not be read again at every start. A file that was changed is read again.

Of some files nobody has published a digest. They are taken at first sight: the SHA-256 of the first one that comes is
noted in our cache, and from then on is what the file must be. That tells a file that was changed later from the first
one; whether the first one was right, nobody can tell.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mattebox.errors import BadParameter, OutputFailed, WeightsUnavailable
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.locks import alone
from mattebox.zoo.places import home, note_of

__all__ = ["digests_of", "doubt", "fault", "known", "note"]

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


def known(card: Card) -> Weights:
    """What is known of the weights of a model: what its card says, and a digest that was noted at first sight.

    Raises:
        BadParameter: the note is damaged.
    """
    path = note_of(card)
    if card.weights.digests or not path.is_file():
        return card.weights
    digest = path.read_text(encoding="ascii", errors="replace")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise BadParameter(f"{path}: not a SHA-256; delete it, and the next file that comes is noted anew")
    return replace(card.weights, sha256=digest)


def note(card: Card, path: Path) -> None:
    """Note the SHA-256 of a file at first sight, and say so; what has a digest is left as it is.

    Args:
        card: of the model.
        path: of its weights.

    Raises:
        OutputFailed: our cache cannot be written.
        WeightsUnavailable: another file was noted meanwhile.
    """
    if known(card).digests:
        return
    from mattebox.encode import write_file

    with alone(note_of(card).name, lambda: None):
        if known(card).digests:
            if (wrong := fault(path, known(card), afresh=True)) is not None:
                raise WeightsUnavailable(f"{path} {wrong}{doubt(card)}")
            return
        digest = digests_of(path, ("sha256",), afresh=True)["sha256"]
        write_file(note_of(card), digest.encode(), overwrite=True)
    log.warning(
        "model '%s': nobody has published a digest of %s; this one is taken at first sight, and from now on it must be "
        "the same (SHA-256 %s, noted in %s)",
        card.name,
        card.weights.name,
        digest,
        note_of(card),
    )


def doubt(card: Card) -> str:
    """What to do where a file is not the one that was noted at first sight, or that one is wrong; empty for others."""
    if card.weights.digests or not note_of(card).is_file():
        return ""
    return (
        f"; nobody has published its digest, and {note_of(card)} holds that of the first file that came: to accept "
        "another, delete the note, and the first file where it is still there"
    )


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
