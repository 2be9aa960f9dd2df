"""The result: a subject cut out of its picture, and everything one does with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from mattebox import compose, encode, geometry
from mattebox.errors import BadParameter, OutputFailed, unknown_name
from mattebox.geometry import Box
from mattebox.glass import find_glass
from mattebox.picture import Picture, PictureSource, open_picture
from mattebox.presets import Preset, find_preset
from mattebox.shadows import Shadow, make_shadow, room_for_shadow, suited_shadow
from mattebox.types import Alpha, Rgb

if TYPE_CHECKING:
    from PIL import Image

Colour = str | tuple[int, int, int]
"""A name, a hex number, or (red, green, blue)."""
NOWHERE: Box = (0, 0, 0, 0)
Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Kind = Literal["cutout", "mask", "foreground"]


@dataclass(frozen=True, eq=False)
class Cutout:
    r"""A subject with its opacity and its own colours, free of the old background's.

    Every operation returns a new cutout; nothing is changed in place.

    Attributes:
        alpha: (H, W) float32 opacity in [0, 1].
        foreground: (H, W, 3) uint8 straight colours.
        picture: the picture it was cut from; gives profile, DPI and depth, and the "before" of a sheet.
        score: how sure the model is that the picture has a subject, in [0, 1].
        kind: what the subject is (`person`, `animal`, `object`, `vehicle`, `graphic`); None when the model does not
            say.
        model: the model that found it; None when the mask was given.
        reason: why that model was taken; empty when it was asked for by name.
        window: (top, left, bottom, right), the part of `picture` that this shows; None once it was moved or changed.
        subject: (top, left, bottom, right), where the subject alone lies, once a shadow or a background is visible too;
            None: what is visible.
        max_pixels: of a frame that is made larger; None: any number.

    Example:
        >>> import mattebox
        >>> cutout = mattebox.remove("examples/lemur.jpg")
        >>> cutout.crop("5%").over("white").encode("jpeg")[:2]
        b'\xff\xd8'
    """

    alpha: Alpha
    foreground: Rgb
    picture: Picture
    score: float = 1.0
    kind: str | None = None
    model: str | None = None
    reason: str = ""
    window: Box | None = None
    subject: Box | None = None
    max_pixels: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.alpha.shape
        return height, width

    @cached_property
    def box(self) -> Box | None:
        """(top, left, bottom, right) of what is visible; None when nothing is."""
        return geometry.subject_box(self.alpha)

    @property
    def own_box(self) -> Box:
        """(top, left, bottom, right) of the subject without shadow and background; all 0 where there is none."""
        return self.subject or self.box or NOWHERE

    @property
    def empty(self) -> bool:
        """Whether nothing is visible."""
        return self.box is None

    @property
    def mask(self) -> NDArray[np.uint8]:
        """The opacity alone, (H, W), 0 to 255."""
        return compose.levels(self.alpha)

    @property
    def rgba(self) -> NDArray[np.uint8]:
        """(H, W, 4) uint8, straight; the colour is 0 where nothing is visible: the old background is really gone."""
        return compose.with_alpha(self.foreground, self.mask)

    @property
    def image(self) -> Image.Image:
        """The cutout as a Pillow RGBA image."""
        return self._image(self.rgba)

    @property
    def deep(self) -> NDArray[np.uint16] | None:
        """The foreground at 16 bits, (H, W, 3), while the cutout still shows a part of a picture of that depth."""
        if self.picture.deep is None or self.window is None:
            return None
        source = self.picture.crop(*self.window)
        shift = (self.foreground.astype(np.int32) - source.rgb) * 257
        assert source.deep is not None
        return np.clip(source.deep + shift, 0, 65535).astype(np.uint16)

    def over(
        self,
        background: Colour | PictureSource,
        *,
        fit: Literal["cover", "contain", "tile"] = "cover",
        end: Colour | None = None,
        angle: float = 180.0,
        blur: float = 0.02,
        opacity: float = 1.0,
    ) -> Cutout:
        """Put the subject on a new background.

        Args:
            background: a colour (`"white"`, `"#ff8800"`, `(255, 136, 0)`), `"blur"` for the picture's own background
                out of focus, or a picture.
            fit: how a picture fills the frame.
            end: second colour, which makes a gradient.
            angle: direction of the gradient in degrees, as in CSS: 180 runs downwards.
            blur: strength of `"blur"`, as a share of the longer side.
            opacity: of the background, 0 to 1.

        Returns:
            A cutout that is opaque where the background is.

        Raises:
            BadParameter: a colour is not one, the opacity is not a share, or `"blur"` is asked after the subject was
                moved.
            BadPicture: the background is not a picture that can be read.
        """
        if isinstance(background, str) and background == "blur":
            ground = self._own_background(blur)
        elif (colour := compose.colour_or_none(background)) is None:
            ground = compose.fit_picture(open_picture(cast("PictureSource", background)).over(255), self.size, fit)
        elif end is None:
            ground = compose.solid(self.size, colour)
        else:
            ground = compose.gradient(self.size, colour, end, angle)
        if not 0 <= opacity <= 1:
            raise BadParameter(f"background opacity {opacity} is not a share: give a number from 0 to 1")
        if opacity == 1:
            composed, alpha = compose.over(self.foreground, self.alpha, ground), np.ones_like(self.alpha)
        else:
            coverage = np.full_like(self.alpha, opacity)
            composed, alpha = compose.merge(self.foreground, self.alpha, ground, coverage)
        return replace(self, alpha=alpha, foreground=composed, window=None, subject=self.own_box)

    def _own_background(self, blur: float) -> Rgb:
        if self.window is None:
            raise BadParameter(
                "the background can be blurred only while the subject stands where it stood in its picture"
            )
        source = self.picture.crop(*self.window).rgb
        return compose.blurred_background(source, self.alpha, blur * max(self.picture.size))

    def crop(self, margin: str | tuple[int, int, int, int] = "0", box: Box | None = None) -> Cutout:
        """Crop to what is visible, or to the subject where there is a background.

        Args:
            margin: space to leave, as `"10px"` or `"5%"` of the subject's size, one value or up to four as in CSS; or
                (top, right, bottom, left) in pixels.
            box: (top, left, bottom, right) to crop to in its place.

        Returns:
            The cropped cutout; a margin that reaches beyond the frame is transparent, or ends there when there is a
            background. An empty cutout stays as it is.
        """
        opaque = self.alpha.min() == 1
        top, left, bottom, right = box = box or (self.own_box if opaque else self.box or NOWHERE)
        if top == bottom or left == right:
            return self
        above, after, below, before = margin if isinstance(margin, tuple) else geometry.margins(margin, box)
        box = (top - above, left - before, bottom + below, right + after)
        return self.frame(geometry.within(box, (0, 0, *self.size)) if opaque else box)

    def frame(self, box: Box) -> Cutout:
        """Show what lies in a box, which may reach beyond this frame: there it is transparent.

        Args:
            box: (top, left, bottom, right) in pixels.

        Raises:
            BadParameter: the box is empty, or too large.
        """
        if box == (0, 0, *self.size):
            return self
        top, left, bottom, right = box
        height, width = bottom - top, right - left
        if self.max_pixels is not None and height * width > max(self.max_pixels, self.alpha.size):
            raise BadParameter(
                f"a result of {width} x {height} pixels would be larger than {self.max_pixels / 1e6:g} megapixels; "
                "leave less space around the subject, or send a smaller picture"
            )
        window = None
        if self.window is not None and geometry.within(box, (0, 0, *self.size)) == box:
            y, x, *_ = self.window
            window = (y + top, x + left, y + bottom, x + right)
        return replace(
            self,
            alpha=geometry.window(self.alpha, top, left, bottom - top, right - left),
            foreground=geometry.window(self.foreground, top, left, bottom - top, right - left),
            window=window,
            subject=self.subject and geometry.within(self.subject, box),
        )

    def place(
        self, canvas: tuple[int, int], *, scale: float | None = None, position: tuple[float, float] = (0.5, 0.5)
    ) -> Cutout:
        """Place the subject on a canvas.

        Args:
            canvas: (height, width) in pixels.
            scale: share of the canvas that the subject's longer relative side fills, above 0 up to 1; None keeps its
                size, or shrinks it to fit.
            position: (x, y), 0 for left and top, 0.5 for the middle, 1 for right and bottom.
        """
        top, left, bottom, right = box = self.box or (0, 0, *self.size)
        y, x, lower, after = geometry.placement((bottom - top, right - left), canvas, scale=scale, position=position)
        return self.frame(box).resize((lower - y, after - x)).frame((-y, -x, canvas[0] - y, canvas[1] - x))

    def shadow(
        self,
        kind: Shadow = "drop",
        *,
        opacity: float | None = None,
        blur: float | None = None,
        offset: tuple[float, float] | None = None,
        colour: Colour = "black",
        grow: bool = False,
    ) -> Cutout:
        """Add a soft shadow, which becomes part of what is visible.

        Args:
            kind: `drop` on a wall close behind the subject, `contact` where it touches the ground, `cast` laid on the
                ground behind it, or `auto`, what suits it. A subject that is cut by the lower edge of the frame has
                neither a contact nor a cast shadow.
            opacity: of the darkest place, 0 to 1; what suits the kind unless given, as the following.
            blur: softness, as a share of the subject's height.
            offset: (right, down) of a drop shadow, as shares of the subject's height.
            colour: of the shadow.
            grow: let the frame grow where the shadow would end at it, but not where the subject is cut by it.

        Raises:
            BadParameter: there is no such shadow, or a value makes no sense for it.
        """
        kind = suited_shadow(self.kind, self.alpha) if kind == "auto" else kind
        above, after, below, before = room_for_shadow(kind, self.alpha) if grow else (0, 0, 0, 0)
        frame = self.frame((-above, -before, self.size[0] + below, self.size[1] + after))
        shade = make_shadow(kind, frame.alpha, opacity=opacity, blur=blur, offset=offset)
        tint = compose.solid(frame.size, compose.parse_colour(colour))
        foreground, alpha = compose.merge(frame.foreground, frame.alpha, tint, shade)
        return replace(self, alpha=alpha, foreground=foreground, window=None, subject=frame.own_box)

    def resize(self, size: tuple[int, int]) -> Cutout:
        """Show the same at another size, (height, width)."""
        if size == self.size:
            return self
        foreground, alpha = geometry.resize_straight(self.foreground, self.alpha, size)
        subject = self.subject and geometry.scaled(self.subject, self.size, size)
        return replace(self, alpha=alpha, foreground=foreground, window=None, subject=subject)

    def fill(self, *, faintest: float = 0.15) -> Cutout:
        """Make what can be seen through inside the subject opaque, with the picture's own colours, as car windows.

        Args:
            faintest: mean opacity from which what is enclosed counts as glass; what is fainter is a hole and stays one.

        Raises:
            BadParameter: the subject no longer stands where it stood in its picture.
        """
        if self.window is None:
            raise BadParameter("glass can be filled only while the subject stands where it stood in its picture")
        source = self.picture.crop(*self.window)
        glass = find_glass(self.alpha, faintest=faintest)
        opaque = np.float32(1) if source.alpha is None else source.alpha
        foreground = np.where(glass[..., None], source.rgb, self.foreground)
        return replace(self, alpha=np.where(glass, opaque, self.alpha), foreground=foreground)

    def preset(self, preset: str | Preset) -> Cutout:
        """Dress the subject for a shop: canvas, share of the frame, shadow and background as the shop's rule asks.

        Raises:
            BadParameter: no preset of that name; the message lists the valid ones.
        """
        rule = find_preset(preset) if isinstance(preset, str) else preset
        placed = self.place((rule.height, rule.width), scale=rule.fill)
        if rule.shadow:
            placed = placed.shadow(rule.shadow)
        return placed if rule.background == "transparent" else placed.over(rule.background)

    def encode(
        self,
        format: str = "png",  # noqa: A002
        *,
        kind: Kind = "cutout",
        quality: int | None = None,
        background: Colour = "white",
    ) -> bytes:
        """The cutout as a file's bytes.

        Args:
            format: `png`, `webp`, `jpeg`, `tiff`, or `zip` (`color.jpg` and `alpha.png`).
            kind: `cutout`; `mask` for the opacity alone; `foreground` for the colours alone, opaque.
            quality: 1 to 100, for JPEG and lossy WebP; WebP without it is lossless.
            background: JPEG has no transparency, so this colour is put behind.
        """
        icc, dpi = self.picture.icc_profile, self.picture.dpi
        if kind not in get_args(Kind):
            raise BadParameter(unknown_name("kind", kind, get_args(Kind)))
        if format == "zip":
            return encode.encode_layers(self._spread(), self.alpha, icc_profile=icc, dpi=dpi, quality=quality)
        if kind == "mask":
            return encode.encode(self.mask, format, dpi=dpi, quality=quality)
        pixels = self._pixels(format, kind, background)
        return encode.encode(pixels, format, icc_profile=icc, dpi=dpi, quality=quality)

    def _pixels(self, format: str, kind: Kind, background: Colour) -> Pixels:  # noqa: A002
        if kind == "foreground":
            return self._spread()
        mask, deep = self.mask, self.deep
        opaque = mask.min(initial=255) == 255
        if format == "jpeg":
            return self.foreground if opaque else self.over(background).foreground
        if opaque:
            return self.foreground if deep is None else deep
        if deep is None:
            return compose.with_alpha(self.foreground, mask)
        return compose.with_alpha(deep, np.rint(self.alpha * 65535).astype(np.uint16))

    def _spread(self) -> Rgb:
        """The foreground, going on smoothly where it cannot be seen, in place of the old background."""
        filled = compose.blurred_background(self.foreground, 1 - self.alpha, 0.02 * max(self.size))
        return np.where(self.mask[..., None] > 0, self.foreground, filled)

    def save(
        self,
        path: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        kind: Kind = "cutout",
        quality: int | None = None,
        background: Colour = "white",
        overwrite: bool | None = None,
    ) -> Path:
        """Write the cutout to a file; the format is that of the name unless it is given.

        Args:
            path: where to.
            format: see `encode`, as the following.
            kind: what of the cutout.
            quality: for JPEG and lossy WebP.
            background: for JPEG.
            overwrite: None replaces any file but the picture it came from; True any; False none.

        Returns:
            The path.

        Raises:
            OutputFailed: the file cannot be written, or must not be replaced; nothing half-written is left.
        """
        path, source = (Path(os.path.expanduser(name)) for name in (path, self.picture.name))
        if overwrite is None and path.exists() and source.exists() and path.samefile(source):
            raise OutputFailed(f"{path}: is the picture itself; pass overwrite=True to replace it")
        data = self.encode(format or encode.format_of(path), kind=kind, quality=quality, background=background)
        encode.write_file(path, data, overwrite=overwrite is not False)
        return path

    def sheet(self) -> Image.Image:
        """Before and after, side by side, what is transparent shown as a chequerboard."""
        return self._image(compose.before_after(self.picture.rgb, self.foreground, self.alpha))

    def _image(self, pixels: NDArray[np.uint8]) -> Image.Image:
        from PIL import Image

        image = Image.fromarray(pixels)
        if self.picture.icc_profile:
            image.info["icc_profile"] = self.picture.icc_profile
        return image
