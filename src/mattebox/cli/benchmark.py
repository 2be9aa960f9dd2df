"""`mattebox benchmark`: several models on the same pictures, and a page to choose one by looking."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from mattebox.cli.evaluate import parse_figures, print_figures
from mattebox.cli.options import Dressing, asks_for

if TYPE_CHECKING:
    from mattebox.batch import Outcome
    from mattebox.evaluate.benchmark import Contender, Run, Step
    from mattebox.evaluate.figures import Protocol
    from mattebox.evaluate.pairs import Pair

__all__ = ["benchmark"]

ASKED = ("device", "half", "refine", "segment_size", "refine_size", "matte_size")
"""The options of other commands that decide how a model runs."""
TOLD = 20
"""How many failures are told one by one."""


@asks_for(ASKED, Dressing())
def benchmark(
    *,
    models: Annotated[
        str,
        Option(metavar="NAMES", help="Models and solvers with commas between, as in lite,u2net,closed-form."),
    ],
    data: Annotated[
        Path, Option(metavar="DIR", help="Folder of pictures and their truths, as 'mattebox evaluate' takes it.")
    ],
    out: Annotated[
        Path | None, Option(metavar="DIR", help="Write report.html, report.json, two CSV files and every result here.")
    ] = None,
    metrics: Annotated[
        str | None, Option(metavar="NAMES", help="What to measure, with commas between, as in sad,mse,grad.")
    ] = None,
    protocol: Annotated[
        Literal["whole", "unknown"], Option(help="Whether whole pictures count, or the unknown band of their trimaps.")
    ] = "whole",
    layout: Annotated[
        str | None,
        Option(metavar="NAME", help="How a public data set is laid out, as p3m-500; found out unless given."),
    ] = None,
    by: Annotated[
        Literal["source", "kind"] | None,
        Option(help="Show means for every source (file name up to the first _) or kind (part of a public set) too."),
    ] = None,
    limit: Annotated[int | None, Option(min=1, metavar="N", help="Take only the first N pictures.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print everything as JSON instead of the table.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print the table and errors only.")] = False,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Print the log of the library too.")] = False,
    dressing: Dressing,
) -> int:
    """Compare models on the same pictures: how good, how fast, how large, under which licence.

    Each model runs alone in a process of its own. Models and solvers that matte are given the trimaps of the data set,
    or ones that are made of the truth. Nothing is fetched: a model whose weights are not here is named with the command
    that fetches them, and the rest goes on. Means are over the pictures that all models did.

    Ctrl-C shows what there is so far.
    Exit codes: 0 done, 1 no model could be measured, 2 wrong use, 130 stopped by Ctrl-C.
    """
    from mattebox.cli.models import print_table
    from mattebox.cli.text import complain, print_json, say, set_up_log, shown
    from mattebox.evaluate.benchmark import contender
    from mattebox.evaluate.comparison import Comparison
    from mattebox.evaluate.dataset import read_pairs
    from mattebox.evaluate.figures import chosen
    from mattebox.evaluate.html import html_page

    set_up_log(verbose=verbose)
    figures = chosen(parse_figures(metrics), protocol)
    settings = dressing.settings()
    names = dict.fromkeys(name.strip() for name in models.split(","))
    contenders = [contender(name, settings) for name in names]
    pairs = read_pairs(Path(os.path.expanduser(data)), layout)[:limit]
    with ExitStack() as stack:
        folder = Path(os.path.expanduser(out)) if out else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runs, stopped = run(contenders, pairs, folder / "alphas", figures, protocol, quiet=quiet)
        comparison = Comparison(str(data), protocol, pairs, runs, by)
        if out is not None:
            comparison.write(folder, html_page(comparison))
            if not quiet:
                say(f"report: {shown(folder / 'report.html')}")
    for remark in () if quiet else comparison.remarks:
        say(remark)
    for each in runs:
        if each.trouble:
            complain(f"{each.contender.name}: {each.trouble}")
    for failure in comparison.failures[:TOLD]:
        complain(failure)
    if (more := len(comparison.failures) - TOLD) > 0:
        complain(f"and {more} more; --out or --json lists all")
    if as_json:
        print_json(comparison.record())
    elif any(each.found for each in runs):
        for group in comparison.standings:
            print_figures(*comparison.table(group))
        print_table(*comparison.price_list())
    if stopped:
        return stopped
    return 0 if any(each.evaluation.rows for each in runs) else 1


def run(
    contenders: list[Contender],
    pairs: list[Pair],
    folder: Path,
    figures: tuple[str, ...] | None,
    protocol: Protocol,
    *,
    quiet: bool,
) -> tuple[list[Run], int]:
    """Run the models and say how it went; give the exit code of a run that was stopped, or 0."""
    from mattebox.cli.progress import progress
    from mattebox.cli.stopping import INTERRUPTED, stoppable
    from mattebox.evaluate.benchmark import run_models

    with stoppable() as stop, progress(len(contenders) * len(pairs), quiet=quiet) as show:
        runs = run_models(
            contenders,
            pairs,
            folder,
            figures=figures,
            protocol=protocol,
            see=lambda step: show(outcome_of(step)),
            go_on=lambda: not stop.is_set(),
        )
        return runs, INTERRUPTED if stop.is_set() else 0


def outcome_of(step: Step) -> Outcome:
    """What became of a picture, as progress takes it."""
    from mattebox.batch import Outcome

    source = f"{step.model}: {step.image}"
    if step.costs is None:
        return Outcome(source, "", "failed", step.reason)
    return Outcome(source, "alpha", "done", seconds=step.costs.total)
