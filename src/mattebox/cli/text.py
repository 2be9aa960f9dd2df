"""Words on the terminal: names made safe to print, errors in one line, the log."""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["complain", "counted", "print_json", "say", "set_up_log", "shown", "unwrapped"]


def shown(name: object) -> str:
    r"""A file name or message that is safe to print on one line: what a terminal would obey is escaped.

    Example:
        >>> shown("a\x1b[2Jb.jpg")
        'a\\x1b[2Jb.jpg'
    """
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(name))


def say(message: str) -> None:
    """Write a line to standard error, where everything goes that is not a result."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def complain(message: str) -> None:
    """Write an error on one line."""
    say(f"error: {shown(' '.join(message.split()))}")


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    Example:
        >>> counted(1, "picture"), counted(3, "picture")
        ('1 picture', '3 pictures')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(record: Any) -> None:
    """Write data to standard output as JSON."""
    import json

    sys.stdout.write(json.dumps(record, indent=2, default=str) + "\n")


def set_up_log(*, verbose: bool, progress: bool = False) -> None:
    """Show on standard error what the library warns of; or its whole log, and the warnings of other packages.

    Args:
        verbose: show all.
        progress: show in any case what the library says of a long run as it goes; lines then begin with the time.
    """
    logging.captureWarnings(capture=True)
    told = logging.StreamHandler()
    if verbose or progress:
        told.setFormatter(logging.Formatter("%(asctime)s %(message)s" if progress else "%(name)s: %(message)s"))
    else:
        told.setFormatter(logging.Formatter("warning: %(message)s"))
        told.addFilter(lambda record: record.levelno == logging.WARNING)  # errors are told as the errors they are
    for name, handler in (("mattebox", told), ("py.warnings", told if verbose else logging.NullHandler())):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.DEBUG if verbose else logging.INFO)


def unwrapped(command: Callable[..., Any]) -> str:
    """The docstring of a command with every paragraph on one line, so that the terminal's width breaks it."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(command) or "")
