"""`python -m benchmarks.one_network ENGINE FILE CARD GRAPH SIDE ROUNDS`: seconds of each run of one network, as JSON.

A process of its own for each engine, so that the memory of one is not counted to another, and only what it needs is
imported.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from mattebox.engines.base import Engine
from mattebox.zoo.build import exportable, find_graph, new_network
from mattebox.zoo.registry import find_card

THREADS = 2


def open_engine(engine: str, file: Path, name: str, graph: str) -> Engine:
    """The network in ONNX Runtime, from an ONNX file; or in eager PyTorch, from a checkpoint."""
    if engine == "onnxruntime":
        from mattebox.engines.onnx import OnnxEngine

        return OnnxEngine(file, "cpu", THREADS, pooled=True)
    if engine == "openvino":
        return OpenVino(file)
    import torch

    from mattebox.engines.torch import TorchEngine

    torch.set_num_threads(THREADS)
    card = find_card(name)
    network = new_network(card)
    network.load_state_dict(torch.load(file, mmap=True), assign=True)
    return TorchEngine(exportable(card, network, graph), "cpu")


class OpenVino:
    """OpenVINO, for comparison only."""

    device = "cpu"

    def __init__(self, file: Path) -> None:
        import openvino

        settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY"}
        self._model = openvino.Core().compile_model(str(file), "CPU", settings)

    def run(self, *batches: np.ndarray) -> tuple[np.ndarray, ...]:
        """As the engines of the product."""
        return tuple(self._model(batches).values())


def main() -> None:
    engine, file, name, graph, side, rounds = sys.argv[1:]
    loaded = open_engine(engine, Path(file), name, graph)
    draw = np.random.default_rng(0)
    channels = find_graph(find_card(name), graph).inputs.values()
    batches = [draw.random((1, count, int(side), int(side)), np.float32) for count in channels]
    taken = []
    for _ in range(int(rounds) + 1):
        start = time.perf_counter()
        loaded.run(*batches)
        taken.append(time.perf_counter() - start)
    print(json.dumps(taken[1:]))


if __name__ == "__main__":
    main()
