"""From a network in torch to an ONNX file for pictures of any number and size."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
    multiple: int = 1,
) -> None:
    """Write a network as one ONNX file that takes any batch, height and width.

    On one core it takes 16 seconds for U2-Net, of which torch spends 15 on following the sizes through the network,
    three times. The optimiser's second is won back when the file is loaded: folding the normalisations leaves 485
    of 824 nodes and a third of the loading time.

    Args:
        network: set to answer, as after `eval()`.
        example: an input (N, C, H, W) for each argument. Its values do not matter, and its size only in that H and W
            should differ and no map inside should be one pixel wide: either could be taken for a rule. Inputs of the
            first one's size are of its size always; each of the others is of its own.
        path: the file, which appears whole or not at all; one that exists is replaced.
        input_names: of the arguments, in order.
        output_names: of the answers, in order.
        any_size: take any height and width, and not only those of the example.
        multiple: what both must be multiples of; without it a network that halves maps and joins them again with
            earlier ones is refused.

    Raises:
        EngineFailed: the network cannot be expressed in ONNX.
        OutputFailed: the file cannot be written.
    """
    import torch

    free = free_axes(input_names, example, multiple) if any_size else [{0: torch.export.Dim("batch")}] * len(example)
    # With gradients the exporter would follow the way back through the network too, which not every one has.
    with quiet(), torch.no_grad():
        try:
            program = torch.onnx.export(
                network,
                # A batch of one would be taken for a network that answers one picture only.
                tuple(torch.cat((x, x)) for x in example),
                input_names=input_names,
                output_names=output_names,
                dynamic_shapes=tuple(free),
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


def free_axes(names: Sequence[str], example: tuple[Tensor, ...], multiple: int) -> list[dict[int, Any]]:
    """For every input, the axes whose length is free: the number of pictures, height and width."""
    from torch.export import Dim

    def sides(prefix: str) -> dict[int, Any]:
        # The factor is part of the length; one that is there and says nothing is refused.
        lengths = {axis: Dim(f"{prefix}{name}") for axis, name in ((2, "height"), (3, "width"))}
        return {axis: multiple * length for axis, length in lengths.items()} if multiple > 1 else lengths

    batch, shared = Dim("batch"), sides("")
    first = example[0].shape[2:]
    return [
        {0: batch} | (shared if x.shape[2:] == first else sides(f"{name}_"))
        for name, x in zip(names, example, strict=True)
    ]


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
