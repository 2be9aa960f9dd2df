"""The encoder of TRACER; see `mattebox.nets.efficientnet`."""

from __future__ import annotations

from mattebox.nets.efficientnet import EfficientNetB7 as EfficientEncoderB7

__all__ = ["EfficientEncoderB7"]
