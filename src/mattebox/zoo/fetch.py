"""Fetch the weights of a model over the net: into a file of another name that is moved into place once it is right.

A fetch that was cut goes on where it ended, on whichever server has the file: what counts in the end is the digest of
the whole, which the card has from its publisher.

Where nobody has published a digest, the connection is all that vouches for a file: it is fetched over HTTPS only, from
beginning to end from one server, and its digest is noted.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

from mattebox.errors import WeightsUnavailable
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.locks import alone
from mattebox.zoo.places import addresses, cached, ways_out
from mattebox.zoo.verify import doubt, fault, known, note

__all__ = ["Progress", "fetch"]

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that are here and those that there are, if that is known; what it raises stops the fetch, which
can then be taken up again."""

BLOCK = 1 << 20
STALL = 30.0
"""Seconds without a byte after which a connection is given up."""
PATIENCE = 4
"""Attempts in a row that bring nothing before a server is given up."""
BACKOFF = 1.0
"""Seconds before the second attempt; twice that before the third, and so on."""
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""What a server answers when it may do better in a moment."""
LARGEST = 4 << 30
"""Bytes that are taken of a file of which nobody says how large it is."""
SECURE = "https://"
"""How the addresses begin that a file without a digest may come from."""
FULL = {errno.ENOSPC, errno.EDQUOT}


class Refused(Exception):
    """A server does not give the file; another may."""


class Cut(Exception):
    """A server did not give all of the file; the rest may be asked for."""


class Straight(HTTPRedirectHandler):
    """Follows a server to where it says the file is, but not away from HTTPS."""

    def redirect_request(self, *request: Any) -> Request | None:
        """The request for the file where it is said to be, which is the last argument.

        Raises:
            Refused: that is not an address of HTTPS.
        """
        if not request[-1].startswith(SECURE):
            raise Refused(f"leads to {request[-1]}, which is not an address of HTTPS")
        return super().redirect_request(*request)


def fetch(card: Card, progress: Progress | None = None) -> Path:
    """Fetch the weights of a model into our cache. Of several processes that want the same ones, one fetches them.

    Args:
        card: the model.
        progress: told how far it is.

    Returns:
        Where they are.

    Raises:
        WeightsUnavailable: no server gives them, or they cannot be kept.
        OutputFailed: our cache cannot be written at all.
    """
    target = cached(card)
    part = target.with_name(f"{target.name}.part")
    tell = progress or (lambda done, total: None)  # noqa: ARG005
    try:
        with alone(target.name, lambda: tell(size_of(part), card.weights.size)):
            if fault(target, known(card)) is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                pull(card, part, tell)
                note(card, part)
                part.replace(target)
    except OSError as error:
        if error.errno not in FULL:
            raise WeightsUnavailable(
                f"model '{card.name}': {target} cannot be written ({error.strerror}); "
                "set MATTEBOX_HOME to a folder that can"
            ) from error
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise WeightsUnavailable(
            f"model '{card.name}': no room for it in {target.parent}, and nothing was kept; "
            "make room there, or set MATTEBOX_HOME to a folder on a larger disk"
        ) from error
    return target


def pull(card: Card, part: Path, tell: Progress) -> None:
    """Bring a file from the first server that has it.

    Raises:
        WeightsUnavailable: none has; the message says what each of them answered.
        OSError: it cannot be written.
    """
    refusals = []
    for url in addresses(card.weights):
        refusal = pull_from(url, part, card, tell)
        if refusal is None:
            return
        refusals.append(f"{url}: {refusal}")
    raise WeightsUnavailable(f"model '{card.name}' cannot be fetched: {'; '.join(refusals)}; {ways_out(card)}")


def pull_from(url: str, part: Path, card: Card, tell: Progress) -> str | None:
    """Bring a file from one server, in as many attempts as it takes while each of them brings something.

    Returns:
        Why the server does not give the file; None when it did.

    Raises:
        OSError: it cannot be written.
    """
    weights = known(card)
    if weights.first_sight and not url.startswith(SECURE):
        return "not asked: nobody has published a digest of the file, so it is fetched over HTTPS only"
    if not weights.digests:
        part.unlink(missing_ok=True)  # it may be another server's, and nothing would tell
    attempts, resumed, furthest = 0, part.exists(), size_of(part)
    while attempts < PATIENCE:
        if attempts:
            time.sleep(BACKOFF * 2 ** (attempts - 1))
        try:
            bring(url, part, weights, tell)
        except Refused as refusal:
            return str(refusal)
        except Cut as cut:
            reason = str(cut)
            attempts = 1 if size_of(part) > furthest else attempts + 1
            furthest = max(furthest, size_of(part))
            continue
        wrong = fault(part, weights, afresh=True)
        if wrong is None:
            return None
        part.unlink()
        if not resumed:
            return f"what it gives {wrong}{doubt(card)}"
        attempts, resumed, furthest = 0, False, 0
    return f"{reason}; given up after {PATIENCE} attempts"


def bring(url: str, part: Path, weights: Weights, tell: Progress) -> None:
    """Bring what is still missing of a file.

    Raises:
        Cut, Refused: the server does not give all of it.
        OSError: it cannot be written.
    """
    done = size_of(part)
    tell(done, weights.size)
    answer = ask(url, done, straight=weights.first_sight)
    if answer is None:
        return
    with answer:
        if answer.status != 206:
            done = 0
        total = weights.size if answer.length is None else done + answer.length
        if total is None and not weights.digests:
            raise Refused("does not say how large the file is, so that nobody could tell whether it is whole")
        most = LARGEST if total is None else total
        if weights.size not in {None, total}:
            raise Refused(f"has {total:,} bytes, where {weights.size:,} are expected")
        if total is not None and shutil.disk_usage(part.parent).free < total - done:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with part.open("ab" if done else "wb") as file:
            for block in blocks(answer):
                done += len(block)
                if done > most:
                    file.truncate(0)
                    raise Refused(f"gives more than {most:,} bytes")
                file.write(block)
                tell(done, total)
            file.flush()
            os.fsync(file.fileno())
    if total is not None and done < total:
        raise Cut(f"the connection was cut after {done:,} of {total:,} bytes")


def ask(url: str, start: int, *, straight: bool) -> HTTPResponse | None:
    """Ask a server for a file from a byte on; None when there is nothing from there on.

    Args:
        url: of the file.
        start: the first byte.
        straight: follow the server nowhere but to addresses of HTTPS.

    Raises:
        Cut, Refused: it does not give it.
    """
    headers = {"User-Agent": "mattebox"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        opened = build_opener(Straight).open if straight else urlopen
        answer: HTTPResponse = opened(Request(url, headers=headers), timeout=STALL)
    except HTTPError as error:
        error.close()
        if error.code == 416 and start:
            return None
        kind = Cut if error.code in PASSING else Refused
        raise kind(f"the server answered {error.code} {error.reason}") from error
    except URLError as error:
        raise Refused(f"cannot be reached ({error.reason})") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Cut(f"no answer ({error})") from error
    return answer


def blocks(answer: HTTPResponse) -> Iterator[bytes]:
    """What a server gives, as it comes.

    Raises:
        Cut: the connection ended or stalled.
    """
    try:
        while block := answer.read1(BLOCK):
            yield block
    except (OSError, HTTPException) as error:
        raise Cut(f"the connection was cut ({error})") from error


def size_of(path: Path) -> int:
    """Bytes of a file; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
