from __future__ import annotations

from functools import partial

import pytest

from mattebox.errors import BadParameter
from mattebox.nets.fba import FbaMatting
from nets.tester import NetworkTests


class TestGroupFba(NetworkTests):
    fixture, build, outputs = "fba_resnet50_gn_ws", staticmethod(FbaMatting), ("output",)
    # Standardising magnifies the weights' rounding: 0.09 from it alone, 0.12 from all.
    rounding = 0.15


class TestBatchFba(NetworkTests):
    fixture, build, outputs = "fba_resnet50_bn", partial(FbaMatting, "batch"), ("output",)


def test_a_normalisation_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadParameter, match="no normalisation 'layer'"):
        FbaMatting("layer")
