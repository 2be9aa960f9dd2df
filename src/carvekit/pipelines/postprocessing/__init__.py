"""What comes after the segmentation: from masks to cut-outs with fine edges."""

from __future__ import annotations

from carvekit.pipelines.postprocessing.casmatting import CasMattingMethod
from carvekit.pipelines.postprocessing.matting import MattingMethod

__all__ = ["CasMattingMethod", "MattingMethod"]
