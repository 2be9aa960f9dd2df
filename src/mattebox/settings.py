"""Everything that can be asked of the pipeline, under the same names in Python, on the command line and over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from mattebox.errors import BadParameter, ModelNotFound, check_ranges, unknown_name
from mattebox.solvers import SOLVERS, is_solver
from mattebox.stages.cascade import SIDE
from mattebox.stages.foreground import FOREGROUND_METHODS
from mattebox.stages.segment import network_size
from mattebox.stages.select import AUTOMATIC, candidates
from mattebox.stages.trimap import BAND
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, find_card

__all__ = ["FOREGROUNDS", "NONE", "PREDICTED", "RANGES", "Settings", "settings_with"]

NONE = "none"
"""What stands for a step that is left out."""

SMALL = 50_000_000
"""Bytes of an ONNX file of which several may run at once."""

PREDICTED = "predicted"
FOREGROUNDS = (PREDICTED, *FOREGROUND_METHODS)
"""Ways to take the old background out of the colours: as the matting model says, or estimated."""
RANGES: dict[str, tuple[float, float]] = {
    "threshold": (0, 1),
    "softness": (0, 1),
    "drop_specks": (0, 1),
    "subject_score": (0, 1),
    "feather": (0, 1000),
    "band": (0, 0.25),
    "segment_size": (32, 4096),
    "refine_size": (64, 4096),
    "matte_size": (64, 8192),
}
"""Least and greatest value of the settings that are numbers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of the pipeline.

    Attributes:
        model: name of the segmentation model; `autoscene` or `auto` to have it chosen for every picture, by its scene
            or by its scene and what is in it.
        refine: name of the model that brings the mask to the picture's own resolution (`detail`, `cascadepsp`, ...);
            `none` leaves the coarse mask, enlarged.
        matte: name of the method that finds the opacity around the edge, or where a trimap does not know: a model
            (`fba`, `vitmatte-small`, ...) or a solver (`closed-form`, ...); `none` leaves the opacity of the mask.
        device: `auto`, `cpu`, `cuda`, ...; a device that is asked for by name is used or it is an error.
        half: compute in half precision; for GPUs, and for ViTMatte on CPUs that multiply in bfloat16.
        segment_size: side in pixels of what the segmentation model sees; None for what its card says. Where the model
            is chosen, one that works at a single size keeps to that.
        refine_size: longest side that CascadePSP sees at once.
        matte_size: longest side that the matting model sees at once; None for what suits it. What is larger is worked
            on in tiles.
        band: how far outwards from the edge the matting model looks, as a share of the picture's longer side.
        resize_trimap: bring a trimap of another size to that of its picture; otherwise it is an error.
        foreground: how the old background is taken out of the edge's colours: `predicted` by the matting model (without
            one, as `multilevel`), `multilevel`, `blur-fusion`, `closed-form` or `none`.
        threshold: opacity that becomes one half; raise it to keep less.
        softness: 0 for a hard edge, 1 for the edge as it was found.
        feather: soften the edge inwards over this many pixels.
        keep_largest: keep only the largest connected piece.
        drop_specks: drop pieces smaller than this share of the largest.
        invert: keep the background and take the subject away.
        subject_score: a picture whose subject score is lower has no subject, and gives an empty cutout.
    """

    model: str = DEFAULT
    refine: str = DEFAULT_DETAIL
    matte: str = NONE
    device: str = "auto"
    half: bool = False
    segment_size: int | None = None
    refine_size: int = SIDE
    matte_size: int | None = None
    band: float = BAND
    resize_trimap: bool = False
    foreground: str = PREDICTED
    threshold: float = 0.5
    softness: float = 1.0
    feather: float = 0.0
    keep_largest: bool = False
    drop_specks: float = 0.0
    invert: bool = False
    subject_score: float = 0.5

    def __post_init__(self) -> None:
        check_ranges(self, RANGES)
        for name in ("segment_size", "refine_size", "matte_size"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, int):
                raise BadParameter(f"{name}={value!r}: must be a whole number of pixels")
        if self.model not in AUTOMATIC:
            network_size(find_card(self.model, "segment"), self.segment_size)
        if self.refine != NONE:
            find_card(self.refine, "refine")
        if self.matte != NONE and not is_solver(self.matte):
            try:
                find_card(self.matte, "matte")
            except ModelNotFound as error:
                raise ModelNotFound(f"{error}; solvers: {', '.join(SOLVERS)}") from error
        if self.foreground not in FOREGROUNDS:
            raise BadParameter(unknown_name("foreground method", self.foreground, FOREGROUNDS))

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of the models that are asked for by name."""
        without = {NONE, *AUTOMATIC}
        return tuple(
            name for name in (self.model, self.refine, self.matte) if name not in without and not is_solver(name)
        )

    @property
    def large(self) -> bool:
        """Whether a network is used of which several runs at once may not fit into memory."""
        weights = (find_card(name).weights for name in self.networks)
        return any(each.form == "torch" or (each.size or 0) > SMALL for each in weights)

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of the models that are used, or may be where the model is chosen for every picture."""
        return (*candidates(self.model), *self.asked) if self.model in AUTOMATIC else self.asked


def settings_with(settings: Settings | None, changes: dict[str, Any]) -> Settings:
    """Settings with some of them changed by name.

    Raises:
        BadParameter: a name is not a setting; the message lists the valid ones and the nearest.
    """
    names = [field.name for field in fields(Settings)]
    for name in changes:
        if name not in names:
            raise BadParameter(unknown_name("setting", name, names))
    return replace(settings or Settings(), **changes)
