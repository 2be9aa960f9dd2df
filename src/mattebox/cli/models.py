"""`mattebox models` and `mattebox presets`: what there is to choose from, and bringing weights here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Context, Option, Typer

from mattebox.cli.values import model_names

if TYPE_CHECKING:
    from mattebox.zoo.card import Card

__all__ = ["models_app", "presets_app", "print_fields"]

AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
OneModel = Annotated[str, Argument(metavar="NAME", help="Name of the model.", autocompletion=model_names)]
Models = Annotated[list[str] | None, Argument(metavar="[NAME]...", help="Names of models.", autocompletion=model_names)]
OfTask = Annotated[
    str | None, Option(metavar="TASK", help="Only those for this: segment, refine, matte, classify or detect.")
]
OfFamily = Annotated[
    str | None, Option(metavar="NAME", help="Only those of mattebox, carvekit, rembg, paddleseg, vitmatte or own.")
]

WIDE = 200
"""Columns of a table that no terminal shows."""

models_app = Typer(help="What models there are, and bringing their weights here.", rich_markup_mode="rich")
presets_app = Typer(help="What presets for shops there are.", rich_markup_mode="rich")


@models_app.callback(invoke_without_command=True)
def models(*, context: Context, as_json: AsJson = False) -> None:
    """What models there are, and bringing their weights here."""
    from mattebox.cli.text import set_up_log

    set_up_log(verbose=False)
    if context.invoked_subcommand is None:
        list_models(as_json=as_json)


@models_app.command("list")
def list_models(*, task: OfTask = None, family: OfFamily = None, as_json: AsJson = False) -> None:
    """List the models: what for, how large, under which licence, and whether the weights are here."""
    from mattebox.cli.text import print_json

    cards = selected(task, family)
    if as_json:
        print_json([card_record(card) for card in cards])
        return
    rows = [
        (card.name, card.task, card.title, megabytes(card.weights.size), card.licence.weights, whereabouts(card)[0])
        for card in cards
    ]
    print_table(("name", "task", "title", "size", "licence of weights", "weights"), rows)


@models_app.command("info")
def show_model(*, name: OneModel, as_json: AsJson = False) -> None:
    """Show the card of a model: licences, data, figures, recipe."""
    from mattebox.cli.text import print_json
    from mattebox.zoo.registry import find_card

    record = card_record(find_card(name))
    if as_json:
        print_json(record)
    else:
        print_fields(record)


@models_app.command("pull")
def pull_models(
    *,
    names: Models = None,
    everything: Annotated[bool, Option("--all", help="Every model that there is.")] = False,
    task: OfTask = None,
    family: OfFamily = None,
) -> int:
    """Fetch the weights of models, several at once, and check them.

    A fetch that is stopped goes on where it ended when it is asked for again. Exit code 1 if one fails.
    """
    from mattebox.cli.pull import pull
    from mattebox.errors import BadParameter
    from mattebox.zoo.registry import find_card

    if bool(names) == bool(everything or task or family):
        raise BadParameter("either name the models to fetch, or give --all, --family or --task")
    return pull([find_card(name) for name in names] if names else selected(task, family))


@models_app.command("verify")
def verify_models(*, names: Models = None) -> int:
    """Read the weights that are here, or those of some models, and check them against their cards.

    Exit code 1 if some are not what they should be, or were named and are not here.
    """
    from mattebox.cli.text import complain, say, shown
    from mattebox.zoo.registry import find_card, load_cards
    from mattebox.zoo.verify import note
    from mattebox.zoo.weights import look_up

    code = 0
    for card in [find_card(name) for name in names] if names else load_cards().values():
        path, trouble = look_up(card, afresh=True)
        if path is not None and trouble is None:
            note(card, path)
            published = "as published" if card.weights.digests else "as first seen; nobody has published its digest"
            say(f"{card.name}: {published} ({shown(path)})")
        elif path is not None or names or card.weights.embedded:
            complain(f"{card.name}: {trouble}")
            code = 1
    return code


@models_app.command("import")
def import_weights(
    *,
    file: Annotated[Path, Argument(help="A file of weights that was brought here by other means.")],
    name: Annotated[
        str | None,
        Option("--as", metavar="NAME", help="The model that it is for, if it is not to be recognised by its digest."),
    ] = None,
) -> None:
    """Check a file of weights, and copy it to where weights are kept."""
    from mattebox.cli.text import say, shown
    from mattebox.errors import BadParameter
    from mattebox.zoo.registry import find_card, load_cards
    from mattebox.zoo.weights import adopt, recognise

    if not file.is_file():
        raise BadParameter(f"{file}: there is no such file")
    card = find_card(name) if name else recognise(file, load_cards().values())
    say(f"{card.name}: imported as {shown(adopt(file, card))}")


@models_app.command("path")
def print_path(*, name: OneModel) -> None:
    """Print where the weights of a model are; nothing is fetched."""
    from mattebox.errors import WeightsUnavailable
    from mattebox.zoo.registry import find_card
    from mattebox.zoo.weights import look_up

    path, trouble = look_up(find_card(name))
    if trouble is not None:
        raise WeightsUnavailable(f"model '{name}': {trouble}; run 'mattebox models pull {name}'")
    sys.stdout.write(f"{path}\n")


@presets_app.callback(invoke_without_command=True)
def presets(*, context: Context, as_json: AsJson = False) -> None:
    """What presets for shops there are."""
    if context.invoked_subcommand is None:
        list_presets(as_json=as_json)


@presets_app.command("list")
def list_presets(*, as_json: AsJson = False) -> None:
    """List the presets."""
    from mattebox.cli.text import print_json
    from mattebox.presets import load_presets

    found = load_presets().values()
    if as_json:
        print_json([asdict(preset) for preset in found])
        return
    rows = [
        (preset.name, preset.title, f"{preset.width} x {preset.height}", preset.background, f"{preset.fill:.0%}")
        for preset in found
    ]
    print_table(("name", "title", "size", "background", "fill"), rows)
    rules = {
        preset.name: {
            "rule": preset.rule,
            "source": f"{preset.source} ({'read' if preset.verified else 'as others quote it'})",
        }
        for preset in found
        if preset.rule
    }
    print_fields(rules)


def selected(task: str | None, family: str | None) -> list[Card]:
    """The cards of a task, of a family, or both.

    Raises:
        BadParameter: there is no model like that.
    """
    from mattebox.errors import BadParameter, unknown_name
    from mattebox.zoo.registry import load_cards

    cards = list(load_cards().values())
    for entry, value in (("task", task), ("family", family)):
        valid = {getattr(card, entry) for card in cards}
        if value is not None and value not in valid:
            raise BadParameter(unknown_name(entry, value, valid))
        cards = [card for card in cards if value in {None, getattr(card, entry)}]
    return cards


def card_record(card: Card) -> dict[str, Any]:
    """A card as plain data, with the whereabouts of its weights."""
    from mattebox.zoo.verify import known

    record = asdict(replace(card, weights=known(card)))
    record["weights"]["state"], record["weights"]["path"] = whereabouts(card)
    return record


def whereabouts(card: Card) -> tuple[str, str | None]:
    """In what state the weights of a model are, and where."""
    from mattebox.zoo.weights import look_up

    path, trouble = look_up(card)
    if trouble is None:
        return "embedded" if card.weights.embedded else "cached", str(path)
    if path is None:
        return "missing" if card.weights.embedded else "not here", None
    return "damaged", str(path)


def megabytes(size: int | None) -> str:
    """A number of bytes to read."""
    return "" if size is None else f"{size / 1e6:.1f} MB"


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; the first column is never broken."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, no_wrap=index == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def print_fields(record: dict[str, Any], indent: str = "") -> None:
    """Print names and values, one to a line, tables of their own indented below their name."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, value in record.items():
        title = name.replace("_", " ")
        if isinstance(value, dict):
            if value:
                console.print(f"{indent}{title}:")
                print_fields(value, indent + "  ")
        elif value not in (None, "", ()):
            console.print(f"{indent}{title}: {worded(name, value)}")


def worded(name: str, value: Any) -> Any:
    """A value as people read it.

    Example:
        >>> worded("input_size", (256, 320)), worded("kinds", ("hard", "soft"))
        ('256 x 320', 'hard, soft')
    """
    if isinstance(value, (tuple, list)):
        return (" x " if name == "input_size" else ", ").join(map(str, value))
    return value
