"""`mattebox serve keys`: who may use the server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option, Typer

if TYPE_CHECKING:
    from mattebox.serve.store import Store

__all__ = ["keys_app"]

StoreAddress = Annotated[
    str | None,
    Option(
        "--store",
        metavar="ADDRESS",
        help="Where the server keeps its keys: a file, or redis://HOST; the server's own unless given.",
    ),
]

DataFolder = Annotated[
    Path | None,
    Option("--data", metavar="DIR", help="The server's folder of data, where it was started with one."),
]

KEYS_EXAMPLES = """[bold]Examples[/bold]
  mattebox serve keys add shop --credits 100
  mattebox serve keys add shop --data /srv/mattebox
  mattebox serve keys list --store redis://redis:6379/0
  mattebox serve keys revoke shop
"""

keys_app = Typer(
    help="Who may use the server: make keys, list them, revoke them.",
    epilog=KEYS_EXAMPLES,
    rich_markup_mode="rich",
    no_args_is_help=True,
)


@keys_app.command("add")
def add_key(
    *,
    name: Annotated[str, Argument(metavar="NAME", help="What the key is called in lists.")],
    rate: Annotated[
        float | None,
        Option(metavar="N", help="Pictures a minute, one for each megapixel; 500 unless given.", show_default=False),
    ] = None,
    credits: Annotated[  # noqa: A002
        float | None,
        Option(metavar="N", help="Credits in all, 0.25 for a preview and 1 for others; any number unless given."),
    ] = None,
    store: StoreAddress = None,
    data: DataFolder = None,
) -> None:
    """Make a key, and print it on standard output. It is shown this once: only a digest of it is kept."""
    from mattebox.cli.text import say
    from mattebox.serve.access.keys import RATE, Keys

    with opened(store, data, make=True) as state:
        key, secret = Keys(state).add(name, rate=RATE if rate is None else rate, credits=credits)
        kept = state.name
    limit = "any number of credits" if key.credits is None else f"{key.credits:g} credits"
    say(f"{key.name}: made, with id {key.id}, {key.rate:g} megapixel pictures a minute and {limit} (kept in {kept})")
    say("The key goes to standard output, this once:")
    sys.stdout.write(f"{secret}\n")


@keys_app.command("list")
def list_keys(
    *,
    as_json: Annotated[bool, Option("--json", help="Print JSON.")] = False,
    store: StoreAddress = None,
    data: DataFolder = None,
) -> None:
    """List the keys: what they may spend, what is left, when they were made and last used. No secret is shown."""
    from datetime import datetime, timezone

    from mattebox.cli.models import print_table
    from mattebox.cli.text import counted, print_json, say

    with opened(store, data) as state:
        records, kept = key_records(state), state.name
    say(f"{counted(len(records), 'key') if records else 'no keys yet'} in {kept}")
    if as_json:
        print_json(records)
    if as_json or not records:
        return
    rows = [
        (
            record["name"],
            record["id"],
            "revoked" if record["revoked"] else "valid",
            f"{record['rate']:g}",
            "any" if record["left"] is None else f"{record['left']:g} of {record['credits']:g}",
            f"{datetime.fromtimestamp(record['created'], timezone.utc):%Y-%m-%d}",
            record["used"] or "never",
        )
        for record in records
    ]
    print_table(("name", "id", "state", "a minute", "credits", "made", "last used"), rows)


@keys_app.command("revoke")
def revoke_key(
    *,
    name: Annotated[str, Argument(metavar="NAME_OR_ID", help="Name or id of the key, as it is listed.")],
    store: StoreAddress = None,
    data: DataFolder = None,
) -> None:
    """Make a key invalid. Servers that run refuse it within seconds."""
    from mattebox.cli.text import say
    from mattebox.serve.access.keys import FRESH, Keys

    with opened(store, data) as state:
        key = Keys(state).revoke(name)
        kept = state.name
    say(f"{key.name}: revoked in {kept}, with id {key.id}; servers that run refuse it within {FRESH:g} seconds")


def key_records(state: Store) -> list[dict[str, Any]]:
    """The keys as plain data, with the credits that are left."""
    from dataclasses import asdict

    from mattebox.serve.access.allowance import Allowance
    from mattebox.serve.access.keys import Keys

    allowance = Allowance(state)
    return [{**asdict(key), "left": allowance.left(key)} for key in Keys(state).list()]


@contextmanager
def opened(address: str | None, data: Path | None, *, make: bool = False) -> Iterator[Store]:
    """The store that a server with the same options and variables uses.

    Args:
        address: of the store.
        data: the server's folder.
        make: make what is missing.
    """
    import os
    from dataclasses import replace

    from mattebox.serve.options import options_from
    from mattebox.serve.store import open_store

    # One for this computer alone keeps its state in memory, and asks for no key.
    options = replace(options_from(os.environ), local=False)
    options = replace(options, store=address or options.store, data=data or options.data)
    with closing(open_store(options.store_address, make=make)) as state:
        yield state
