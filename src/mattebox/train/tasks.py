"""What differs between networks in training: the network, its samples, its loss and its validation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.detail import DetailNet
from mattebox.nets.lite import LiteNet
from mattebox.train.checkpoint import load_averaged
from mattebox.train.composition import Composer, Mix
from mattebox.train.data import read_manifest, read_pair, split_validation
from mattebox.train.degradation import band_patch, coarse_mask
from mattebox.train.losses import alpha_loss, lite_loss
from mattebox.types import Alpha, Rgb

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

TILES_PER_PICTURE = 6
"""Composing a picture costs more than training on a tile of it."""


def normalise(rgb: Tensor) -> Tensor:
    """(N, H, W, 3) uint8 to (N, 3, H, W) float with the ImageNet mean and deviation taken out."""
    x = rgb.permute(0, 3, 1, 2).float() / 255
    return (x - MEAN.to(x.device)) / DEVIATION.to(x.device)


class Task(Protocol):
    """One network in training."""

    def new_network(self) -> nn.Module:
        """The network with its first weights."""

    def sample(self, size: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Compose one sample; equal generators give equal samples."""

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """Loss of a batch of samples."""

    def validate(self, network: nn.Module, size: int, device: torch.device) -> dict[str, float]:
        """Figures on pictures that are held out of training, by name."""


class LiteTask:
    """The embedded model's coarse network: whole pictures, mask and subject score."""

    def __init__(self, data: Path) -> None:
        train, self.held_out = split_validation(read_manifest(data))
        self.composer = Composer(train)

    def new_network(self) -> nn.Module:
        """See `LiteNet`."""
        return LiteNet()

    def sample(self, size: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """A picture (size, size, 3) uint8 and its alpha (1, size, size)."""
        rgb, alpha = self.composer.sample(size, rng)
        return torch.from_numpy(np.ascontiguousarray(rgb)), torch.from_numpy(alpha)[None]

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """See `lite_loss`."""
        rgb, alpha = batch
        return lite_loss(network(normalise(rgb).contiguous(memory_format=torch.channels_last)), alpha)

    @torch.inference_mode()
    def validate(self, network: nn.Module, size: int, device: torch.device) -> dict[str, float]:
        """Mean IoU at 0.5 (by source and of all) and MAE of all, at the pictures' own resolution."""
        by_source: dict[str, list[float]] = defaultdict(list)
        errors = []
        for record in self.held_out:
            rgb, truth = read_pair(record)
            mask = look(network, rgb, size, device)
            mask = cv2.resize(mask, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
            said, true = mask > 0.5, truth > 0.5
            by_source[record.source].append(float((said & true).sum() / max(1, (said | true).sum())))
            errors.append(float(np.abs(mask - truth).mean()))
        every = [value for values in by_source.values() for value in values]
        scores = {"iou": float(np.mean(every)), "mae": float(np.mean(errors))}
        return scores | {f"iou_{source}": float(np.mean(values)) for source, values in sorted(by_source.items())}


class DetailTask:
    """The embedded model's detail network: tiles on the edge, with coarse masks such as the coarse network makes.

    Args:
        data: folder with `manifest.csv`.
        coarse: checkpoint of a trained coarse network, whose own masks are then half of the coarse masks; without it
            all are made from the truth.
    """

    def __init__(self, data: Path, coarse: Path | None = None) -> None:
        records = [r for r in read_manifest(data) if r.type != "pair" or r.soft]
        train, self.held_out = split_validation(records)
        self.composer = Composer(train, Mix(pasted=0.75, empty=0.0))
        self.coarse: nn.Module | None = None
        if coarse is not None:
            self.coarse = load_averaged(LiteNet(), coarse)

    def new_network(self) -> nn.Module:
        """See `DetailNet`."""
        return DetailNet()

    def sample(self, size: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Tiles (n, 4, size, size) of one picture, colours and coarse alpha, and true alpha (n, 1, size, size)."""
        patches: list[tuple[Tensor, Tensor]] = []
        while not patches:
            rgb, alpha = self.composer.sample(320, rng)
            coarse = self.coarse_alpha(rgb, alpha, rng)
            found = [band_patch(rgb, alpha, coarse, size, rng) for _ in range(TILES_PER_PICTURE)]
            patches = [patch for patch in found if patch is not None]
        patches = [patches[index % len(patches)] for index in range(TILES_PER_PICTURE)]
        return torch.stack([tile for tile, _ in patches]), torch.stack([truth for _, truth in patches])

    def coarse_alpha(self, rgb: Rgb, alpha: Alpha, rng: np.random.Generator) -> Alpha:
        """A coarse mask brought up to the picture: the coarse network's own, or one made from the truth."""
        if self.coarse is None or rng.random() < 0.5:
            return coarse_mask(alpha, rng)
        with torch.inference_mode():
            mask = look(self.coarse, rgb, int(rng.choice((96, 128, 160, 192))), torch.device("cpu"))
        return cv2.resize(mask, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """See `alpha_loss`."""
        tiles, alpha = (part.flatten(0, 1) for part in batch)
        return alpha_loss(torch.sigmoid(network(tiles).float()), alpha)

    @torch.inference_mode()
    def validate(self, network: nn.Module, size: int, device: torch.device) -> dict[str, float]:
        """Mean absolute error on held-out edge tiles, of the coarse alpha and of the network's."""
        rng = np.random.default_rng(0)
        before, after = [], []
        for record in self.held_out:
            rgb, truth = read_pair(record)
            patch = band_patch(rgb, truth, coarse_mask(truth, rng), size, rng)
            if patch is not None:
                tile, alpha = patch[0][None].to(device), patch[1][None].to(device)
                before.append(float((tile[:, 3:] - alpha).abs().mean()))
                after.append(float((torch.sigmoid(network(tile).float()) - alpha).abs().mean()))
        return {"mae_coarse": float(np.mean(before)), "mae": float(np.mean(after))}


def look(network: nn.Module, rgb: Rgb, size: int, device: torch.device) -> Alpha:
    """A coarse network's mask (size, size) of one picture."""
    small = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA)
    logits = network(normalise(torch.from_numpy(small)[None].to(device))).mask
    mask: Alpha = torch.sigmoid(logits.float())[0, 0].cpu().numpy()
    return mask


TASKS: dict[str, Callable[..., Task]] = {"lite": LiteTask, "detail": DetailTask}


def find_task(network: str) -> Callable[..., Task]:
    """The task that trains a network.

    Raises:
        BadParameter: with the valid names.
    """
    if network not in TASKS:
        raise BadParameter(unknown_name("network to train", network, TASKS))
    return TASKS[network]
