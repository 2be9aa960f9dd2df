"""`mattebox label balance`: how even labels are, weights for training, and plans over archives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option, Typer

from mattebox.cli.label.options import DryRun, Overwrite, Quiet, ReportFile, Sources
from mattebox.cli.label.running import Run, job
from mattebox.cli.label.split import Content, Parts, Similar
from mattebox.cli.label.stats import Keyframes, TaxonomyFiles, read_projects, superclasses_of
from mattebox.cli.text import unwrapped
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.label.balance import Evenness, Plan, Weights
    from mattebox.label.dataset import Dataset

__all__ = ["balance_app"]


def report_balance(
    *,
    sources: Sources,
    taxonomy: TaxonomyFiles = None,
    keyframes: Keyframes = False,
    as_json: Annotated[bool, Option("--json", help="Print JSON instead of the table.")] = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Compare how much there is of each label, in everything and in each project and subset.

    Labels, or superclasses with --taxonomy, are compared by frames, shapes, tracks, objects (a track counts once) and
    area. Evenness is 1 where all have the same, and 0 where one has all.
    """
    from mattebox.cli.text import print_json
    from mattebox.label.balance import label_evenness
    from mattebox.label.statistics import collect

    with job("Counting", report=report, quiet=quiet) as run:
        datasets = read_projects(sources, run, keyframes=keyframes)
        superclasses = superclasses_of(taxonomy, datasets)
        found = collect(datasets, superclasses=superclasses, sizes=False, report=run.report, progress=run.progress)
        compared = label_evenness(found, "label" if superclasses is None else "superclass")
        if as_json:
            print_json([asdict(each) for each in compared])
        else:
            from mattebox.cli.models import print_table

            headings = ("part", "by", "evenness", "most : least", "most", "least", "has none of")
            print_table(headings, [_row(each) for each in compared])
        return run.code


def weigh(
    *,
    source: Annotated[Path, Argument(metavar="IN", help="A built data set (YOLO), an archive, or annotations.")],
    out: Annotated[
        list[Path] | None,
        Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write .txt (pictures, each as often as it is to be shown), .csv or .npy (factors); may be repeated.",
        ),
    ] = None,
    subset: Annotated[str, Option(metavar="NAME", help="Only this subset, where there are any.")] = "train",
    count: Annotated[
        Literal["frames", "objects", "root"],
        Option(help="Whether an object on n frames counts n times, once, or sqrt(n) times."),
    ] = "root",
    threshold: Annotated[
        float | None,
        Option(
            metavar="SHARE",
            help="From this share of the frames on a label is frequent enough; their median unless given.",
        ),
    ] = None,
    limit: Annotated[float, Option(min=1, metavar="N", help="Show no frame more often than this.")] = 10.0,
    double: Annotated[
        Literal["link", "copy"] | None,
        Option(
            help="Put rare pictures and their labels into the YOLO folder several times: as hard links or as copies."
        ),
    ] = None,
    undo: Annotated[bool, Option("--undo", help="Take away what --double put there.")] = False,
    seed: Annotated[int, Option(help="Decides where factors that are not whole are rounded up.")] = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Find how often to show each frame, so that rare labels are seen often enough: LVIS's repeat factors."""
    from mattebox.label.balance import repeat_factors, write_weights

    with job("Weighing", dry_run=dry_run, report=report, quiet=quiet) as run:
        (dataset,) = read_projects([source], run, keyframes=False)
        dataset = only_subset(dataset, subset)
        if undo:
            take_away(dataset, run)
            return run.code
        found = repeat_factors(dataset, counting=count, threshold=threshold, limit=limit, report=run.report)
        print_weights(found)
        if double is not None:
            put_double(dataset, found, double, seed, run)
        for path in out or () if not dry_run else ():
            write_weights(found, dataset, path, seed=seed, overwrite=overwrite, report=run.report)
        return run.code


def make_plan(
    *,
    sources: Sources,
    targets: Annotated[
        list[str],
        Option(
            "--target",
            "-t",
            metavar="PLACE=SHARE",
            help="Share of the frames and of every label that a place should have, as train=0.8; one for each place.",
        ),
    ],
    between: Annotated[
        Literal["subset", "project", "both"],
        Option(help="What tasks may change, and how places are named: train, Streets, or Streets/train."),
    ] = "subset",
    labels: Annotated[
        list[str] | None,
        Option(
            "--label",
            "-l",
            metavar="LABEL=SHARE",
            help="Share of the rows of a place that a label should have, reached by copies; one for each label.",
        ),
    ] = None,
    max_moved: Annotated[float, Option(min=0, max=1, help="Share of all frames that may be moved.")] = 1.0,
    max_growth: Annotated[float, Option(min=1, help="Frames of a place with copies, by those without.")] = 1.5,
    max_copies: Annotated[int, Option(min=0, help="Copies of one task.")] = 3,
    similar: Similar = None,
    content: Content = True,
    parts: Parts = True,
    keyframes: Keyframes = False,
    out: Annotated[Path | None, Option("--out", "-o", metavar="FILE", help="Write the plan as JSON.")] = None,
    overwrite: Overwrite = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Plan which tasks to move between subsets or projects, and which to copy, until labels have their shares.

    Nothing is changed; `mattebox label balance apply` does what the plan says. Tasks of one source move together, and
    copies stay in the part of the split that their task is in; validation and test get none.
    """
    from mattebox.label.balance import Targets, plan
    from mattebox.label.splitting import Ties

    wanted = Targets(between, pairs(targets), pairs(labels or []), max_moved, max_growth, max_copies)
    with job("Planning", report=report, quiet=quiet) as run:
        datasets = read_projects(sources, run, keyframes=keyframes)
        found = plan(datasets, wanted, Ties(content, parts, similar), report=run.report, progress=run.progress)
        print_plan(found)
        if out is not None:
            found.save(out, overwrite=overwrite)
        return run.code


def apply(
    *,
    plan_file: Annotated[Path, Argument(metavar="PLAN", help="What `mattebox label balance plan` wrote.")],
    sources: Sources,
    out: Annotated[Path, Option("--out", "-o", metavar="DIR", help="Folder for the new archives.")],
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Write new archives as a plan says; those that were read are never touched."""
    from mattebox.label.balance import Plan, apply_plan

    found = Plan.load(plan_file)
    with job("Writing", dry_run=dry_run, report=report, quiet=quiet) as run:
        apply_plan(found, sources, out, dry_run=dry_run, report=run.report, progress=run.progress)
        return run.code


def pairs(texts: list[str]) -> dict[str, float]:
    """Names and their shares, of texts such as `train=0.8`.

    Raises:
        BadParameter: one has no share, or a name is there twice.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, mark, share = text.rpartition("=")
        try:
            value = float(share)
        except ValueError:
            mark = ""
        if not mark or not name or name in found:
            raise BadParameter(f"{text!r}: give a name and its share, each name once, as train=0.8")
        found[name] = value
    return found


def only_subset(dataset: Dataset, subset: str) -> Dataset:
    """The tasks of a part of the split; all of them where the data set is not divided.

    Raises:
        BadParameter: it is divided, and has no such part.
    """
    from mattebox.label.subsets import place_of

    parts = list(dict.fromkeys(task.subset for task in dataset.tasks if task.subset))
    if not parts:
        return dataset
    tasks = tuple(task for task in dataset.tasks if place_of(task.subset) == place_of(subset))
    if not tasks:
        raise BadParameter(f"no subset {subset!r} in {dataset.name}. There are: {', '.join(parts)}")
    return dataset.replace(tasks=tasks)


def put_double(dataset: Dataset, found: Weights, how: Literal["link", "copy"], seed: int, run: Run) -> None:
    """Put rare pictures into their folder several times."""
    from mattebox.label.balance import oversample
    from mattebox.label.balance.sampling import picture_files

    files = picture_files(dataset, found)
    if None in files:
        raise BadParameter("only pictures in a folder can be there several times; build a data set first")
    repeats = {file: times for file, times in zip(files, found.repeats(seed).tolist(), strict=True) if file is not None}
    oversample(repeats, how=how, dry_run=run.dry, report=run.report)


def take_away(dataset: Dataset, run: Run) -> None:
    """Take copies of pictures away from every folder of a data set."""
    from mattebox.label.balance import remove_copies

    blobs = [blob for task in dataset.tasks if task.media is not None for blob in task.media.files]
    for folder in dict.fromkeys(blob.path.parent for blob in blobs if not blob.member):
        remove_copies(folder, dry_run=run.dry, report=run.report)


def print_weights(found: Weights) -> None:
    """Print how frequent each label is, and how much more often its frames are to be shown."""
    from mattebox.cli.evaluate import print_figures

    order = found.frequency.argsort()
    rows = [
        (found.labels[index], f"{100 * found.frequency[index]:.2f} %", f"{found.label_factors[index]:.2f}")
        for index in order
    ]
    print_figures(("label", "frequency", "factor"), rows)


def print_plan(found: Plan) -> None:
    """Print the shares of every place before and after, and the steps that lead there."""
    from mattebox.cli.models import print_table
    from mattebox.cli.text import say, shown

    labels = list(found.standings[0].shares) if found.standings else []
    headings = ("", *(f"{each.place} ({100 * each.wanted:.0f} %)" for each in found.standings))
    rows = [(label or "frames", *(_change(*each.shares[label]) for each in found.standings)) for label in labels]
    print_table(headings, rows)
    for step in found.steps:
        say(shown(step))


def _change(before: float, after: float) -> str:
    return f"{100 * before:.1f} %" if before == after else f"{100 * before:.1f} -> {100 * after:.1f} %"


def _row(each: Evenness) -> tuple[str, ...]:
    ordered = list(each.shares.items())
    part = each.of or "all"
    ratio = "-" if each.ratio is None else f"{each.ratio:,.1f}"
    most, least = (f"{label} {100 * share:.1f} %" for label, share in (ordered[0], ordered[-1]))
    return part, each.measure, f"{each.even:.2f}", ratio, most, least, ", ".join(each.missing)


balance_app = Typer(
    help="How even labels are, weights for training, and plans that move and copy tasks.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)
COMMANDS: dict[str, Callable[..., int]] = {
    "report": report_balance,
    "weights": weigh,
    "plan": make_plan,
    "apply": apply,
}
for name, command in COMMANDS.items():
    balance_app.command(name, help=unwrapped(command), no_args_is_help=True)(command)
