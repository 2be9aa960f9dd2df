"""One process at a time, where several would otherwise do the same work or write the same file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from mattebox.errors import OutputFailed, WeightsUnavailable
from mattebox.zoo.places import home

__all__ = ["alone"]

PAUSE = 0.1
"""Seconds between two looks whether the others have finished."""

if sys.platform == "win32":
    import msvcrt

    def claim(file: BinaryIO) -> None:
        """Take the lock; whoever closes the file gives it back.

        Raises:
            PermissionError: somebody else has it.
        """
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def claim(file: BinaryIO) -> None:
        """Take the lock; whoever closes the file gives it back.

        Raises:
            BlockingIOError: somebody else has it.
        """
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone(name: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait until nobody else, in this process or another, does what is called by a name; then keep others waiting.

    Args:
        name: of the work.
        waiting: called again and again meanwhile; what it raises ends the waiting.

    Raises:
        OutputFailed: our cache cannot be written.
        WeightsUnavailable: it lies where files cannot be locked, as on some disks of a network.
    """
    path = home() / "locks" / f"{name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise OutputFailed(
            f"{path} cannot be written ({error.strerror}); set MATTEBOX_HOME to a folder that can"
        ) from error
    with file:
        while True:
            try:
                claim(file)
                break
            except (BlockingIOError, PermissionError):
                waiting()
                time.sleep(PAUSE)
            except OSError as error:
                raise WeightsUnavailable(
                    f"{path.parent}: files cannot be locked there ({error.strerror}); "
                    "set MATTEBOX_HOME to a folder on a local disk"
                ) from error
        yield
