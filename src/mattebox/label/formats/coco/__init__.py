"""COCO: one JSON file for a subset, with the outlines, boxes, masks and keypoints of all its pictures."""

from __future__ import annotations

from mattebox.label.formats.coco.read import looks_like_coco, read_coco
from mattebox.label.formats.coco.write import write_coco

__all__ = ["looks_like_coco", "read_coco", "write_coco"]
