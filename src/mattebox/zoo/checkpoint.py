"""Read the weights of a network from a file in whichever of the usual forms, and run none of it.

The form is seen from what a file begins with, whatever its name: safetensors, Paddle's, or one of PyTorch's.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.serialization import MAGIC_NUMBER

from mattebox.errors import MissingExtra, WeightsUnavailable
from mattebox.zoo import paddle, pickles

__all__ = ["Checkpoint", "read_checkpoint"]

WRAPPERS = ("state_dict", "state", "model")
"""Entries under which authors keep the weights in a larger table."""
DEPTH = 4
"""How many tables the weights may lie in."""
PARALLEL = "module."
"""What training on several GPUs puts before every name."""
PICKLE = b"\x80"
"""What a pickle begins with."""
LEGACY = tuple(pickle.dumps(MAGIC_NUMBER, protocol) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1))
"""What the pickles of PyTorch begin with, by their protocols."""
LENGTH = 8
"""Bytes of the number that safetensors begin with: how long the table is that follows."""


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
        MissingExtra: a package that reads it is not installed.
    """
    try:
        content = contents(path)
        state = weights_in(content)
    except MissingExtra:
        raise
    except pickles.Forbidden as error:
        raise WeightsUnavailable(f"{path}: refused: {error}") from error
    except Exception as error:  # torch and pickle raise errors of many kinds on what is damaged
        raise WeightsUnavailable(
            f"{path}: {path.stat().st_size:,} bytes that cannot be read as a checkpoint: {first_line(error)}"
            if path.is_file()
            else f"{path}: there is no such file"
        ) from error
    if not state:
        raise WeightsUnavailable(f"{path}: a {type(content).__name__} without weights of a network")
    return Checkpoint(state, classes_in(content))


def contents(path: Path) -> Any:
    """What a file holds; where that is more than tables of tensors, objects of unknown classes are records."""
    with path.open("rb") as file:
        start = file.read(max(map(len, LEGACY)))
    if start[LENGTH:].startswith(b"{") and int.from_bytes(start[:LENGTH], "little") < path.stat().st_size:
        return safetensors_in(path)
    if (start.startswith(PICKLE) and not start.startswith(LEGACY)) or paddle.is_packed(path):
        return {name: torch.from_numpy(array) for name, array in paddle.read_arrays(path).items()}
    zipped = is_zipped(path)
    try:
        with warnings.catch_warnings():
            # It may not understand other protocols than its own; then ours reads them.
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError:
        return torch.load(path, map_location="cpu", weights_only=False, pickle_module=pickles)


def safetensors_in(path: Path) -> dict[str, Tensor]:
    """The weights in a file of safetensors, which holds nothing else.

    Raises:
        MissingExtra: the package that reads it is not installed.
        SafetensorError: the file is damaged.
    """
    try:
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise MissingExtra("torch", f"reading {path}") from error
    return load_file(path)


def is_zipped(path: Path) -> bool:
    """Whether PyTorch will take a file for an archive.

    Raises:
        BadZipFile: it is a broken one, or one whose members are compressed: PyTorch never does that, and a small file
            would become a large one.
    """
    if not paddle.begins_with(path, paddle.ZIP):
        return False
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise zipfile.BadZipFile(f"{member.filename} in it is compressed")
    return True


def weights_in(content: Any) -> dict[str, Tensor]:
    """The weights in what a file holds; empty when there are none."""
    for _ in range(DEPTH):
        if isinstance(content, Mapping):
            inner = (content[name] for name in WRAPPERS if isinstance(content.get(name), (Mapping, pickles.Record)))
            content = next(inner, content)
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
    indices, classes = content.get("class_to_idx"), content.get("classes")
    if isinstance(indices, Mapping) and all(isinstance(index, int) for index in indices.values()):
        classes = sorted(indices, key=indices.__getitem__)
    if isinstance(classes, (list, tuple)) and all(isinstance(name, (str, int)) for name in classes):
        return tuple(map(str, classes))
    return ()


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).splitlines()), type(error).__name__)
