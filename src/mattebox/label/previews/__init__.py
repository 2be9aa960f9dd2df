"""Annotations made visible: drawn on their frames, as a sheet, as a video, as a page."""

from __future__ import annotations

from mattebox.label.previews.draw import Drawing, draw
from mattebox.label.previews.frames import Spot, drawn, picked, spots_of
from mattebox.label.previews.making import write_preview
from mattebox.label.previews.page import write_page
from mattebox.label.previews.sheet import contact_sheet
from mattebox.label.previews.video import write_video

__all__ = [
    "Drawing",
    "Spot",
    "contact_sheet",
    "draw",
    "drawn",
    "picked",
    "spots_of",
    "write_page",
    "write_preview",
    "write_video",
]
