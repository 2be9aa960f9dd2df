"""From a network in torch to an ONNX file for pictures of any number and size."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mattebox.encode import write_file
from mattebox.errors import EngineFailed

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor, nn


def export_onnx(
    network: nn.Module,
    example: tuple[Tensor, ...],
    path: str | os.PathLike[str],
    *,
    input_names: Sequence[str],
    output_names: Sequence[str],
    any_size: bool = True,
) -> None:
    """Write a network as one ONNX file that takes any batch, height and width.

    On one core it takes 16 seconds for U2-Net, of which torch spends 15 on following the sizes through the network,
    three times. The optimiser's second is won back when the file is loaded: folding the normalisations leaves 485
    of 824 nodes and a third of the loading time.

    Args:
        network: set to answer, as after `eval()`.
        example: an input (N, C, H, W) for each argument. Its values do not matter, and its size only in that H and W
            should differ and no map inside should be one pixel wide: either could be taken for a rule.
        path: the file, which appears whole or not at all; one that exists is replaced.
        input_names: of the arguments, in order.
        output_names: of the answers, in order.
        any_size: take any height and width, and not only those of the example.

    Raises:
        EngineFailed: the network cannot be expressed in ONNX.
        OutputFailed: the file cannot be written.
    """
    import torch

    free = ("batch", None, "height", "width") if any_size else ("batch",)
    sizes = {axis: torch.export.Dim(name) for axis, name in enumerate(free) if name}
    with quiet():
        try:
            program = torch.onnx.export(
                network,
                # A batch of one would be taken for a network that answers one picture only.
                tuple(torch.cat((x, x)) for x in example),
                input_names=input_names,
                output_names=output_names,
                dynamic_shapes=(sizes,) * len(example),
                dynamo=True,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            cause, *_ = str(error.__cause__ or error).splitlines()
            raise EngineFailed(
                f"{type(network).__name__} cannot be exported to ONNX, only run in torch: {cause}"
            ) from error
    assert program is not None
    model = program.model_proto
    drop_traces(model)
    write_file(path, model.SerializeToString(), overwrite=True)


def drop_traces(model: ModelProto) -> None:
    """Take out what the exporter noted of the source files and folders that each node came from, in place."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporter's remarks about its own insides from the user."""
    loggers = [logging.getLogger(name) for name in ("torch", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
