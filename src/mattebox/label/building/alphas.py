"""Alpha pictures that lie beside stills: true opacity, which no annotation can stand for."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadPicture
from mattebox.label.media import Blob, Images, Media
from mattebox.picture import open_picture

__all__ = ["alpha_of", "is_alpha", "read_alpha"]

_NAMED_SO = re.compile(r"(?:^|/)alphas?/|[._-]alpha\.[^./]+$", re.IGNORECASE)


def is_alpha(blob: Blob, still: Blob | None = None) -> bool:
    """Whether a file is an alpha picture by its name: in a folder `alpha`, or with a stem that ends in `alpha`.

    Args:
        blob: of the file.
        still: that it belongs to; folders that both are in say nothing.

    Example:
        >>> from pathlib import Path
        >>> [is_alpha(Blob(Path(name))) for name in ("set/alpha/a/7.png", "7_alpha.png", "7.png")]
        [True, True, False]
    """
    parts, others = _parts(blob), _parts(still) if still else ()
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(parts, others, strict=False)))
    return bool(_NAMED_SO.search("/".join(parts[shared:])))


def alpha_of(media: Media, true_frame: int) -> Blob | None:
    """The alpha picture among those that belong to a frame, or None."""
    still = media.files[true_frame] if isinstance(media, Images) and true_frame < len(media) else None
    return next((blob for blob in media.related(true_frame) if is_alpha(blob, still)), None)


def _parts(blob: Blob) -> tuple[str, ...]:
    """The folders and the name of a file, those of the archive that it is in included."""
    return (*blob.path.parts, *PurePosixPath(blob.member).parts)


def read_alpha(blob: Blob, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read opacity, (H, W), 0 to 255: a picture's alpha channel if it has one, otherwise how light it is.

    Args:
        blob: of the alpha picture.
        size: (height, width) that it must have.

    Raises:
        BadPicture: it is damaged, or of another size.
    """
    try:
        picture = open_picture(blob.read())
    except BadPicture as error:
        raise BadPicture(str(error).replace("<bytes>", str(blob))) from error
    if picture.size != size:
        raise BadPicture(f"{blob} is {picture.size[1]} x {picture.size[0]}, and its picture {size[1]} x {size[0]}")
    if picture.alpha is not None:
        return np.rint(picture.alpha * 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
