"""One order of /removebg from the picture's bytes to the answer's.

The contract leaves some things open; they are decided so:

- A crop comes after scale and position, so both are done: the subject has the size that the scale gives it, and what is
  empty around it goes. The place is then lost.
- A crop keeps the shadow, makes room for it, and measures its margins by the subject alone. Without a crop the frame
  stays and the shadow ends at it.
- A ZIP puts together to the same picture as the PNG: clients fetch it in place of one. With a background its colours
  are those of the whole picture, and its alpha is white.
- The mask (`channels=alpha`) is that of the subject, without shadow and background.
- The largest size is that of the result, whatever margins were added, and pictures have 8 bits a channel.
"""

from __future__ import annotations

import math
from dataclasses import replace

from mattebox.cancelling import check_cancelled
from mattebox.cutout import Cutout
from mattebox.geometry import Box, fitting, scaled
from mattebox.picture import Picture
from mattebox.remover import Remover
from mattebox.serve.contract.measures import SIZES
from mattebox.serve.contract.order import Order
from mattebox.serve.incoming.opening import opened
from mattebox.serve.refusals import Refusal
from mattebox.serve.result import MEDIA_TYPES, Result, boxed
from mattebox.shadows import Shadow, suited_shadow

__all__ = ["fulfil"]

FORMATS = {"png": "png", "jpg": "jpeg", "webp": "webp", "zip": "zip"}
"""Our names for the contract's formats."""
WEBP_QUALITY = 90
SHADOWS: dict[str, Shadow] = {"car": "contact", "3D": "cast", "drop": "drop"}
"""Our names for the contract's shadows; `auto` is what suits the subject."""
KINDS = {"person": "person", "animal": "animal", "object": "product", "vehicle": "car", "graphic": "graphics"}
"""The contract's words for what the embedded model tells of a subject."""
FINER = {"car": ("car_interior", "car_part", "transportation")}
"""What a user may know better of what the model calls so."""
COARSE = {"car_interior": "car", "car_part": "car", "transportation": "other", "graphics": "other"}
"""What the first level calls the classes that only the second has."""
LARGE = 25.0
"""Megapixels of a picture above which the contract tells the subject's box in pixels of the input."""


def fulfil(
    order: Order,
    picture: bytes,
    background: bytes | None,
    remover: Remover,
    *,
    max_pixels: int,
) -> Result:
    """Do what was ordered.

    Args:
        order: what is asked.
        picture: the file that came with it.
        background: the file of what is put behind the subject.
        remover: the pipeline.
        max_pixels: of a picture that is taken, and of a result before it is shrunk to its size.

    Raises:
        Refusal: a file is no picture, the region lies outside the picture, or nothing was found in it.
        BadPicture: a picture cannot be read, or is too large.
        BadParameter: margins or a shadow make the result too large.
        Cancelled: whoever asked no longer wants it.
    """
    source = replace(opened(picture, "the image", max_pixels), deep=None)
    ground = None if background is None else opened(background, "the background", max_pixels)
    sent = source.size
    region = order.roi.box(sent)
    # The large picture is let go of here, before the networks need their memory.
    source = source.resize(fitting(sent, order.size.megapixels(planned_format(order, ground))))
    check_cancelled()
    cutout = replace(remover(source, region=scaled(region, sent, source.size)), max_pixels=max_pixels)
    if cutout.empty:
        raise Refusal("unknown_foreground")
    check_cancelled()
    dressed = dress(order, cutout, ground)
    final = final_format(order, dressed)
    dressed = dressed.resize(fitting(dressed.size, order.size.megapixels(final)))
    check_cancelled()
    data = encoded(order, dressed, FORMATS[final])
    size, largest = dressed.size, fitting(sent, SIZES["50MP"].megapixels(final))
    headers = sizes("X", size) | sizes("X-Max", largest_result(size, source.size, largest))
    if order.type_level != "none":
        headers["X-Type"] = class_of(order, cutout.kind)
    told, details = boxed(told_box(dressed.own_box, source.size, sent))
    return Result(data, MEDIA_TYPES[FORMATS[final]], headers | told, details)


def planned_format(order: Order, ground: Picture | None) -> str:
    """The format that the answer will have unless the subject turns out to fill the frame."""
    if order.format != "auto":
        return order.format
    opaque = ground is not None or (order.bg_color is not None and order.bg_color[3] == 255)
    return "jpg" if opaque and order.channels == "rgba" else "png"


def dress(order: Order, cutout: Cutout, ground: Picture | None) -> Cutout:
    """Fill, place, shade, crop and put on the background: `Output.dress` as the contract has it."""
    if not order.semitransparency:
        vehicle = cutout.kind == "vehicle" or order.type.startswith("car")
        # The windows of a car are glass even where nothing of them was found; a hole in anything else is a hole.
        cutout = cutout.fill(faintest=0.0) if vehicle else cutout.fill()
    # Chosen while the cutout still shows whether the frame cuts it, and so whether it stands.
    suited = suited_shadow(cutout.kind, cutout.alpha)
    cutout = placed(order, cutout)
    if order.shadow_type != "none" and order.channels == "rgba":
        kind = SHADOWS.get(order.shadow_type, suited)
        cutout = cutout.shadow(kind, opacity=order.shadow_opacity, grow=order.crop)
    if order.crop:
        top, left, bottom, right = cutout.own_box
        cutout = cutout.crop(order.crop_margin.pixels((bottom - top, right - left)))
    if order.channels == "alpha":
        return cutout
    if ground is not None:
        return cutout.over(ground)
    if order.bg_color is not None:
        *colour, opacity = order.bg_color
        red, green, blue = colour
        return cutout.over((red, green, blue), opacity=opacity / 255)
    return cutout


def placed(order: Order, cutout: Cutout) -> Cutout:
    """The subject at the size and the place that were asked for, on a canvas of the picture's size."""
    if order.scale is None and order.position is None:
        return cutout
    return cutout.place(cutout.size, scale=order.scale, position=order.position or where_it_stood(order, cutout))


def where_it_stood(order: Order, cutout: Cutout) -> tuple[float, float]:
    """The position on the canvas that leaves a scaled subject's middle where it was, as far as it stays inside."""
    assert order.scale is not None
    top, left, bottom, right = cutout.own_box
    height, width = bottom - top, right - left
    factor = order.scale * min(cutout.size[0] / height, cutout.size[1] / width)
    shares = []
    for start, extent, canvas in ((left, width, cutout.size[1]), (top, height, cutout.size[0])):
        room = canvas - extent * factor
        shares.append(min(1.0, max(0.0, (start + extent * (1 - factor) / 2) / room)) if room > 0 else 0.0)
    return shares[0], shares[1]


def final_format(order: Order, cutout: Cutout) -> str:
    """The format of the answer: `auto` is PNG for a mask and for whatever can be seen through, and JPG otherwise."""
    if order.format != "auto":
        return order.format
    return "png" if order.channels == "alpha" or cutout.mask.min() < 255 else "jpg"


def encoded(order: Order, cutout: Cutout, form: str) -> bytes:
    """The file of the answer; JPG without a background is on white."""
    if order.channels == "alpha" and form != "zip":
        return cutout.encode(form, kind="mask")
    return cutout.encode(form, quality=WEBP_QUALITY if form == "webp" else None)


def class_of(order: Order, kind: str | None) -> str:
    """What the subject is, in the contract's words.

    What the model says goes before what the user says, who may only say it more finely or where the model does not.
    """
    found = KINDS.get(kind or "", "other" if order.type == "auto" else order.type)
    if order.type in FINER.get(found, ()):
        found = order.type
    return COARSE.get(found, found) if order.type_level == "1" else found


def largest_result(result: tuple[int, int], worked: tuple[int, int], largest: tuple[int, int]) -> tuple[int, int]:
    """The size that the result would have at the largest size of the input, (height, width).

    Args:
        result: size of the result.
        worked: size of the picture as it was worked on.
        largest: size of the picture at the largest resolution that can be had.
    """
    down, across = (max(1.0, most / now) for most, now in zip(largest, worked, strict=True))
    return round(result[0] * down), round(result[1] * across)


def told_box(box: Box, worked: tuple[int, int], sent: tuple[int, int]) -> Box:
    """The subject's box in pixels of the result, or at the scale of the input where that is above the limit."""
    if math.prod(sent) <= LARGE * 1e6:
        return box
    top, left, bottom, right = box
    down, across = (there / now for there, now in zip(sent, worked, strict=True))
    return round(top * down), round(left * across), round(bottom * down), round(right * across)


def sizes(name: str, size: tuple[int, int]) -> dict[str, str]:
    """Headers that tell a size."""
    return {f"{name}-Width": str(size[1]), f"{name}-Height": str(size[0])}
