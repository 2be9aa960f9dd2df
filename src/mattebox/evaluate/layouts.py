"""The public data sets of matting and segmentation, as they lie on disk once they are unpacked.

Nothing is fetched: most of these sets are given out for research only, on request or after agreeing to terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mattebox.errors import BadParameter, unknown_name
from mattebox.evaluate.pairs import Pair, matched

__all__ = ["LAYOUTS", "Layout", "Part", "pairs_in_layout", "recognised"]


@dataclass(frozen=True, slots=True)
class Part:
    """Three folders of a data set that belong together.

    Attributes:
        base: where they lie; a user may point at it, at the data set, or at anything between.
        images: folder of the pictures, from the base.
        truths: folder of the true alphas.
        trimaps: folder of the trimaps; empty when the set has none.
    """

    base: str
    images: str
    truths: str
    trimaps: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A data set on disk.

    Attributes:
        title: its name and paper.
        parts: that it is made of.
        soft: whether its truth is an opacity.
    """

    title: str
    parts: tuple[Part, ...]
    soft: bool = True


LAYOUTS = {
    # As the composition script of the authors names it, and as the packing that ViTMatte and MatteFormer are tested on.
    "composition-1k": Layout(
        "Composition-1k: Xu et al., Deep Image Matting, CVPR 2017",
        (
            Part("Combined_Dataset/Test_set", "merged", "Adobe-licensed images/alpha", "Adobe-licensed images/trimaps"),
            Part("Composition-1k-testset", "merged", "alpha_copy", "trimaps"),
        ),
    ),
    # The set itself has subjects only; these are the names that composed copies have in public test scripts.
    "distinctions-646": Layout(
        "Distinctions-646: Qiao et al., Attention-Guided Hierarchical Structure Aggregation, CVPR 2020",
        (Part("Distinctions-646/Test", "merged", "alpha_copy", "trimaps"), Part("Distinctions-646/Test", "Comp", "GT")),
    ),
    # As github.com/ZHKKKe/PPM gives it out, and as PaddleSeg's tutorial has it.
    "ppm-100": Layout(
        "PPM-100: Ke et al., MODNet, AAAI 2022",
        (Part("PPM-100", "image", "matte"), Part("PPM-100/val", "fg", "alpha")),
    ),
    # github.com/JizhiziLi/P3M: faces blurred (P) and not (NP); the second names are those of its configuration.
    "p3m-500": Layout(
        "P3M-500-P and -NP: Li et al., Privacy-Preserving Portrait Matting, ACM MM 2021",
        (
            Part("P3M-10k/validation/P3M-500-P", "blurred_image", "mask", "trimap"),
            Part("P3M-10k/validation/P3M-500-NP", "original_image", "mask", "trimap"),
            Part("P3M-10k/validation1", "blurred_image", "mask", "trimap"),
            Part("P3M-10k/validation2", "original_image", "mask", "trimap"),
        ),
    ),
    # github.com/JizhiziLi/AIM
    "aim-500": Layout(
        "AIM-500: Li et al., Deep Automatic Natural Image Matting, IJCAI 2021",
        (Part("AIM-500", "original", "mask", "trimap"),),
    ),
    # github.com/JizhiziLi/GFM
    "am-2k": Layout(
        "AM-2k: Li et al., Bridging Composite and Real, IJCV 2022",
        (Part("AM-2k/validation", "original", "mask", "trimap"),),
    ),
    "duts-te": Layout(
        "DUTS-TE: Wang et al., Learning to Detect Salient Objects with Image-level Supervision, CVPR 2017",
        (Part("DUTS-TE", "DUTS-TE-Image", "DUTS-TE-Mask"),),
        soft=False,
    ),
    # github.com/xuebinqin/DIS
    "dis5k": Layout(
        "DIS5K, without its training part: Qin et al., Highly Accurate Dichotomous Image Segmentation, ECCV 2022",
        tuple(Part(f"DIS5K/DIS-{name}", "im", "gt") for name in ("VD", "TE1", "TE2", "TE3", "TE4")),
        soft=False,
    ),
}
"""The data sets that are known, by name."""


def recognised(folder: Path) -> str | None:
    """Name of the first layout that has a part in a folder, or None."""
    return next((name for name in LAYOUTS if any(_present(folder, LAYOUTS[name]))), None)


def pairs_in_layout(folder: Path, name: str) -> list[Pair]:
    """Find the pairs of a data set, of all of its parts that are there; no picture is opened yet.

    The kind of each is the part that it belongs to, where the set has several.

    Args:
        folder: the data set, a folder around it, or one of its parts.
        name: of the layout.

    Raises:
        BadParameter: there is no such layout, or no part of it is in the folder; the message says what is looked for.
    """
    if name not in LAYOUTS:
        raise BadParameter(unknown_name("layout", name, LAYOUTS))
    layout = LAYOUTS[name]
    parts = list(_present(folder, layout))
    if not parts:
        wanted = " or ".join(dict.fromkeys(f"{part.images} and {part.truths}" for part in layout.parts))
        raise BadParameter(f"{folder}: not laid out as {name}, which has the folders {wanted}")
    return [
        pair
        for part, base in parts
        for pair in matched(
            base / part.images,
            base / part.truths,
            base / part.trimaps if part.trimaps and (base / part.trimaps).is_dir() else None,
            kind=PurePosixPath(part.base).name if len(parts) > 1 else "",
            soft=layout.soft,
        )
    ]


def _present(folder: Path, layout: Layout) -> Iterator[tuple[Part, Path]]:
    """The parts of a layout that are in a folder, and where; of parts that are the same folders only the first."""
    seen = set()
    for part in layout.parts:
        steps = PurePosixPath(part.base).parts
        for first in range(len(steps) + 1):
            base = folder.joinpath(*steps[first:])
            if (base / part.images).is_dir() and (base / part.truths).is_dir():
                if base / part.images not in seen:
                    seen.add(base / part.images)
                    yield part, base
                break
