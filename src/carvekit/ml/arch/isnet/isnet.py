"""ISNet; see `mattebox.nets.isnet`."""

from __future__ import annotations

from mattebox.nets.isnet import IsNet as ISNetDIS

__all__ = ["ISNetDIS"]
