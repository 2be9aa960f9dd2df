"""The published networks, one picture at a time on two threads: our engine beside the same network in eager PyTorch."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import Run, alternate, apart, run


@dataclass(frozen=True)
class Case:
    """A network, or one graph of it, at the size that it is used at."""

    card: str
    side: int
    graph: str = ""
    runs: int = 4

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"{self.card}{' ' * bool(self.graph)}{self.graph}, {self.side} px"


CASES = (
    Case("u2net", 320),
    Case("basnet", 320),
    Case("isnet", 1024),
    Case("tracer_b7", 960),
    Case("deeplabv3", 1024),
    Case("cascadepsp", 900, "coarse", 1),
    Case("cascadepsp", 900, "fine", 1),
    Case("fba", 1024, runs=2),
    Case("yolov4", 608),
    Case("scene_classifier", 224),
)
MATTING = (
    Case("ppmattingv2", 512),
    Case("modnet_mobilenetv2", 512),
    Case("modnet_resnet50_vd", 512),
    Case("modnet_hrnet_w18", 512),
    Case("ppmatting_512", 512, runs=2),
    Case("ppmatting_composition", 512, runs=2),
    Case("humanmatting", 512),
    Case("dim", 512),
    Case("rvm", 512),
)
SMALL = 128


def networks(bench: Bench) -> list[Measure]:
    """The published networks in ONNX Runtime and in eager PyTorch, each in a process of its own."""
    return compared(bench, CASES)


def matting(bench: Bench) -> list[Measure]:
    """The matting networks of PaddleSeg at 512 pixels in ONNX Runtime and in eager PyTorch."""
    return compared(bench, MATTING)


def compared(bench: Bench, cases: tuple[Case, ...]) -> list[Measure]:
    """Time and memory of some networks."""
    rows = []
    for case in cases:
        files = apart("networks", "prepare", bench.folder, case)
        side = min(SMALL, case.side) if bench.quick else case.side
        ours, eager = alternate(
            1, *(partial(one, engine, files[engine], case, side) for engine in ("onnxruntime", "torch"))
        )
        seconds = [[1000 * median(json.loads(done.output.splitlines()[-1])) for done in runs] for runs in (ours, eager)]
        memory = [[done.memory for done in runs] for runs in (ours, eager)]
        rows.append(measure(case.name, "ms", seconds[0], "eager PyTorch", seconds[1], Target("ratio", "<=", 1 / 1.5)))
        rows.append(
            measure(f"{case.name}, peak memory", "MB", memory[0], "eager PyTorch", memory[1], Target("ratio", "<=", 1))
        )
        for file in files.values():
            file.unlink()
    return rows


def one(engine: str, file: Path, case: Case, side: int) -> Run:
    """Runs of a network in a process of its own."""
    words = [engine, file, case.card, case.graph, str(side), str(case.runs)]
    return run([sys.executable, "-m", "benchmarks.one_network", *words], {"OMP_WAIT_POLICY": "passive"})


def prepare(folder: Path, case: Case) -> dict[str, Path]:
    """A network with the weights that tests use, as a checkpoint and as ONNX; runs in a process of its own."""
    import torch

    from benchmarks.checkpoints import deterministic_state
    from mattebox.zoo.build import exportable, find_graph, new_network
    from mattebox.zoo.export import export_onnx
    from mattebox.zoo.registry import find_card

    card = find_card(case.card)
    network = new_network(card)
    network.load_state_dict(deterministic_state(card.name, network))
    files = {"torch": folder / f"{card.name}.pth", "onnxruntime": folder / f"{card.name}.onnx"}
    torch.save(network.state_dict(), files["torch"])
    known = find_graph(card, case.graph)
    side = max(SMALL, 4 * card.multiple)
    example = tuple(torch.zeros(1, count, side, side + max(32, card.multiple)) for count in known.inputs.values())
    names = {"input_names": list(known.inputs), "output_names": list(known.outputs), "multiple": known.multiple}
    export_onnx(exportable(card, network, case.graph), example, files["onnxruntime"], **names)
    return files
