"""Read the weights of a network from a file that PyTorch wrote, in whichever of the usual forms, and run none of it."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mattebox.errors import WeightsUnavailable
from mattebox.zoo import pickles

__all__ = ["Checkpoint", "read_checkpoint"]

WRAPPERS = ("state_dict", "state", "model")
"""Entries under which authors keep the weights in a larger table."""
PARALLEL = "module."
"""What training on several GPUs puts before every name."""


class Checkpoint(NamedTuple):
    """What a file says of a network.

    Attributes:
        state: its weights by name, on the CPU.
        classes: what it can tell apart, in the order of its answer; empty where the file does not say.
    """

    state: dict[str, Tensor]
    classes: tuple[str, ...]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint: a table of weights, one inside a larger table, or a network that was pickled whole.

    Raises:
        WeightsUnavailable: the file cannot be read, holds no weights, or wants to run code.
    """
    try:
        content = contents(path)
        state = weights_in(content)
    except pickles.Forbidden as error:
        raise WeightsUnavailable(f"{path}: refused: {error}") from error
    except Exception as error:  # torch and pickle raise errors of many kinds on what is damaged
        raise WeightsUnavailable(
            f"{path}: {path.stat().st_size:,} bytes that cannot be read as a checkpoint of PyTorch: {first_line(error)}"
            if path.is_file()
            else f"{path}: there is no such file"
        ) from error
    if not state:
        raise WeightsUnavailable(f"{path}: a {type(content).__name__} without weights of a network")
    return Checkpoint(state, classes_in(content))


def contents(path: Path) -> Any:
    """What a file holds; where that is more than tables of tensors, objects of unknown classes are records."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old files hold their source, which torch wants to compare
            return torch.load(path, map_location="cpu", weights_only=False, pickle_module=pickles)


def weights_in(content: Any) -> dict[str, Tensor]:
    """The weights in what a file holds; empty when there are none."""
    while isinstance(content, Mapping):
        inner = (content[name] for name in WRAPPERS if isinstance(content.get(name), (Mapping, pickles.Record)))
        wrapped = next(inner, None)
        if wrapped is None:
            break
        content = wrapped
    if isinstance(content, pickles.Record):
        content = dict(pickles.tensors_of(content))
    if not isinstance(content, Mapping):
        return {}
    state = {name: value.detach() for name, value in content.items() if isinstance(value, Tensor)}
    parallel = all(name.startswith(PARALLEL) for name in state)
    return {name.removeprefix(PARALLEL) if parallel else name: value for name, value in state.items()}


def classes_in(content: Any) -> tuple[str, ...]:
    """What a network can tell apart, from the table around its weights."""
    if not isinstance(content, Mapping):
        return ()
    if isinstance(indices := content.get("class_to_idx"), Mapping):
        return tuple(map(str, sorted(indices, key=indices.__getitem__)))
    classes = content.get("classes")
    return tuple(map(str, classes)) if isinstance(classes, (list, tuple)) else ()


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).splitlines()), type(error).__name__)
