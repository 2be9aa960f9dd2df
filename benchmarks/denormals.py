"""`python -m benchmarks.denormals`: what numbers below the smallest normal one cost CascadePSP on a CPU, and the cures.

Weight decay can leave weights of 1e-39 to 1e-42, which some processors handle in microcode. Here the weights of the
tests get such values in two ways: scattered, and in whole filters together with their normalisation, so that maps are
that small too. Every figure is from a process of its own and in CPU seconds of all its threads; `ratio` is to the same
engine on the weights without them, `change` is the largest difference of the answer, in [0, 1], from that of the
uncured run. The first lines say whether this processor minds such numbers at all, and what zeroing the weights leaves
of them in the maps.
"""

from __future__ import annotations

import json
import runpy
import tempfile
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time
from timeit import repeat

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.processes import apart
from mattebox.nets.cascadepsp import CascadePsp, FineStep
from mattebox.zoo.export import export_onnx

PARITY = Path(__file__).parent.parent / "tests/parity"
SIDE = 225
ROUNDS = 3
SHARE = 10
"""One weight, or filter, out of so many is made small."""
NEGLIGIBLE = 1e-30
SMALLEST_NORMAL = torch.finfo(torch.float32).tiny
KINDS = ("scattered", "filters")
CURES = ("none", "flush", "zeroed")
ENGINES = ("torch", "onnxruntime")
INPUTS = ("x", "seg", "inter_s8")


def make_network(kind: str, *, zeroed: bool) -> nn.Module:
    """The step on a tile, with small weights of a kind, or with zeros in their place."""
    arrays = runpy.run_path(str(PARITY / "weights.py"))["state_dict_arrays"]
    spec = json.loads((PARITY / "cascadepsp.json").read_text())
    network = CascadePsp()
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays(spec).items()})
    torch.manual_seed(0)
    for values in network.state_dict().values():
        if kind == "scattered" and values.dim() > 1:
            make_small(values, torch.rand(values.shape) * SHARE < 1)
        elif kind == "filters" and values.dim() > 0:
            make_small(values, torch.arange(len(values)) % SHARE == SHARE - 1)
        if zeroed:
            values[values.abs() < NEGLIGIBLE] = 0
    return FineStep(network).eval()


def make_small(values: torch.Tensor, chosen: torch.Tensor) -> None:
    """Bring the chosen values to 1e-42 to 1e-39, their signs kept."""
    exponents = -42 + 3 * torch.rand(values[chosen].shape, dtype=torch.float64)
    values[chosen] = (10**exponents * values[chosen].sign()).float()


def make_inputs() -> list[torch.Tensor]:
    """A picture, a mask and an answer at an eighth of the resolution."""
    torch.manual_seed(1)
    mask = torch.where(torch.rand(1, 1, 15, 15) < 0.5, -1.0, 1.0).repeat_interleave(15, 2).repeat_interleave(15, 3)
    return [torch.randn(1, 3, SIDE, SIDE), mask, 0.9 * mask]


def small_share(kind: str, zeroed: bool) -> float:
    """Share of the values in all maps that are below the smallest normal number."""
    counted = []

    def count(_module: nn.Module, _inputs: object, maps: object) -> None:
        if isinstance(maps, torch.Tensor):
            counted.append((int(((maps != 0) & (maps.abs() < SMALLEST_NORMAL)).sum()), maps.numel()))

    network = make_network(kind, zeroed=zeroed)
    for module in network.modules():
        module.register_forward_hook(count)
    with torch.inference_mode():
        network(*make_inputs())
    small, all_of_them = map(sum, zip(*counted, strict=True))
    return small / all_of_them


def slowdown() -> float:
    """Time of multiplying ordinary numbers by small ones, as a multiple of that by ordinary ones, on one core."""
    torch.set_num_threads(1)
    values = torch.rand(1 << 16) + 0.5

    def least(factor: float) -> float:
        multiply = partial(torch.mul, values, torch.full_like(values, factor))
        return min(repeat(multiply, timer=process_time, number=1000, repeat=9))

    return least(1e-40) / least(0.5)


def export(kind: str, zeroed: bool, path: Path) -> None:
    inputs = tuple(make_inputs())
    export_onnx(make_network(kind, zeroed=zeroed), inputs, path, input_names=INPUTS, output_names=["alpha"])


def torch_run(kind: str, cure: str) -> tuple[list[float], NDArray[np.float32]]:
    """CPU seconds of each round after the first, and the answer."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network, inputs = make_network(kind, zeroed=cure == "zeroed"), make_inputs()
    # It holds for this thread and for those that it starts from now on, so none may have been started before.
    torch.set_flush_denormal(cure == "flush")
    torch.set_num_threads(threads)
    with torch.inference_mode():
        answer = network(*inputs)
        return repeat(partial(network, *inputs), timer=process_time, number=1, repeat=ROUNDS), answer.numpy()


def onnx_run(path: Path, cure: str) -> tuple[list[float], NDArray[np.float32]]:
    """The same in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1" if cure == "flush" else "0")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(INPUTS, make_inputs(), strict=True)}
    (answer,) = session.run(None, feed)
    return repeat(partial(session.run, None, feed), timer=process_time, number=1, repeat=ROUNDS), answer


def measure(engine: str, kind: str, cure: str, folder: Path) -> tuple[float, NDArray[np.float32]]:
    """Median CPU seconds of a run, and the answer."""
    if engine == "torch":
        times, answer = apart("denormals", "torch_run", kind, cure)
    else:
        path = folder / f"{kind}-{cure == 'zeroed'}.onnx"
        if not path.exists():
            apart("denormals", "export", kind, cure == "zeroed", path)
        times, answer = apart("denormals", "onnx_run", path, cure)
    return median(times), answer


def main() -> None:
    print(f"a product with small numbers takes {apart('denormals', 'slowdown'):.2f} times that with ordinary ones")
    for kind, zeroed in product(KINDS, (False, True)):
        share = apart("denormals", "small_share", kind, zeroed)
        print(f"small values in the maps, {kind} weights {'zeroed' if zeroed else 'kept'}: {share:.2%}", flush=True)
    print(f"{'engine':12} {'small weights':14} {'cure':7} {'CPU s':>6} {'ratio':>6} {'change':>8}")
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for engine in ENGINES:
            plain, _ = measure(engine, "none", "none", Path(folder))
            print(f"{engine:12} {'none':14} {'none':7} {plain:6.2f} {1:6.2f}", flush=True)
            for kind in KINDS:
                runs = {cure: measure(engine, kind, cure, Path(folder)) for cure in CURES}
                for cure, (spent, answer) in runs.items():
                    change = float(np.abs(answer - runs["none"][1]).max())
                    print(f"{engine:12} {kind:14} {cure:7} {spent:6.2f} {spent / plain:6.2f} {change:8.1e}", flush=True)


if __name__ == "__main__":
    main()
