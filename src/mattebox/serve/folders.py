"""Folders of the server."""

from __future__ import annotations

import os
from pathlib import Path

from mattebox.errors import StoreUnavailable

__all__ = ["make_folder"]


def make_folder(path: Path) -> None:
    """Make a folder that other users of the machine cannot read, unless it is there: pictures of people lie in it.

    Raises:
        StoreUnavailable: it cannot be made or written to.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be made ({error.strerror}); name another folder") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise StoreUnavailable(f"{path} cannot be written to; name another folder")
