from __future__ import annotations

import logging
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from mattebox.errors import BadPicture
from mattebox.train.composition import Composer
from mattebox.train.recipe import Phase, Recipe
from mattebox.train.samples import Samples, Steps
from mattebox.train.tasks import LiteTask


def test_a_run_that_goes_on_draws_what_an_unbroken_one_would(tiny: Recipe) -> None:
    assert list(Steps(tiny, 0))[3:] == list(Steps(tiny, 3))
    assert [len(numbers) for numbers in Steps(tiny, 0)] == [tiny.batch] * tiny.steps


def test_samples_have_the_size_of_their_phase(material: Path, tiny: Recipe) -> None:
    samples = Samples(tiny, LiteTask(tiny, material))
    sizes = [samples[numbers[0]][0].shape[0] for numbers in Steps(tiny, 0)]
    assert sizes == [64, 64, 64, 96, 96]


def test_seeds_and_numbers_decide_a_sample(material: Path, tiny: Recipe) -> None:
    samples = Samples(tiny, LiteTask(tiny, material))
    other = Samples(replace(tiny, seed=2), samples.task)
    assert torch.equal(samples[0][0], samples[0][0])
    assert not torch.equal(samples[0][0], samples[1][0])
    assert not torch.equal(samples[0][0], other[0][0])


class Unreadable(Composer):
    """One picture in `every` cannot be read."""

    every = 2

    def sample(self, *arguments: object) -> object:  # type: ignore[override]
        rng = arguments[-1]
        assert isinstance(rng, np.random.Generator)
        if rng.integers(self.every) == 0:
            raise BadPicture("broken.webp: missing or not a picture")
        return super().sample(*arguments)  # type: ignore[arg-type]


def test_a_picture_that_cannot_be_read_is_told_and_replaced(
    material: Path, tiny: Recipe, caplog: pytest.LogCaptureFixture
) -> None:
    recipe = replace(tiny, phases=(Phase(10, 64),))
    task = LiteTask(recipe, material)
    task.composer.__class__ = Unreadable
    with caplog.at_level(logging.WARNING, logger="mattebox"):
        drawn = [Samples(recipe, task)[number] for numbers in islice(Steps(recipe, 0), 10) for number in numbers]
    assert len(drawn) == 20
    assert "broken.webp: missing or not a picture; another takes its place" in caplog.text


def test_material_that_cannot_be_read_at_all_ends_the_run(
    material: Path, tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = LiteTask(tiny, material)
    task.composer.__class__ = Unreadable
    monkeypatch.setattr(Unreadable, "every", 1)
    with pytest.raises(BadPicture, match=r"broken\.webp"):
        Samples(tiny, task)[0]
