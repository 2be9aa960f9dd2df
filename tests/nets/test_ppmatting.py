from __future__ import annotations

import json
from functools import partial

import torch

from mattebox.nets.ppmatting import PPMatting
from nets.gated_tester import GatedNetworkTests
from nets.paddle_tester import COUNTER, PaddleNetworkTests, in_pytorch
from nets.tester import PARITY


class TestPPMatting(GatedNetworkTests):
    fixture, build = "paddle/ppmatting-hrnet_w18", staticmethod(partial(PPMatting, 18))
    outputs = ("alpha", "semantic_logits", "detail_logit")
    tolerance = PaddleNetworkTests.tolerance | {"alpha": 2e-4}
    # Rounding the weights alone changes the logits by 0.14, and alpha by 0.18, since some pixels become another kind.
    rounding = 0.25


def test_the_wide_network_has_the_keys_of_the_published_checkpoint() -> None:
    spec = json.loads((PARITY / "paddle/ppmatting-hrnet_w48.json").read_text())
    with torch.device("meta"):
        state = PPMatting(48).state_dict()
    ours = {name: list(value.shape) for name, value in state.items() if not name.endswith(COUNTER)}
    assert ours == {in_pytorch(name): shape for name, shape, *_ in spec["keys"]}


def test_the_wide_network_answers_in_the_shapes_of_the_narrow_one() -> None:
    with torch.inference_mode():
        answer = PPMatting(48).eval()(torch.zeros(2, 3, 33, 48))
    assert [tuple(x.shape) for x in answer] == [(2, 1, 33, 48), (2, 3, 33, 48), (2, 1, 33, 48)]
    assert all(x.isfinite().all() for x in answer)
