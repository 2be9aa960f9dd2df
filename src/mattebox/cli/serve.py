"""`mattebox serve`: the server and its page."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Context, Option, Typer

from mattebox.cli.options import Dressing
from mattebox.cli.serve_keys import keys_app
from mattebox.cli.sharing import gathers

if TYPE_CHECKING:
    from mattebox.serve.options import ServeOptions

__all__ = ["Serving", "serve_app"]

ACCESS = "Access"
WORK = "Work and limits"
STATE = "State"
EXTRA = {"anyio", "fastapi", "httpx", "prometheus_client", "python_multipart", "redis", "starlette", "uvicorn"}
"""Modules that the extra of the server brings and that are imported by name."""
SETTINGS = ("model", "refine", "matte", "device", "half", "segment_size", "refine_size", "matte_size", "foreground")
"""What of the pipeline can be set for calls that do not say it."""


@dataclass(frozen=True)
class Serving:
    """What of `ServeOptions` can be said on the command line, by the same names."""

    local: Annotated[bool, Option("--local", help="For this computer alone, without keys.", rich_help_panel=ACCESS)] = (
        False
    )
    host: Annotated[
        str | None,
        Option(metavar="ADDRESS", help="Address to listen on; all of them unless given.", rich_help_panel=ACCESS),
    ] = None
    port: Annotated[int | None, Option(metavar="N", help="Port; 8000 unless given.", rich_help_panel=ACCESS)] = None
    auth: Annotated[
        bool,
        Option(" /--no-keys", help="Ask nobody for a key; for networks that you trust.", rich_help_panel=ACCESS),
    ] = True
    origins: Annotated[
        str | None,
        Option(
            metavar="ADDRESSES",
            help="Pages that may call from a browser: *, or addresses such as https://shop.example, with commas "
            "between. Unless it is given, all may where a key is asked for, and none where none is.",
            rich_help_panel=ACCESS,
        ),
    ] = None
    proxies: Annotated[
        str | None,
        Option(
            metavar="ADDRESSES",
            help="Addresses of proxies in front, with commas between; 127.0.0.1 unless given.",
            rich_help_panel=ACCESS,
        ),
    ] = None
    models: Annotated[
        str | None,
        Option(
            metavar="NAMES",
            help="Further models that a call may ask for, with commas between; 'installed' for all whose weights are "
            "here.",
            rich_help_panel=WORK,
        ),
    ] = None
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Pictures worked on at once; one per core unless given.", rich_help_panel=WORK),
    ] = None
    queue: Annotated[
        int | None, Option(min=1, metavar="N", help="Pictures that may wait; 64 unless given.", rich_help_panel=WORK)
    ] = None
    deadline: Annotated[
        float | None,
        Option(metavar="SECONDS", help="Time in which a call is answered; 18 unless given.", rich_help_panel=WORK),
    ] = None
    grace: Annotated[
        float | None,
        Option(
            metavar="SECONDS",
            help="Time in which work is finished when the server is stopped; 8 unless given.",
            rich_help_panel=WORK,
        ),
    ] = None
    max_megabytes: Annotated[
        float | None, Option(metavar="N", help="Largest file; 22 unless given.", rich_help_panel=WORK)
    ] = None
    max_megapixels: Annotated[
        float | None, Option(metavar="N", help="Largest picture; 50 unless given.", rich_help_panel=WORK)
    ] = None
    store: Annotated[
        str | None,
        Option(
            metavar="ADDRESS",
            help="Where keys, limits and batch jobs are kept: a file, or redis://HOST for several servers.",
            rich_help_panel=STATE,
        ),
    ] = None
    data: Annotated[
        Path | None, Option(metavar="DIR", help="Folder of state and of batch jobs.", rich_help_panel=STATE)
    ] = None
    job_hours: Annotated[
        float | None,
        Option(
            metavar="HOURS", help="How long results of batch jobs are kept; 24 unless given.", rich_help_panel=STATE
        ),
    ] = None


serve_app = Typer(rich_markup_mode="rich")
serve_app.add_typer(keys_app, name="keys")


@serve_app.callback(invoke_without_command=True)
@gathers("dressing", SETTINGS, Dressing())
@gathers("serving", [field.name for field in fields(Serving)], Serving())
def serve(
    *,
    context: Context,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Log every answer.")] = False,
    serving: Serving,
    dressing: Dressing,
) -> int:
    """Serve cut-outs over HTTP: remove.bg's contract, an API of our own, and a page to work on.

    Calls need a key ('mattebox serve keys add NAME') unless --local or --no-keys is given. Every option has a variable
    too, such as MATTEBOX_SERVE_PORT; CarveKit's variables are read as well. Ctrl-C finishes what was taken, and stops.
    """
    if context.invoked_subcommand is not None:
        return 0
    from mattebox.cli.pull import make_ready
    from mattebox.cli.text import set_up_log
    from mattebox.errors import MissingExtra

    set_up_log(verbose=verbose, progress=True)
    try:
        from mattebox.serve.run import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRA:
            raise
        raise MissingExtra("serve", "the server") from error
    options = asked(context, {**vars(dressing), **vars(serving)})
    make_ready(options.settings, quiet=False)
    return run(options)


def asked(context: Context, values: dict[str, Any]) -> ServeOptions:
    """The options of a server: what the command line says, else the variables, else what holds anyway.

    Args:
        context: tells what the command line says, and what stands there by default.
        values: of all options by name.
    """
    from mattebox.serve.options import changed, options_from

    said = {
        name: (value, f"--{name.replace('_', '-')}")
        for name, value in values.items()
        if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"
    }
    return changed(options_from(os.environ), said)
