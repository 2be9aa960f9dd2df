"""FBA Matting; see `mattebox.nets.fba`."""

from __future__ import annotations

from mattebox.nets.fba import FbaMatting as FBA

__all__ = ["FBA"]
