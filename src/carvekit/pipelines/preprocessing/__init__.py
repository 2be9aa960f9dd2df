"""What comes before the segmentation: which network is taken."""

from __future__ import annotations

from carvekit.pipelines.preprocessing.autoscene import AutoScene
from carvekit.pipelines.preprocessing.stub import PreprocessingStub

__all__ = ["AutoScene", "PreprocessingStub"]
