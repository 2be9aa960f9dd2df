from __future__ import annotations

from collections import Counter
from functools import partial

import torch
from torch import nn

from mattebox.nets.cascadepsp import CascadePsp, CoarseStep, FineStep
from nets.tester import NetworkTests, Spec, make_inputs

MAPS = ("28", "28_2", "56", "224", "28_3", "56_2")


class TestCascadePsp(NetworkTests):
    fixture, build = "cascadepsp", staticmethod(CascadePsp)
    outputs = (*(f"out_{name}" for name in MAPS), *(f"pred_{name}" for name in MAPS))
    # Each pass sees the rounding of those before: 0.03 after the first, 0.11 after the third.
    rounding = 0.15

    def test_the_steps_answer_as_the_whole(self, network: nn.Module, spec: Spec) -> None:
        whole, from_s8 = (make_inputs(case) for case in spec["cases"] if case["id"] in {"a", "s8"})
        expected, expected_fine = self.ask(network, whole), self.ask(network, from_s8)
        with torch.inference_mode():
            full, quarter = CoarseStep(network)(*whole)
            fine = FineStep(network)(*from_s8)
        assert torch.equal(full, expected["pred_224"])
        assert torch.equal(quarter, expected["pred_56_2"])
        assert torch.equal(fine, expected_fine["pred_224"])

    def test_the_steps_run_no_head_whose_answer_nobody_needs(self, network: nn.Module, spec: Spec) -> None:
        runs: Counter[str] = Counter()
        heads = {name: network.get_submodule(name) for name in ("final_28", "final_56", "final_21")}
        hooks = [head.register_forward_hook(lambda *_, name=name: runs.update([name])) for name, head in heads.items()]
        x, seg = make_inputs(spec["cases"][0], (16, 16))
        counted = []
        with torch.inference_mode():
            for run in (
                partial(network, x, seg),
                partial(CoarseStep(network), x, seg),
                partial(FineStep(network), x, seg, seg),
            ):
                runs.clear()
                run()
                counted.append(tuple(runs[name] for name in heads))
        for hook in hooks:
            hook.remove()
        assert counted == [(3, 2, 1), (2, 2, 1), (1, 1, 1)]
