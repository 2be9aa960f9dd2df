"""The media of a task in a backup: which frames they have, and which of them are there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.archive import Archive
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.manifest import MANIFEST, Manifest, Still, parse_manifest
from mattebox.label.cvat.records import Record
from mattebox.label.frames import FrameMap
from mattebox.label.media import PICTURES, VIDEOS, Blob, Images, Media, Video, natural

__all__ = ["CLOUD", "DATA", "INDEX", "RELATED", "frame_map", "read_manifest", "read_media"]

DATA = "data/"
RELATED = "related_images/"
"""Where pictures lie that go with those of the task, in a folder for each."""

INDEX = "index.json"
"""What CVAT keeps beside a manifest to find its lines; it is made again whenever it is missing."""

CLOUD = "cloud_storage"
"""What `storage` is where CVAT has the media from a bucket; a backup then often has only their manifest."""


MOST_FRAMES = 50_000_000
"""More than three weeks of video: whoever says that a task has more frames of its media would only fill the memory."""


def frame_map(data: Record, jobs: Sequence[Record], known: int | None = None) -> FrameMap:
    """Which frames of the media a task has.

    Args:
        data: what task.json says of the media.
        jobs: what it says of the jobs.
        known: frames of the media, where something tells.

    Raises:
        BadAnnotations: a value is not a number, or makes no sense.
    """
    try:
        start, stop = int(data.get("start_frame") or 0), int(data.get("stop_frame") or 0)
        step = _step(str(data.get("frame_filter") or ""))
        deleted = frozenset(int(frame) for frame in data.get("deleted_frames") or ())
        told = len(range(start, stop + 1 if stop else known or 0, step))
        # What the jobs say is in frames of the task, and holds also where the media's range is left out.
        size = max((int(job["stop_frame"]) + 1 for job in jobs), default=told)
        frames = FrameMap(size, start, step, deleted)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise BadAnnotations(f"frames make no sense: {error!r}") from error
    if start + step * size > MOST_FRAMES:
        raise BadAnnotations(f"frames make no sense: {start + step * size:,} of the media are needed")
    return frames


def _step(frame_filter: str) -> int:
    """The step of a filter, which is step=N or empty."""
    if not frame_filter:
        return 1
    if not (found := re.fullmatch(r"\s*step\s*=\s*([1-9][0-9]*)\s*", frame_filter)):
        raise ValueError(f"frame_filter is {frame_filter!r}; step=N is expected")
    return int(found[1])


def read_manifest(archive: Archive, folder: str, place: Place) -> Manifest | None:
    """What a task is made of; None where nothing says it, or what says it is damaged, which is told."""
    name = f"{folder}{DATA}{MANIFEST}"
    if name not in archive:
        return None
    try:
        return parse_manifest(archive.read(name), archive.blob(name))
    except BadAnnotations as error:
        place.problem("bad-manifest", f"{error}; the files of the task are taken as they lie there")
        return None


def read_media(
    archive: Archive, folder: str, data: Record, frames: FrameMap, manifest: Manifest | None, place: Place
) -> Media | None:
    """The media of a task; None where the archive has none.

    Args:
        archive: the backup.
        folder: of the task in it, empty or with a slash at the end.
        data: what task.json says of the media.
        frames: which frames of the media the task has.
        manifest: what the task is made of, where that is known.
        place: of the task, to tell what is missing.
    """
    lying = [name.removeprefix(folder + DATA) for name in archive.folder(folder + DATA)]
    lying = [name for name in lying if name not in {MANIFEST, INDEX}]
    if not lying:
        reason = (
            "its media are in a cloud storage: get them there, or make a backup that is not lightweight"
            if data.get("storage") == CLOUD
            else "the archive has no media"
        )
        place.problem("no-media", reason)
        return None
    manifest = manifest or _found(lying)
    if manifest is None:
        place.problem("no-media", "no file in its data is a picture or a video")
        return None
    if manifest.type == "video":
        return _video(archive, folder, frames, manifest, place)
    return _images(archive, folder, frames, manifest, place)


def _found(lying: Sequence[str]) -> Manifest | None:
    """What the files of a task without a manifest must be: a video, or all pictures in natural order."""
    videos = [name for name in lying if PurePosixPath(name).suffix.lower() in VIDEOS]
    if videos:
        return Manifest("video", name=videos[0])
    pictures = [name for name in lying if PurePosixPath(name).suffix.lower() in PICTURES]
    stills = [name for name in pictures if not name.startswith(RELATED)]
    return Manifest("images", tuple(Still(name) for name in sorted(stills, key=natural))) if stills else None


def _video(archive: Archive, folder: str, frames: FrameMap, manifest: Manifest, place: Place) -> Media | None:
    name = folder + DATA + manifest.name
    if name not in archive:
        place.problem("missing-media", f"{archive.blob(name)}: the archive has no such video")
        return None
    needed = int(frames.true(frames.size - 1)) + 1 if frames.size else 0
    if manifest.length is not None and needed > manifest.length:
        place.problem(
            "frame-count",
            f"the jobs need {needed:,} frames of {manifest.name}, which has {manifest.length:,} by its manifest",
        )
    return Video(archive.blob(name), manifest.size, manifest.length)


def _images(archive: Archive, folder: str, frames: FrameMap, manifest: Manifest, place: Place) -> Media | None:
    stills = list(manifest.stills)
    if len(stills) == frames.size and frames.size and frames.true(frames.size - 1) >= len(stills):
        # The manifest has the frames of the task only, so each is put where it was.
        spread = [Still()] * (int(frames.true(frames.size - 1)) + 1)
        for frame, still in enumerate(stills):
            spread[int(frames.true(frame))] = still
        stills = spread
    missing = [still.name for still in stills if still.name and folder + DATA + still.name not in archive]
    if missing:
        place.problem("missing-media", f"{len(missing):,} pictures are not there, as {missing[0]}", count=len(missing))
    if frames.size and frames.true(frames.size - 1) >= len(stills):
        needed = int(frames.true(frames.size - 1)) + 1
        place.problem("frame-count", f"the jobs need {needed:,} pictures, and there are {len(stills):,}")
    if len(missing) == sum(bool(still.name) for still in stills):
        return None

    def blob(name: str) -> Blob:
        return archive.blob(folder + DATA + name)

    related: Mapping[int, Any] = {
        frame: [blob(name) for name in still.related if folder + DATA + name in archive]
        for frame, still in enumerate(stills)
        if still.related
    }
    names, sizes = [still.name for still in stills], [still.size for still in stills]
    return Images([blob(name) for name in names], names, sizes, related, place.names["task"])
