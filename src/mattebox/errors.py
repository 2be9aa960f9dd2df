"""The errors that Mattebox raises.

    MatteboxError
    ├── BadPicture            the input cannot be read as a picture
    ├── BadParameter          a setting has a value that makes no sense
    ├── OutputFailed          a result could not be written
    ├── ModelNotFound         no model of that name
    ├── WeightsUnavailable    the model is known, its weights are not here or are damaged
    ├── MissingExtra          an optional package is needed
    ├── BadAnnotations        a file of annotations, labels or a data set cannot be used
    ├── EngineFailed          the engine or the device that was asked for cannot run
    ├── Cancelled             the work was given up by whoever asked (in mattebox.cancelling)
    ├── StoreUnavailable      what the server keeps cannot be reached
    └── Refusal               what the server answers in place of a result (in mattebox.serve.refusals)

Every message says what was wrong, with the value and the file, and what to do about it.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Mapping

__all__ = [
    "BadAnnotations",
    "BadParameter",
    "BadPicture",
    "EngineFailed",
    "MatteboxError",
    "MissingExtra",
    "ModelNotFound",
    "OutputFailed",
    "StoreUnavailable",
    "WeightsUnavailable",
]

log = logging.getLogger(__name__)


class MatteboxError(Exception):
    """Root of every error that Mattebox raises on purpose."""


class BadPicture(MatteboxError):
    """The input is missing, empty, truncated, not a picture, or too large to be opened safely."""


class BadAnnotations(MatteboxError, ValueError):
    """An archive, a file of annotations, a label table or a data set cannot be used, or holds what makes no sense."""


class BadParameter(MatteboxError, ValueError):
    """A setting has a value that makes no sense."""


class OutputFailed(MatteboxError):
    """A result could not be written; nothing half-written is left behind."""


class ModelNotFound(MatteboxError, LookupError):
    """No model has that name."""


class WeightsUnavailable(MatteboxError):
    """The weights of a known model are not here, or do not match their recorded hash."""


class EngineFailed(MatteboxError):
    """The engine or device that was asked for cannot run the model."""


class StoreUnavailable(MatteboxError):
    """The server's state cannot be reached or read; the message names where it is kept, and never a password."""


class MissingExtra(MatteboxError, ImportError):
    """An optional package is needed.

    Args:
        extra: name of the extra that brings it.
        purpose: what it is needed for.

    Example:
        >>> str(MissingExtra("train", "training"))
        "training needs the extra 'train': pip install 'mattebox[train]'"
    """

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}': pip install 'mattebox[{extra}]'")
        self.extra = extra


def check_ranges(values: object, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Make sure that attributes which are numbers lie between their bounds; None says nothing.

    Args:
        values: what has the attributes.
        ranges: least and greatest value by name.

    Raises:
        BadParameter: one does not; the message has its name, its value and the bounds.
    """
    for name, (low, high) in ranges.items():
        value = getattr(values, name)
        if value is not None and not low <= value <= high:
            raise BadParameter(f"{name}={value!r}: must be from {low:g} to {high:g}")


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> str:
    """Word the message for a name that is not known: the valid ones, and the nearest.

    Example:
        >>> unknown_name("preset", "amazn", ["amazon", "ebay"])
        "no preset 'amazn'; did you mean 'amazon'? Valid: amazon, ebay"
    """
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1)
    guess = f" did you mean '{near[0]}'?" if near else ""
    return f"no {kind} '{name}';{guess} Valid: {', '.join(names)}"


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out; OpenCV has one of its own for that.

    Example:
        >>> out_of_memory(MemoryError()), out_of_memory(ValueError())
        (True, False)
    """
    is_opencv = type(error).__module__ == "cv2" and type(error).__name__ == "error"
    return isinstance(error, MemoryError) or (is_opencv and getattr(error, "code", None) == -4)  # StsNoMem


def reason_of(error: Exception, name: object) -> str:
    """Word why the work on one picture failed; what nobody has foreseen is also logged, with its traceback.

    Args:
        error: what was raised.
        name: of the picture; the messages of Mattebox's own errors name it already.

    Example:
        >>> reason_of(MemoryError(), "a.jpg")
        'a.jpg: not enough memory for a picture of this size'
    """
    if isinstance(error, MatteboxError):
        return str(error)
    if out_of_memory(error):
        return f"{name}: not enough memory for a picture of this size"
    log.error("unexpected error on %s", name, exc_info=error)
    return f"{name}: unexpected {type(error).__name__}: {error}"
