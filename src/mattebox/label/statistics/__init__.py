"""What data sets hold: frames, shapes, tracks, areas and sizes of every label, as figures, tables and a page."""

from __future__ import annotations

from mattebox.label.statistics.collecting import collect
from mattebox.label.statistics.figures import Figures, Statistics
from mattebox.label.statistics.files import write_statistics

__all__ = ["Figures", "Statistics", "collect", "write_statistics"]
