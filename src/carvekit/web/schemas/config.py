"""What can be set: the networks, the access, and the address of the server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from carvekit._records import Record
from mattebox.engines.torch import torch_device
from mattebox.errors import BadParameter, EngineFailed, unknown_name

__all__ = ["NETWORKS", "POSTPROCESSING", "PREPROCESSING", "AuthConfig", "MLConfig", "WebAPIConfig"]

NETWORKS = ("u2net", "deeplabv3", "basnet", "tracer_b7", "isnet")
PREPROCESSING = ("none", "stub", "autoscene", "auto")
POSTPROCESSING = ("fba", "cascade_fba", "none")


@dataclass
class AuthConfig(Record):
    """Who may use the server.

    Attributes:
        auth: whether a token is asked for.
        admin_token: of the administrator; drawn by chance for every record unless given.
        allowed_tokens: of everybody else; one, drawn by chance, unless given.
    """

    auth: bool = True
    admin_token: str = field(default_factory=lambda: secrets.token_hex(32))
    allowed_tokens: list[str] = field(default_factory=lambda: [secrets.token_hex(32)])


@dataclass
class MLConfig(Record):
    """What runs, and how.

    Attributes:
        segmentation_network: one of `NETWORKS`.
        preprocessing_method: `none`, `stub`, `autoscene` (the network that suits the scene) or `auto` (network and
            parameters that suit scene and objects).
        postprocessing_method: `fba`, `cascade_fba` or `none`.
        device: `cpu`, `cuda`, `cuda:1`.
        batch_size_pre: pictures that classifiers see at once.
        batch_size_seg: pictures that the segmentation network sees at once.
        batch_size_matting: pictures that FBA sees at once.
        batch_size_refine: pictures that CascadePSP sees at once.
        seg_mask_size: side in pixels of what the segmentation network sees.
        matting_mask_size: longest side of what FBA sees.
        refine_mask_size: longest side of what CascadePSP sees at once.
        fp16: compute in half precision on a GPU.
        trimap_filter_threshold: mask values up to it are background; -1 for none.
        trimap_dilation: reach of the unknown area outwards, in pixels.
        trimap_erosion: reach of the unknown area inwards, in pixels.
        trimap_prob_threshold: mask values above it are subject.

    Raises:
        BadParameter: a name is not known, a size or batch size is not positive, or the device is not there.
    """

    segmentation_network: str = "tracer_b7"
    preprocessing_method: str = "autoscene"
    postprocessing_method: str = "cascade_fba"
    device: str = "cpu"
    batch_size_pre: int = 5
    batch_size_seg: int = 1
    batch_size_matting: int = 1
    batch_size_refine: int = 1
    seg_mask_size: int = 960
    matting_mask_size: int = 2048
    refine_mask_size: int = 900
    fp16: bool = False
    trimap_filter_threshold: int = -1
    trimap_dilation: int = 30
    trimap_erosion: int = 5
    trimap_prob_threshold: int = 231

    def __post_init__(self) -> None:
        for name, valid in (
            ("segmentation_network", NETWORKS),
            ("preprocessing_method", PREPROCESSING),
            ("postprocessing_method", POSTPROCESSING),
        ):
            if getattr(self, name) not in valid:
                raise BadParameter(unknown_name(name.replace("_", " "), getattr(self, name), valid))
        for name, value in vars(self).items():
            if ("batch_size" in name or "mask_size" in name) and value < 1:
                raise BadParameter(f"{name}={value!r}: must be at least 1")
        self._check_device()

    def _check_device(self) -> None:
        if self.device == "cpu":
            return
        if "cuda" not in self.device:
            raise BadParameter(f"device '{self.device}': must be cpu or cuda")
        try:
            torch_device(self.device)
        except EngineFailed as error:
            raise BadParameter(str(error)) from error


@dataclass
class WebAPIConfig(Record):
    """The server.

    Attributes:
        port: that it listens on.
        host: that it listens on.
        ml: what runs.
        auth: who may use it.
    """

    port: int = 5000
    host: str = "0.0.0.0"
    ml: MLConfig = field(default_factory=MLConfig)
    auth: AuthConfig = field(default_factory=AuthConfig)
