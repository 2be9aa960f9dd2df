"""Outlines between two keys, worked by hand."""

import numpy as np
import pytest

from mattebox.label.interpolation.curves import morph


def points(*numbers):
    return np.array(numbers, np.float64).reshape(-1, 2)


def at(left, right, offset, *, closed):
    found, lengths = morph(left, right, np.array([offset]), closed=closed)
    assert lengths.tolist() == [len(found)]
    return found.tolist()


class TestPolyline:
    # Shares of the length: 0, 1 on the short one and 0, 0.4, 1 on the long one. The middle point is nearer to the
    # beginning (0.4 < 0.6), so the first point of the short line meets the first two of the long one, whose edge is 4
    # long: of these two the threshold is 4 / (2 * 2) = 1.
    short, long = points(0, 0, 10, 0), points(0, 10, 4, 10, 10, 10)

    def test_a_point_that_is_left_over_grows_out_of_the_nearest_one(self):
        assert at(self.short, self.long, 0.5, closed=False) == [0, 5, 2, 5, 10, 5]

    def test_two_points_nearer_than_the_threshold_are_their_middle(self):
        # 0.2 of the way the two are 0.8 apart, at 0 and 0.8.
        assert at(self.short, self.long, 0.2, closed=False) == pytest.approx([0.4, 2, 10, 2])

    def test_from_more_points_to_fewer_two_shrink_into_one(self):
        assert at(self.long, self.short, 0.5, closed=False) == [0, 5, 2, 5, 10, 5]
        assert at(self.long, self.short, 0.8, closed=False) == pytest.approx([0.4, 2, 10, 2])

    def test_inner_points_of_a_stretch_go_when_they_are_near_to_the_last_that_stays(self):
        # Shares 0, 0.1, 0.2, 1: three points meet the first of the other line. Their stretch is 2 long: 2 / (2 * 3).
        left, right = points(0, 0, 1, 0, 2, 0, 10, 0), points(0, 0, 10, 0)
        assert at(left, right, 0.5, closed=False) == [0, 0, 0.5, 0, 1, 0, 10, 0]
        assert at(left, right, 0.75, closed=False) == [0, 0, 0.5, 0, 10, 0]

    def test_a_line_drawn_the_other_way_turns_over(self):
        assert at(self.short, points(10, 0, 0, 0), 0.25, closed=False) == [2.5, 0, 7.5, 0]


class TestPolygon:
    # The triangle has edges of 8, 10 and 6, so its points lie at 0, 1/3, 3/4 and, closed, 1; the square's at quarters.
    # 1/3 is nearest to 1/4; 1/2 is left over and nearest to 1/3: the second corner of the triangle meets two corners of
    # the square, 6 apart: threshold 6 / (2 * 2) = 1.5.
    triangle, square = points(0, 0, 8, 0, 0, 6), points(0, 0, 6, 0, 6, 6, 0, 6)

    def test_three_points_become_four(self):
        assert at(self.triangle, self.square, 0.5, closed=True) == [0, 0, 7, 0, 7, 3, 0, 6]

    def test_corners_nearer_than_the_threshold_are_their_middle(self):
        # 0.2 of the way: (7.6, 0) and (7.6, 1.2).
        assert at(self.triangle, self.square, 0.2, closed=True) == pytest.approx([0, 0, 7.6, 0.6, 0, 6])

    def test_four_points_become_three(self):
        assert at(self.square, self.triangle, 0.5, closed=True) == [0, 0, 7, 0, 7, 3, 0, 6]
        assert at(self.square, self.triangle, 0.8, closed=True) == pytest.approx([0, 0, 7.6, 0.6, 0, 6])

    def test_a_square_that_begins_at_the_next_corner_shrinks_while_it_turns(self):
        # CVAT does not look for the start that fits best: equal shares of the length are matched.
        begun_later = points(6, 0, 6, 6, 0, 6, 0, 0)
        assert at(self.square, begun_later, 0.5, closed=True) == [3, 0, 6, 3, 3, 6, 0, 3]

    def test_the_same_outline_stays(self):
        assert at(self.square, self.square, 0.3, closed=True) == self.square.ravel().tolist()


def test_points_in_one_place_have_no_share_of_the_length_but_the_first():
    # The second left point meets the first right one, as nothing can be compared; the second right one, left over,
    # meets the first left one. Pairs: 1-1, 1-2, 2-1. The first two are 1 apart on an edge of 2: threshold 2 / (2 * 2).
    assert at(points(2, 2, 2, 2), points(4, 2, 6, 2), 0.5, closed=False) == [3, 2, 4, 2, 3, 2]


def test_outlines_of_several_offsets_are_those_of_each_alone():
    left, right = points(0, 0, 8, 0, 0, 6), points(0, 0, 6, 0, 6, 6, 0, 6)
    offsets = np.arange(1, 10) / 10
    found, lengths = morph(left, right, offsets, closed=True)
    alone = [at(left, right, offset, closed=True) for offset in offsets]
    assert [part.tolist() for part in np.split(found, np.cumsum(lengths)[:-1])] == alone
