"""Pictures and what is known of them, put together by the names of their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mattebox.errors import BadParameter
from mattebox.manifest import SUFFIXES, source_of

__all__ = ["Pair", "files_in", "matched", "pair_results"]

RESULT_TAILS = ("_cutout", "_alpha", "_rgba")
"""What programs add to a picture's name when they save their result."""
TOLD = 3
"""How many names a message lists."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its truth.

    Attributes:
        image: path of the picture.
        mask: path of the true alpha; None for a picture without a subject.
        kind: what is on it, such as `animal`, or which part of the data set it belongs to; empty when nobody said.
        soft: whether the truth is an opacity, not only inside and outside.
        trimap: path of the trimap that comes with it.
    """

    image: Path
    mask: Path | None = None
    kind: str = ""
    soft: bool = False
    trimap: Path | None = None

    @property
    def source(self) -> str:
        """Where the picture came from; see `source_of`."""
        return source_of(self.image)


def matched(
    images: Path, truths: Path, trimaps: Path | None = None, *, kind: str = "", soft: bool = False
) -> list[Pair]:
    """Pair the pictures of a folder with the truths, and the trimaps, that have their names; none is opened yet.

    The suffixes may differ. Where a subject was laid over several backgrounds, `NAME_7.png` belongs to `NAME.png`,
    unless there is a `NAME_7.png`. A file that is missing is named as a PNG, to be noticed when it is opened.

    Args:
        images: folder of the pictures.
        truths: folder of the true alphas.
        trimaps: folder of the trimaps, if there are any.
        kind: see `Pair`.
        soft: see `Pair`.

    Raises:
        BadParameter: two truths or two trimaps have one name.
    """
    by_name = by_stem(truths)
    trimap_by_name = {} if trimaps is None else by_stem(trimaps)
    return [
        Pair(
            image,
            found(by_name, image.stem) or truths / f"{image.stem}.png",
            kind,
            soft,
            None if trimaps is None else found(trimap_by_name, image.stem) or trimaps / f"{image.stem}.png",
        )
        for image in files_in(images)
    ]


def pair_results(results: Path, truths: Path, trimaps: Path | None = None) -> list[Pair]:
    """Pair saved results with the truths, and the trimaps, that have their names: two folders, or two files.

    The names are those that `matched` takes; a result may also end in `_cutout`, `_alpha` or `_rgba`. Several results
    belong to one truth only where each has the number of a background of its own.

    Args:
        results: saved alphas or cut-outs; they are the `image` of each pair.
        truths: the true alphas.
        trimaps: the trimaps to judge by.

    Raises:
        BadParameter: there is no such file or folder, some of one side have no match on the other, or a result, a truth
            or a trimap is there twice.
    """
    paths = [path for path in (results, truths, trimaps) if path is not None]
    for path in paths:
        if not path.exists():
            raise BadParameter(f"{path}: no such file or folder")
    if all(path.is_file() for path in paths):
        return [Pair(results, truths, soft=True, trimap=trimaps)]
    if not all(path.is_dir() for path in paths):
        raise BadParameter(f"{', '.join(map(str, paths))}: give only folders, or only files")
    wanted, given = by_stem(truths), by_stem(results)
    truth_of = {stem: found(wanted, without_tail(stem, wanted)) for stem in given}
    lonely = [stem for stem, truth in truth_of.items() if truth is None]
    missed = sorted(wanted.keys() - {truth.stem for truth in truth_of.values() if truth is not None})
    if lonely or missed or not given:
        raise BadParameter(
            f"{results} and {truths} do not match: {listed(lonely, given, 'results have no truth')}; "
            f"{listed(missed, wanted, 'truths have no result')}"
        )
    check_once({stem: path for stem, path in truth_of.items() if path}, given, wanted)
    known = {} if trimaps is None else by_stem(trimaps)
    trimap_of = {stem: found(known, without_tail(stem, known)) for stem in given if trimaps is not None}
    if unknown := [stem for stem, trimap in trimap_of.items() if trimap is None]:
        raise BadParameter(f"{results} and {trimaps} do not match: {listed(unknown, given, 'results have no trimap')}")
    return [Pair(given[stem], truth_of[stem], soft=True, trimap=trimap_of.get(stem)) for stem in given]


def files_in(folder: Path) -> list[Path]:
    """The pictures of a folder that are not hidden, in the order of their names."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)


def by_stem(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their names without suffix.

    Raises:
        BadParameter: two have one name.
    """
    by_name: dict[str, Path] = {}
    for path in files_in(folder):
        if path.stem in by_name:
            raise BadParameter(f"{folder}: {by_name[path.stem].name} and {path.name} have one name; keep one of them")
        by_name[path.stem] = path
    return by_name


def check_once(truth_of: Mapping[str, Path], given: Mapping[str, Path], wanted: Mapping[str, Path]) -> None:
    """Refuse results that would count as several of one truth.

    Args:
        truth_of: by the name of each result, its truth.
        given: the results.
        wanted: the truths.

    Raises:
        BadParameter: two results are of one truth, and not numbered as two backgrounds.
    """
    results: dict[Path, list[str]] = {}
    for stem, truth in truth_of.items():
        results.setdefault(truth, []).append(stem)
    for truth, stems in results.items():
        names = {without_tail(stem, wanted) for stem in stems}
        if len(names) < len(stems) or (len(stems) > 1 and truth.stem in names):
            raise BadParameter(
                f"{' and '.join(given[stem].name for stem in stems)} are results of one truth, {truth}: keep one of "
                f"them, or number them as backgrounds, as in {truth.stem}_0.png and {truth.stem}_1.png"
            )


def found(paths: Mapping[str, Path], stem: str) -> Path | None:
    """The file of a name, or of the name without the number of a background."""
    return paths.get(stem) or paths.get(re.sub(r"_\d+$", "", stem))


def without_tail(stem: str, paths: Mapping[str, Path]) -> str:
    """A name without what a program added to it, unless there is a file of the whole name."""
    tail = next((tail for tail in RESULT_TAILS if stem.endswith(tail)), "")
    return stem if stem in paths else stem.removesuffix(tail)


def listed(names: Iterable[str], among: Mapping[str, Path], what: str) -> str:
    """Word how many of some files are missing something, and the first of them.

    Example:
        >>> listed(["a"], {"a": Path("a.png"), "b": Path("b.png")}, "results have no truth")
        '1 of 2 results have no truth (a.png)'
    """
    files = [among[name].name for name in names]
    some = ", ".join([*files[:TOLD], *(["..."] if len(files) > TOLD else [])])
    return f"{len(files)} of {len(among)} {what}{f' ({some})' if some else ''}"
