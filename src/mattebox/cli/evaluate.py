"""`mattebox evaluate`: how good cut-outs or saved results are, against true masks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from mattebox.cli.options import Dressing, asks_for
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.batch import Outcome
    from mattebox.evaluate.figures import Protocol
    from mattebox.evaluate.pairs import Pair
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
        Path,
        Argument(
            metavar="DATA",
            help="Folder with manifest.csv, or with images and masks (or alpha), or a public data set; with GT after "
            "it, saved results.",
        ),
    ],
    truth: Annotated[
        Path | None,
        Argument(metavar="[GT]", help="True alphas, named as the results in DATA; then no model is run."),
    ] = None,
    trimap: Annotated[
        Path | None, Option(metavar="DIR", help="With GT: trimaps named as the results; their unknown band counts.")
    ] = None,
    metrics: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            help="What to measure, with commas between, as in sad,mse,grad; a name that is not known lists all.",
        ),
    ] = None,
    protocol: Annotated[
        Literal["whole", "unknown"] | None,
        Option(
            help="Whether whole pictures count, or the unknown band of their trimaps, or of those that are made of the "
            "truth; whole unless --trimap is given."
        ),
    ] = None,
    layout: Annotated[
        str | None,
        Option(metavar="NAME", help="How a public data set is laid out, as p3m-500; found out unless given."),
    ] = None,
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
    as_json: Annotated[bool, Option("--json", help="Print every figure as JSON instead of the table.")] = False,
    sheet: Annotated[
        Path | None, Option(metavar="FILE", help="Draw the worst 24: photo (not with GT), result, truth, difference.")
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

    With GT, saved results are measured against true alphas of the same names, by the exact figures of publications;
    with --trimap or --protocol unknown only where the trimaps do not know.

    Pictures with a black mask have no subject, as those in --empty. Files that cannot be read are listed and left out.
    Ctrl-C shows what there is so far.
    Exit codes: 0 done, 1 nothing could be evaluated, 2 wrong use, 130 stopped by Ctrl-C.
    """
    from mattebox.batch import share_cores
    from mattebox.cli.pull import make_ready
    from mattebox.cli.text import complain, print_json, set_up_log
    from mattebox.encode import format_of
    from mattebox.evaluate.figures import chosen
    from mattebox.evaluate.report import HEADINGS, Evaluation, check_report_path
    from mattebox.evaluate.sheet import WorstCases

    set_up_log(verbose=verbose)
    if sheet is not None and format_of(sheet) == "zip":
        raise BadParameter(f"{sheet}: a sheet is a picture, as in worst.png")
    counts = protocol or ("whole" if trimap is None else "unknown")
    figures = chosen(parse_figures(metrics), counts)
    if truth is not None:
        refuse_with_truth(dressing, empty=empty, results=results, layout=layout)
        pairs = paired(data, truth, trimap)[:limit]
    elif trimap is not None:
        raise BadParameter("--trimap goes with saved results and GT; a data set brings its own trimaps")
    else:
        pairs = planned(data, empty, limit, layout)
    live = results is None and truth is None
    if live:
        make_ready(dressing.settings(), quiet=quiet)
    workers, threads = share_cores(len(pairs), workers, large=live and dressing.settings().large)
    predict, about = predictor(dressing, results, threads) if truth is None else saved(truth, trimap)
    about = {"data": str(data), "empty": None if empty is None else str(empty), "protocol": counts, **about}
    if out is not None:
        check_report_path(out)
        if not out.exists():
            # Where nothing can be written, that is told before the work.
            Evaluation(figures=figures or tuple(HEADINGS)).write(out, about)
    worst = None if sheet is None else WorstCases(photo=truth is None)
    evaluation, stopped = run(pairs, predict, workers, worst, quiet=quiet, figures=figures, protocol=counts)
    if out is not None:
        evaluation.write(out, about)
    if not evaluation.rows and not stopped:
        complain("nothing could be evaluated")
        return 1
    if as_json:
        print_json({**about, **evaluation.record()})
    else:
        print_means(evaluation, by, by_truth=truth is None)
    if worst is not None and sheet is not None:
        write_sheet(worst, sheet)
    return stopped


def parse_figures(text: str | None) -> list[str] | None:
    """Read names of figures with commas between them; nothing stands for those that suit.

    Example:
        >>> parse_figures("SAD, boundary-iou")
        ['sad', 'boundary_iou']
    """
    if text is None:
        return None
    return [name.strip().lower().replace("-", "_") for name in text.split(",")]


def refuse_with_truth(dressing: Dressing, *, empty: Path | None, results: Path | None, layout: str | None) -> None:
    """Refuse options that mean nothing once saved results and their truths are given.

    Raises:
        BadParameter: one is given.
    """
    given = {"--empty": empty, "--results": results, "--layout": layout}
    needless = [name for name, value in given.items() if value is not None]
    if dressing != UNASKED:
        needless.append("--model and the other settings")
    if needless:
        raise BadParameter(f"with GT, what was saved is measured: leave out {' and '.join(needless)}")


def paired(results: Path, truth: Path, trimap: Path | None) -> list[Pair]:
    """Saved results and what belongs to them."""
    from mattebox.evaluate.pairs import pair_results

    folders = [None if path is None else Path(os.path.expanduser(path)) for path in (results, truth, trimap)]
    return pair_results(*folders)  # type: ignore[arg-type]


def saved(truth: Path, trimap: Path | None) -> tuple[Predict, dict[str, Any]]:
    """What takes a saved result for itself, and what a report tells about it."""
    from mattebox.evaluate.run import itself

    return itself, {"truth": str(truth), "trimap": None if trimap is None else str(trimap)}


def planned(data: Path, empty: Path | None, limit: int | None, layout: str | None) -> list[Pair]:
    """The pairs of a folder, then the pictures without a subject."""
    from mattebox.cli.sources import expand
    from mattebox.evaluate.dataset import Pair, read_pairs

    pairs = read_pairs(Path(os.path.expanduser(data)), layout)[:limit]
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
    from mattebox.zoo.verify import known

    if results is not None:
        if dressing != UNASKED:
            raise BadParameter("--results evaluates what was saved: leave out --model and the other settings")
        return saved_results(Path(os.path.expanduser(results))), {"results": str(results)}
    settings = dressing.settings()
    weights = {name: known(find_card(name)).digest for name in settings.networks}
    return shared_remover(settings, threads), {"settings": asdict(settings), "weights": weights}


def run(
    pairs: list[Pair],
    predict: Predict,
    workers: int,
    worst: WorstCases | None,
    *,
    quiet: bool,
    figures: tuple[str, ...] | None,
    protocol: Protocol,
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

        evaluation = evaluate_pairs(
            until(stop, pairs), predict, workers=workers, see=see, figures=figures, protocol=protocol
        )
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
    return Outcome(row.image, row.headline, "done", reason, row.seconds, empty=row.refused)


def print_means(evaluation: Evaluation, by: Literal["source", "kind"] | None, *, by_truth: bool) -> None:
    """Print the means of the groups as a table, and the false alarms below it.

    Args:
        evaluation: what was found.
        by: which groups are shown beside.
        by_truth: show soft and binary truth too, which nobody tells of truths that come without their pictures.
    """
    from mattebox.cli.models import print_table
    from mattebox.evaluate.figures import FIGURES

    means = evaluation.means()
    always = [group for group in ("all", *(["soft truth", "binary truth"] if by_truth else [])) if group in means]
    shown = always + [group for group in means if by is not None and group.startswith(f"{by} ")]
    names = [name for name in evaluation.figures if any(name in means[group] for group in shown)]
    if shown:
        rows = [
            (group, str(means[group]["pictures"]), *(cell(means[group].get(name)) for name in names)) for group in shown
        ]
        print_figures(("group", "pictures", *(FIGURES[name].heading for name in names)), rows)
    alarms = evaluation.false_alarms
    if alarms is not None:
        found = (str(alarms.pictures), str(alarms.refused), cell(alarms.mean_alpha))
        print_table(("false alarms", "pictures", "nothing found", "mean alpha"), [("without a subject", *found)])


def cell(value: float | None) -> str:
    """A figure in a table."""
    return "-" if value is None else f"{value:.3f}"


def print_figures(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose figures are never broken; in a narrow terminal names and headings are, between words.

    Words of a name end with a blank, a hyphen or an underscore. What does not fit even so goes beyond the terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    names = [headings[0], *(row[0] for row in rows)]
    widths = [
        max(len(text) for text in (*heading.split(), *(row[index] for row in rows)))
        for index, heading in enumerate(headings[1:], start=1)
    ]
    lines = len(headings) + 1  # blank ones, between the columns and at both sides
    room = max(console.width - lines - sum(widths), *(len(word) for name in names for word in words_of(name)))
    console.width = max(console.width, lines + sum(widths) + room)
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column(Text(folded(headings[0], room)), no_wrap=True)
    for heading, width in zip(headings[1:], widths, strict=True):
        table.add_column(heading, justify="right", min_width=width)
    for name, *figures in rows:
        table.add_row(*map(Text, (folded(name, room), *figures)))
    console.print(table)


def words_of(name: str) -> list[str]:
    """The parts of a name that end with a blank, a hyphen or an underscore, or at its end."""
    return re.findall(r"[^-_ ]*[-_ ]|[^-_ ]+", name)


def folded(name: str, room: int) -> str:
    r"""A name in lines that fit, broken between words only.

    Example:
        >>> folded("vitmatte_small-distinctions", 15)
        'vitmatte_small-\ndistinctions'
    """
    lines = [""]
    for word in words_of(name):
        if lines[-1] and len(lines[-1] + word.rstrip()) > room:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def write_sheet(worst: WorstCases, path: Path) -> None:
    """Write the sheet of the worst cases in the format of its suffix."""
    from mattebox.encode import encode, format_of, write_file

    write_file(path, encode(worst.draw(), format_of(path)), overwrite=True)
