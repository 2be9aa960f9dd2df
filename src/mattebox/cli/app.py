"""The commands, and what their help says."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Exit, Option, Typer

from mattebox import __version__
from mattebox.cli.benchmark import benchmark
from mattebox.cli.doctor import doctor
from mattebox.cli.evaluate import evaluate
from mattebox.cli.label.app import label_app
from mattebox.cli.matte import background, matte
from mattebox.cli.models import models_app, presets_app
from mattebox.cli.remove import remove
from mattebox.cli.serve import serve, serve_app
from mattebox.cli.text import unwrapped
from mattebox.cli.train import train
from mattebox.cli.watch import watch

__all__ = ["app"]

REMOVE_EXAMPLES = """[bold]Examples[/bold]
  mattebox remove photo.jpg
  mattebox remove photo.jpg -o shop.jpg --background white --crop --margin 5%
  mattebox remove photos -r -o results --preset amazon --report report.json
  mattebox remove 'photos/*.jpg' -o results --resume
  mattebox remove https://example.com/shoe.jpg --background blur
  mattebox remove - < photo.jpg > cutout.png
"""

MATTE_EXAMPLES = """[bold]Examples[/bold]
  mattebox matte portrait.jpg --trimap portrait_trimap.png
  mattebox matte photos -o results --trimap trimaps --model vitmatte-small
  mattebox matte glass.jpg --box 40,120,600,410 --transparent 60,140,420,400 --model fba
  mattebox matte group.jpg --points '220,310 -180,520'
"""

BACKGROUND_EXAMPLES = """[bold]Examples[/bold]
  mattebox background photo.jpg --on green
  mattebox background photos -o results --on beach.jpg
"""

WATCH_EXAMPLES = """[bold]Examples[/bold]
  mattebox watch inbox -o results
  mattebox watch inbox -o results --once --format webp
"""

EVALUATE_EXAMPLES = """[bold]Examples[/bold]
  mattebox evaluate testset --by source
  mattebox evaluate testset --empty landscapes --out report.json --sheet worst.png
  mattebox evaluate testset --results saved --out saved.csv
  mattebox evaluate results truths --trimap trimaps --metrics sad,mse,grad,conn --json
"""

BENCHMARK_EXAMPLES = """[bold]Examples[/bold]
  mattebox benchmark --models lite,u2net,isnet --data testset --out report
  mattebox benchmark --models vitmatte_small,closed-form --data P3M-10k --protocol unknown --out report
"""

TRAIN_EXAMPLES = """[bold]Examples[/bold]
  mattebox train lite --data pictures --out runs/lite
  mattebox train detail --data pictures --out runs/detail --coarse runs/lite/last.ckpt
  mattebox train own.toml --data pictures --out runs/own --licences open
  tensorboard --logdir runs
"""

SERVE_EXAMPLES = """[bold]Examples[/bold]
  mattebox serve --local
  mattebox serve keys add shop
  mattebox serve --port 8000 --workers 4
  mattebox serve --models installed --store redis://redis:6379/0
"""


app = Typer(
    name="mattebox",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("remove", help=unwrapped(remove), epilog=REMOVE_EXAMPLES, no_args_is_help=True)(remove)
app.command("matte", help=unwrapped(matte), epilog=MATTE_EXAMPLES, no_args_is_help=True)(matte)
app.command("background", help=unwrapped(background), epilog=BACKGROUND_EXAMPLES, no_args_is_help=True)(background)
app.command("watch", help=unwrapped(watch), epilog=WATCH_EXAMPLES, no_args_is_help=True)(watch)
app.command("evaluate", help=unwrapped(evaluate), epilog=EVALUATE_EXAMPLES, no_args_is_help=True)(evaluate)
app.command("benchmark", help=unwrapped(benchmark), epilog=BENCHMARK_EXAMPLES, no_args_is_help=True)(benchmark)
app.command("train", help=unwrapped(train), epilog=TRAIN_EXAMPLES, no_args_is_help=True)(train)
app.add_typer(serve_app, name="serve", help=unwrapped(serve), epilog=SERVE_EXAMPLES)
app.add_typer(label_app, name="label")
app.add_typer(models_app, name="models")
app.add_typer(presets_app, name="presets")
app.command("doctor")(doctor)


def print_version(asked: bool) -> None:  # noqa: FBT001 (typer calls it so)
    """Print the version and stop."""
    if asked:
        sys.stdout.write(f"mattebox {__version__}\n")
        raise Exit


@app.callback()
def mattebox(
    *,
    _version: Annotated[
        bool, Option("--version", help="Print the version.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Any picture in, a clean cut-out out."""
