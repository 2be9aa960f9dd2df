"""The pipeline, for one picture or a stream: open, segment, recover detail, take the old colours out, finish."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from mattebox.chooser import Chooser
from mattebox.cutout import Cutout
from mattebox.engines.base import Engine
from mattebox.engines.onnx import available_devices
from mattebox.errors import BadParameter
from mattebox.geometry import resized
from mattebox.hints import Hints, Region, as_region, read_mask
from mattebox.loading import load_engine
from mattebox.matting import load_matter
from mattebox.picture import Picture, PictureSource, open_picture
from mattebox.settings import NONE, PREDICTED, Settings, settings_with
from mattebox.stages import finish
from mattebox.stages.cascade import Cascade, refine_mask
from mattebox.stages.foreground import estimate_background, estimate_foreground
from mattebox.stages.prompts import Point, mask_at_points, mask_in_box
from mattebox.stages.refine import recover_detail
from mattebox.stages.segment import segment
from mattebox.stages.select import AUTOMATIC, Choice
from mattebox.stages.trimap import keep_unknown, make_trimap
from mattebox.streaming import in_order
from mattebox.types import Alpha, Mask, Rgb, Trimap
from mattebox.zoo.card import Card
from mattebox.zoo.registry import DEFAULT, find_card

log = logging.getLogger(__name__)

__all__ = ["Region", "Remover", "Settings", "remove", "shared_remover"]


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

    def has(self, point: Point) -> bool:
        """Whether it covers a point."""
        return bool(self.alpha[point.row, point.column] > 0.5)

    def cut(self, part: tuple[slice, slice]) -> Subject:
        """What of it lies in a part of the picture."""
        return self._replace(alpha=np.ascontiguousarray(self.alpha[part]))

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
        self._matte = None
        if self.settings.matte != NONE:
            self._matte = load_matter(self.settings.matte, self._load, largest=self.settings.matte_size)

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
        self,
        picture: PictureSource,
        *,
        mask: PictureSource | None = None,
        trimap: PictureSource | None = None,
        points: Sequence[Sequence[int]] = (),
        box: Region | None = None,
        transparent: Sequence[Region] = (),
        region: Region | None = None,
    ) -> Cutout:
        """Cut the subject out of a picture.

        Args:
            picture: path, bytes, binary file, Pillow image, array or `Picture`.
            mask: your own mask instead of the model's: any picture, light where the subject is, stretched over the
                picture; detail is recovered where it is coarser than the picture.
            trimap: your own trimap, black where background is sure, white where the subject is, grey where the matting
                method (`matte` in the settings) has to find the opacity. What is nearly black or white counts as such.
            points: (row, column) of pixels on the subject, or (row, column, False) of pixels beside it, in place of a
                mask; what the model found is kept where the points say so, and found by its colours elsewhere.
            box: (top, left, bottom, right) in pixels around the subject, in place of a mask.
            transparent: boxes in which the subject can be seen through, as glass: the matting method looks there too.
            region: (top, left, bottom, right) in pixels; the model looks only there, and everything outside is
                background.

        Raises:
            BadPicture: the picture, the mask or the trimap cannot be read.
            BadParameter: a region, a box or a point lies outside the picture; a trimap has another size, or comes
                without a matting method; or two hints contradict each other.
        """
        opened = open_picture(picture)
        hints = Hints(mask, trimap, points, box, transparent)
        found = self._find(opened, hints, region)
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

    def _find(self, picture: Picture, hints: Hints, region: Region | None) -> Subject:
        """The subject in the whole picture."""
        part = part_of(picture, region)
        hints.check(picture, (part[0].start, part[1].start, part[0].stop, part[1].stop))
        if self._matte is None and (hints.trimap is not None or hints.transparent):
            hint = "a trimap says" if hints.trimap is not None else "transparent boxes say"
            raise BadParameter(
                f"{picture.name}: {hint} where opacity is to be found; say how too, as in matte='closed-form'"
            )
        if picture.alpha is not None and not picture.alpha.any():
            return Subject(np.zeros(picture.size, np.float32), 0.0)
        seen = on_paper(picture)
        rgb = np.ascontiguousarray(seen[part])
        if hints.trimap is not None:
            trimap = hints.read_trimap(picture.size, resize=self.settings.resize_trimap)
            found = Subject((trimap[part] / 255).astype(np.float32))
        else:
            found = self._guided(seen, part, hints, empty=picture.alpha is None)
            trimap = np.zeros(picture.size, np.uint8)
            if self._matte is not None:
                trimap[part] = make_trimap(found.alpha, band=self.settings.band)
        trimap = np.ascontiguousarray(keep_unknown(trimap, hints.transparent)[part])
        if self._matte is not None and (hints.trimap is not None or self._may_start(trimap, picture.name)):
            alpha, colours = self._matte(rgb, trimap)
            # Where the picture has its own transparency, the model has seen the paper that was put behind it.
            found = found._replace(alpha=alpha, colours=colours if picture.alpha is None else None)
        return found if found.alpha.shape == picture.size else found.placed(part, seen)

    def _may_start(self, trimap: Trimap, name: str) -> bool:
        """Whether a trimap that was made of a mask is something to start from; told where it is not."""
        sure = [bool((trimap == known).any()) for known in (0, 255)]
        if sure[1] != sure[0]:
            lack = "of its subject is sure" if sure[0] else "beside its subject is sure"
            log.warning("%s: nothing %s, so the opacity of the mask stands and nothing is matted", name, lack)
        return all(sure)

    def _guided(self, rgb: Rgb, part: tuple[slice, slice], hints: Hints, *, empty: bool) -> Subject:
        """What the model finds in a part of a picture, or what the user says that it is."""
        inside = np.ascontiguousarray(rgb[part])
        if hints.mask is not None:
            return Subject(self._own(rgb, read_mask(hints.mask))[part])
        if hints.box is not None:
            return self._boxed(rgb, hints.box).cut(part)
        found = self._segmented(inside, empty=empty or bool(hints.points))
        if not hints.points:
            return found
        top, left = part[0].start, part[1].start
        points = tuple(Point(row - top, column - left, subject) for row, column, subject in hints.points)
        return self._pointed(inside, found, points)

    def _pointed(self, rgb: Rgb, found: Subject, points: tuple[Point, ...]) -> Subject:
        """The subject that is pointed at; what did not stand out in the picture may do so from near."""
        for point in points:
            for share in CLOSER if point.subject and not found.has(point) else ():
                near = window_around(point, share, rgb)
                seen = self._segmented(np.ascontiguousarray(rgb[near]), empty=True).placed(near, rgb)
                if seen.has(point):
                    found = found._replace(alpha=np.maximum(found.alpha, seen.alpha))
                    break
        mask = mask_at_points(rgb, found.alpha, points)
        alpha = mask if mask.shape == found.alpha.shape else self._refine(rgb, mask)
        return found._replace(alpha=alpha, score=1.0)

    def _boxed(self, rgb: Rgb, box: Region) -> Subject:
        """The subject that fills a box: what the model finds there, or what stands out by its colours."""
        top, left, bottom, right = box
        rim = round(AROUND * max(bottom - top, right - left))
        height, width = rgb.shape[:2]
        near = slice(max(0, top - rim), min(height, bottom + rim)), slice(max(0, left - rim), min(width, right + rim))
        found = self._segmented(np.ascontiguousarray(rgb[near]), empty=True).placed(near, rgb)
        within = np.zeros(rgb.shape[:2], bool)
        within[top:bottom, left:right] = True
        if not (found.alpha[within] > 0.5).any() and not within.all():
            found = found._replace(alpha=self._refine(rgb, mask_in_box(rgb, box)))
        return found._replace(alpha=np.where(within, found.alpha, np.float32(0)), score=1.0)

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


CLOSER = (0.5, 0.25)
"""Sides of what the model looks at around a point, as shares of the picture's longer side, where it saw nothing."""
AROUND = 0.1
"""How far the model looks beyond a box, as a share of its longer side, so that it sees what the subject stands on."""


def enlarged(rgb: Rgb, mask: Mask) -> Alpha:
    """A coarse mask at the size of a picture, and no more."""
    return cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def window_around(point: Point, share: float, rgb: Rgb) -> tuple[slice, slice]:
    """A square around a point of a picture, as far as it lies in it; its side is a share of the longer side."""
    reach = max(1, round(share * max(rgb.shape) / 2))
    return slice(max(0, point.row - reach), point.row + reach), slice(
        max(0, point.column - reach), point.column + reach
    )


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
    top, left, bottom, right = (0, 0, height, width) if region is None else as_region(region)
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
    picture: PictureSource,
    *,
    mask: PictureSource | None = None,
    trimap: PictureSource | None = None,
    points: Sequence[Sequence[int]] = (),
    box: Region | None = None,
    transparent: Sequence[Region] = (),
    region: Region | None = None,
    **settings: Any,
) -> Cutout:
    """Take the background out of one picture.

    Args:
        picture: path, bytes, binary file, Pillow image, array or `Picture`.
        mask: your own mask instead of the model's; see `Remover` for this and the other hints.
        trimap: where background and subject are sure, and where the opacity is to be found.
        points: pixels on the subject, or beside it.
        box: around the subject.
        transparent: boxes in which the subject can be seen through.
        region: (top, left, bottom, right) in pixels to look in.
        **settings: any of `Settings`, as in `remove("photo.jpg", keep_largest=True)`.

    Example:
        >>> import mattebox
        >>> mattebox.remove("examples/lemur.jpg").image.mode
        'RGBA'
    """
    remover = shared_remover(settings_with(None, settings))
    return remover(picture, mask=mask, trimap=trimap, points=points, box=box, transparent=transparent, region=region)
