"""Statistics as a page: one file that needs nothing else, no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mattebox.label.extra import needed_for
from mattebox.label.row import SHAPES
from mattebox.label.statistics.charts import Bar, columns, stacked
from mattebox.label.statistics.figures import COLUMNS, Figures, Scope, Statistics

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["page"]

SERIES = 6
"""Subsets that have a colour of their own; what is in others is drawn as one."""

SHOWN = tuple(name for name in COLUMNS if name not in {"scope", "of", "level", "label", *SHAPES})
PLACES: tuple[tuple[str, str, Scope], ...] = (
    ("Subsets", "subset", "subset"),
    ("Projects", "project", "project"),
    ("Tasks", "task", "task"),
)
BUCKETS = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100)
"""Least shapes on a frame of each bar of the chart of crowds."""


def page(statistics: Statistics) -> str:
    """The page, in HTML: figures of everything, charts, and tables by label, superclass, subset, project and task.

    Raises:
        MissingExtra: jinja2 is not installed.
    """
    whole = statistics.whole
    labels = statistics.pick("all", "label")
    names = [name for name in SHOWN if name != "share" or whole.share is not None]
    tables = [
        ("Labels", "label", labels, "label"),
        ("Superclasses", "superclass", statistics.pick("all", "superclass"), "label"),
        *((title, noun, rows, "of") for title, noun, scope in PLACES if len(rows := statistics.pick(scope, "all")) > 1),
    ]
    return _template().render(
        title=", ".join(statistics.names) or "Statistics",
        tiles=_tiles(whole, len(labels)),
        charts=list(_charts(statistics)),
        headings=[COLUMNS[name] for name in names],
        tables=[
            (title, noun, [(getattr(row, name), [_cell(row, column) for column in names]) for row in rows])
            for title, noun, rows, name in tables
            if rows
        ],
    )


@cache
def _template() -> Template:
    with needed_for("writing pages"):
        from jinja2 import Environment, StrictUndefined
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8"))


def _tiles(whole: Figures, labels: int) -> list[tuple[str, str]]:
    """The few figures that come first, and what they are."""
    return [
        (f"{whole.frames + whole.without:,}", "frames"),
        (f"{whole.without:,}", "of them empty"),
        (f"{whole.shapes:,}", "shapes"),
        (f"{whole.objects:,}", "objects"),
        (f"{whole.tracks:,}", "of them tracks"),
        (f"{labels:,}", "labels"),
    ]


def _charts(statistics: Statistics) -> list[tuple[str, str, list[str], str]]:
    """Title, what to know, names of the series, and drawing of every chart that has something to show."""
    labels = [each for each in statistics.pick("all", "label") if each.shapes]
    if not labels:
        return []
    labels.sort(key=lambda each: -each.shapes)
    subsets = [each.of for each in statistics.pick("subset", "all")]
    series = subsets if len(subsets) <= SERIES else [*subsets[: SERIES - 1], "others"]
    found = {(each.of, each.label): each for each in statistics.pick("subset", "label")}

    def by_subset(label: str, figure: str) -> tuple[float, ...]:
        values = [getattr(found[name, label], figure) if (name, label) in found else 0 for name in subsets]
        return (*values[: len(series) - 1], sum(values[len(series) - 1 :]))

    sized = [each for each in labels if each.small + each.medium + each.large]
    charts = [
        ("Shapes of each label", "on all frames together", series, stacked(
            [Bar(each.label, by_subset(each.label, "shapes")) for each in labels], series, "shapes of each label")),
        ("Objects of each label", "a track counts once, however long it is", series, stacked(
            [Bar(each.label, by_subset(each.label, "objects")) for each in labels], series, "objects of each label")),
        ("Shapes on a frame", "how many frames show how many", [], columns(
            _crowds(statistics), "frames by the number of their shapes")),
    ]  # fmt: skip
    if sized:
        names = ["small", "medium", "large"]
        lead = "small is below 32 x 32 pixels, large from 96 x 96 on; per cent"
        charts.insert(
            2, ("Sizes", lead, names, stacked([_sizes(each) for each in sized], names, "sizes of each label"))
        )
    return charts


def _sizes(each: Figures) -> Bar:
    """What part of a label's shapes is small, medium and large."""
    counts = (each.small, each.medium, each.large)
    shares = tuple(100 * count / sum(counts) for count in counts)
    return Bar(each.label, shares, " / ".join(f"{share:.0f}" for share in shares))


def _crowds(statistics: Statistics) -> Sequence[Bar]:
    bars = []
    for least, beyond in zip(BUCKETS, (*BUCKETS[1:], None), strict=True):
        frames = sum(
            count
            for shapes, count in statistics.crowds.items()
            if least <= shapes and (beyond is None or shapes < beyond)
        )
        name = f"{least}+" if beyond is None else str(least) if beyond == least + 1 else f"{least}-{beyond - 1}"
        bars.append(Bar(name, (float(frames),)))
    last = max((index for index, bar in enumerate(bars) if bar.values[0]), default=0)
    return bars[: last + 1]


def _cell(row: Figures, name: str) -> str:
    value: Any = getattr(row, name)
    if value is None:
        return "-"
    if name == "share":
        return f"{100 * value:.2f} %"
    return f"{value:,.2f}" if name in {"per_frame", "aspect"} else f"{value:,.0f}"
