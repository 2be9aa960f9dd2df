"""`mattebox models` and `mattebox presets`: what there is to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Context, Option, Typer

if TYPE_CHECKING:
    from mattebox.zoo.card import Card

__all__ = ["models_app", "presets_app", "print_fields"]

AsJson = Annotated[bool, Option("--json", help="Print JSON.")]

models_app = Typer(help="What models there are.", rich_markup_mode="rich")
presets_app = Typer(help="What presets for shops there are.", rich_markup_mode="rich")


@models_app.callback(invoke_without_command=True)
def models(*, context: Context, as_json: AsJson = False) -> None:
    """What models there are."""
    if context.invoked_subcommand is None:
        list_models(as_json=as_json)


@models_app.command("list")
def list_models(*, as_json: AsJson = False) -> None:
    """List the models."""
    from mattebox.cli.text import print_json
    from mattebox.zoo.registry import load_cards

    cards = load_cards().values()
    if as_json:
        print_json([card_record(card) for card in cards])
        return
    rows = [
        (card.name, card.task, card.title, megabytes(card.weights.size), card.licence.weights, whereabouts(card))
        for card in cards
    ]
    print_table(("name", "task", "title", "size", "licence of weights", "weights"), rows)


@models_app.command("info")
def show_model(*, name: Annotated[str, Argument(help="Name of the model.")], as_json: AsJson = False) -> None:
    """Show the card of a model: licences, data, figures, recipe."""
    from mattebox.cli.text import print_json
    from mattebox.zoo.registry import find_card

    record = card_record(find_card(name))
    if as_json:
        print_json(record)
    else:
        print_fields(record)


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


def card_record(card: Card) -> dict[str, Any]:
    """A card as plain data, with the whereabouts of its weights."""
    record = asdict(card)
    record["weights"]["state"] = whereabouts(card)
    return record


def whereabouts(card: Card) -> str:
    """Where the weights of a model are."""
    from mattebox.zoo.weights import weights_path

    if not weights_path(card).is_file():
        return "missing"
    return "embedded" if card.weights.embedded else "cached"


def megabytes(size: int) -> str:
    """A number of bytes to read."""
    return f"{size / 1e6:.1f} MB"


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
    Console().print(table)


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
        else:
            shown = " x ".join(map(str, value)) if name == "input_size" else value
            console.print(f"{indent}{title}: {shown}")
