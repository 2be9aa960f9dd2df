"""Read objects that were pickled whole, without any of their code: a pickle module that `torch.load` can be given.

A checkpoint may hold a network as an object rather than its weights alone. To Python that is a program: it names
classes and functions, which are imported and called. Here nothing is imported. An object of a class that is not known
becomes a `Record`, which holds what the object held and can do nothing; only tensors and plain containers are made for
real; and a file that wants anything else called is refused.
Neither lengths that a file merely states nor parts that lie in themselves take memory or time.
"""

from __future__ import annotations

import pickle
from _compat_pickle import IMPORT_MAPPING
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn, cast

import torch
from torch import Tensor

__all__ = ["Bounded", "Forbidden", "Rebuilder", "Record", "Unpickler", "load", "origin_of", "tensors_of"]

CONTAINERS = {"builtins.set": set, "builtins.frozenset": frozenset, "collections.OrderedDict": OrderedDict}
REBUILDERS: dict[str, Callable[..., Any]] = {
    "torch.Size": torch.Size,
    "torch.device": torch.device,
    **{
        f"torch._utils.{name}": getattr(torch._utils, name)  # noqa: SLF001 (the names that files refer to)
        for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")
    },
}
MANY = 100_000
"""Parts and weights of one network; the largest that we know have a few thousand."""
LONG = 1000
"""Letters in the name of one of them."""


class Forbidden(pickle.UnpicklingError):
    """A file wants something called that weights have no need of."""


class Uncallable(type):
    """What a record is made of: a class that a pickle can make objects of and cannot call."""

    origin = ""

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        """Refuse to be called.

        Raises:
            Forbidden: always.
        """
        raise Forbidden(f"it wants to run {cls.origin}, which weights have no need of")


class Record(metaclass=Uncallable):
    """What an object of an unknown class held, as attributes."""

    def __setstate__(self, state: Any) -> None:
        """Take what the object held: a table, or a table and what its slots held."""
        vars(self).update(state[0] if isinstance(state, tuple) else state)


class Rebuilder:
    """A function that a file may call. The file can set nothing on it, and torch finds no source to compare.

    Args:
        function: it.
    """

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        """Call it."""
        return self.function(*values)

    def __setstate__(self, _: Any) -> NoReturn:
        """Refuse to be changed.

        Raises:
            Forbidden: always.
        """
        raise Forbidden(f"it wants to change {self.function.__name__}, which weights have no need of")


def no_array(_: Any) -> NoReturn:
    """Refuse an array of bytes, which would be made as long as the file says before there is anything to put into it.

    Raises:
        UnpicklingError: always.
    """
    raise pickle.UnpicklingError("an array of bytes, which weights have no need of")


class Bounded(pickle._Unpickler):  # noqa: SLF001 (the one in C makes room for as many objects as a file says)
    """Makes room for nothing that is not in the file."""

    dispatch = {**pickle._Unpickler.dispatch, pickle.BYTEARRAY8[0]: no_array}  # noqa: SLF001, RUF012


def origin_of(module: str, name: str) -> str:
    """The full name of what a file refers to, which may do so by the names of Python 2."""
    return f"{IMPORT_MAPPING.get(module, module)}.{name}"


class Unpickler(Bounded):
    """Knows tensors and plain containers; everything else is a record."""

    def load(self) -> Any:
        """Read one object; torch is not asked to compare a class with its source in the file, as it writes patches."""
        look_up = cast("Callable[[Any], Any]", self.persistent_load)

        def recall(key: Any) -> Any:
            match key:
                case ("module" | b"module", module, *_):
                    return module
            return look_up(key)

        self.persistent_load = recall  # type: ignore[assignment, method-assign]
        return super().load()

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for."""
        origin = origin_of(module, name)
        if origin in CONTAINERS:
            return CONTAINERS[origin]
        if origin in REBUILDERS:
            return Rebuilder(REBUILDERS[origin])
        return Uncallable(name, (Record,), {"origin": origin})


def load(file: BinaryIO, **options: Any) -> Any:
    """Read one object from a file.

    Raises:
        Forbidden: it wants something run.
        UnpicklingError: it is not a pickle, or not a whole one.
    """
    return Unpickler(file, **options).load()


def tensors_of(module: Record) -> Iterator[tuple[str, Tensor]]:
    """The weights of a network that became a record, by the names that its state dict would have.

    Raises:
        UnpicklingError: it has too many parts, as one that is a part of itself.
    """
    for count, (name, value) in enumerate(values_of(module)):
        if count == MANY or len(name) > LONG:
            raise pickle.UnpicklingError("a network of more parts than any has")
        if isinstance(value, Tensor):
            yield name, value.detach()


def values_of(module: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """What a network that became a record is made of, weights and parts, by name; None for what is not saved."""
    parts = vars(module)
    passing = parts.get("_non_persistent_buffers_set")
    for name, value in (*parts.get("_parameters", {}).items(), *parts.get("_buffers", {}).items()):
        yield prefix + name, None if isinstance(passing, set) and name in passing else value
    for name, child in parts.get("_modules", {}).items():
        yield prefix + name, None
        if isinstance(child, Record):
            yield from values_of(child, f"{prefix}{name}.")
