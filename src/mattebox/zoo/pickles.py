"""Read objects that were pickled whole, without any of their code: a pickle module that `torch.load` can be given.

A checkpoint may hold a network as an object rather than its weights alone. To Python that is a program: it names
classes and functions, which are imported and called. Here nothing is imported. An object of a class that is not known
becomes a `Record`, which holds what the object held and can do nothing; only tensors and plain containers are made for
real; and a file that wants anything else called is refused.
"""

from __future__ import annotations

import pickle
from _compat_pickle import IMPORT_MAPPING
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn

import torch
from torch import Tensor

__all__ = ["Forbidden", "Record", "Unpickler", "load", "tensors_of"]

CONTAINERS = {"builtins.set": set, "builtins.frozenset": frozenset, "collections.OrderedDict": OrderedDict}
REBUILDERS: dict[str, Callable[..., Any]] = {
    "torch.Size": torch.Size,
    "torch.device": torch.device,
    **{
        f"torch._utils.{name}": getattr(torch._utils, name)  # noqa: SLF001 (the names that files refer to)
        for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")
    },
}


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


class Unpickler(pickle.Unpickler):
    """Knows tensors and plain containers; everything else is a record."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for."""
        origin = f"{IMPORT_MAPPING.get(module, module)}.{name}"  # files have the names of Python 2
        if origin in CONTAINERS:
            return CONTAINERS[origin]
        if origin in REBUILDERS:
            # A new function every time, as a file can also set attributes of what it names.
            return lambda *values: REBUILDERS[origin](*values)  # noqa: PLW0108
        return Uncallable(name, (Record,), {"origin": origin})


def load(file: BinaryIO, **options: Any) -> Any:
    """Read one object from a file.

    Raises:
        Forbidden: it wants something run.
        UnpicklingError: it is not a pickle, or not a whole one.
    """
    return Unpickler(file, **options).load()


def tensors_of(module: Record, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """The weights of a network that became a record, by the names that its state dict would have."""
    parts = vars(module)
    passing = parts.get("_non_persistent_buffers_set", ())
    for name, value in (*parts.get("_parameters", {}).items(), *parts.get("_buffers", {}).items()):
        if isinstance(value, Tensor) and name not in passing:
            yield prefix + name, value.detach()
    for name, child in parts.get("_modules", {}).items():
        if isinstance(child, Record):
            yield from tensors_of(child, f"{prefix}{name}.")
