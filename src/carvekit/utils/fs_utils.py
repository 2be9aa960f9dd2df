"""Where cut-outs are written."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from mattebox.encode import encode, write_file
from mattebox.errors import BadParameter

__all__ = ["save_file", "save_png", "target_of"]


def save_file(output: Path | None, input_path: Path, image: Image.Image) -> None:
    """Write a cut-out as PNG; see `target_of` for where.

    The file appears whole or not at all. One that is there is replaced.

    Raises:
        BadParameter: the output is neither a folder nor has a suffix.
        OutputFailed: the file cannot be written.
    """
    save_png(image, target_of(output, input_path))


def save_png(image: Image.Image, path: Path) -> None:
    """Write a picture of any mode as PNG, and replace what is there.

    Raises:
        OutputFailed: the file cannot be written.
    """
    kept = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGBA")
    write_file(path, encode(np.asarray(kept), "png"), overwrite=True)


def target_of(output: Path | None, input_path: Path) -> Path:
    """The path of a cut-out.

    Args:
        output: a folder, which gets `<stem>.png`; a file, whose suffix becomes `.png` with a warning; or None (also the
            path `none`), for `<name up to its first dot>_bg_removed.png` beside the picture.
        input_path: of the picture.

    Raises:
        BadParameter: the output is neither a folder nor has a suffix.
    """
    if output is None or str(output) == "none":
        return input_path.with_name(f"{input_path.stem.split('.')[0]}_bg_removed.png")
    if output.is_dir():
        return output / input_path.with_suffix(".png").name
    if not output.suffix:
        raise BadParameter(
            f"Wrong output path! {output} is no folder, and as a file it has no suffix; make it, or add .png"
        )
    if output.suffix != ".png":
        warnings.warn(f"only PNG is written: {output} becomes {output.with_suffix('.png').name}", stacklevel=2)
    return output.with_suffix(".png")
