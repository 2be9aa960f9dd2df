"""What differs between networks in training: the network, its samples, its loss and its validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, BadPicture, unknown_name
from mattebox.nets.detail import DetailNet
from mattebox.nets.lite import KINDS, SHARPNESS, LiteNet, LiteOutput
from mattebox.overlap import overlap
from mattebox.stages.refine import STRIDE, TILE
from mattebox.train.checkpoint import load_averaged
from mattebox.train.composition import KINDS_BY_WORD, Composer
from mattebox.train.data import Record, read_manifest, read_pair, readable, split_validation
from mattebox.train.degradation import band_patch, coarse_mask
from mattebox.train.losses import NO_KIND, alpha_loss, lite_loss
from mattebox.train.recipe import Phase, Recipe
from mattebox.types import Alpha, Rgb

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

TRIES = 50
"""Pictures that are composed in a row before it is given up to find an edge."""

COMPOSED = 320
"""Side of the pictures that the detail network's tiles are cut from."""

TILES_PER_PICTURE = 12
"""Composing a picture costs more than training on a tile of it."""


def normalise(rgb: Tensor) -> Tensor:
    """(N, H, W, 3) uint8 to (N, 3, H, W) float with the ImageNet mean and deviation taken out."""
    x = rgb.permute(0, 3, 1, 2).float() / 255
    return (x - MEAN.to(x.device)) / DEVIATION.to(x.device)


class Task(Protocol):
    """One network in training. Tasks are sent to the processes that compose samples, so they must pickle."""

    @property
    def held_out(self) -> Sequence[Record]:
        """Records that are never trained on and that validation looks at."""

    def new_network(self) -> nn.Module:
        """The network with its first weights."""

    def sample(self, phase: Phase, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Compose one sample; equal generators give equal samples."""

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """Loss of a batch of samples."""

    def judge(self, network: nn.Module, record: Record, size: int) -> dict[str, float]:
        """Figures on one held-out record, by name; what is shown is their mean over the records that have them."""

    def view(self, network: nn.Module, record: Record, size: int) -> Rgb | None:
        """What the network makes of a held-out record, to look at: views of one fixed size side by side."""

    def calibrate(self, network: nn.Module, size: int) -> dict[str, float]:
        """Numbers that packaging needs beside the weights, found on the held-out records."""


class LiteTask:
    """The embedded model's coarse network: whole pictures; mask, subject score and kind."""

    def __init__(self, recipe: Recipe, data: Path) -> None:
        self.held_out, self.composer = set_up(recipe, read_manifest(data, recipe.licences))

    def new_network(self) -> nn.Module:
        """See `LiteNet`."""
        return LiteNet()

    def sample(self, phase: Phase, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """A picture (size, size, 3) uint8, its alpha (1, size, size), and its kind's place in `KINDS` or `NO_KIND`."""
        sample = self.composer.sample(phase.size, phase.mix, rng)
        kind = NO_KIND if sample.kind is None else KINDS.index(sample.kind)
        return torch.from_numpy(sample.rgb), torch.from_numpy(sample.alpha)[None], torch.tensor(kind)

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """See `lite_loss`."""
        rgb, alpha, kind = batch
        return lite_loss(network(normalise(rgb).contiguous(memory_format=torch.channels_last)), alpha, kind)

    @torch.inference_mode()
    def judge(self, network: nn.Module, record: Record, size: int) -> dict[str, float]:
        """IoU at 0.5 and MAE at the picture's own resolution, and whether the kind is right where it is known."""
        rgb, truth = read_pair(record)
        mask, kind = look(network, rgb, size)
        mask = cv2.resize(mask, truth.shape[::-1], interpolation=cv2.INTER_LINEAR)
        iou = overlap(mask > 0.5, truth > 0.5)
        figures = {"iou": iou, "mae": float(np.abs(mask - truth).mean())}
        if record.source:
            figures[f"iou_{record.source}"] = iou
        if record.kind in KINDS_BY_WORD:
            figures["kind_right"] = float(KINDS_BY_WORD[record.kind] == kind)
        return figures

    @torch.inference_mode()
    def view(self, network: nn.Module, record: Record, size: int) -> Rgb:
        """Picture, answer, truth."""
        rgb, truth = read_pair(record)
        mask, _ = look(network, rgb, size)
        return side_by_side(rgb, grey(mask), grey(truth))

    @torch.inference_mode()
    def calibrate(self, network: nn.Module, size: int) -> dict[str, float]:
        """The least subject logit of the held-out pictures: to lose a subject is worse than to keep a background."""
        logits = [float(answer(network, read_pair(record)[0], size).subject) for record in self.held_out]
        return {"subject_logit": round(min(logits), 3)} if logits else {}


class DetailTask:
    """The embedded model's detail network: tiles on the edge, with coarse masks such as the coarse network makes.

    Args:
        recipe: the run.
        data: folder with `manifest.csv`.
        coarse: checkpoint of a trained coarse network, whose own masks are then half of the coarse masks; without it
            all are made from the truth.
    """

    def __init__(self, recipe: Recipe, data: Path, coarse: Path | None = None) -> None:
        if recipe.input_size != TILE:
            raise BadParameter(
                f"input_size = {recipe.input_size}: the detail network is used on tiles of {TILE} pixels"
            )
        if any(phase.size % STRIDE or phase.size > COMPOSED for phase in recipe.phases):
            raise BadParameter(f"phases: the sizes of tiles must be multiples of {STRIDE}, at most {COMPOSED}")
        records = [r for r in read_manifest(data, recipe.licences) if r.type != "pair" or r.soft]
        if not any(r.type == "pair" for r in records):
            raise BadParameter(f"{data}: no pair has 'soft' in its mask_quality; the detail network learns from those")
        self.held_out, self.composer = set_up(recipe, records)
        self.coarse: nn.Module | None = None
        if coarse is not None:
            self.coarse = load_averaged(LiteNet(), coarse)

    def new_network(self) -> nn.Module:
        """See `DetailNet`."""
        return DetailNet()

    def sample(self, phase: Phase, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Tiles (n, 4, size, size) of one picture, colours and coarse alpha, and true alpha (n, 1, size, size)."""
        for _ in range(TRIES):
            rgb, alpha, _ = self.composer.sample(COMPOSED, phase.mix, rng)
            coarse = self.coarse_alpha(rgb, alpha, rng)
            found = [band_patch(rgb, alpha, coarse, phase.size, rng) for _ in range(TILES_PER_PICTURE)]
            if patches := [patch for patch in found if patch is not None]:
                break
        else:
            raise BadPicture(f"{TRIES} pictures in a row have no edge to learn from")
        patches = [patches[index % len(patches)] for index in range(TILES_PER_PICTURE)]
        return torch.stack([tile for tile, _ in patches]), torch.stack([truth for _, truth in patches])

    def coarse_alpha(self, rgb: Rgb, alpha: Alpha, rng: np.random.Generator) -> Alpha:
        """A coarse mask brought up to the picture: the coarse network's own, or one made from the truth."""
        if self.coarse is None or rng.random() < 0.5:
            return coarse_mask(alpha, rng)
        with torch.inference_mode():
            mask, _ = look(self.coarse, rgb, int(rng.choice((96, 128, 160, 192))))
        return cv2.resize(mask, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)

    def loss(self, network: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """See `alpha_loss`."""
        tiles, alpha = (part.flatten(0, 1) for part in batch)
        return alpha_loss(torch.sigmoid(network(tiles).float()), alpha)

    @torch.inference_mode()
    def judge(self, network: nn.Module, record: Record, size: int) -> dict[str, float]:
        """Mean absolute error on an edge tile, of the coarse alpha and of the network's."""
        edge = refined_edge(network, record, size)
        if edge is None:
            return {}
        return {
            "mae_coarse": float((edge.coarse - edge.truth).abs().mean()),
            "mae": float((edge.refined - edge.truth).abs().mean()),
        }

    @torch.inference_mode()
    def view(self, network: nn.Module, record: Record, size: int) -> Rgb | None:
        """Tile, coarse alpha, answer, truth; nothing where the record has no edge."""
        edge = refined_edge(network, record, size)
        if edge is None:
            return None
        colours = np.rint(edge.colours.numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        return side_by_side(colours, *(grey(alpha.numpy()) for alpha in (edge.coarse, edge.refined, edge.truth)))

    def calibrate(self, network: nn.Module, size: int) -> dict[str, float]:  # noqa: ARG002 (others need them)
        """Nothing."""
        return {}


def set_up(recipe: Recipe, records: list[Record]) -> tuple[Sequence[Record], Composer]:
    """What can be read of the records that are held out, and the composer that draws samples from the others."""
    train, held_out = split_validation(records)
    return readable(held_out), Composer(train, recipe.sources, recipe.room)


class RefinedEdge(NamedTuple):
    """An edge tile of (size, size) pixels and what a detail network makes of it, float32 in [0, 1] on the CPU.

    Attributes:
        colours: (3, size, size).
        coarse: the alpha that the network was shown, (size, size).
        refined: the network's alpha, (size, size).
        truth: what is true, (size, size).
    """

    colours: Tensor
    coarse: Tensor
    refined: Tensor
    truth: Tensor


def refined_edge(network: nn.Module, record: Record, size: int) -> RefinedEdge | None:
    """Let a detail network look at an edge tile of a record, every time the same; None where there is no edge."""
    rng = np.random.default_rng(0)
    rgb, truth = read_pair(record)
    patch = band_patch(rgb, truth, coarse_mask(truth, rng), size, rng)
    if patch is None:
        return None
    tile, alpha = patch
    refined = torch.sigmoid(network(tile[None].to(next(network.parameters()).device)).float())
    return RefinedEdge(tile[:3], tile[3], refined[0, 0].cpu(), alpha[0])


def grey(alpha: Alpha) -> Rgb:
    """A matte to look at, (H, W, 3)."""
    return np.repeat(np.rint(alpha * 255).astype(np.uint8)[..., None], 3, 2)


def side_by_side(*views: Rgb) -> Rgb:
    """Views in a row, each made 160 x 160."""
    return np.hstack([cv2.resize(view, (160, 160), interpolation=cv2.INTER_AREA) for view in views])


def answer(network: nn.Module, rgb: Rgb, size: int) -> LiteOutput:
    """What a coarse network says of one picture."""
    small = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA)
    output: LiteOutput = network(normalise(torch.from_numpy(small)[None].to(next(network.parameters()).device)))
    return output


def look(network: nn.Module, rgb: Rgb, size: int) -> tuple[Alpha, str]:
    """A coarse network's mask (size, size) of one picture, and the kind it takes the subject for."""
    said = answer(network, rgb, size)
    mask: Alpha = torch.sigmoid(SHARPNESS * said.mask.float())[0, 0].cpu().numpy()
    return mask, KINDS[int(said.kind[0].argmax())]


TASKS: dict[str, Callable[..., Task]] = {"lite": LiteTask, "detail": DetailTask}


def find_task(network: str) -> Callable[..., Task]:
    """The task that trains a network.

    Raises:
        BadParameter: with the valid names.
    """
    if network not in TASKS:
        raise BadParameter(unknown_name("network to train", network, TASKS))
    return TASKS[network]
