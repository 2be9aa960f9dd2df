"""Every row of every frame from the key frames of tracks, exactly as CVAT exports them."""

from __future__ import annotations

from mattebox.label.interpolation.tracks import interpolate, interpolate_dataset

__all__ = ["interpolate", "interpolate_dataset"]
