from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mattebox.tiles import Window, box_of, fade, grown, tile_spans, tiles

LENGTHS = st.integers(1, 3000)
LARGEST = st.integers(16, 1024)


@given(LENGTHS, LARGEST, st.integers(0, 500))
def test_spans_are_equal_cover_all_and_overlap_enough(length: int, largest: int, start: int) -> None:
    overlap = largest // 4
    spans = tile_spans(start, start + length, largest, overlap)
    assert (spans[0].start, spans[-1].stop) == (start, start + length)
    assert {span.stop - span.start for span in spans} == {spans[0].stop - spans[0].start}
    assert spans[0].stop - spans[0].start <= largest
    assert all(before.stop - after.start >= overlap for before, after in pairwise(spans))


@given(LENGTHS, LARGEST)
def test_no_span_is_more_than_is_needed(length: int, largest: int) -> None:
    overlap = largest // 4
    fewer = len(tile_spans(0, length, largest, overlap)) - 1
    assert fewer == 0 or fewer * (largest - overlap) + overlap < length


def test_only_tiles_that_hold_some_of_the_band_are_kept() -> None:
    band = np.zeros((100, 400), bool)
    band[:, 150] = True
    kept = tiles(band, Window(slice(0, 100), slice(0, 400)), 100, 20)
    assert kept == [Window(slice(0, 100), slice(76, 172))]


def test_fading_tiles_into_each_other_gives_back_what_they_agree_on() -> None:
    rng = np.random.default_rng(0)
    truth, area = rng.random((150, 230), np.float32), Window(slice(10, 150), slice(30, 230))
    picture = np.zeros_like(truth)
    for tile in tiles(np.ones_like(truth, bool), area, 64, 16):
        picture[tile] += fade(tile, area, 16) * (truth[tile] - picture[tile])
    np.testing.assert_allclose(picture[area], truth[area], atol=1e-6)
    assert not picture[:10].any()


def test_tiles_that_disagree_leave_a_slope_and_no_step() -> None:
    whole = Window(slice(0, 200), slice(0, 200))
    picture = np.zeros((200, 200), np.float32)
    for value, tile in enumerate(tiles(np.ones((200, 200), bool), whole, 96, 32)):
        picture[tile] += fade(tile, whole, 32) * (value % 2 - picture[tile])
    assert np.ptp(picture) == 1
    assert max(np.abs(np.diff(picture, axis=axis)).max() for axis in (0, 1)) <= 1 / 32 + 1e-6


def test_a_box_grows_up_to_the_border() -> None:
    region = np.zeros((50, 80), bool)
    region[10:20, 70:75] = True
    assert box_of(region) == Window(slice(10, 20), slice(70, 75))
    assert grown(box_of(region), 12, region.shape) == Window(slice(0, 32), slice(58, 80))


def test_the_box_of_nothing_is_empty() -> None:
    assert not np.zeros((5, 5))[box_of(np.zeros((5, 5), bool))].size
