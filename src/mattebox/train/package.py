"""From a checkpoint to the file that is shipped, and its card.

The averaged weights are taken, batch normalisation is folded into the convolutions, answers become probabilities,
and weights are stored at half precision (they are brought back to single precision when the file is loaded, so every
machine computes alike).
"""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mattebox.nets.detail import DetailNet
from mattebox.nets.lite import KINDS, SHARPNESS, LiteNet
from mattebox.zoo.export import drop_traces
from mattebox.zoo.registry import find_card


class LiteAnswer(nn.Module):
    """LiteNet with probabilities for answers: mask (N, 1, H, W), subject score (N,) and kinds (N, 5).

    Args:
        network: a trained one.
        subject_logit: logit of the subject score that becomes one half.
    """

    def __init__(self, network: LiteNet, subject_logit: float) -> None:
        super().__init__()
        self.network, self.subject_logit = network, subject_logit

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        answer = self.network(picture)
        score = torch.sigmoid(answer.subject - self.subject_logit)
        return torch.sigmoid(SHARPNESS * answer.mask), score, torch.softmax(answer.kind, 1)


class DetailAnswer(nn.Module):
    """DetailNet with alpha (N, 1, H, W) for an answer."""

    def __init__(self, network: DetailNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, tile: Tensor) -> Tensor:
        return torch.sigmoid(self.network(tile))


def fold_normalisation(network: nn.Module) -> None:
    """Fold every batch normalisation that follows a convolution into it, in place."""
    for module in network.modules():
        if isinstance(module, nn.Sequential) and len(module) > 1 and isinstance(module[1], nn.BatchNorm2d):
            assert isinstance(module[0], nn.Conv2d)
            module[0] = fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large weights as float16, each followed by a cast back to float32, in place."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= 64:
            values = numpy_helper.to_array(weight).astype(np.float16)
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values, f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)


def package(network: nn.Module, out: Path, size: int, subject_logit: float = 0.0) -> None:
    """Write the ONNX file of a trained network for pictures or tiles of (size, size), any batch.

    Args:
        network: a `LiteNet` or `DetailNet`, set to answer; its normalisations are folded in place.
        out: the file.
        size: side of what it will see.
        subject_logit: for LiteNet, the logit of the subject score that becomes one half.
    """
    fold_normalisation(network)
    lite = isinstance(network, LiteNet)
    answer: nn.Module = LiteAnswer(network, subject_logit) if lite else DetailAnswer(network)  # type: ignore[arg-type]
    inputs, outputs = (["picture"], ["mask", "score", "kinds"]) if lite else (["tile"], ["alpha"])
    logging.getLogger("onnxscript").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's, about its own insides
        program = torch.onnx.export(
            answer.eval(),
            (torch.zeros(2, 3 if lite else 4, size, size),),
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    drop_traces(model)
    halve_weights(model)
    onnx.checker.check_model(model)
    out.write_bytes(model.SerializeToString())


def write_card(
    network: str, weights: Path, out: Path, size: int, training: dict[str, Any], figures: dict[str, float]
) -> None:
    """Write the card of a packaged file.

    Args:
        network: `lite` or `detail`.
        weights: the ONNX file; it must stay beside the card.
        out: the card.
        size: side of what the network sees.
        training: how it was made.
        figures: what was measured on it.
    """
    record = asdict(find_card(network))
    data = weights.read_bytes()
    terms = "those of the training material" if training["licences"] == "any" else "openly licensed material only"
    record |= {
        "title": f"{record['architecture']} trained with mattebox train",
        "description": f"Trained on material of your own; see {out.parent.name}/figures.",
        "source": "mattebox train",
        "family": "own",
        "input_size": [size, size],
        "fixed": True,
        "kinds": KINDS if network == "lite" else (),
        "weights": {"file": weights.name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        "licence": {"code": "Apache-2.0", "weights": terms, "data": terms},
        "training": training,
        "figures": {name: round(value, 4) for name, value in figures.items()},
    }
    out.write_text(as_toml(record), encoding="utf-8")


def as_toml(record: dict[str, Any]) -> str:
    """A table of plain values and tables of them, as TOML.

    JSON's strings, numbers and lists are TOML's too, but for what is not a number.

    Example:
        >>> print(as_toml({"name": "a", "figures": {"iou of b": 0.5}}))
        "name" = "a"
        <BLANKLINE>
        ["figures"]
        "iou of b" = 0.5
        <BLANKLINE>
    """
    plain = {name: value for name, value in record.items() if not isinstance(value, dict)}
    lines = [f"{as_value(name)} = {as_value(value)}" for name, value in plain.items()]
    for name, table in record.items():
        if isinstance(table, dict):
            lines += ["", f"[{as_value(name)}]", *(f"{as_value(key)} = {as_value(table[key])}" for key in table)]
    return "\n".join(lines) + "\n"


def as_value(value: Any) -> str:
    """A plain value as TOML."""
    return str(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
