"""ViTMatte-S beside that of `transformers`, same weights, two threads; and its memory by the picture's size."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import Run, alternate, apart, run

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-transformers"
REQUIREMENTS = ("torch==2.13.0", "transformers==5.23.0")
PROGRAM = ROOT / "benchmarks/vitmatte_program.py"
PLOT = ROOT / "docs/images/vitmatte-memory.png"
CARD = "vitmatte_small"
THEIRS = "transformers 5.23"

SIDES = (512, 768, 1024, 1536, 2048)
"""Of pictures of which nothing is known."""
TOGETHER = (512, 1024)
"""Those that both are timed on."""
MOST = 1024
"""The largest that `transformers` is asked to look at; it takes 7 GB at 1536, and would take 20 at 2048."""
LARGE = (3000, 4000)
"""A picture of 12 MP."""
BAND = 0.05
"""Share of it that its trimap does not know."""
GB = 1000**3 / 2**20


def vitmatte(bench: Bench) -> list[Measure]:
    """ViTMatte-S and `transformers`' own, with the same weights; its memory, and a picture of 12 MP."""
    home = bench.folder / "vitmatte"
    apart("vitmatte", "prepare", home)
    ours = partial(look, "ours", Path(sys.executable), home)
    if not ENVIRONMENT.exists():
        install()
    theirs = partial(look, "transformers", ENVIRONMENT / "bin/python", home)
    sides = SIDES[:1] if bench.quick else SIDES
    rows, memory = [], {"Mattebox": {}, THEIRS: {}}
    for side in sides:
        size = (side, side)
        timed = side in TOGETHER
        asked = (ours, theirs) if side <= MOST else (ours,)
        runs = alternate(1, *(partial(one, size, 1.0, 1 + timed) for one in asked))
        for name, done in zip(memory, runs, strict=False):
            memory[name][side] = [each.memory for each in done]
        if timed:
            rows += beside(home, side, *runs)
    for side in sides:
        target = Target("value", "<=", 2 * GB) if side == SIDES[-1] else None
        rows.append(
            measure(
                f"{side} x {side}, peak memory",
                "MB",
                memory["Mattebox"][side],
                THEIRS if side in memory[THEIRS] else f"{THEIRS}: not run",
                memory[THEIRS].get(side, ()),
                target,
            )
        )
    height, width = (750, 1000) if bench.quick else LARGE
    (large,) = alternate(1, partial(ours, (height, width), BAND, 1))
    what = f"{height} x {width}, {100 * BAND:g} % unknown"
    rows.append(measure(f"{what}, CPU", "s", [seconds(one, "cpu") for one in large]))
    rows.append(measure(f"{what}, wall", "s", [seconds(one, "wall") for one in large]))
    rows.append(
        measure(f"{what}, peak memory", "MB", [one.memory for one in large], "", (), Target("value", "<=", 2.5 * GB))
    )
    if not bench.quick:
        apart("vitmatte", "draw", memory)
    return rows


def beside(home: Path, side: int, mine: list[Run], original: list[Run]) -> list[Measure]:
    """What both took for a picture of one size, and how far their answers are from each other."""
    target = Target("ratio", "<=", 1 / 1.4) if side == TOGETHER[-1] else None
    rows = [
        measure(
            f"{side} x {side}, {what}",
            "s",
            [seconds(one, kind) for one in mine],
            THEIRS,
            [seconds(one, kind) for one in original],
            target,
        )
        for what, kind in (("CPU", "cpu"), ("wall", "wall"))
    ]
    apart_by = apart("vitmatte", "difference", answer(home, "ours"), answer(home, "transformers"))
    return [*rows, measure(f"{side} x {side}, largest difference of opacity", "", [apart_by])]


def look(which: str, python: Path, home: Path, size: tuple[int, int], band: float, looks: int) -> Run:
    """Run the program; the first of its looks is not counted where there are more."""
    words = [*map(str, (*size, band, looks)), answer(home, which)]
    env = {"OMP_WAIT_POLICY": "passive", "MATTEBOX_HOME": str(home)}
    return run([python, PROGRAM, which, home, *words], env)


def answer(home: Path, which: str) -> Path:
    """Where a program leaves the opacity that it found."""
    return home / f"{which}.npy"


def seconds(done: Run, kind: str) -> float:
    """What a look took, without the first of several, before which everything is made ready."""
    first, *others = json.loads(done.output.splitlines()[-1])
    return median(one[kind] for one in others or [first])


def install() -> None:
    """Make the environment of the original."""
    venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([ENVIRONMENT / "bin/python", "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)


def prepare(home: Path) -> None:
    """Put the same weights where both look for them, and export ours; runs in a process of its own."""
    import os

    import torch

    from benchmarks.checkpoints import deterministic_state, write_own_card
    from mattebox.zoo.build import new_network
    from mattebox.zoo.convert import onnx_file
    from mattebox.zoo.registry import find_card

    os.environ["MATTEBOX_HOME"] = str(home)
    card = find_card(CARD)
    home.mkdir()
    torch.save(deterministic_state(CARD, new_network(card)), home / "vitmatte.pth")
    write_own_card(home / "cards", card, home / "vitmatte.pth")
    own = find_card(str(home / f"cards/{CARD}.toml"))
    for graph in ("encode", "decode"):
        onnx_file(own, graph)


def difference(mine: Path, original: Path) -> float:
    """The largest difference of two answers."""
    import numpy as np

    return float(np.abs(np.load(mine) - np.load(original)).max())


def draw(memory: dict[str, dict[int, list[float]]]) -> None:
    """Plot the peak memory over the picture's size."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.5, 4))
    for name, peaks in memory.items():
        points = [(side**2 / 1e6, median(values) / GB) for side, values in peaks.items()]
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(title="ViTMatte-S on a CPU", xlabel="picture, megapixels", ylabel="peak memory of the process, GB", ylim=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(PLOT, dpi=110)
