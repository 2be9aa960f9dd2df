"""`mattebox train`: from material to a model of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

__all__ = ["train"]


def train(
    *,
    recipe: Annotated[str, Argument(metavar="RECIPE", help="A recipe that ships (lite, detail), or a recipe file.")],
    data: Annotated[Path, Option(metavar="DIR", help="Folder with manifest.csv and the pictures it names.")],
    out: Annotated[Path, Option("--out", "-o", metavar="DIR", help="Folder for everything that is made.")],
    coarse: Annotated[
        Path | None, Option(metavar="FILE", help="For detail: checkpoint of a trained lite, to learn from its masks.")
    ] = None,
    seed: Annotated[int | None, Option(metavar="N", help="Another seed than the recipe's.")] = None,
    licences: Annotated[
        str | None, Option(metavar="any|open", help="open leaves out material that is not openly licensed.")
    ] = None,
    device: Annotated[str, Option(metavar="cpu|cuda", help="Where to train.")] = "cpu",
    threads: Annotated[
        int | None, Option(min=1, metavar="N", help="CPU threads for the network; one per core unless given.")
    ] = None,
    workers: Annotated[
        int | None, Option(min=0, metavar="N", help="Processes that compose samples; the recipe says how many.")
    ] = None,
) -> None:
    """Train a network and package it as an ONNX file with its card.

    A run that was stopped goes on where it was when the same command is given again. DIR then holds last.ckpt (the
    averaged weights, and all that is needed to go on), figures as CSV, events for TensorBoard, and at the end the ONNX
    file and its card, which --model of the other commands takes.
    """
    import logging
    from dataclasses import replace

    from mattebox.cli.text import say
    from mattebox.errors import BadParameter, MissingExtra

    try:
        from mattebox.train.loop import train_and_package
        from mattebox.train.recipe import Recipe
        from mattebox.train.tasks import find_task
    except ModuleNotFoundError as error:
        raise MissingExtra("train", "training") from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if device not in {"cpu", "cuda"}:
        raise BadParameter(f"--device {device}: must be cpu or cuda")
    given: dict[str, Any] = {"seed": seed, "licences": licences, "workers": workers}
    run = replace(Recipe.find(recipe), **{name: value for name, value in given.items() if value is not None})
    extra = {} if coarse is None else {"coarse": coarse}
    card, figures = train_and_package(run, find_task(run.network)(run, data, **extra), out, device, threads)
    say("on the held-out pictures: " + ", ".join(f"{name} {value:.3f}" for name, value in sorted(figures.items())))
    say(f"made {card}; use it with --model {card}")
