"""The pipeline, for one picture or a stream: open, segment, recover detail, take the old colours out, finish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np

from mattebox.chooser import Chooser
from mattebox.cutout import Cutout
from mattebox.engines.base import Engine
from mattebox.engines.onnx import available_devices
from mattebox.errors import BadParameter
from mattebox.geometry import resized
from mattebox.loading import load_engine
from mattebox.picture import Picture, PictureSource, open_picture
from mattebox.settings import NONE, PREDICTED, Settings, settings_with
from mattebox.stages import finish
from mattebox.stages.cascade import Cascade, refine_mask
from mattebox.stages.foreground import estimate_background, estimate_foreground
from mattebox.stages.matte import matte
from mattebox.stages.refine import recover_detail
from mattebox.stages.segment import segment
from mattebox.stages.select import AUTOMATIC, Choice
from mattebox.stages.trimap import make_trimap
from mattebox.streaming import in_order
from mattebox.types import Alpha, Mask, Rgb
from mattebox.zoo.card import Card
from mattebox.zoo.registry import DEFAULT, find_card

__all__ = ["Region", "Remover", "Settings", "remove", "shared_remover"]

Region: TypeAlias = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels."""


class Subject(NamedTuple):
    """What was found in a picture or a part of it.

    Attributes:
        alpha: (H, W) opacity in [0, 1].
        score: how sure it is that there is a subject, in [0, 1].
        kind: what it is, when the model says so.
        model: name of the model that found it, when one did.
        reason: why it was taken, when it was chosen for the picture.
        colours: (H, W, 3) of the subject, where the matting model gives them.
    """

    alpha: Alpha
    score: float = 1.0
    kind: str | None = None
    model: str | None = None
    reason: str = ""
    colours: Rgb | None = None

    def placed(self, part: tuple[slice, slice], rgb: Rgb) -> Subject:
        """The same in the whole picture (H, W, 3), of which it was found in a part."""
        alpha = np.zeros(rgb.shape[:2], np.float32)
        alpha[part] = self.alpha
        if self.colours is None:
            return self._replace(alpha=alpha)
        colours = rgb.copy()
        colours[part] = self.colours
        return self._replace(alpha=alpha, colours=colours)


class Remover:
    """Takes the background out of pictures; build it once and use it for many, from any number of threads.

    Args:
        settings: every setting; or give single ones by name.
        threads: threads for one picture's networks; None means one per core.
        **changes: settings by name, as in `Remover(model="lite", keep_largest=True)`.

    Raises:
        BadParameter, ModelNotFound: a setting has no meaning; the message lists what is valid.
        WeightsUnavailable, EngineFailed: the model cannot be loaded or run as asked.

    Example:
        >>> import mattebox
        >>> remover = mattebox.Remover(drop_specks=0.05)
        >>> cutout = remover("examples/lemur.jpg")
        >>> cutout.alpha.shape, cutout.empty
        ((440, 680), False)
    """

    def __init__(self, settings: Settings | None = None, *, threads: int | None = None, **changes: Any) -> None:
        self.settings = settings_with(settings, changes)
        self._threads = threads
        self._choose = self._chooser()
        self._refine = self._refiner()
        self._matte = None if self.settings.matte == NONE else self._load(find_card(self.settings.matte, "matte"))

    def _load(self, card: Card, *, graph: str = "") -> Engine:
        """Load a network where the user wants it; embedded ones run on the CPU beside those that PyTorch runs."""
        settings = self.settings
        torch_only = settings.device.partition(":")[0] in {"cuda", "mps"} - set(available_devices())
        device = "cpu" if card.weights.embedded and settings.large and torch_only else settings.device
        return load_engine(card, device, self._threads, half=settings.half, graph=graph)

    @property
    def device(self) -> str:
        """Where the networks really run."""
        return self._load(find_card(DEFAULT if self.settings.model in AUTOMATIC else self.settings.model)).device

    def __call__(
        self, picture: PictureSource, *, mask: PictureSource | None = None, region: Region | None = None
    ) -> Cutout:
        """Cut the subject out of a picture.

        Args:
            picture: path, bytes, binary file, Pillow image, array or `Picture`.
            mask: your own mask instead of the model's: any picture, light where the subject is, stretched over the
                picture; detail is recovered where it is coarser than the picture.
            region: (top, left, bottom, right) in pixels; the model looks only there, and everything outside is
                background.

        Raises:
            BadPicture: the picture or the mask cannot be read.
            BadParameter: the region is empty or lies outside the picture.
        """
        opened = open_picture(picture)
        found = self._find(opened, None if mask is None else read_mask(mask), region)
        # The colours are those of the alpha as it was found: what users ask of the edge changes no colour.
        alpha = self._finished(found.alpha)
        if self.settings.invert:
            alpha = 1 - alpha
        if opened.alpha is not None:
            alpha = alpha * opened.alpha
        colours = self._colours(opened.rgb, found)
        window = (0, 0, *opened.size)
        return Cutout(alpha, colours, opened, found.score, found.kind, found.model, found.reason, window)

    def map(self, pictures: Iterable[PictureSource], *, workers: int = 2) -> Iterator[Cutout]:
        """Cut out many pictures; results come in the order of the pictures.

        Decoding, networks and finishing of `workers` pictures overlap, and no more than that are held in memory,
        however many there are. A picture that cannot be read raises its error when its turn comes.

        Args:
            pictures: any iterable; it is read as the work goes on.
            workers: pictures worked on at once.
        """
        if workers < 1:
            raise BadParameter(f"workers={workers}: must be at least 1")
        with ThreadPoolExecutor(workers) as pool:
            yield from in_order(pool, self, pictures, ahead=workers)

    def _chooser(self) -> Callable[[Rgb], Choice]:
        """What takes the segmentation model for a picture; the one that the user fixed is loaded here."""
        model = self.settings.model
        if model in AUTOMATIC:
            return Chooser(model, self._load)
        self._load(find_card(model))
        return lambda rgb: Choice(model, "")  # noqa: ARG005

    def _refiner(self) -> Callable[[Rgb, Mask], Alpha]:
        """What brings a coarse mask to the size of a picture."""
        if self.settings.refine == NONE:
            return enlarged
        card = find_card(self.settings.refine, "refine")
        if card.architecture != "CascadePsp":
            engine = self._load(card)
            return lambda rgb, mask: recover_detail(rgb, mask, engine)
        networks = Cascade(self._load(card, graph="coarse"), self._load(card, graph="fine"))
        return lambda rgb, mask: refine_mask(rgb, mask, networks, side=self.settings.refine_size)

    def _find(self, picture: Picture, mask: Mask | None, region: Region | None) -> Subject:
        """The subject in the whole picture."""
        part = part_of(picture, region)
        if picture.alpha is not None and not picture.alpha.any():
            return Subject(np.zeros(picture.size, np.float32), 0.0)
        seen = on_paper(picture)
        rgb = np.ascontiguousarray(seen[part])
        if mask is not None:
            found = Subject(self._own(seen, mask)[part])
        else:
            found = self._segmented(rgb, empty=picture.alpha is None)
        if self._matte is not None:
            trimap = make_trimap(found.alpha, band=self.settings.band)
            alpha, colours = matte(rgb, trimap, self._matte, largest=self.settings.matte_size)
            # Where the picture has its own transparency, the model has seen the paper that was put behind it.
            found = found._replace(alpha=alpha, colours=colours if picture.alpha is None else None)
        return found if found.alpha.shape == picture.size else found.placed(part, seen)

    def _segmented(self, rgb: Rgb, *, empty: bool) -> Subject:
        """What the model finds; without a subject nothing, or all when the picture must not be empty."""
        model, reason = self._choose(rgb)
        card = find_card(model)
        found = segment(rgb, self._load(card), card, None if card.fixed else self.settings.segment_size)
        if found.score < self.settings.subject_score:
            nothing = np.full(rgb.shape[:2], 0 if empty else 1, np.float32)
            return Subject(nothing, found.score, None, model, reason)
        return Subject(self._refine(rgb, found.mask), found.score, found.kind, model, reason)

    def _own(self, rgb: Rgb, mask: Mask) -> Alpha:
        """A user's mask at the size of the picture."""
        size = rgb.shape[:2]
        if np.any(np.greater(mask.shape, size)):
            mask = resized(mask, size)
        return mask if mask.shape == size else self._refine(rgb, mask)

    def _colours(self, rgb: Rgb, found: Subject) -> Rgb:
        """The colours that go with the alpha that was found, or with what it leaves."""
        if self.settings.invert:
            return estimate_background(rgb, found.alpha)
        if self.settings.foreground != PREDICTED:
            return estimate_foreground(rgb, found.alpha, self.settings.foreground)
        return estimate_foreground(rgb, found.alpha) if found.colours is None else found.colours

    def _finished(self, alpha: Alpha) -> Alpha:
        settings = self.settings
        if settings.keep_largest:
            alpha = finish.keep_largest(alpha)
        if settings.drop_specks:
            alpha = finish.drop_specks(alpha, settings.drop_specks)
        if (settings.threshold, settings.softness) != (0.5, 1.0):
            alpha = finish.set_edge(alpha, settings.threshold, settings.softness)
        return finish.feather(alpha, settings.feather)


def enlarged(rgb: Rgb, mask: Mask) -> Alpha:
    """A coarse mask at the size of a picture, and no more."""
    return cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def read_mask(source: PictureSource) -> Mask:
    """Read a user's mask: the opacity of a picture that has one, otherwise how light it is; (h, w) in [0, 1]."""
    picture = open_picture(source)
    if picture.alpha is not None:
        return picture.alpha
    return cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def on_paper(picture: Picture) -> Rgb:
    """What a network sees of a picture: transparent parts as paper, white or, under a light subject, black."""
    if picture.alpha is None:
        return picture.rgb
    grey = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY)
    light = float((grey * picture.alpha).sum() / picture.alpha.sum()) > 160
    return picture.over(0 if light else 255)


def part_of(picture: Picture, region: Region | None) -> tuple[slice, slice]:
    """The region of a picture as slices; all of it when there is none.

    Raises:
        BadParameter: the region is empty or reaches outside the picture.
    """
    height, width = picture.size
    top, left, bottom, right = region or (0, 0, height, width)
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise BadParameter(
            f"{picture.name}: region {region} must be (top, left, bottom, right) "
            f"inside the picture of {height} x {width} pixels"
        )
    return slice(top, bottom), slice(left, right)


@lru_cache(maxsize=4)
def shared_remover(settings: Settings, threads: int | None = None) -> Remover:
    """A remover with these settings, built once per process."""
    return Remover(settings, threads=threads)


def remove(
    picture: PictureSource, *, mask: PictureSource | None = None, region: Region | None = None, **settings: Any
) -> Cutout:
    """Take the background out of one picture.

    Args:
        picture: path, bytes, binary file, Pillow image, array or `Picture`.
        mask: your own mask instead of the model's; see `Remover`.
        region: (top, left, bottom, right) in pixels to look in; see `Remover`.
        **settings: any of `Settings`, as in `remove("photo.jpg", keep_largest=True)`.

    Example:
        >>> import mattebox
        >>> mattebox.remove("examples/lemur.jpg").image.mode
        'RGBA'
    """
    return shared_remover(settings_with(None, settings))(picture, mask=mask, region=region)
