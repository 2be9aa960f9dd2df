"""Dividing a data set into train, val and test, so that no scene is in two of them."""

from __future__ import annotations

from mattebox.label.splitting.dividing import (
    SHARES,
    By,
    Leak,
    Standing,
    check_dividing,
    leaks,
    split,
    standing,
    tell_known_leaks,
)
from mattebox.label.splitting.sources import Source, Ties, find_sources
from mattebox.label.splitting.stills import in_parts, picture_by_picture

__all__ = [
    "SHARES",
    "By",
    "Leak",
    "Source",
    "Standing",
    "Ties",
    "check_dividing",
    "find_sources",
    "in_parts",
    "leaks",
    "picture_by_picture",
    "split",
    "standing",
    "tell_known_leaks",
]
