"""CarveKit's own programs and command line, as they are, on the real networks with weights that are made up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from carvekit.utils.mask_utils import apply_mask
from weightfiles import fill_home

EXAMPLES = Path(__file__).parents[2] / "examples"
README = Path(__file__).with_name("programs.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SIZE = (120, 80)


def run(*words: str, folder: Path, home: Path) -> None:
    environment = {**os.environ, "MATTEBOX_HOME": str(home), "MATTEBOX_OFFLINE": "1", "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def assert_cut_out(path: Path, source: Path) -> None:
    """Hold a result to what every cut-out of CarveKit's is: its picture under its opacity."""
    with Image.open(path) as cutout, Image.open(source) as picture:
        assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", SIZE)
        expected = apply_mask(picture.convert("RGB"), cutout.getchannel("A"))
        np.testing.assert_array_equal(cutout, expected)
        assert np.unique(cutout.getchannel("A")).size > 16, "nothing was looked at"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Weights of everything that the programs need: two gigabytes, which do not stay."""
    path = tmp_path / "mattebox"
    fill_home(path, scene="soft")
    yield path
    shutil.rmtree(path)


@pytest.mark.slow
def test_the_programs_of_the_readme_and_the_command_run_unchanged(home: Path, tmp_path: Path) -> None:
    """One test, so that each network is made ready once; that is most of its time."""
    folder = tmp_path / "work"
    sources = [folder / "docs/imgs/example_images/cat.jpg", folder / "tests/data/cat.jpg"]
    with Image.open(EXAMPLES / "cat_chelsea.jpg") as cat:
        for source in sources:
            source.parent.mkdir(parents=True)
            cat.resize(SIZE).save(source)
    assert len(PROGRAMS) == 3
    for program in PROGRAMS:
        run("-c", program, folder=folder, home=home)
        assert_cut_out(
            folder / "2.png", next(source for source in sources if str(source.relative_to(folder)) in program)
        )
        (folder / "2.png").unlink()
    (folder / "torch.py").write_text("raise ImportError")  # networks that were made ready run without PyTorch
    words = ("-i", "tests", "-o", "docs", "--device", "cpu", "--post", "fba", "--recursive")
    run("-m", "carvekit", *words, folder=folder, home=home)
    assert_cut_out(folder / "docs/cat.png", sources[1])
