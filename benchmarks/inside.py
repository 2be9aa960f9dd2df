"""What happens inside one warm process: where the time goes, beside what the machine could do at best.

Everything here runs in a process of its own; see `processes`.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime

from mattebox import cutout, encode, output, remover
from mattebox.engines.base import Tensor
from mattebox.engines.onnx import OnnxEngine
from mattebox.loading import load_engine
from mattebox.output import Output
from mattebox.picture import open_picture
from mattebox.remover import Remover
from mattebox.stages import segment
from mattebox.stages.refine import TILE, recover_detail
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, find_card
from mattebox.zoo.weights import ensure, verified_weights

Seconds = dict[str, list[float]]


def seconds(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def best(action: Callable[[], object], rounds: int = 5) -> float:
    """Least wall seconds of some calls."""
    return min(seconds(action) for _ in range(rounds))


def codec_floor(photos: list[Path], folder: Path, rounds: int) -> Seconds:
    """Mean seconds of the whole work on a photo, and of opening it and writing a PNG alone, by the same functions."""
    remove, target = Remover(), folder / "floor.png"
    results = [remove(photo).rgba for photo in photos]
    opaque = [
        np.dstack([open_picture(photo).rgb, np.full_like(done[..., 3], 255)])
        for photo, done in zip(photos, results, strict=True)
    ]

    def whole(photo: Path) -> None:
        Output().write(remove(photo), target, overwrite=True)

    def copy(photo: Path, pixels: np.ndarray) -> None:
        open_picture(photo)
        encode.write_file(target, encode.encode(pixels, "png"), overwrite=True)

    gathered: Seconds = defaultdict(list)
    for _ in range(rounds):
        gathered["whole"].append(fmean(seconds(partial(whole, photo)) for photo in photos))
        for name, layers in (("result", results), ("opaque", opaque)):
            pairs = zip(photos, layers, strict=True)
            gathered[name].append(fmean(seconds(partial(copy, *pair)) for pair in pairs))
    return dict(gathered)


class Stopwatch:
    """Adds up the time that wrapped functions spend, each without the wrapped functions that it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open: list[tuple[str, float]] = []

    def wrap(self, owner: Any, name: str, label: str) -> None:
        """Replace a function by one that is timed; `{}` in the label stands for the label of its caller."""
        function = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            caller = self._open[-1][0] if self._open else ""
            self._open.append((label.format(caller), 0.0))
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - start
                mine, inner = self._open.pop()
                self.seconds[mine] += spent - inner
                if self._open:
                    above, taken = self._open[-1]
                    self._open[-1] = above, taken + spent

        setattr(owner, name, timed)


def stages(photos: list[Path], folder: Path, rounds: int) -> Seconds:
    """Mean seconds of every stage from JPEG to PNG, for each round over the photos."""
    watch, remove, target = Stopwatch(), Remover(), folder / "stages.png"

    def whole() -> None:
        for photo in photos:
            Output().write(remove(photo), target, overwrite=True)

    whole()
    watch.wrap(remover, "open_picture", "decode")
    watch.wrap(remover, "segment", "segment")
    watch.wrap(segment, "network_input", "shrink")
    watch.wrap(OnnxEngine, "run", "{}: network")
    watch.wrap(remover, "recover_detail", "detail")
    watch.wrap(remover, "estimate_foreground", "foreground")
    watch.wrap(cutout, "with_alpha", "join")
    watch.wrap(encode, "encode", "encode")
    watch.wrap(output, "write_file", "write")
    gathered: Seconds = defaultdict(list)
    for _ in range(rounds):
        watch.seconds.clear()
        total = seconds(whole)
        spent = {**watch.seconds, "other": total - sum(watch.seconds.values()), "total": total}
        for label, value in spent.items():
            gathered[label].append(value / len(photos))
    return dict(gathered)


def limits(photos: list[Path], folder: Path) -> dict[str, float]:
    """Mean seconds that each stage would take at best."""
    remove, byte, operation = Remover(), 1 / copy_rate(), 1 / product_rate()
    each = [limits_of(photo, remove, folder / "limits.png", byte, operation) for photo in photos]
    return {label: fmean(one[label] for one in each) for label in each[0]}


def limits_of(photo: Path, remove: Remover, target: Path, byte: float, operation: float) -> dict[str, float]:
    """Seconds that each stage would take at best on one photo.

    Codecs: the codec called alone. Networks: their multiplications at the rate of a large matrix product in the same
    runtime. The others: reading what they read and writing what they write once, at the rate of copying a large array.

    Args:
        photo: the photo.
        remove: warm.
        target: a file that may be written.
        byte: seconds to read or write one byte.
        operation: seconds for one floating point operation.
    """
    card = find_card(DEFAULT)
    looks = 2 if card.mirrored else 1
    result = remove(photo)
    pixels, data, png = result.alpha.size, photo.read_bytes(), result.encode("png")
    bgra = cv2.cvtColor(result.rgba, cv2.COLOR_RGBA2BGRA)
    filtered = [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    return {
        "decode": best(lambda: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)),
        "shrink": 3 * pixels * byte,
        "segment: network": looks * operations(card.name, card.input_size) * operation,
        "detail: network": tiles_looked_at(photo) * operations(DEFAULT_DETAIL, (TILE, TILE)) * operation,
        "detail": (3 + 4) * pixels * byte,
        "foreground": (3 + 4 + 3) * pixels * byte,
        "join": (3 + 4 + 4) * pixels * byte,
        "encode": best(lambda: cv2.imencode(".png", bgra, filtered)),
        "write": best(lambda: target.write_bytes(png)),
    }


class CountingEngine:
    """The detail network, counting the tiles that it is given."""

    def __init__(self) -> None:
        self.tiles = 0
        self._engine = load_engine(find_card(DEFAULT_DETAIL), "cpu")

        self.device = self._engine.device

    def run(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Run the tiles, and count them."""
        self.tiles += len(batch)
        return self._engine.run(batch)


def tiles_looked_at(photo: Path) -> int:
    """How many tiles of a photo the detail network looks at."""
    rgb = open_picture(photo).rgb
    mask = segment.segment(rgb, load_engine(find_card(DEFAULT), "cpu"), find_card(DEFAULT)).mask
    engine = CountingEngine()
    recover_detail(rgb, mask, engine)
    return engine.tiles


def operations(model: str, size: tuple[int, int]) -> int:
    """Floating point operations of a network's convolutions on one input of a size, additions and multiplications."""
    proto = onnx.load(ensure(find_card(model)))
    convolutions = [node for node in proto.graph.node if node.op_type == "Conv"]
    proto.graph.output.extend(onnx.ValueInfoProto(name=node.output[0]) for node in convolutions)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    blank = np.zeros((1, given.shape[1], *size), np.float32)
    answers = session.run([node.output[0] for node in convolutions], {given.name: blank})
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in proto.graph.initializer}
    sizes |= {
        node.output[0]: sizes[node.input[0]]
        for node in proto.graph.node
        if node.op_type == "Cast" and node.input[0] in sizes
    }
    return sum(
        2 * sizes[node.input[1]] * math.prod(answer.shape[2:])
        for node, answer in zip(convolutions, answers, strict=True)
    )


def copy_rate() -> float:
    """Bytes read and written in a second by copying an array that fits in no cache, on one core."""
    source = np.ones(1 << 27, np.uint8)
    target = np.zeros_like(source)
    return 2 * source.size / best(lambda: np.copyto(target, source))


def product_rate(side: int = 2048) -> float:
    """Floating point operations in a second of a large float32 matrix product by ONNX Runtime, on all cores."""
    names = ("left", "right", "product")
    left, right, product = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [side] * 2) for name in names
    )
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", names[:2], names[2:])], "graph", [left, right], [product]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    factor = np.ones((side, side), np.float32)
    return 2 * side**3 / best(lambda: session.run(None, {"left": factor, "right": factor}), 9)


def rates() -> tuple[float, float]:
    """The two rates that limits stand on, in GB/s and in Gflop/s."""
    return copy_rate() / 1e9, product_rate() / 1e9


def inference(threads: int, rounds: int) -> Seconds:
    """Seconds of the embedded network alone, with our options and with ONNX Runtime's own, on so many threads."""
    card = find_card(DEFAULT)
    data = verified_weights(card)
    ours = OnnxEngine(data, "cpu", threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    theirs = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    batch = np.random.default_rng(0).standard_normal((1, 3, *card.input_size), np.float32)
    name = theirs.get_inputs()[0].name
    turns = [
        (seconds(lambda: ours.run(batch)), seconds(lambda: theirs.run(None, {name: batch}))) for _ in range(rounds + 3)
    ]
    mine, default = zip(*turns[3:], strict=True)
    return {"ours": list(mine), "default": list(default)}
