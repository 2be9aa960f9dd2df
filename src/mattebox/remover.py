"""The pipeline, for one picture or a stream: open, segment, recover detail, take the old colours out, finish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from threading import Lock
from typing import Any

import cv2
import numpy as np

from mattebox.cutout import Cutout
from mattebox.engines.base import Engine
from mattebox.engines.onnx import OnnxEngine
from mattebox.errors import BadParameter, unknown_name
from mattebox.geometry import resized
from mattebox.picture import Picture, PictureSource, open_picture
from mattebox.stages import finish
from mattebox.stages.foreground import FOREGROUND_METHODS, estimate_background, estimate_foreground
from mattebox.stages.refine import recover_detail
from mattebox.stages.segment import Finding, segment
from mattebox.streaming import in_order
from mattebox.types import Alpha, Mask, Rgb
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, find_card
from mattebox.zoo.weights import verified_weights

Region = tuple[int, int, int, int]

_LOADING = Lock()


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be asked of the pipeline; the same names in Python, on the command line and over HTTP.

    Attributes:
        model: name of the segmentation model.
        device: `auto`, `cpu`, `cuda`, ...; a device that is asked for by name is used or it is an error.
        detail: recover detail at the picture's own resolution; False leaves the coarse mask, enlarged.
        detail_model: name of the model that recovers it.
        foreground: how the old background is taken out of the edge's colours: `multilevel`, `blur-fusion` or `none`.
        threshold: opacity that becomes one half; raise it to keep less.
        softness: 0 for a hard edge, 1 for the edge as it was found.
        feather: soften the edge inwards over this many pixels.
        keep_largest: keep only the largest connected piece.
        drop_specks: drop pieces smaller than this share of the largest.
        invert: keep the background and take the subject away.
        subject_score: a picture whose subject score is lower has no subject, and gives an empty cutout.
    """

    model: str = DEFAULT
    device: str = "auto"
    detail: bool = True
    detail_model: str = DEFAULT_DETAIL
    foreground: str = "multilevel"
    threshold: float = 0.5
    softness: float = 1.0
    feather: float = 0.0
    keep_largest: bool = False
    drop_specks: float = 0.0
    invert: bool = False
    subject_score: float = 0.5

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the models that are used."""
        return (self.model, self.detail_model) if self.detail else (self.model,)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("threshold", 0.0, 1.0),
            ("softness", 0.0, 1.0),
            ("drop_specks", 0.0, 1.0),
            ("subject_score", 0.0, 1.0),
            ("feather", 0.0, 1000.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadParameter(f"{name}={value!r}: must be from {low:g} to {high:g}")
        find_card(self.model, "segment")
        find_card(self.detail_model, "refine")
        if self.foreground not in FOREGROUND_METHODS:
            raise BadParameter(unknown_name("foreground method", self.foreground, FOREGROUND_METHODS))


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
        self.card = find_card(self.settings.model)
        self._segment = load_engine(self.settings.model, self.settings.device, threads)
        detail = self.settings.detail_model
        self._detail = load_engine(detail, self.settings.device, threads) if self.settings.detail else None

    @property
    def device(self) -> str:
        """Where the networks really run."""
        return self._segment.device

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
        matte, score, kind = self._matte(opened, None if mask is None else read_mask(mask), region)
        # The colours are those of the matte as it was found: what users ask of the edge changes no colour.
        if self.settings.invert:
            colours = estimate_background(opened.rgb, matte)
        else:
            colours = estimate_foreground(opened.rgb, matte, self.settings.foreground)
        alpha = self._finished(matte)
        if self.settings.invert:
            alpha = 1 - alpha
        if opened.alpha is not None:
            alpha = alpha * opened.alpha
        return Cutout(alpha, colours, opened, score, kind, (0, 0, *opened.size))

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

    def _matte(self, picture: Picture, mask: Mask | None, region: Region | None) -> Finding:
        """What is found, the subject's alpha brought to the size of the whole picture."""
        part = part_of(picture, region)
        nothing = np.zeros(picture.size, np.float32)
        if picture.alpha is not None and not picture.alpha.any():
            return Finding(nothing, 0.0, None)
        seen = on_paper(picture)
        if mask is not None:
            found = Finding(self._own(seen, mask)[part], 1.0, None)
        else:
            found = self._found(np.ascontiguousarray(seen[part]), empty=picture.alpha is None)
        if found.mask.shape == picture.size:
            return found
        nothing[part] = found.mask
        return found._replace(mask=nothing)

    def _found(self, rgb: Rgb, *, empty: bool) -> Finding:
        """What the model finds; without a subject nothing, or all when the picture must not be empty."""
        found = segment(rgb, self._segment, self.card)
        if found.score < self.settings.subject_score:
            return found._replace(mask=np.full(rgb.shape[:2], 0 if empty else 1, np.float32), kind=None)
        return found._replace(mask=self._enlarged(rgb, found.mask))

    def _own(self, rgb: Rgb, mask: Mask) -> Alpha:
        """A user's mask at the size of the picture."""
        size = rgb.shape[:2]
        if np.any(np.greater(mask.shape, size)):
            mask = resized(mask, size)
        return mask if mask.shape == size else self._enlarged(rgb, mask)

    def _enlarged(self, rgb: Rgb, coarse: Mask) -> Alpha:
        """A coarse mask at the size of a picture."""
        if self._detail is not None:
            return recover_detail(rgb, coarse, self._detail)
        return cv2.resize(coarse, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def _finished(self, alpha: Alpha) -> Alpha:
        settings = self.settings
        if settings.keep_largest:
            alpha = finish.keep_largest(alpha)
        if settings.drop_specks:
            alpha = finish.drop_specks(alpha, settings.drop_specks)
        if (settings.threshold, settings.softness) != (0.5, 1.0):
            alpha = finish.set_edge(alpha, settings.threshold, settings.softness)
        return finish.feather(alpha, settings.feather)


def settings_with(settings: Settings | None, changes: dict[str, Any]) -> Settings:
    """Settings with some of them changed by name.

    Raises:
        BadParameter: a name is not a setting; the message lists the valid ones and the nearest.
    """
    names = [field.name for field in fields(Settings)]
    for name in changes:
        if name not in names:
            raise BadParameter(unknown_name("setting", name, names))
    return replace(settings or Settings(), **changes)


def load_engine(model: str, device: str, threads: int | None) -> Engine:
    """Load a model once per process, whichever thread comes first; its weights are verified before."""
    with _LOADING:
        return _load_engine(model, device, threads)


@lru_cache(maxsize=8)
def _load_engine(model: str, device: str, threads: int | None) -> Engine:
    return OnnxEngine(verified_weights(find_card(model)), device, threads)


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
