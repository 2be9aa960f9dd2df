"""The reference outputs of CarveKit, and how near to them ours must be."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from parity import weights

PARITY = Path(__file__).parent


def record(name: str) -> Any:
    """A record of `tests/parity`."""
    return json.loads((PARITY / f"{name}.json").read_text())


PIPELINES = {row["file"]: row["entries"] for row in record("pipelines")["rows"]}
"""What was recorded of whole wrappers, by the names of the files with their outputs."""


def recorded(file: str, name: str) -> np.ndarray:
    """An output."""
    with np.load(PARITY / f"{file}.npz") as arrays:
        return arrays[name]


def drawn(recipe: list[Any]) -> Image.Image:
    """An input."""
    maker, size, seed = recipe
    if maker == "const":
        return Image.fromarray(np.full(size, seed, np.uint8))
    if maker == "rgba":
        return Image.fromarray(np.dstack([weights.image(size, seed), weights.mask(size, seed)]))
    return Image.fromarray(getattr(weights, maker)(size, seed))


@lru_cache(maxsize=4)
def state_of(name: str) -> dict[str, torch.Tensor]:
    """The weights that outputs were recorded with."""
    return {key: torch.from_numpy(array) for key, array in weights.state_dict_arrays(record(name)).items()}


def assert_same_picture(ours: Image.Image, theirs: np.ndarray, *, any_step: bool = False, share: float = 0.005) -> None:
    """Hold two pictures to a difference of 1, or of anything, on at most a share of the values."""
    assert np.asarray(ours).shape == theirs.shape
    step = np.abs(np.asarray(ours).astype(int) - theirs)
    assert (step > 0).mean() <= share
    assert any_step or step.max() <= 1
