"""Decoding: the pixels of an opened file, or of an array, as grey, RGB or RGBA of 8 or 16 bits.

Pillow decodes whatever it can. OpenCV takes over where it is faster or keeps more: plain JPEG, and 16-bit colour, which
Pillow cuts to 8 bits.
"""

from __future__ import annotations

import io
import logging
from typing import Any, BinaryIO, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, ExifTags, Image, ImageCms

from mattebox.errors import BadPicture

__all__ = ["Pixels", "decode_array", "decode_image", "stored_layout"]

logger = logging.getLogger(__name__)

Pixels: TypeAlias = NDArray[Any]
"""uint8 or uint16: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA."""

# The layouts of 16-bit colour in PNG and TIFF, in Pillow's words. Premultiplied ones are left to Pillow, which divides.
_DEEP_LAYOUTS = tuple(f"{bands};16{order}" for bands in ("RGB", "RGBA", "LA") for order in "BLN")

_PACKED_BMP = (BmpImagePlugin.BmpImageFile.COMPRESSIONS["RLE8"], BmpImagePlugin.BmpImageFile.COMPRESSIONS["RLE4"])
MOST_PACKED = 4_000_000
"""Pixels of a packed BMP: Pillow goes through them in Python, and 30 KB can be 50 million."""


def stored_layout(image: Image.Image) -> str:
    """How the file stores its samples, in Pillow's words; "" once the pixels are loaded."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0][3] if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def decode_image(
    image: Image.Image, file: BinaryIO | None, *, layout: str, sideways: bool, name: str
) -> tuple[Pixels, bytes | None]:
    """Decode what Pillow has opened; CMYK, LAB and grey with a profile of their own are converted to sRGB.

    A TIFF comes out upright, everything else as the file has it.

    Args:
        image: the opened header.
        file: where `image` was read from; None when only Pillow knows.
        layout: `stored_layout` of `image` before anything was loaded.
        sideways: whether EXIF turns rows into columns.
        name: what messages call it.

    Returns:
        The pixels, and the ICC profile that they are in; None stands for sRGB or unknown.

    Raises:
        BadPicture: values outside every known scale, or a large BMP of packed runs. What the decoders raise comes
            through as it is.
    """
    if file is not None and image.format == "BMP" and image.info["compression"] in _PACKED_BMP:
        _check_packed(image, name)
    pixels = _decode_jpeg(image, file)
    if pixels is None:
        if image.format == "TIFF" and file is not None:
            _allocate(image, sideways=sideways)
        image.load()
        pixels = _decode_deep(image, file, layout, name)
    if pixels is None:
        pixels = _convert(image, name)
    grey_profile = _profile(image, b"GRAY")
    is_grey = layout.startswith("LA") or (image.mode != "LAB" and image.mode.startswith(("1", "L", "I")))
    if grey_profile and is_grey:
        pixels = _grey_to_srgb(pixels, grey_profile, name)
    return pixels, None if image.mode in ("CMYK", "LAB") else _profile(image, b"RGB ")


def decode_array(array: NDArray[Any], name: str) -> Pixels:
    """Check an array that a caller gave, and bring it to 8 or 16 bits; uint8 and uint16 are not copied.

    Args:
        array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); uint8, uint16, bool, or float in [0, 1].
        name: what messages call it.

    Raises:
        BadPicture: another shape or type, or floats outside [0, 1].

    Example:
        >>> decode_array(np.array([[[0.0], [1.0]]]), "<array>").tolist()
        [[0, 65535]]
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise BadPicture(f"{name} has shape {array.shape}; give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)")
    if array.size == 0:
        return array
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(array.dtype, np.floating):
        _check_range(array, 1, name)
        return _from_floats(array, 1)
    raise BadPicture(f"{name} is {array.dtype}; give uint8, uint16, bool, or float in [0, 1]")


def _check_packed(image: Image.Image, name: str) -> None:
    if image.width * image.height > MOST_PACKED:
        raise BadPicture(
            f"{name} is a BMP of packed runs, {image.width} x {image.height} pixels; more than {MOST_PACKED} are not "
            "unpacked, so save it as PNG"
        )


def _allocate(image: Image.Image, *, sideways: bool) -> None:
    """Give a TIFF its memory, or Pillow does so after checking the size again, by its global limit, with a warning."""
    width, height = image.size
    image.im = Image.new(image.mode, (height, width) if sideways else (width, height)).im


def _decode_jpeg(image: Image.Image, file: BinaryIO | None) -> Pixels | None:
    """Decode a plain JPEG with OpenCV: the same pixels as Pillow's in two thirds of the time.

    OpenCV fills what is missing of a truncated file with grey, so only a file with its end marker goes there.
    """
    if file is None or image.format not in ("JPEG", "MPO") or image.mode not in ("L", "RGB"):
        return None
    file.seek(0)
    data = file.read()
    if not _is_whole_jpeg(data):
        return None
    colours = cv2.IMREAD_GRAYSCALE if image.mode == "L" else cv2.IMREAD_COLOR_RGB
    return _by_opencv(image, data, colours | cv2.IMREAD_IGNORE_ORIENTATION)


def _by_opencv(image: Image.Image, data: bytes, flags: int) -> Pixels | None:
    """Decode with OpenCV; None where it cannot, or where it finds another size than Pillow has checked."""
    pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    return None if pixels is None or pixels.shape[:2] != (image.height, image.width) else pixels


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether an end marker follows the first scan; one in the header would be that of an EXIF thumbnail."""
    position = 2
    while data[position : position + 1] == b"\xff" and len(data) > position + 4:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xDA:
            return data.find(b"\xff\xd9", position) >= 0
        position += 1 if marker == 0xFF else 2 + length
    return False


def _decode_deep(image: Image.Image, file: BinaryIO | None, layout: str, name: str) -> Pixels | None:
    """Decode 16-bit grey with Pillow and 16-bit colour with OpenCV; None for anything else."""
    if image.mode.startswith("I"):
        return _deep_grey(image, name)
    if file is None or layout not in _DEEP_LAYOUTS:
        return None
    file.seek(0)
    data = file.read()
    if image.format == "PNG" and not _is_whole_png(data):
        return None
    pixels = _by_opencv(image, data, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        return None
    order = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(pixels, order), np.uint16)


def _is_whole_png(data: bytes) -> bool:
    """Whether all chunks lie inside the file; for one that does not, OpenCV takes as much memory as it claims."""
    position = 8
    while position < len(data) and data[position + 4 : position + 8] != b"IEND":
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return position + 12 <= len(data)


def _deep_grey(image: Image.Image, name: str) -> Pixels:
    """16-bit grey, with an alpha band when one grey stands for transparent."""
    values = np.array(image)
    _check_range(values, 65535, name)
    grey = values.astype(np.uint16)
    if image.format == "TIFF" and getattr(image, "tag_v2", {}).get(ExifTags.Base.PhotometricInterpretation) == 0:
        grey = ~grey  # white is zero
    key = image.info.get("transparency")
    if key is None:
        return grey
    return np.dstack([grey, grey, grey, np.where(grey == key, np.uint16(0), np.uint16(65535))])


def _convert(image: Image.Image, name: str) -> Pixels:
    """Bring any mode of Pillow to grey, RGB or RGBA."""
    if image.mode == "F":
        values = np.array(image)
        _check_range(values, 65535, name)
        full_scale = next(top for top in (1, 255, 65535) if values.max() <= top)
        return _from_floats(values, full_scale)
    if image.mode == "CMYK":
        profile = _profile(image, b"CMYK")
        image = (profile and _through_profile(image, profile, name)) or image.convert("RGB")
    target = "RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB"
    return np.array(image if image.mode == target else image.convert(target))


def _check_range(values: NDArray[Any], top: int, name: str) -> None:
    low, high = values.min(), values.max()
    if np.isnan(low):
        lost = np.count_nonzero(np.isnan(values))
        raise BadPicture(f"{name}: {lost} of its {values.size} {values.dtype} values are no numbers (NaN)")
    if not (low >= 0 and high <= top):
        raise BadPicture(f"{name}: its {values.dtype} values run from {low} to {high}; they must lie in 0 to {top}")


def _from_floats(values: NDArray[np.floating[Any]], full_scale: int) -> NDArray[np.uint16]:
    scaled: NDArray[np.float32] = values.astype(np.float32) * np.float32(65535 // full_scale)
    return np.rint(scaled).astype(np.uint16)


def _profile(image: Image.Image, space: bytes) -> bytes | None:
    """The ICC profile of an image, if it is one for this colour space."""
    profile = image.info.get("icc_profile") or b""
    return profile if profile[16:20] == space else None


def _grey_to_srgb(pixels: Pixels, profile: bytes, name: str) -> Pixels:
    """Apply a grey profile, through its answer for the 256 greys."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    answer = _through_profile(ramp, profile, name)
    if answer is None:
        return pixels
    curve: Pixels = np.array(answer)[0, :, 1]
    if pixels.dtype == np.uint16:
        curve = np.interp(np.arange(65536), np.arange(256) * 257, curve * 257.0).round().astype(np.uint16)
    if pixels.ndim == 2:
        return curve[pixels]
    return np.dstack([curve[pixels[..., :3]], pixels[..., 3]])


def _through_profile(image: Image.Image, profile: bytes, name: str) -> Image.Image | None:
    """Convert to sRGB (relative colorimetric, black point compensated); None when the profile cannot be used."""
    try:
        return ImageCms.profileToProfile(
            image,
            io.BytesIO(profile),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError) as error:
        logger.info("%s: its ICC profile cannot be used and is left out: %s", name, error)
        return None
