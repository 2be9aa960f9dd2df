"""The page of a comparison: one file that needs nothing else, no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mattebox.evaluate.benchmark import Run
from mattebox.evaluate.cases import Case, Views, deciding, draw_case, hardest, most_telling
from mattebox.evaluate.comparison import Comparison, shown
from mattebox.evaluate.figures import FIGURES

__all__ = ["html_page"]

CASES = 6
"""How many pictures each of the two choices shows at most."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #5c6670; --line: #d5dae0; --best: #0a6b3d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #15181c; --faint: #9aa5b0; --line: #363d45; --best: #6fd6a0; }
}
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p, figcaption { color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .words th, .words td { text-align: left; }
.words td { white-space: normal; }
.best { font-weight: 700; color: var(--best); }
.views { display: flex; gap: .75rem; overflow-x: auto; align-items: flex-start; padding-bottom: .5rem; }
.views div { flex: none; width: 320px; }
figure { margin: 0; }
figure img { max-width: 100%; display: block; margin-bottom: .25rem; }
figcaption { font-size: .85rem; margin-bottom: .5rem; }
"""


def html_page(comparison: Comparison) -> str:
    """Write the page: means, costs and licences of every model, and the pictures that tell most, side by side.

    Raises:
        BadPicture: a picture can no longer be read.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(comparison.data)}: models compared</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Models on {len(comparison.pairs)} pictures of {escape(comparison.data)}</h1>\n"
        f"{about(comparison)}{''.join(means(comparison, group) for group in comparison.standings)}{prices(comparison)}"
        f"{licences(comparison.runs)}{troubles(comparison)}{cases(comparison)}</body>\n</html>\n"
    )


def about(comparison: Comparison) -> str:
    """What was counted, in sentences."""
    counted = "all pixels" if comparison.protocol == "whole" else "the unknown band of each trimap"
    lines = [f"Counted: {counted}. Best means are bold. Milliseconds are medians over the pictures that a model did."]
    if any(run.contender.trimap for run in comparison.runs):
        lines.append("Matting models and solvers were given a trimap; the others found the subject themselves.")
    return f"<p>{' '.join([*lines, *comparison.remarks])}</p>\n"


def means(comparison: Comparison, group: str) -> str:
    """The table of figures of a group."""
    names = comparison.figures
    arrows = (f"{escape(FIGURES[name].heading)} {'↑' if FIGURES[name].higher else '↓'}" for name in names)
    best = {name: comparison.best(group, name) for name in names}
    rows = []
    for run, standing in zip(comparison.runs, comparison.standings[group], strict=True):
        own = standing.means
        cells = [cell(shown(own.get(name), 3), best=name in own and own[name] == best[name]) for name in names]
        rows.append(f"{cell(run.contender.name)}{cell(standing.pictures)}{''.join(cells)}")
    title = "" if group == "all" else f"<h3>{escape(group)}</h3>\n"
    return title + table(["model", "pictures", *arrows], rows)


def prices(comparison: Comparison) -> str:
    """The table of what every model takes."""
    headings, rows = comparison.price_list()
    return f"<h2>What it takes</h2>\n{table(headings[:-1], [''.join(map(cell, row[:-1])) for row in rows])}"


def licences(runs: Sequence[Run]) -> str:
    """The terms of every model, from its card."""
    rows = [
        "".join(map(cell, (run.contender.name, card.licence.code, card.licence.weights, card.licence.data)))
        for run in runs
        if (card := run.contender.card) is not None
    ]
    headings = ["model", "code", "weights", "training data"]
    return f'<h2>Licences</h2>\n<div class="words">{table(headings, rows)}</div>\n' if rows else ""


def troubles(comparison: Comparison) -> str:
    """What could not be run or measured."""
    lines = [f"{run.contender.name}: {run.trouble}" for run in comparison.runs if run.trouble]
    lines += comparison.failures
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    return f"<h2>Not done</h2>\n<ul>\n{items}</ul>\n" if lines else ""


def cases(comparison: Comparison) -> str:
    """The pictures that all models did and that tell most."""
    shared = comparison.shared
    if not shared:
        return ""
    number = min(CASES, -(-len(comparison.pairs) // 2))
    hard = hardest(shared, number)
    telling = most_telling(shared, number, hard)
    figure = deciding(shared)
    heading = FIGURES[figure].heading
    by_image = {str(pair.image): pair for pair in comparison.pairs}
    sections = (
        ("Hard for every model", f"Ordered by the best {heading}, the worst picture first.", hard),
        ("Where the models differ most", f"Ordered by how far the best {heading} is from the worst.", telling),
    )
    return "".join(
        section(
            title, lead, [draw_case(by_image[image], comparison.measured, shared[image], figure) for image in images]
        )
        for title, lead, images in sections
        if images
    )


def section(title: str, lead: str, cases: Sequence[Case]) -> str:
    """Some pictures under a heading."""
    lead = f"{lead} Errors: red was kept though wrong, blue was lost."
    return f"<h2>{title}</h2>\n<p>{lead}</p>\n{''.join(map(drawn, cases))}"


def drawn(case: Case) -> str:
    """One picture as a whole, and its worst spot."""
    spot = f"<p>Where most is wrong, at full size:</p>\n{side_by_side(case.spot)}" if case.spot else ""
    return f"<h3>{escape(case.name)}</h3>\n{side_by_side(case.whole)}{spot}"


def side_by_side(views: Views) -> str:
    """A picture above its truth, and beside them every model's result above its errors."""
    columns = [((views.picture, "picture"), (views.truth, "truth"))]
    columns += [((result.cutout, result.caption), (result.error, "errors")) for result in views.results]
    body = "".join(f"<div>{''.join(figure(*view) for view in column)}</div>\n" for column in columns)
    return f'<div class="views">\n{body}</div>\n'


def figure(address: str, words: str) -> str:
    """A view with its words below."""
    return (
        f'<figure><img src="{address}" alt="{escape(words)}" loading="lazy">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def table(headings: Sequence[str], rows: Sequence[str]) -> str:
    """A table of rows whose cells are made already."""
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n'


def cell(text: str, *, best: bool = False) -> str:
    """A cell of a table."""
    return f'<td class="best">{escape(text)}</td>' if best else f"<td>{escape(text)}</td>"
