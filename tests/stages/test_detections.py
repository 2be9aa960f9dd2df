from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mattebox.stages.detections import Detection, detections, intersection_over_union, object_groups

PARITY = Path(__file__).parents[1] / "parity"
SHARE = st.floats(0, 1, width=32)
CONFIDENCES = arrays(np.float32, (12, 3), elements=SHARE)


def make_boxes(corners: np.ndarray) -> np.ndarray:
    """Boxes from two opposite corners each: (K, 2, 2) to (K, 4)."""
    return np.concatenate((corners.min(1), corners.max(1)), 1)


BOXES = arrays(np.float32, (12, 2, 2), elements=SHARE).map(make_boxes)


def test_the_recorded_detections_are_carvekits() -> None:
    record = json.loads((PARITY / "detections.json").read_text())
    found = detections(np.float32(record["boxes"]), np.float32(record["confs"]))
    assert [[*one.box, one.confidence, one.confidence, one.kind] for one in found] == record["result"]


def test_of_boxes_that_cover_each_other_the_surest_stays_in_each_kind() -> None:
    boxes = np.float32([[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 0, 1, 0.5], [0, 0, 1, 1]])
    confidences = np.float32([[0.7, 0], [0.9, 0], [0.5, 0], [0, 0.6]])
    found = detections(boxes, confidences)
    assert [(one.kind, one.confidence) for one in found] == [(0, pytest.approx(0.9)), (0, 0.5), (1, pytest.approx(0.6))]


def test_what_is_just_at_the_limits() -> None:
    pair = np.float32([[0, 0, 1, 1], [0, 0, 1, 0.5]])
    assert len(detections(pair, np.float32([[0.75], [0.5]]), threshold=0.5)) == 1
    assert len(detections(pair, np.float32([[0.75], [0.5]]), threshold=0.25, overlap=0.5)) == 2
    assert len(detections(pair, np.float32([[0.75], [0.5]]), threshold=0.25, overlap=0.49)) == 1


def test_nothing_sure_is_nothing_found() -> None:
    assert detections(np.zeros((3, 4), np.float32), np.full((3, 2), 0.4, np.float32)) == []


def test_boxes_without_area_are_counted_once() -> None:
    boxes, confidences = np.full((3, 4), 0.5, np.float32), np.float32([[0.6], [0.9], [0.7]])
    assert detections(boxes, confidences) == [Detection(0, pytest.approx(0.9), (0.5, 0.5, 0.5, 0.5))]


@given(BOXES, CONFIDENCES)
def test_what_stays_is_sure_and_apart(boxes: np.ndarray, confidences: np.ndarray) -> None:
    found = detections(boxes, confidences)
    assert len(found) <= (confidences.max(1) > 0.4).sum()
    for index, one in enumerate(found):
        assert one.confidence > 0.4
        others = np.float32([other.box for other in found[:index] if other.kind == one.kind]).reshape(-1, 4)
        assert (intersection_over_union(np.float32(one.box), others) <= 0.6).all()


def test_the_groups_are_carvekits() -> None:
    routing = json.loads((PARITY / "routing.json").read_text())
    groups = object_groups()
    assert Counter(groups.values()) == routing["object_groups"]
    assert [*groups][:3] == ["person", "bicycle", "car"]
    assert [*groups][-1] == "toothbrush"
