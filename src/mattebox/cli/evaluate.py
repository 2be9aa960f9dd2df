"""`mattebox evaluate`: how good the cut-outs are, against pictures whose true masks are known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from mattebox.cli.options import Dressing, asks_for
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.batch import Outcome
    from mattebox.evaluate.dataset import Pair
    from mattebox.evaluate.report import Evaluation, Failure
    from mattebox.evaluate.run import Compared, Predict
    from mattebox.evaluate.sheet import WorstCases

__all__ = ["evaluate"]

RUN = "Run"
ASKED = (
    "model",
    "device",
    "refine",
    "matte",
    "half",
    "segment_size",
    "refine_size",
    "matte_size",
    "band",
    "subject_score",
    "threshold",
    "softness",
    "feather",
    "keep_largest",
    "drop_specks",
)
"""The options of other commands that decide an alpha."""
UNASKED = Dressing(foreground="none")
"""What is asked unless options say otherwise; colours are not evaluated, so none are estimated."""


@asks_for(ASKED, UNASKED)
def evaluate(
    *,
    data: Annotated[
        Path, Argument(metavar="DATA", help="Folder with manifest.csv, or with images and masks (or alpha).")
    ],
    empty: Annotated[
        Path | None, Option(metavar="DIR", help="Pictures without a subject too: what is found there is a false alarm.")
    ] = None,
    results: Annotated[
        Path | None,
        Option(metavar="DIR", help="Evaluate saved cut-outs or masks, named as their pictures, instead of a model."),
    ] = None,
    by: Annotated[
        Literal["source", "kind"] | None,
        Option(help="Show means for every source (file name up to the first _) or kind too."),
    ] = None,
    out: Annotated[
        Path | None, Option(metavar="FILE", help="Write every figure as .json, or those of the pictures as .csv.")
    ] = None,
    sheet: Annotated[
        Path | None, Option(metavar="FILE", help="Draw the worst 24: photo, result, truth, difference.")
    ] = None,
    limit: Annotated[
        int | None, Option(min=1, metavar="N", help="Take only the first N pictures of each folder.")
    ] = None,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Pictures worked on at once; one per core unless given.", rich_help_panel=RUN),
    ] = None,
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Print the table and errors only.", rich_help_panel=RUN)
    ] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print the log of the library too.", rich_help_panel=RUN)
    ] = False,
    dressing: Dressing,
) -> int:
    """Measure how good the cut-outs are, against true masks.

    IoU, max F and boundary IoU are better the higher they are; MAE and MSE, and the sums of thousands SAD, Grad and
    Conn, the lower. The last three are for soft truth: where mask_quality in the manifest says "soft", or the masks
    are in a folder called alpha.

    Pictures with a black mask have no subject, as those in --empty. Files that cannot be read are listed and left out.
    Ctrl-C shows what there is so far.
    Exit codes: 0 done, 1 nothing could be evaluated, 2 wrong use, 130 stopped by Ctrl-C.
    """
    from mattebox.batch import share_cores
    from mattebox.cli.pull import make_ready
    from mattebox.cli.text import complain, set_up_log
    from mattebox.encode import format_of
    from mattebox.evaluate.report import Evaluation, check_report_path
    from mattebox.evaluate.sheet import WorstCases

    set_up_log(verbose=verbose)
    if sheet is not None and format_of(sheet) == "zip":
        raise BadParameter(f"{sheet}: a sheet is a picture, as in worst.png")
    data = Path(os.path.expanduser(data))
    pairs = planned(data, empty, limit)
    large = False
    if results is None:
        large = dressing.settings().large
        make_ready(dressing.settings(), quiet=quiet)
    workers, threads = share_cores(len(pairs), workers, large=large)
    predict, about = predictor(dressing, results, threads)
    about = {"data": str(data), "empty": None if empty is None else str(empty), **about}
    if out is not None:
        check_report_path(out)
        if not out.exists():
            Evaluation().write(out, about)  # where nothing can be written, that is told before the work
    worst = None if sheet is None else WorstCases()
    evaluation, stopped = run(pairs, predict, workers, worst, quiet=quiet)
    if out is not None:
        evaluation.write(out, about)
    if not evaluation.rows and not stopped:
        complain("nothing could be evaluated")
        return 1
    print_means(evaluation, by)
    if worst is not None and sheet is not None:
        write_sheet(worst, sheet)
    return stopped


def planned(data: Path, empty: Path | None, limit: int | None) -> list[Pair]:
    """The pairs of a folder, then the pictures without a subject."""
    from mattebox.cli.sources import expand
    from mattebox.evaluate.dataset import Pair, read_pairs

    pairs = read_pairs(data)[:limit]
    if empty is not None:
        pairs += [Pair(Path(found.source)) for found in expand([str(empty)], recursive=False)[:limit]]
    return pairs


def predictor(dressing: Dressing, results: Path | None, threads: int | None) -> tuple[Predict, dict[str, Any]]:
    """What is evaluated, and what a report tells about it.

    Raises:
        BadParameter: saved results are to be evaluated, but settings of the model were given.
    """
    from mattebox.evaluate.run import saved_results
    from mattebox.remover import shared_remover
    from mattebox.zoo.registry import find_card

    if results is not None:
        if dressing != UNASKED:
            raise BadParameter("--results evaluates what was saved: leave out --model and the other settings")
        return saved_results(Path(os.path.expanduser(results))), {"results": str(results)}
    settings = dressing.settings()
    weights = {name: find_card(name).weights.digest for name in settings.networks}
    return shared_remover(settings, threads), {"settings": asdict(settings), "weights": weights}


def run(
    pairs: list[Pair], predict: Predict, workers: int, worst: WorstCases | None, *, quiet: bool
) -> tuple[Evaluation, int]:
    """Evaluate and say how it went; give the exit code of a run that was stopped, or 0."""
    from mattebox.cli.progress import Tally, progress
    from mattebox.cli.stopping import INTERRUPTED, stoppable, until
    from mattebox.cli.text import counted, say
    from mattebox.evaluate.run import Compared
    from mattebox.evaluate.run import evaluate as evaluate_pairs

    tally = Tally()
    with stoppable() as stop, progress(len(pairs), quiet=quiet) as show:

        def see(step: Compared | Failure) -> None:
            outcome = outcome_of(step)
            show(outcome)
            tally.add(outcome)
            if worst is not None and isinstance(step, Compared):
                worst.add(step)

        evaluation = evaluate_pairs(until(stop, pairs), predict, workers=workers, see=see)
        left = len(pairs) - len(evaluation.rows) - len(evaluation.failed)
    tally.seconds = evaluation.seconds
    if tally.failed or not quiet:
        say("\n".join(tally.lines()))
    if left:
        say(f"stopped with {counted(left, 'picture')} left")
    return evaluation, INTERRUPTED if left else 0


def outcome_of(step: Compared | Failure) -> Outcome:
    """What became of a picture, as progress and summary take it."""
    from mattebox.batch import Outcome
    from mattebox.evaluate.report import Failure

    if isinstance(step, Failure):
        return Outcome(step.image, "", "failed", step.reason)
    row = step.row
    if row.truth == "none":
        said = "no subject, as it should be" if row.refused else f"false alarm, mean alpha {row.mean_alpha:.3f}"
        return Outcome(row.image, said, "done", seconds=row.seconds)
    reason = "no subject was found" if row.refused else ""
    return Outcome(row.image, f"IoU {row.figures['iou']:.3f}", "done", reason, row.seconds, empty=row.refused)


def print_means(evaluation: Evaluation, by: Literal["source", "kind"] | None) -> None:
    """Print the means of the groups as a table, and the false alarms below it."""
    from mattebox.cli.models import print_table
    from mattebox.evaluate.report import HEADINGS

    means = evaluation.means()
    always = [group for group in ("all", "soft truth", "binary truth") if group in means]
    shown = always + [group for group in means if by is not None and group.startswith(f"{by} ")]
    names = [name for name in HEADINGS if any(name in means[group] for group in shown)]
    if shown:
        rows = [
            (group, str(means[group]["pictures"]), *(cell(means[group].get(name)) for name in names)) for group in shown
        ]
        print_figures(("group", "pictures", *(HEADINGS[name] for name in names)), rows)
    alarms = evaluation.false_alarms
    if alarms is not None:
        found = (str(alarms.pictures), str(alarms.refused), cell(alarms.mean_alpha))
        print_table(("false alarms", "pictures", "nothing found", "mean alpha"), [("without a subject", *found)])


def cell(value: float | None) -> str:
    """A figure in a table."""
    return "-" if value is None else f"{value:.3f}"


def print_figures(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose figures are never broken; in a narrow terminal names and headings are, between words."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column(headings[0], overflow="fold")
    for index, heading in enumerate(headings[1:], start=1):
        longest = max(len(text) for text in (*heading.split(), *(row[index] for row in rows)))
        table.add_column(heading, justify="right", min_width=longest)
    for row in rows:
        table.add_row(*(Text(text) for text in row))
    Console().print(table)


def write_sheet(worst: WorstCases, path: Path) -> None:
    """Write the sheet of the worst cases in the format of its suffix."""
    from mattebox.encode import encode, format_of, write_file

    write_file(path, encode(worst.draw(), format_of(path)), overwrite=True)
