from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mattebox.train.recipe import Phase, Recipe


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data folder of the documented layout: discs on stripes."""
    root = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    rows = []
    for folder in ("images", "masks", "fg", "bg"):
        (root / folder).mkdir()
    for index in range(24):
        height, width = int(rng.integers(150, 200)), int(rng.integers(150, 200))
        y, x = np.mgrid[:height, :width]
        alpha = np.clip(rng.integers(30, 60) - np.hypot(y - height / 2, x - width / 2), 0, 1)
        ground = np.dstack([((x // 9) % 2) * 90 + 40, ((y // 7) % 2) * 80 + 50, np.full_like(x, 60)])
        rgb = (ground * (1 - alpha[..., None]) + rng.integers(150, 255, 3) * alpha[..., None]).astype(np.uint8)
        name = f"{['pets', 'ecssd'][index % 2]}_{index:03}"
        cv2.imwrite(str(root / f"images/{name}.webp"), rgb)
        cv2.imwrite(str(root / f"masks/{name}.png"), (alpha * 255).astype(np.uint8))
        cv2.imwrite(str(root / f"fg/cut-{index}.webp"), np.dstack([rgb, (alpha * 255).astype(np.uint8)]))
        cv2.imwrite(str(root / f"bg/wall_{index}.webp"), ground.astype(np.uint8))
        rows += [
            (
                f"images/{name}.webp",
                f"masks/{name}.png",
                "pair",
                ["animal", "mixed"][index % 2],
                "soft, drawn",
                "CC0 1.0",
            ),
            (f"fg/cut-{index}.webp", "", "fg", "object", "", "MIT"),
            (f"bg/wall_{index}.webp", "", "bg", "texture", "", ["CC0 1.0", "research use (somewhere)"][index % 2]),
        ]
    with (root / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "mask", "type", "kind", "mask_quality", "licence"))
        writer.writerows(rows)
    return root


@pytest.fixture
def tiny() -> Recipe:
    """The recipe that ships, five steps long."""
    phases = (Phase(3, 64), Phase(2, 96, decay=True))
    return replace(Recipe.find("lite"), batch=2, workers=0, validate_every=5, checkpoint_every=1, phases=phases)
