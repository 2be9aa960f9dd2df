"""`mattebox train`: from material to a model of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Abort, Argument, Option

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
    verbose: Annotated[bool, Option("--verbose", "-v", help="Say in full what went wrong.")] = False,
) -> None:
    """Train a network and package it as an ONNX file with its card.

    A run that was stopped goes on where it was when the same command is given again. DIR then holds last.ckpt (the
    averaged weights, and all that is needed to go on), figures as CSV, events for TensorBoard, and at the end the ONNX
    file and its card, which --model (of detail: --refine) of the other commands takes.

    manifest.csv has a row for every picture: image and mask (paths from the folder), type (pair: a photo with its mask;
    fg: a cut-out with an alpha channel; bg: a picture without a subject), and if you like kind, mask_quality ("soft"
    where the mask is an opacity) and licence. File names up to the first _ name the source. Three in a hundred pairs
    are held out of training.
    """
    import logging
    from dataclasses import replace

    from mattebox.cli.text import say, set_up_log
    from mattebox.errors import BadParameter, MissingExtra

    try:
        from mattebox.train.loop import check_device, train_and_package
        from mattebox.train.recipe import Recipe
        from mattebox.train.tasks import find_task
    except ModuleNotFoundError as error:
        raise MissingExtra("train", "training") from error
    set_up_log(verbose=verbose, progress=True)
    check_device(device)
    given: dict[str, Any] = {"seed": seed, "licences": licences, "workers": workers}
    run = replace(Recipe.find(recipe), **{name: value for name, value in given.items() if value is not None})
    if coarse is not None and run.network != "detail":
        raise BadParameter(f"--coarse is for the detail network; {recipe} trains {run.network}")
    if coarse is not None and not coarse.is_file():
        raise BadParameter(f"--coarse {coarse}: no such file")
    extra = {} if coarse is None else {"coarse": coarse}
    try:
        card, figures = train_and_package(run, find_task(run.network)(run, data, **extra), out, device, threads)
    except SystemExit as error:  # how Lightning ends a run that Ctrl-C has stopped, its checkpoint written
        say(f"stopped; the same command goes on from {out}")
        raise Abort from error
    except Exception:
        logging.getLogger(__name__).debug("the run ended", exc_info=True)
        raise
    option = "--refine" if run.network == "detail" else "--model"
    say("on the held-out pictures: " + ", ".join(f"{name} {value:.3f}" for name, value in sorted(figures.items())))
    say(f"made {card}; use it with {option} {card}")
