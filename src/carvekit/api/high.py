"""The interface that needs no parts."""

from __future__ import annotations

import warnings

from carvekit.api.interface import Interface
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.fba_matting import FBAMatting
from carvekit.ml.wrap.isnet import ISNet
from carvekit.ml.wrap.scene_classifier import SceneClassifier
from carvekit.ml.wrap.tracer_b7 import TracerUniversalB7
from carvekit.pipelines.postprocessing import CasMattingMethod
from carvekit.pipelines.preprocessing import AutoScene
from carvekit.trimap.generator import TrimapGenerator

__all__ = ["HiInterface"]


class HiInterface(Interface):
    """Segmentation, CascadePSP and FBA matting, set up by a few numbers.

    Args:
        object_type: `object` for TRACER, `hairs-like` for ISNet, `auto` for the one that suits the scene; anything else
            gives a warning and TRACER.
        batch_size_pre: pictures that the scene classifier sees at once.
        batch_size_seg: pictures that the segmentation network sees at once.
        batch_size_matting: pictures that FBA sees at once; more than one stretches them to squares.
        batch_size_refine: pictures that CascadePSP sees at once; more than one stretches them to squares.
        device: `cpu`, `cuda`, `cuda:1`.
        seg_mask_size: side in pixels of what the segmentation network sees.
        matting_mask_size: longest side of what FBA sees.
        refine_mask_size: longest side of what CascadePSP sees at once.
        trimap_filter_threshold: mask values up to it are background; -1 for none.
        trimap_prob_threshold: mask values above it are subject.
        trimap_dilation: reach of the unknown area outwards, in pixels.
        trimap_erosion_iters: reach of the unknown area inwards, in pixels.
        fp16: compute in half precision on a GPU.
    """

    def __init__(
        self,
        object_type: str = "auto",
        batch_size_pre: int = 5,
        batch_size_seg: int = 1,
        batch_size_matting: int = 1,
        batch_size_refine: int = 1,
        device: str = "cpu",
        seg_mask_size: int = 960,
        matting_mask_size: int = 2048,
        refine_mask_size: int = 900,
        trimap_filter_threshold: int = -1,
        trimap_prob_threshold: int = 231,
        trimap_dilation: int = 30,
        trimap_erosion_iters: int = 5,
        fp16: bool = False,
    ) -> None:
        if object_type not in ("object", "hairs-like", "auto"):
            warnings.warn(f"no object type '{object_type}': taking 'object'", stacklevel=2)
        network = ISNet if object_type == "hairs-like" else TracerUniversalB7
        self._segnet = network(device, seg_mask_size, batch_size_seg, fp16=fp16)
        preprocessing = None
        if object_type == "auto":
            self._scene_classifier = SceneClassifier(device=device, batch_size=batch_size_pre, fp16=fp16)
            preprocessing = AutoScene(self._scene_classifier)
        self._cascade_psp = CascadePSP(device, refine_mask_size, batch_size_refine, fp16=fp16)
        self._fba = FBAMatting(device, matting_mask_size, batch_size_matting, fp16=fp16)
        self._trimap_generator = TrimapGenerator(
            trimap_prob_threshold, trimap_dilation, trimap_erosion_iters, trimap_filter_threshold
        )
        method = CasMattingMethod(self._cascade_psp, self._fba, self._trimap_generator, device)
        super().__init__(self._segnet, preprocessing, method, device)
