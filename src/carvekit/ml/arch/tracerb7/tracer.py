"""TRACER; see `mattebox.nets.tracer`."""

from __future__ import annotations

from mattebox.nets.tracer import Tracer as TracerDecoder

__all__ = ["TracerDecoder"]
