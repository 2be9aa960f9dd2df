"""LabelMe: a JSON file for every picture, beside it."""

from __future__ import annotations

from mattebox.label.formats.labelme.read import EmbeddedPicture, looks_like_labelme, read_labelme
from mattebox.label.formats.labelme.write import write_labelme

__all__ = ["EmbeddedPicture", "looks_like_labelme", "read_labelme", "write_labelme"]
