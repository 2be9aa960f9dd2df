from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from mattebox.errors import BadParameter
from mattebox.nets.u2net import FULL, U2Net, read_stages
from nets.tester import NetworkTests

OUTPUTS = ("d0", "d1", "d2", "d3", "d4", "d5", "d6")

TABLE: dict[str, Any] = {
    "stage1": ["En_1", (7, 3, 32, 64), -1],
    "stage2": ["En_2", (6, 64, 32, 128), -1],
    "stage3": ["En_3", (5, 128, 64, 256), -1],
    "stage4": ["En_4", (4, 256, 128, 512), -1],
    "stage5": ["En_5", (4, 512, 256, 512, True), -1],
    "stage6": ["En_6", (4, 512, 256, 512, True), 512],
    "stage5d": ["De_5", (4, 1024, 256, 512, True), 512],
    "stage4d": ["De_4", (4, 1024, 128, 256), 256],
    "stage3d": ["De_3", (5, 512, 64, 128), 128],
    "stage2d": ["De_2", (6, 256, 32, 64), 64],
    "stage1d": ["De_1", (7, 128, 16, 64), 64],
}
"""The network as published, in the form that programs for the original hand over."""


class TestU2Net(NetworkTests):
    fixture, build, outputs = "u2net", staticmethod(U2Net), OUTPUTS


class TestSmallU2Net(NetworkTests):
    fixture, build, outputs = "u2netp", staticmethod(partial(U2Net, "small")), OUTPUTS


def test_the_published_table_makes_the_published_network() -> None:
    assert read_stages(TABLE) == FULL


def test_a_table_may_have_fewer_levels() -> None:
    table = {
        "stage1": ["a", (3, 3, 4, 8), -1],
        "stage2": ["b", (2, 8, 4, 6, True), 6],
        "stage1d": ["c", (3, 14, 4, 5), 5],
    }
    answers = U2Net(table).eval()(torch.rand(1, 3, 9, 14))
    assert [answer.shape for answer in answers] == [(1, 1, 9, 14)] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage7": ["En_7", (4, 512, 256, 512), -1]}, "stage7: give stage1 to stageN"),
        ({"stage2": ["En_2", (6, 32, 32, 128), -1]}, "stage2 is .*its inputs 64"),
        ({"stage4d": ["De_4", (4, 512, 128, 256), 256]}, "stage4d is .*its inputs 1024"),
        ({"stage6": ["En_6", (4, 512, 256, 512, True), -1]}, "stage6 is .*its side 512"),
        ({"stage1": ["En_1", (1, 3, 32, 64), -1]}, "stage1 is .*height must be 2 or more"),
        ({"stage1": ["En_1", (7, 3), -1]}, r"stage1 is \['En_1', \(7, 3\), -1\]: give \(label"),
    ],
)
def test_a_table_that_makes_no_network_says_where(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        U2Net(TABLE | change)


def test_an_unknown_variant_names_the_nearest() -> None:
    with pytest.raises(BadParameter, match="did you mean 'full'"):
        U2Net("ful")
