"""Pascal VOC: an XML file with boxes for every picture, in `Annotations/`; subsets are lists in `ImageSets/`."""

from __future__ import annotations

from mattebox.label.formats.voc.read import looks_like_voc, read_voc
from mattebox.label.formats.voc.write import write_voc

__all__ = ["looks_like_voc", "read_voc", "write_voc"]
