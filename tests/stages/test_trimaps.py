from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.stages.trimaps import evaluation_trimap, training_trimap, widened

with np.load(Path(__file__).parent.parent / "parity/paddle/trimaps.npz") as stored:
    REFERENCE = dict(stored)
ALPHA = REFERENCE.pop("alpha").astype(np.float32) / 255


@pytest.mark.parametrize("name", REFERENCE)
def test_trimaps_are_those_of_the_reference(name: str) -> None:
    kernel, *rounds = (int(part) for part in name.split("_")[1:])
    found = widened(ALPHA, kernel, *rounds) if rounds else evaluation_trimap(ALPHA, kernel)
    np.testing.assert_array_equal(found, REFERENCE[name])


def test_the_kernel_of_evaluations_is_25() -> None:
    np.testing.assert_array_equal(evaluation_trimap(ALPHA), REFERENCE["val_25"])


def test_training_trimaps_follow_from_the_state_and_are_all_drawn() -> None:
    possible = {
        widened(ALPHA, kernel, rounds).tobytes(): (kernel, rounds) for kernel in (2, 3, 4) for rounds in range(5, 15)
    }
    drawn = [training_trimap(ALPHA, np.random.default_rng(seed)).tobytes() for seed in range(300)]
    assert {possible[trimap] for trimap in drawn} == set(possible.values())
    assert training_trimap(ALPHA, np.random.default_rng(7)).tobytes() == drawn[7]


def test_what_an_8_bit_file_rounds_to_is_what_counts() -> None:
    alpha = np.float32([[0.4, 0.6, 254.4, 254.6]]) / 255
    assert evaluation_trimap(alpha, kernel=1).tolist() == [[0, 128, 128, 255]]


def test_a_kernel_of_nothing_is_refused() -> None:
    with pytest.raises(BadParameter, match="kernel=0: must be at least 1"):
        evaluation_trimap(ALPHA, kernel=0)
