"""`mattebox label`: the commands on annotations, and what their help says."""

from __future__ import annotations

from typer import Typer

from mattebox.cli.label.balance import balance_app
from mattebox.cli.label.check import check
from mattebox.cli.label.convert import convert
from mattebox.cli.label.dataset import dataset
from mattebox.cli.label.info import info
from mattebox.cli.label.masks import masks
from mattebox.cli.label.preview import preview
from mattebox.cli.label.scenes import scenes
from mattebox.cli.label.split import split
from mattebox.cli.label.stats import stats
from mattebox.cli.label.taxonomy import taxonomy_app
from mattebox.cli.text import unwrapped

__all__ = ["label_app"]

LABEL_EXAMPLES = """[bold]Examples[/bold]
  mattebox label info backup.zip
  mattebox label check backup.zip --taxonomy classes.xlsx
  mattebox label preview backup.zip -o page.html
  mattebox label dataset backup.zip --taxonomy classes.xlsx --split 0.8,0.1,0.1 --to yolo-segment -o set
"""

label_app = Typer(
    help="Annotations: CVAT's archives, label tables, and data sets that networks are trained with.",
    epilog=LABEL_EXAMPLES,
    rich_markup_mode="rich",
    no_args_is_help=True,
)
for command in (info, check, preview, convert, dataset, split, stats, scenes, masks):
    label_app.command(command.__name__, help=unwrapped(command), no_args_is_help=True)(command)
label_app.add_typer(taxonomy_app, name="taxonomy")
label_app.add_typer(balance_app, name="balance")
