"""Masks that neither overlap nor leave gaps: every pixel goes to exactly one of them, by distance and by a rule."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter, unknown_name
from mattebox.geometry import Box
from mattebox.label.extra import needed_for
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece

__all__ = ["RULES", "Rule", "owners", "partition"]

Rule: TypeAlias = Literal["smaller", "nearest", "score"]
"""Who gets a pixel that several masks have: the smallest of them; the one whose own pixels, which no other has, are
nearest; the one with the best score."""
RULES: tuple[Rule, ...] = get_args(Rule)

Owners: TypeAlias = NDArray[np.int32]
"""(H, W), position of the mask that has each pixel; -1 for none."""

_NOBODY = -1


def partition(masks: MaskSet, rule: Rule = "smaller", *, gap: float = 0.0, grow: float = 0.0) -> MaskSet:
    """Give every pixel of any mask to exactly one, and pixels between and around them if asked.

    Args:
        masks: that may overlap; soft ones are taken where they are over one half.
        rule: who gets what several masks have; see `Rule`. A mask that has no pixel of its own lies on top, by
            `nearest`.
        gap: gaps between masks that are up to so many pixels wide go to the nearest one. What is filled is what a
            circle of that width does not fit into, so notches are filled too, and strips along the picture's edge.
        grow: pixels up to so far from any mask go to the nearest one; infinity shares the whole picture out. Distances
            are right to within two per cent.

    Returns:
        As many masks as there were, some perhaps empty, with their ids and scores.

    Raises:
        BadParameter: the rule is not known, or a distance is negative.
        MissingExtra: scipy is not installed.

    Example:
        >>> masks = MaskSet.of(np.array([[[True, True, False, False, False]], [[False, False, False, False, True]]]))
        >>> [mask.tolist() for mask in partition(masks, grow=float("inf")).stack()]
        [[[True, True, True, False, False]], [[False, False, False, True, True]]]
    """
    with needed_for("a partition of masks"):
        from scipy import ndimage
    held, (top, left, _, _) = _held(masks.hardened(), rule, gap, grow)
    if not held.size:
        return masks
    found = ndimage.find_objects(held + 1, max_label=len(masks))
    return masks.with_pieces(
        Piece(0, 0, np.zeros((0, 0), bool))
        if place is None
        else Piece(top + place[0].start, left + place[1].start, held[place] == index)
        for index, place in enumerate(found)
    )


def owners(masks: MaskSet, rule: Rule = "smaller", *, gap: float = 0.0, grow: float = 0.0) -> Owners:
    """The partition as one picture: for every pixel the position of the mask that has it, -1 for none.

    Args:
        masks: see `partition`.
        rule: see `partition`.
        gap: see `partition`.
        grow: see `partition`.

    Raises:
        BadParameter: the rule is not known, or a distance is negative.
    """
    held, (top, left, bottom, right) = _held(masks.hardened(), rule, gap, grow)
    whole = np.full(masks.size, _NOBODY, np.int32)
    whole[top:bottom, left:right] = held
    return whole


def _held(masks: MaskSet, rule: Rule, gap: float, grow: float) -> tuple[Owners, Box]:
    """Who has each pixel of the box in which somebody may have one."""
    if rule not in RULES:
        raise BadParameter(unknown_name("rule", rule, RULES))
    if not (gap >= 0 and grow >= 0):
        raise BadParameter(f"gap={gap} and grow={grow}: give distances in pixels, 0 or more")
    region = _region(masks, max(gap, grow))
    held = np.full((region[2] - region[0], region[3] - region[1]), _NOBODY, np.int32)
    areas = masks.areas
    if rule == "score":
        order = np.lexsort((-areas, np.nan_to_num(masks.scores, nan=-np.inf)))
    else:
        order = np.argsort(-areas, kind="stable")
    for index in order.tolist():
        held[_inside(masks, index, region)][masks.crops[index]] = index
    if rule == "nearest":
        _share_by_distance(held, masks, region, order)
    if max(gap, grow) > 0 and areas.any():
        _fill(held, gap, grow)
    return held, region


def _region(masks: MaskSet, reach: float) -> Box:
    """The box around all masks and what may be added to them."""
    there = masks.boxes[masks.areas > 0]
    if not len(there):
        return 0, 0, 0, 0
    # One pixel more: what is beyond the region's edge counts as unknown, unless it is the picture's own.
    margin = int(min(np.ceil(reach) + 1, max(masks.size)))
    low = np.maximum(there[:, :2].min(axis=0) - margin, 0)
    high = np.minimum(there[:, 2:].max(axis=0) + margin, masks.size)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _inside(masks: MaskSet, index: int, region: Box) -> tuple[slice, slice]:
    """Where a mask's box lies in the region."""
    top, left, bottom, right = (masks.boxes[index] - (region[:2] * 2)).tolist()
    return slice(top, bottom), slice(left, right)


def _share_by_distance(held: Owners, masks: MaskSet, region: Box, order: NDArray[np.int64]) -> None:
    """Where several masks are, put the one whose own pixels are nearest; masks without any stay on top."""
    covers = np.zeros(held.shape, np.int32)
    for index in order.tolist():
        covers[_inside(masks, index, region)] += masks.crops[index]
    disputed = covers > 1
    own = {
        index: core
        for index in order.tolist()
        if (core := masks.crops[index] & ~disputed[_inside(masks, index, region)]).any()
    }
    for index in order.tolist():
        if index not in own:
            disputed[_inside(masks, index, region)][masks.crops[index]] = False
    nearest = np.full(held.shape, np.inf, np.float32)
    for index, core in own.items():
        place = _inside(masks, index, region)
        wanted = masks.crops[index] & disputed[place]
        if wanted.any():
            distance = cv2.distanceTransform((~core).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
            nearer = wanted & (distance < nearest[place])
            nearest[place][nearer] = distance[nearer]
            held[place][nearer] = index


def _fill(held: Owners, gap: float, grow: float) -> None:
    """Give what lies near enough, or between, to the nearest."""
    free = (held == _NOBODY).view(np.uint8)
    distance, source = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    wanted = distance <= grow
    if gap:
        radius = (gap + 1) / 2  # from centre to centre: of one pixel between two masks it is one away from both
        near = (distance <= radius).view(np.uint8)
        wanted |= (cv2.distanceTransform(near, cv2.DIST_L2, 5) > radius) if not near.all() else True
    wanted &= free.view(bool)
    of_source = np.empty(int(source.max()) + 1, np.int32)
    taken = free == 0
    of_source[source[taken]] = held[taken]
    held[wanted] = of_source[source[wanted]]
