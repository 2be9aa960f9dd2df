"""`python -m mattebox.train RECIPE --data DIR --out DIR`: train from a recipe, or go on with a stopped run."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from mattebox.errors import MissingExtra


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m mattebox.train", description=__doc__)
    parser.add_argument("recipe", type=Path, help="a recipe file, or the name of one that ships: lite, detail")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint and metrics; continued if it has some"
    )
    parser.add_argument("--coarse", type=Path, help="for detail: checkpoint of a trained coarse network")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, help="CPU threads for the network")
    args = parser.parse_args()
    try:
        from mattebox.train.loop import Trainer
        from mattebox.train.recipe import Recipe
        from mattebox.train.tasks import find_task
    except ModuleNotFoundError as error:
        raise SystemExit(str(MissingExtra("train", "training"))) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    path = args.recipe if args.recipe.suffix == ".toml" else Path(__file__).parent / "recipes" / f"{args.recipe}.toml"
    recipe = Recipe.read(path)
    extra = {"coarse": args.coarse} if args.coarse else {}
    Trainer(recipe, find_task(recipe.network)(args.data, **extra), args.out, args.device, args.threads).run()


if __name__ == "__main__":
    main()
