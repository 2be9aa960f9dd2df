"""Everything that a request to /removebg asks for, parsed, and the pictures that it brings."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mattebox.serve.contract.grammar import (
    CENTRE,
    Rgba,
    read_choice,
    read_colour,
    read_flag,
    read_margins,
    read_opacity,
    read_position,
    read_roi,
    read_scale,
    read_size,
    text_of,
)
from mattebox.serve.contract.measures import SIZES, Margins, Roi, Size
from mattebox.serve.refusals import Refusal

if TYPE_CHECKING:
    from mattebox.serve.incoming.bodies import Upload

__all__ = [
    "FILES",
    "PREVIEW",
    "Order",
    "Sources",
    "addresses",
    "from_base64",
    "price",
    "read_order",
    "read_sources",
    "uploaded",
]

FILES = ("image_file", "bg_image_file")
"""Names of parts that are files."""
PREVIEW = SIZES["preview"]
"""The size that is meant where none is given."""
WHOLE = Roi()
NO_MARGINS = Margins()


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of /removebg beside its pictures; the defaults are the contract's.

    Attributes:
        size: how large the result may be.
        type: what the subject is said to be: `auto`, `person`, `product`, `animal`, `car`, `car_interior`, `car_part`,
            `transportation`, `graphics` or `other`.
        type_level: how finely the answer says what the subject is: `none`, `1`, `2` or `latest`.
        format: `auto`, `png`, `jpg`, `webp` or `zip`.
        roi: the region outside of which everything is background.
        crop: whether what is empty around the subject is cut off.
        crop_margin: space that a crop leaves.
        scale: share of the canvas that the subject fills, 0.1 to 1; None for its original size.
        position: (x, y) of the subject on the canvas, 0 to 1; None for where it stood.
        channels: `rgba` for the picture or `alpha` for the mask.
        shadow_type: `none`, `auto`, `car`, `3D` or `drop`.
        shadow_opacity: 0 to 1; None for what suits the shadow.
        semitransparency: whether what is inside the subject may be seen through, as the windows of a car.
        bg_color: colour of the background; None stays transparent.
    """

    size: Size = PREVIEW
    type: str = "auto"
    type_level: str = "1"
    format: str = "auto"
    roi: Roi = WHOLE
    crop: bool = False
    crop_margin: Margins = NO_MARGINS
    scale: float | None = None
    position: tuple[float, float] | None = None
    channels: str = "rgba"
    shadow_type: str = "none"
    shadow_opacity: float | None = None
    semitransparency: bool = True
    bg_color: Rgba | None = None

    @property
    def credits(self) -> float:
        """What the contract charges."""
        return price(self.size.most)


def price(megapixels: float | None) -> float:
    """Credits for a result of no more megapixels than this, or of any size: a quarter for a preview, else one."""
    return 0.25 if megapixels is not None and megapixels <= PREVIEW.most else 1.0


READERS: dict[str, Callable[[str, str], object]] = {
    "size": read_size,
    "type": read_choice,
    "type_level": read_choice,
    "format": read_choice,
    "roi": read_roi,
    "crop": read_flag,
    "crop_margin": read_margins,
    "scale": read_scale,
    "position": read_position,
    "channels": read_choice,
    "add_shadow": read_flag,
    "shadow_type": read_choice,
    "shadow_opacity": read_opacity,
    "semitransparency": read_flag,
    "bg_color": read_colour,
}
"""How every parameter is read. `shadow_method`, which the real service dropped, is like any unknown name: not read."""


def read_order(fields: Mapping[str, object], *, size: str = PREVIEW.name) -> Order:
    """Read the parameters of /removebg; what is absent, null, empty or only blanks has its default.

    `add_shadow`, which `shadow_type` has replaced, is the same as `shadow_type=auto` where that is not given. A scale
    without a position means the centre.

    Args:
        fields: parameters by name, as text of a form or values of JSON; names that are not known are ignored.
        size: what an absent size means.

    Raises:
        Refusal: a value cannot be read; its code names the parameter.

    Example:
        >>> order = read_order({"size": "", "scale": "80%", "crop": "true", "crop_margin": "30px 5%"})
        >>> order.size.name, order.scale, order.position, order.crop_margin.left
        ('preview', 0.8, (0.5, 0.5), Length(value=5.0, unit='%'))
    """
    given: dict[str, Any] = {"size": SIZES[size]}
    for name, read in READERS.items():
        if text := text_of(fields.get(name), name):
            given[name] = read(text, name)
    if given.pop("add_shadow", False):
        given.setdefault("shadow_type", "auto")
    if given.get("scale") is not None:
        given.setdefault("position", CENTRE)
    return Order(**given)


@dataclass(frozen=True, slots=True)
class Sources:
    """The pictures of a request, each the bytes of a file or the address of one.

    Attributes:
        image: what the background is taken out of.
        background: what is put behind; None for none.
    """

    image: bytes | str
    background: bytes | str | None = None


def read_sources(
    fields: Mapping[str, object], files: Mapping[str, Sequence[Upload]], *, lenient: bool = False
) -> Sources:
    """Find the picture in a request, and the background picture if there is one.

    Args:
        fields: parameters by name, as text of a form or values of JSON.
        files: files of a multipart body, by the name of their part; empty ones without a name are taken as absent.
        lenient: take the first of several sources, as CarveKit does, where remove.bg refuses: base64 before address
            before file, and for the background a colour before an address before a file.

    Raises:
        Refusal: no picture, or several; base64 that is none; an address that is no text.

    Example:
        >>> read_sources({"image_file_b64": "data:image/png;base64,cGl4ZWxz", "image_url": " "}, {}).image
        b'pixels'
    """
    images: list[bytes | str] = [
        *from_base64(fields, "image_file_b64"),
        *addresses(fields, "image_url"),
        *uploaded(files, "image_file"),
    ]
    grounds: list[bytes | str] = [*addresses(fields, "bg_image_url"), *uploaded(files, "bg_image_file")]
    coloured = bool(text_of(fields.get("bg_color"), "bg_color"))
    if not images:
        raise Refusal("missing_source")
    if len(images) > 1 and not lenient:
        raise Refusal("multiple_sources")
    if len(grounds) + coloured > 1 and not lenient:
        raise Refusal("multiple_bg_sources")
    return Sources(images[0], grounds[0] if grounds and not coloured else None)


LONGEST_URL = 8192
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def addresses(fields: Mapping[str, object], name: str) -> list[str]:
    """The address that a parameter gives, if it gives one; whether it leads anywhere is seen when it is fetched.

    Raises:
        Refusal: it is no text, or longer than addresses are.
    """
    url = text_of(fields.get(name), name, LONGEST_URL)
    return [url] if url else []


def uploaded(files: Mapping[str, Sequence[Upload]], name: str) -> list[bytes]:
    """What was uploaded under a name; where no file was picked, forms send one that is empty and has no name."""
    return [each.data for each in files.get(name, ()) if each.data or each.name]


def from_base64(fields: Mapping[str, object], name: str) -> list[bytes]:
    """The file that a parameter holds in base64, if it holds one.

    Blanks, a missing end, the alphabet of URLs and the start of a `data:` URL are taken as they come.

    Raises:
        Refusal: it is not base64.
    """
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, str):
        raise Refusal("failed_to_read_image", f"{name}: give the file as base64 text")
    text = value.strip()
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    elif not text:
        return []
    try:
        data = decoded(text.rstrip("= \t\r\n"))
    except ValueError:
        data = b""
    if not data:
        raise Refusal("failed_to_read_image", f"{name} is not base64 of a file")
    return [data]


PIECE = 1 << 18
"""Characters that are decoded at once; other threads have their turn between."""


def decoded(text: str) -> bytes:
    """What base64 without its end stands for.

    Raises:
        ValueError: it is not base64.
    """
    data, left = bytearray(), b""
    for start in range(0, len(text), PIECE):
        left += text[start : start + PIECE].encode("ascii").translate(FROM_URL_SAFE, b" \t\r\n")
        whole = len(left) - len(left) % 4
        data += base64.b64decode(left[:whole], validate=True)
        left = left[whole:]
    return bytes(data + base64.b64decode(left + b"=" * (-len(left) % 4), validate=True))
