"""From the environment to a configuration, and from a configuration to an interface."""

from __future__ import annotations

import os
import warnings
from dataclasses import fields, replace
from typing import Any

from carvekit.api.autointerface import AutoInterface
from carvekit.api.interface import Interface
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.fba_matting import FBAMatting
from carvekit.ml.wrap.networks import SEGMENTATION
from carvekit.ml.wrap.scene_classifier import SceneClassifier
from carvekit.ml.wrap.segmenter import Segmenter
from carvekit.ml.wrap.yolov4 import SimplifiedYoloV4
from carvekit.pipelines.postprocessing import CasMattingMethod, MattingMethod
from carvekit.pipelines.preprocessing import AutoScene, PreprocessingStub
from carvekit.trimap.generator import TrimapGenerator
from carvekit.web.schemas.config import AuthConfig, MLConfig, WebAPIConfig
from mattebox.errors import BadParameter

__all__ = ["init_config", "init_interface"]


def init_config() -> WebAPIConfig:
    """Read the variables `CARVEKIT_*` of the environment; what is not set keeps its default.

    Each setting of `MLConfig` has the variable of its name (`CARVEKIT_SEG_MASK_SIZE`); the others are `CARVEKIT_PORT`,
    `CARVEKIT_HOST`, `CARVEKIT_AUTH_ENABLE`, `CARVEKIT_ADMIN_TOKEN` and `CARVEKIT_ALLOWED_TOKENS`, with commas between.

    Raises:
        BadParameter: a value makes no sense; the message names the variable.
    """
    ml, auth, server = MLConfig(), AuthConfig(), WebAPIConfig()
    ml = replace(ml, **{entry.name: variable(entry.name, getattr(ml, entry.name)) for entry in fields(ml)})
    tokens = os.environ.get("CARVEKIT_ALLOWED_TOKENS")
    auth = AuthConfig(
        variable("auth_enable", auth.auth),
        variable("admin_token", auth.admin_token),
        auth.allowed_tokens if tokens is None else [token for token in tokens.split(",") if token],
    )
    return WebAPIConfig(variable("port", server.port), variable("host", server.host), ml, auth)


def variable(name: str, default: Any) -> Any:
    """A setting from the environment, in the type of its default; yes and no are written 1 and 0.

    Raises:
        BadParameter: the text is not of that type.
    """
    key = f"CARVEKIT_{name.upper()}"
    text = os.environ.get(key)
    if text is None or isinstance(default, str):
        return default if text is None else text
    try:
        return type(default)(int(text))
    except ValueError as error:
        wanted = "1 or 0" if isinstance(default, bool) else "a whole number"
        raise BadParameter(f"{key}={text}: must be {wanted}") from error


def init_interface(config: WebAPIConfig | MLConfig) -> Interface:
    """Build the interface that a configuration describes."""
    ml = config.ml if isinstance(config, WebAPIConfig) else config
    return automatic(ml) if ml.preprocessing_method == "auto" else fixed(ml)


def fixed(ml: MLConfig) -> Interface:
    """An interface with the parts that were named."""
    network = segmentation_network(ml)
    preprocessing: AutoScene | PreprocessingStub | None = None
    if ml.preprocessing_method == "autoscene":
        preprocessing = AutoScene(scene_classifier(ml))
    elif ml.preprocessing_method == "stub":
        preprocessing = PreprocessingStub()
    return Interface(network, preprocessing, postprocessing(ml), ml.device)


def automatic(ml: MLConfig) -> AutoInterface:
    """An interface that chooses; what differs from its default is kept to, whatever the choice."""
    plain = MLConfig()
    if ml.segmentation_network != plain.segmentation_network:
        warnings.warn(
            f"'auto' chooses the network for every picture; '{ml.segmentation_network}' is not used",
            stacklevel=3,
        )
    trimap = {
        name: getattr(ml, setting)
        for name, setting in TRIMAP.items()
        if getattr(ml, setting) != getattr(plain, setting)
    }

    def with_trimap(network: type[Segmenter]) -> dict[str, dict[str, Any]]:
        chosen = AutoInterface.select_params_for_net(network)
        return {**chosen, "trimap_generator": {**chosen["trimap_generator"], **trimap}}

    return AutoInterface(
        scene_classifier(ml),
        SimplifiedYoloV4(device=ml.device, batch_size=ml.batch_size_pre, fp16=ml.fp16),
        segmentation_batch_size=ml.batch_size_seg,
        refining_batch_size=ml.batch_size_refine,
        refining_image_size=ml.refine_mask_size,
        postprocessing_batch_size=ml.batch_size_matting,
        postprocessing_image_size=ml.matting_mask_size,
        segmentation_device=ml.device,
        postprocessing_device=ml.device,
        fp16=ml.fp16,
        override_trimap_params=with_trimap,
        segmentation_image_size=None if ml.seg_mask_size == plain.seg_mask_size else ml.seg_mask_size,
        postprocessing_method=ml.postprocessing_method,
    )


TRIMAP = {
    "prob_threshold": "trimap_prob_threshold",
    "kernel_size": "trimap_dilation",
    "erosion_iters": "trimap_erosion",
    "filter_threshold": "trimap_filter_threshold",
}
"""Arguments of `TrimapGenerator`, and the settings that they are taken from."""


def scene_classifier(ml: MLConfig) -> SceneClassifier:
    """The scene classifier that a configuration describes."""
    return SceneClassifier(device=ml.device, batch_size=ml.batch_size_pre, fp16=ml.fp16)


def segmentation_network(ml: MLConfig) -> Segmenter:
    """The segmentation network that a configuration describes."""
    return SEGMENTATION[ml.segmentation_network](
        device=ml.device, batch_size=ml.batch_size_seg, input_image_size=ml.seg_mask_size, fp16=ml.fp16
    )


def postprocessing(ml: MLConfig) -> MattingMethod | None:
    """What follows the segmentation, as a configuration describes it."""
    if ml.postprocessing_method == "none":
        return None
    matting = FBAMatting(ml.device, ml.matting_mask_size, ml.batch_size_matting, fp16=ml.fp16)
    trimaps = TrimapGenerator(**{name: getattr(ml, setting) for name, setting in TRIMAP.items()})
    if ml.postprocessing_method == "fba":
        return MattingMethod(matting, trimaps, ml.device)
    refining = CascadePSP(ml.device, ml.refine_mask_size, ml.batch_size_refine, fp16=ml.fp16)
    return CasMattingMethod(refining, matting, trimaps, ml.device)
