"""A look at a training set as whoever reads it finds it: a few samples with what their label files say."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mattebox.encode import encode, write_file
from mattebox.errors import MatteboxError
from mattebox.label.building import Reel
from mattebox.label.building.folder import MANIFEST, PREVIEW
from mattebox.label.formats import read
from mattebox.label.previews import Drawing, contact_sheet, drawn, spots_of
from mattebox.label.report import Report

__all__ = ["write_set_preview"]

WHOLE = frozenset({".json", ".yaml", ".csv"})
"""Suffixes of files that are about all samples."""


def write_set_preview(path: Path, form: str, reels: Sequence[Reel], count: int, report: Report) -> None:
    """Draw samples from all over a finished set on one sheet, `preview.jpg`; those with rows come first.

    What is drawn is read from the set, so that a mistake of whoever wrote it can be seen.

    Args:
        path: of the set's folder.
        form: its name in `FORMATS`.
        reels: its samples.
        count: how many samples.
        report: is told of what cannot be drawn.

    Raises:
        OutputFailed: the sheet cannot be written.
    """
    path = Path(os.path.expanduser(path))
    names = set(_spread(reels, count))
    told = Report()
    with tempfile.TemporaryDirectory(prefix="mattebox-") as folder:
        _copy(path, Path(folder), names)
        try:
            dataset = read(Path(folder), format=form, report=told)
            spots = [spot for spot in spots_of(dataset) if Path(spot.media.name_of(spot.true_frame)).stem in names]
            frames = [(spot.caption, rgb) for spot, rgb in drawn(dataset, spots, Drawing(), told)]
        except MatteboxError as error:
            report.problem("no-preview", str(error).replace(folder, str(path)))
            return
    for entry in told.entries:
        if entry.code == "unreadable-frame":
            report.problem("no-preview", entry.message.replace(folder, str(path)), frame=entry.frame)
    if frames:
        write_file(path / PREVIEW, encode(contact_sheet(frames), "jpeg"), overwrite=True)
        report.made("samples on the preview", len(frames))
    else:
        report.note("no-preview", "the set has no pictures to draw on")


def _copy(path: Path, folder: Path, names: set[str]) -> None:
    """Put the files of some samples, and those of all, into another folder."""
    for base, _, files in os.walk(path):
        for name in files:
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 (every file of a data set is looked at)
            if (stem in names or suffix in WHOLE) and name not in {MANIFEST, PREVIEW}:
                target = folder / Path(base).relative_to(path) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(base, name), target)


def _spread(reels: Sequence[Reel], count: int) -> list[str]:
    """Names of samples at even distances, of those with rows as far as they go."""
    names = [shot.name for reel in reels for shot in reel.shots]
    with_rows = np.concatenate([reel.with_rows for reel in reels])
    filled, empty = np.flatnonzero(with_rows), np.flatnonzero(~with_rows)
    return [names[position] for position in (*_evenly(filled, count), *_evenly(empty, count - len(filled)))]


def _evenly(positions: NDArray[np.intp], count: int) -> list[int]:
    if count < 1 or not len(positions):
        return []
    steps = np.linspace(0, len(positions) - 1, min(count, len(positions)))
    return [int(position) for position in positions[np.rint(steps).astype(int)]]
