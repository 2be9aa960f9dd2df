"""BASNet; see `mattebox.nets.basnet`."""

from __future__ import annotations

from mattebox.nets.basnet import BasNet as BASNet

__all__ = ["BASNet"]
