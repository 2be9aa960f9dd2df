"""The figures that there are, by name: what measures each, how it is called in a table, which way is better."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from mattebox.errors import BadParameter, unknown_name
from mattebox.evaluate import metrics, saliency
from mattebox.evaluate.metrics import Region
from mattebox.evaluate.saliency import Curve
from mattebox.types import Alpha

__all__ = ["FIGURES", "MASKS", "MATTING", "PROTOCOLS", "Figure", "Protocol", "chosen", "measured"]

Protocol = Literal["whole", "unknown"]
PROTOCOLS: tuple[Protocol, ...] = ("whole", "unknown")
"""Whether all pixels count, or only those that a trimap does not know, with the known ones set right before."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One way to say how good an alpha is.

    Attributes:
        heading: what it is called in a table.
        measure: takes alpha and truth, (H, W) each, and, where it can be told what counts, a region.
        higher: whether more is better.
        regional: whether it can be told what counts.
    """

    heading: str
    measure: Callable[..., float | Curve]
    higher: bool = False
    regional: bool = False

    def worth(self, value: float) -> float:
        """A value, turned so that more is better."""
        return value if self.higher else -value


def _error(heading: str, measure: Callable[..., float]) -> Figure:
    return Figure(heading, measure, regional=True)


def _share(heading: str, measure: Callable[[Alpha, Alpha], float | Curve]) -> Figure:
    return Figure(heading, measure, higher=True)


def _thousandfold(measure: Callable[..., float]) -> Callable[..., float]:
    return lambda *maps: 1000 * measure(*maps)


FIGURES = {
    "iou": _share("IoU", metrics.iou),
    "mae": _error("MAE", metrics.mad),
    "max_f": _share("max F", saliency.f_measure_max),
    "boundary_iou": _share("boundary IoU", metrics.boundary_iou),
    "mse": _error("MSE", metrics.mse),
    "sad": _error("SAD", metrics.sad),
    "grad": _error("Grad", metrics.gradient_error),
    "conn": _error("Conn", metrics.connectivity_error),
    "mad": _error("MAD", metrics.mad),
    "mse_x1000": _error("MSE x1000", _thousandfold(metrics.mse)),
    "mad_x1000": _error("MAD x1000", _thousandfold(metrics.mad)),
    "set_max_f": _share("max F of the set", saliency.f_measure_curve),
    "mean_f": _share("mean F", saliency.f_measure_mean),
    "adaptive_f": _share("adaptive F", saliency.f_measure_adaptive),
    "weighted_f": _share("weighted F", saliency.weighted_f_measure),
    "s_measure": _share("S", saliency.s_measure),
    "mean_e": _share("mean E", saliency.e_measure_mean),
    "set_max_e": _share("max E of the set", saliency.e_measure_curve),
    "adaptive_e": _share("adaptive E", saliency.e_measure_adaptive),
}
"""Every figure, in the order of tables. Of one whose measure is a curve the best value of the mean curve is shown."""

MASKS = ("iou", "mae", "max_f", "boundary_iou", "mse")
"""What is measured unless something is asked for."""
MATTING = ("sad", "grad", "conn")
"""What is measured in addition where the truth is soft."""
BAND = ("sad", "mse_x1000", "mad_x1000", "grad", "conn")
"""What is measured in the unknown band unless something is asked for."""


def chosen(names: Iterable[str] | None, protocol: Protocol) -> tuple[str, ...] | None:
    """Make sure that figures are known and make sense together with a protocol.

    Args:
        names: of the figures, each once; None for those that suit the protocol.
        protocol: what counts.

    Returns:
        The names, or None where it depends on the truth of each picture.

    Raises:
        BadParameter: a figure or the protocol is unknown, or the figure is one of whole pictures only.
    """
    if protocol not in PROTOCOLS:
        raise BadParameter(unknown_name("protocol", protocol, PROTOCOLS))
    if names is None:
        return BAND if protocol == "unknown" else None
    names = tuple(dict.fromkeys(names))
    for name in names:
        if name not in FIGURES:
            raise BadParameter(unknown_name("figure", name, FIGURES))
        if protocol == "unknown" and not FIGURES[name].regional:
            raise BadParameter(f"'{name}' is a figure of whole pictures: leave it out, or take the protocol 'whole'")
    return names


def measured(names: Iterable[str], alpha: Alpha, truth: Alpha, region: Region | None) -> dict[str, float | Curve]:
    """Measure some figures of an alpha.

    Args:
        names: in `FIGURES`.
        alpha: (H, W) in [0, 1].
        truth: (H, W) in [0, 1].
        region: (H, W), what counts; None for all, as it must be for figures that are not regional.

    Raises:
        BadParameter: the shapes differ.
    """
    maps = (alpha, truth) if region is None else (alpha, truth, region)
    return {name: FIGURES[name].measure(*maps) for name in names}
