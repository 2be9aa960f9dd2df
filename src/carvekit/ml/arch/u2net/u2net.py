"""U2-Net; see `mattebox.nets.u2net`."""

from __future__ import annotations

from mattebox.nets.u2net import U2Net as U2NETArchitecture

__all__ = ["U2NETArchitecture"]
