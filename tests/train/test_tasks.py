from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mattebox.train.recipe import Phase, Recipe
from mattebox.train.tasks import DetailTask


class Unchanging(nn.Module):
    """A detail network that keeps the coarse alpha it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, tile: Tensor) -> Tensor:
        return torch.logit(self.weight * tile[:, 3:])


@pytest.fixture
def task(material: Path, tiny: Recipe) -> DetailTask:
    return DetailTask(replace(tiny, network="detail", phases=(Phase(1, 64),), input_size=96), material)


def test_figures_and_view_of_the_detail_network_tell_of_coarse_refined_and_true_alpha(task: DetailTask) -> None:
    (record, *_) = task.held_out
    figures = task.judge(Unchanging(), record, 64)
    assert figures["mae"] == pytest.approx(figures["mae_coarse"], abs=1e-6)
    assert figures["mae"] > 0
    view = task.view(Unchanging(), record, 64)
    assert view is not None
    _, coarse, refined, truth = np.split(view.astype(np.float32) / 255, 4, axis=1)
    assert np.array_equal(coarse, refined)
    assert np.abs(coarse - truth).mean() == pytest.approx(figures["mae"], rel=0.1)


def test_a_record_without_an_edge_has_no_figures_and_no_view(task: DetailTask, tmp_path: Path) -> None:
    (record, *_) = task.held_out
    mask = tmp_path / "black.png"
    cv2.imwrite(str(mask), np.zeros_like(cv2.imread(str(record.mask), cv2.IMREAD_GRAYSCALE)))
    empty = replace(record, mask=mask)
    assert task.judge(Unchanging(), empty, 64) == {}
    assert task.view(Unchanging(), empty, 64) is None
