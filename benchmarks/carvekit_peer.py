"""The published CarveKit, in an environment of its own, beside our package of the same name, with the same weights.

Its source is that of https://github.com/OPHoperHPO/freezed_carvekit_2023 (4.5.2, commit 9eaadcb); the variable
CARVEKIT_SOURCE names a checkout of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import Run, alternate, apart, run

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-carvekit"
REQUIREMENTS = ("torch==2.13.0", "numpy", "pillow", "opencv-python-headless", "loguru", "pydantic", "requests", "tqdm")
PROGRAM = ROOT / "benchmarks/carvekit_program.py"
MODELS = ("tracer_b7", "cascadepsp_original", "fba")
"""What CarveKit's default pipeline uses on a CPU."""


def carvekit(bench: Bench) -> list[Measure]:
    """CarveKit's default pipeline (TRACER-B7, CascadePSP, FBA matting) in the original and in our package."""
    source = os.environ.get("CARVEKIT_SOURCE", "")
    if not Path(source, "carvekit").is_dir():
        return [measure("not run: CARVEKIT_SOURCE names no checkout of CarveKit", "", [0])]
    if not ENVIRONMENT.exists():
        install()
    home = bench.folder / "carvekit"
    apart("carvekit_peer", "prepare", home)
    photos = bench.photos.small[:1]  # a photo takes the original ten minutes
    ours = partial(program, "ours", Path(sys.executable), home, {"MATTEBOX_HOME": str(home)}, photos)
    theirs = partial(
        program, "original", ENVIRONMENT / "bin/python", home, {"HOME": str(home), "PYTHONPATH": source}, photos
    )
    warm_up = [apart("photos", "enlarge", photos[0], 0.01, bench.folder / "tiny.jpg")]
    # Networks are exported when they are first used, which is done once for all.
    program("ours", Path(sys.executable), home, {"MATTEBOX_HOME": str(home)}, warm_up)
    mine, original = alternate(1, ours, theirs)
    what, count = f"photos of {bench.photos.small_size:g} MP", len(photos)
    apart_by = apart("carvekit_peer", "difference", home / "ours", home / "original")
    return [
        measure(
            f"{count} {what}, one process, wall",
            "s",
            [one.wall for one in mine],
            "CarveKit 4.5.2",
            [one.wall for one in original],
            Target("ratio", "<=", 0.5),
        ),
        measure(
            f"{count} {what}, CPU",
            "s",
            [one.cpu for one in mine],
            "CarveKit 4.5.2",
            [one.cpu for one in original],
        ),
        measure(
            f"{count} {what}, peak memory",
            "MB",
            [one.memory for one in mine],
            "CarveKit 4.5.2",
            [one.memory for one in original],
            Target("ratio", "<=", 1),
        ),
        measure("values of the results that differ by more than 1 of 255", "%", [100 * apart_by]),
    ]


def program(which: str, python: Path, home: Path, env: dict[str, str], photos: list[Path]) -> Run:
    """Run the program on the photos."""
    out = home / which
    out.mkdir(exist_ok=True)
    return run([python, PROGRAM, which, out, *photos], {"OMP_WAIT_POLICY": "passive", **env})


def install() -> None:
    """Make the environment of the original; torchvision is told to leave torch as it is."""
    venv.create(ENVIRONMENT, with_pip=True)
    pip = [ENVIRONMENT / "bin/python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *REQUIREMENTS], check=True)
    subprocess.run([*pip, "--no-deps", "torchvision==0.28.0"], check=True)


def prepare(home: Path) -> None:
    """Put the weights where both look for them, under the official names; runs in a process of its own."""
    import torch

    from benchmarks.checkpoints import deterministic_state, write_own_card
    from mattebox.zoo.build import new_network
    from mattebox.zoo.registry import find_card

    for name in MODELS:
        card = find_card(name)
        theirs = home / ".cache/carvekit/checkpoints" / card.weights.repository.rpartition("/")[2]
        theirs.mkdir(parents=True)
        torch.save(deterministic_state(name, new_network(card)), theirs / card.weights.file)
        write_own_card(home / "cards", card, theirs / card.weights.file)


def difference(ours: Path, theirs: Path) -> float:
    """Share of the values of all results that differ by more than 1."""
    import cv2
    import numpy as np

    pairs = [(cv2.imread(str(ours / path.name), -1), cv2.imread(str(path), -1)) for path in theirs.iterdir()]
    return float(np.mean([np.mean(np.abs(np.int16(one) - other) > 1) for one, other in pairs]))
