"""Small masks for tests: from drawings, and any at all."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mattebox.label.masks.maskset import MaskSet

unhurried = settings(deadline=None)

SIXTEENTHS = st.integers(0, 16).map(lambda value: value / 16)
"""Values of soft masks whose sums and differences are exact."""


def drawn(*lines):
    """A hard mask: # is in it."""
    return np.array([[letter == "#" for letter in line] for line in lines])


def hard_masks(most=9):
    return array_shapes(min_dims=2, max_dims=2, max_side=most).flatmap(lambda shape: arrays(bool, shape))


def stacks(count=4, most=8, *, soft=False):
    """(N, H, W), N of 1 to `count`."""
    shapes = st.tuples(st.integers(1, count), st.integers(1, most), st.integers(1, most))
    if soft:
        return shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=SIXTEENTHS))
    return shapes.flatmap(lambda shape: arrays(bool, shape))


def pairs_of_stacks(*, soft=False):
    """Two stacks on pictures of one size."""
    sizes = st.tuples(*[st.integers(1, 7)] * 4)

    def both(numbers):
        first, second, height, width = numbers
        kind = {"dtype": np.float32, "elements": SIXTEENTHS} if soft else {"dtype": bool}
        return st.tuples(arrays(shape=(first, height, width), **kind), arrays(shape=(second, height, width), **kind))

    return sizes.flatmap(both)


def mask_set(*masks, **known):
    """A set of drawings, each a text with lines."""
    return MaskSet.of([drawn(*mask.split()) for mask in masks], **known)


def shown(masks):
    """A set as drawings."""
    return [["".join("#" if value else "." for value in row) for row in mask] for mask in masks.stack()]
