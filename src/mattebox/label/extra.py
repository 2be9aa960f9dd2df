"""What the extra `label` brings, and what is told where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mattebox.errors import MissingExtra

__all__ = ["needed_for"]


@contextmanager
def needed_for(purpose: str) -> Iterator[None]:
    """Around the import of a package of the extra: tell how to get it where it is missing.

    Args:
        purpose: what it is needed for, as the subject of "needs".

    Raises:
        MissingExtra: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtra("label", purpose) from error
