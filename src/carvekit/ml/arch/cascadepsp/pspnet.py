"""CascadePSP; see `mattebox.nets.cascadepsp`."""

from __future__ import annotations

from mattebox.nets.cascadepsp import CascadePsp as RefinementModule

__all__ = ["RefinementModule"]
