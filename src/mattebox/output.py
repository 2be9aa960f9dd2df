"""What is made of a cutout before it is written: frame, shadow, background, format. The same for every face."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from mattebox import geometry
from mattebox.compose import colour_or_none, parse_colour
from mattebox.cutout import Cutout, Kind
from mattebox.encode import FORMATS, write_file
from mattebox.errors import BadParameter, check_ranges, unknown_name
from mattebox.picture import Picture
from mattebox.presets import SHADOW_MEANT, find_preset
from mattebox.shadows import SHADOWS, Shadow, suited_shadow

Fit = Literal["cover", "contain", "tile"]

RANGES: dict[str, tuple[float, float]] = {"quality": (1, 100), "scale": (0.001, 1)}
"""Least and greatest value of what is a number."""
SUFFIXES = {"png": ".png", "webp": ".webp", "jpeg": ".jpg", "tiff": ".tiff", "zip": ".zip"}


@dataclass(frozen=True, slots=True)
class Output:
    """How a cutout is dressed and written.

    Attributes:
        format: `png`, `webp`, `jpeg`, `tiff` or `zip`; None takes the preset's, else PNG.
        kind: `cutout`, `mask` or `foreground`.
        quality: 1 to 100, for JPEG and lossy WebP.
        crop: space around the subject that is kept, such as `"5%"` or `"10px"`; None does not crop.
        preset: name of a shop preset.
        shadow: `drop`, `contact`, `cast` or `auto`, see `Cutout.shadow`; None for none.
        background: a colour, a picture or its path, or `blur`; None stays transparent.
        gradient_end: second colour of the background.
        fit: how a background picture fills the frame.
        sheet: also write a before/after picture.
        canvas: (height, width) in pixels of the canvas that the subject is placed on.
        scale: share of the canvas that the subject fills, 0.001 to 1; None keeps its size, or shrinks it to fit.
        position: (x, y) on the canvas, 0 for left and top, 0.5 for the middle, 1 for right and bottom.

    Raises:
        BadParameter: a value makes no sense, or two contradict each other.
    """

    format: str | None = None
    kind: Kind = "cutout"
    quality: int | None = None
    crop: str | None = None
    preset: str | None = None
    shadow: Shadow | None = None
    background: str | Picture | None = None
    gradient_end: str | None = None
    fit: Fit = "cover"
    sheet: bool = False
    canvas: tuple[int, int] | None = None
    scale: float | None = None
    position: tuple[float, float] = (0.5, 0.5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shadow", SHADOW_MEANT.get(self.shadow, self.shadow))
        for name, value, valid in (
            ("format", self.format or "png", FORMATS),
            ("kind", self.kind, get_args(Kind)),
            ("fit", self.fit, get_args(Fit)),
            ("shadow", "drop" if self.shadow is None else self.shadow, SHADOWS),
        ):
            if value not in valid:
                raise BadParameter(unknown_name(name, value, valid))
        if self.preset is not None:
            find_preset(self.preset)
        check_ranges(self, RANGES)
        if self.crop is not None:
            geometry.margins(self.crop, (100, 100))
            if self.preset is not None or self.canvas is not None:
                raise BadParameter("crop goes with neither a preset nor a canvas: they frame the subject themselves")
        if self.kind != "cutout" and self.final_format == "zip":
            raise BadParameter(f"zip holds both colours and opacity: leave out kind={self.kind!r}")
        self._check_canvas()
        self._check_background()

    def _check_canvas(self) -> None:
        if self.canvas is None:
            if self.scale is not None or self.position != (0.5, 0.5):
                raise BadParameter("scale and position place the subject on a canvas: give its size too")
            return
        if self.preset is not None:
            raise BadParameter("a canvas and a preset contradict each other: the preset brings its own canvas")
        if min(self.canvas) < 1:
            raise BadParameter(f"a canvas of {self.canvas[0]} x {self.canvas[1]} pixels is empty")
        if not all(0 <= share <= 1 for share in self.position):
            raise BadParameter(f"position={self.position}: x and y must be from 0 to 1")

    def _check_background(self) -> None:
        preset = None if self.preset is None else find_preset(self.preset)
        shaded = self.shadow or self.background is not None
        if self.kind == "mask" and (shaded or (preset and (preset.shadow or preset.background != "transparent"))):
            raise BadParameter("a mask is only opacity: leave out shadow, background, and presets that have one")
        if self.background == "blur":
            if preset or self.shadow or self.canvas is not None:
                raise BadParameter("a blurred background goes with neither a preset nor a canvas nor a shadow")
        elif isinstance(self.background, str):
            object.__setattr__(self, "background", os.path.expanduser(self.background))
            is_picture = colour_or_none(self.background) is None
            if is_picture and not Path(self.background).is_file():
                raise BadParameter(f"background {self.background!r}: there is no such file")
        if self.gradient_end is not None:
            if self.background is None:
                raise BadParameter(f"gradient_end={self.gradient_end!r}: needs a first colour, as the background")
            if not isinstance(self.background, str):
                raise BadParameter(f"gradient_end={self.gradient_end!r}: goes with a colour, not with a picture")
            parse_colour(self.background)
            parse_colour(self.gradient_end)

    @property
    def final_format(self) -> str:
        """The format that is written."""
        if self.format is not None:
            return self.format
        return find_preset(self.preset).format if self.preset is not None else "png"

    @property
    def final_quality(self) -> int | None:
        """The quality that was asked for, else the one of the preset when its format is the one written."""
        if self.quality is not None or self.preset is None:
            return self.quality
        preset = find_preset(self.preset)
        return preset.quality if preset.format == self.final_format else None

    @property
    def suffix(self) -> str:
        """The ending of the file name, with its dot."""
        return SUFFIXES[self.final_format]

    def dress(self, cutout: Cutout) -> Cutout:
        """Place, shade, crop and put on the background, in this order.

        A preset shades what it has placed; a blurred background needs the subject where it stood, so it goes before
        the crop. Only what is cropped may grow to hold its shadow: elsewhere the frame is what was asked for.
        """
        # Chosen while the cutout still shows whether the frame cuts it, and so whether it stands.
        shadow = suited_shadow(cutout.kind, cutout.alpha) if self.shadow == "auto" else self.shadow
        if self.canvas is not None:
            cutout = cutout.place(self.canvas, scale=self.scale, position=self.position)
        if shadow is not None and self.preset is None:
            cutout = cutout.shadow(shadow, grow=self.crop is not None)
        if self.background == "blur":
            cutout = cutout.over("blur")
        if self.crop is not None:
            cutout = cutout.crop(self.crop)
        if self.preset is not None:
            rule = find_preset(self.preset)
            background = rule.background if self.background is None else "transparent"
            cutout = cutout.preset(replace(rule, background=background, shadow=shadow or rule.shadow))
        if self.background not in {None, "blur"}:
            cutout = cutout.over(self.background, fit=self.fit, end=self.gradient_end)
        return cutout

    def encode(self, cutout: Cutout) -> bytes:
        """A dressed cutout as a file's bytes."""
        return cutout.encode(self.final_format, kind=self.kind, quality=self.final_quality)

    def paths(self, target: Path) -> list[Path]:
        """Every file that `write` makes."""
        return [target, sheet_path(target)] if self.sheet else [target]

    def write(self, cutout: Cutout, target: Path, *, overwrite: bool) -> None:
        """Dress a cutout and write it, and its sheet beside it when one is asked for."""
        dressed = self.dress(cutout)
        write_file(target, self.encode(dressed), overwrite=overwrite)
        if self.sheet:
            write_file(sheet_path(target), sheet_bytes(dressed), overwrite=overwrite)


def sheet_path(target: Path) -> Path:
    """Where the before/after picture of a result goes: `lemur_cutout.png` gives `lemur_sheet.jpg`."""
    return target.with_name(f"{target.stem.removesuffix('_cutout')}_sheet.jpg")


def sheet_bytes(cutout: Cutout) -> bytes:
    """The before/after picture as a JPEG."""
    import numpy as np

    from mattebox.encode import encode

    return encode(np.asarray(cutout.sheet()), "jpeg", quality=90)
