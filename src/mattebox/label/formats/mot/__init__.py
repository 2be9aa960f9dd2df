"""MOT Challenge: boxes of tracks, one line each, for every sequence of pictures."""

from __future__ import annotations

from mattebox.label.formats.mot.read import looks_like_mot, read_mot
from mattebox.label.formats.mot.write import write_mot

__all__ = ["looks_like_mot", "read_mot", "write_mot"]
