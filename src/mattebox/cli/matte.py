"""`mattebox matte` and `mattebox background`: the pipeline with a matting method, and with a new background."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated

from typer import Argument, Option

from mattebox.cli.options import BACKGROUND, NETWORKS, Dressing, asks_for
from mattebox.cli.remove import INPUTS, OUTPUT, cut_out
from mattebox.cli.running import Running, shares_running
from mattebox.cli.values import matting_methods, segmenters
from mattebox.errors import BadParameter, ModelNotFound, unknown_name

__all__ = ["background", "matte"]

OTHERS = [field.name for field in fields(Dressing) if field.name not in {"model", "matte"}]
LETTERS = {"r": "#f00", "g": "#0f0", "b": "#00f", "w": "#fff"}
"""Colours by the letters that PaddleSeg has for them."""


@asks_for(OTHERS, Dressing())
@shares_running
def matte(
    *,
    inputs: Annotated[list[str], Argument(metavar="INPUT", help=INPUTS)],
    output: Annotated[str | None, Option("--output", "-o", metavar="OUT", help=OUTPUT)] = None,
    model: Annotated[
        str,
        Option(
            "--model",
            "-m",
            metavar="NAME",
            help="Matting method: a solver (closed-form, knn, ...), a model that takes a trimap (fba, vitmatte-small, "
            "...), or one that needs none (modnet_mobilenetv2, ppmattingv2, ...).",
            rich_help_panel=NETWORKS,
            autocompletion=matting_methods,
        ),
    ] = "closed-form",
    segment: Annotated[
        str,
        Option(
            metavar="NAME",
            help="Model that finds the subject where you give no trimap, mask, points or box.",
            rich_help_panel=NETWORKS,
            autocompletion=segmenters,
        ),
    ] = "lite",
    running: Running,
    dressing: Dressing,
) -> int:
    """Find the exact opacity of hair, fur, glass and soft edges.

    Give what you know of the subject: --trimap, --mask, --points or --box; without it a model finds the subject, and
    the matting method looks at a band around its edge. Which method suits which picture is told
    in the documentation, under matting.

    Results are named and written as by 'mattebox remove'; --kind mask writes the opacity alone.
    Exit codes: 0 all done or skipped, 1 some failed, 2 wrong use, 130 stopped by Ctrl-C.
    """
    finds, mattes = models_for(model, segment)
    if mattes == "none" and (dressing.trimap or dressing.transparent):
        hint = "--trimap" if dressing.trimap else "--transparent"
        raise BadParameter(f"model '{model}' finds subject and edge itself: leave out {hint}, or take another --model")
    return cut_out(inputs, output, running, replace(dressing, model=finds, matte=mattes))


def models_for(method: str, segment: str) -> tuple[str, str]:
    """What finds the subject and what mattes it; a method that needs no trimap does both at once.

    Raises:
        ModelNotFound: there is no such method.
    """
    from mattebox.solvers import is_solver
    from mattebox.zoo.registry import find_card

    if is_solver(method):
        return segment, method
    try:
        task = find_card(method).task
    except ModelNotFound:
        task = ""
    if task not in {"segment", "matte"}:
        raise ModelNotFound(unknown_name("matting method", method, matting_methods()))
    return (method, "none") if task == "segment" else (segment, method)


@asks_for([field.name for field in fields(Dressing) if field.name != "background"], Dressing())
@shares_running
def background(
    *,
    inputs: Annotated[list[str], Argument(metavar="INPUT", help=INPUTS)],
    on: Annotated[
        str,
        Option(
            "--on",
            metavar="WHAT",
            help="The new background: a colour (green, '#0f0'), the path of a picture, or blur; r, g, b and w are pure "
            "red, green, blue and white.",
            rich_help_panel=BACKGROUND,
        ),
    ],
    output: Annotated[str | None, Option("--output", "-o", metavar="OUT", help=OUTPUT)] = None,
    running: Running,
    dressing: Dressing,
) -> int:
    """Put pictures on a new background.

    The old background is taken out of the colours of the edge first, so that no fringe of it stays.
    Results are named and written as by 'mattebox remove'.
    Exit codes: 0 all done or skipped, 1 some failed, 2 wrong use, 130 stopped by Ctrl-C.
    """
    return cut_out(inputs, output, running, replace(dressing, background=LETTERS.get(on, on)))
