from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mattebox.compat.resample import (
    BICUBIC,
    BILINEAR,
    Kernel,
    by_area,
    by_factor,
    scaled_size,
    to_size,
    to_size_by_corners,
)

SIDES = st.integers(1, 60)
SIZES = st.tuples(SIDES, SIDES)


def maps(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(size).standard_normal((2, 3, *size), np.float32)


def assert_near(ours: np.ndarray, theirs: torch.Tensor) -> None:
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=2e-5)


@given(SIZES, SIZES)
@settings(max_examples=50)
def test_sizes(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    x = maps(size)
    there = torch.from_numpy(x)
    assert_near(by_area(x, wanted), functional.interpolate(there, wanted, mode="area"))
    for ours, corners in ((to_size, False), (to_size_by_corners, True)):
        theirs = functional.interpolate(there, wanted, mode="bilinear", align_corners=corners)
        assert_near(ours(x, wanted), theirs)


@given(st.tuples(st.integers(5, 60), st.integers(5, 60)), st.integers(5, 150))
@example((39, 27), 40)  # the shorter side is rounded down to what it was
@settings(max_examples=50)
def test_factors(size: tuple[int, int], longer: int) -> None:
    x, factor = maps(size), longer / max(size)
    there = torch.from_numpy(x)
    assume(min(size) * factor >= 1)
    assert_near(by_area(x, scaled_size(x, factor)), functional.interpolate(there, scale_factor=factor, mode="area"))
    kernels: tuple[tuple[Kernel, str], ...] = ((BILINEAR, "bilinear"), (BICUBIC, "bicubic"))
    for kernel, mode in kernels:
        theirs = functional.interpolate(there, scale_factor=factor, mode=mode, align_corners=False)
        assert_near(by_factor(x, factor, kernel), theirs)


@pytest.mark.parametrize("size", [(900, 1365), (49, 7)])
def test_a_side_may_come_out_a_pixel_short(size: tuple[int, int]) -> None:
    x = np.zeros((1, 1, *size), np.float32)
    for longer in range(60, 90):
        factor = longer / max(size)
        expected = functional.interpolate(torch.from_numpy(x), scale_factor=factor, mode="bilinear").shape[2:]
        assert scaled_size(x, factor) == tuple(expected)
