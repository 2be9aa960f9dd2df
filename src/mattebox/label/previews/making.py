"""A preview of a data set as whatever its name asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from mattebox.encode import encode, format_of, write_file
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.checks import check
from mattebox.label.dataset import Dataset
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.media import Video
from mattebox.label.names import shot_name, task_names
from mattebox.label.previews.draw import Drawing
from mattebox.label.previews.frames import Spot, drawn, picked, spots_of
from mattebox.label.previews.page import LONGEST, write_page
from mattebox.label.previews.sheet import cell_width, columns_for, contact_sheet
from mattebox.label.previews.video import CODECS, write_video
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.types import Rgb

__all__ = ["write_preview"]

SHEETS = (".jpg", ".jpeg", ".png", ".webp")
PAGE = ".html"
VIDEO_FPS, STILLS_FPS = 25.0, 1.0
COUNT = 24
"""Frames on a sheet or a page unless told."""


def write_preview(
    dataset: Dataset,
    out: Path,
    report: Report,
    *,
    drawing: Drawing | None = None,
    count: int | None = None,
    seed: int = 0,
    width: int = 1600,
    fps: float | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> None:
    """Draw annotations on their frames: as a contact sheet, a page with numbers and checks, a video, or pictures.

    Args:
        dataset: to show; tracks are interpolated here.
        out: .jpg, .png or .webp for a sheet, .html for a page, .webm, .mp4 or .avi for a video, else a folder.
        report: told what was made and found, and which frames could not be read.
        drawing: how annotations are drawn.
        count: frames to show; 24 on a sheet or a page and all in a video or a folder unless given. Fewer frames than
            there are show every label together, if so many can.
        seed: other seeds show other frames.
        width: of a sheet in pixels.
        fps: frames a second of a video; 25, or 1 if there are only stills, unless given.
        overwrite: replace what is there.
        dry_run: only tell how many frames would be drawn.
        progress: told after every frame.

    Raises:
        BadParameter: nothing can be made of that name.
        BadAnnotations: no frame can be shown.
        OutputFailed: it cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    kind = out.suffix.lower()
    if kind and kind not in (*SHEETS, PAGE, *CODECS) and not out.is_dir():
        raise BadParameter(f"{out}: a preview is a picture, a video (.webm, .mp4, .avi), a page (.html) or a folder")
    if count is None and kind in (*SHEETS, PAGE):
        count = COUNT
    whole = interpolate_dataset(dataset, report)
    spots = list(spots_of(whole)) if count is None else picked(whole, count, seed=seed)
    if dry_run:
        report.note("would-draw", f"{len(spots):,} frames would be drawn", count=len(spots))
        return
    longest = {**dict.fromkeys(SHEETS, cell_width(width, columns_for(len(spots)))), PAGE: LONGEST}.get(kind)
    frames = drawn(whole, spots, drawing or Drawing(), report, progress, longest=longest)
    first = next(frames, None)
    if first is None:
        raise BadAnnotations(f"{dataset.name or 'the data set'}: no frame can be shown: its pictures are not there")
    frames = chain([first], frames)
    if kind in CODECS:
        moving = any(isinstance(spot.media, Video) for spot in spots)
        pace = fps or (VIDEO_FPS if moving else STILLS_FPS)
        made = write_video(out, (rgb for _, rgb in frames), fps=pace, overwrite=overwrite)
        report.made("frames of video", made)
    elif kind in (*SHEETS, PAGE):
        shown = [(spot.caption, rgb) for spot, rgb in frames]
        if kind == PAGE:
            check(dataset, report)
            write_page(dataset, out, shown, report, overwrite=overwrite)
        else:
            write_file(out, encode(contact_sheet(shown, width=width), format_of(out)), overwrite=overwrite)
        report.made("frames on a page" if kind == PAGE else "frames on a sheet", len(shown))
    else:
        _write_folder(whole, out, frames, report, overwrite=overwrite)


def _write_folder(
    dataset: Dataset, out: Path, frames: Iterable[tuple[Spot, Rgb]], report: Report, *, overwrite: bool
) -> None:
    """Write pictures under the names that they have in a training set."""
    names = dict(zip(map(id, dataset.tasks), task_names(task.name for task in dataset.tasks), strict=True))
    seen: Counter[str] = Counter()
    for spot, rgb in frames:
        name = shot_name(names[id(spot.task)], spot.true_frame)
        seen[name] += 1  # jobs may share frames
        again = f"_{seen[name]}" if seen[name] > 1 else ""
        write_file(out / f"{name}{again}.jpg", encode(rgb, "jpeg"), overwrite=overwrite)
        report.made("pictures")
