"""The files of a task in a backup: its media, their manifest, and whatever lay beside them when it was read."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.archive import Archive, is_safe_name
from mattebox.label.cvat.archive_write import NewArchive
from mattebox.label.cvat.backup_read import ANNOTATIONS, ORIGIN, PROJECT_FILE, TASK_FILE
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.guides import GUIDE
from mattebox.label.cvat.manifest import MANIFEST, parse_manifest, write_manifest
from mattebox.label.cvat.sources import CLOUD, DATA, INDEX, RELATED, frame_map
from mattebox.label.dataset import Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media, Video

__all__ = ["FileWriter", "data_record"]

OURS = {TASK_FILE, ANNOTATIONS, PROJECT_FILE, GUIDE}
"""What is written anew, never copied."""

FRAMES = ("start_frame", "stop_frame", "frame_filter", "deleted_frames")


def data_record(task: Task) -> dict[str, Any]:
    """What task.json says of the media: what was read, except for what has changed since."""
    known = task.extra.get("data")
    told = dict(known) if isinstance(known, Mapping) else {}
    frames = task.frames
    if task.media is not None and told.get("storage") == CLOUD:
        told["storage"] = "local"  # they were fetched since
    before = _frames_told(told, frames.size)
    if before is not None and (before.start, before.step) == (frames.start, frames.step):
        return told if before.deleted == frames.deleted else told | {"deleted_frames": sorted(frames.deleted)}
    kept = {name: value for name, value in told.items() if name not in FRAMES}
    step = {"frame_filter": f"step={frames.step}"} if frames.step > 1 else {}
    return {
        "chunk_size": 72,
        "image_quality": 70,
        "storage_method": "cache",
        "storage": "local",
        "sorting_method": "predefined",
        "chunk_type": "video" if isinstance(task.media, Video) else "imageset",
        **kept,
        "start_frame": frames.start,
        "stop_frame": int(frames.true(max(frames.size - 1, 0))),
        **step,
        "deleted_frames": sorted(frames.deleted),
    }


def _frames_told(told: Mapping[str, Any], size: int) -> FrameMap | None:
    """The frames that a record speaks of; None where there is no record, or it makes no sense."""
    try:
        return frame_map(told, [], size) if told else None
    except BadAnnotations:
        return None


class FileWriter:
    """Copies the files of one task, or of the project, into an archive.

    Args:
        archive: that is being written.
        folder: of the task in it, empty or with a slash at the end.
        place: of the task, to tell what is missing.
        media: copy pictures and videos too.
    """

    def __init__(self, archive: NewArchive, folder: str, place: Place, *, media: bool) -> None:
        self._archive, self._folder, self._place, self._media = archive, folder, place, media

    def copy_media(self, task: Task) -> None:
        """Copy the media of a task, and what lay beside them."""
        origin = _opened(task.extra.get(ORIGIN))
        as_read = task.media is None or (origin is not None and _is_from(task.media, *origin))
        if origin is not None:
            self._copy_folder(*origin, data=as_read)
        elif task.extra.get(ORIGIN):
            self._place.problem(
                "origin-gone", f"{task.extra[ORIGIN]['archive']} is gone: what lay beside is not copied"
            )
        if task.media is not None and not as_read:
            self._write_media(task.media)
        if not self._media:
            self._place.note("no-media", "written without its media")

    def copy_beside(self, told: Mapping[str, str] | None) -> None:
        """Copy what lay beside a project, such as the pictures in its guide."""
        if (origin := _opened(told)) is not None:
            archive, folder = origin
            tasks = {name.removesuffix(TASK_FILE) for name in archive.names if name.endswith(f"/{TASK_FILE}")}
            for name in archive.folder(folder):
                if not name.startswith(tuple(tasks)) and name.removeprefix(folder) not in OURS:
                    self._copy(self._folder + name.removeprefix(folder), archive.blob(name))

    def _copy_folder(self, archive: Archive, folder: str, *, data: bool) -> None:
        for name in archive.folder(folder):
            inner = name.removeprefix(folder)
            is_data = inner.startswith(DATA)
            is_media = is_data and inner not in {DATA + MANIFEST, DATA + INDEX}
            if inner not in OURS and (data or not is_data) and (self._media or not is_media):
                self._copy(self._folder + inner, archive.blob(name))

    def _write_media(self, media: Media) -> None:
        """Write media that no backup had: pictures with a manifest that keeps their order, or a video."""
        names = dict(_named(media))
        changed = [
            f"{_name(media, frame)!r} is {name!r}" for frame, name in names.items() if name != _name(media, frame)
        ]
        if changed:
            message = f"{len(changed)} pictures have other names in the archive: {', '.join(changed[:3])}"
            self._place.note("renamed-pictures", message)
        taken = {name: media.files[frame] for frame, name in names.items() if name}
        related = {
            frame: [_free(f"{RELATED}{name.replace('.', '_')}/", blob, taken) for blob in media.related(frame)]
            for frame, name in names.items()
        }
        for name, blob in taken.items() if self._media else ():
            self._copy(self._folder + DATA + name, blob)
        if isinstance(media, Images):
            self._archive.add(self._folder + DATA + MANIFEST, write_manifest(media, names, related))

    def _copy(self, name: str, blob: Blob) -> None:
        try:
            self._archive.copy(name, blob)
        except BadAnnotations as error:
            self._place.drop("missing-media", str(error))


def _name(media: Media, frame: int) -> str:
    """What a file is called: a video has one name for all of its frames."""
    return media.blob.name if isinstance(media, Video) else media.name_of(frame)


def _named(media: Media) -> Iterator[tuple[int, str]]:
    """The names of the files of media: their own, unless they are unsafe, or another file's."""
    if isinstance(media, Video):
        yield 0, media.blob.name
        return
    taken: dict[str, Blob] = {}
    for frame, blob in enumerate(media.files):
        name = media.name_of(frame)
        if name and not is_safe_name(name):
            name = PurePosixPath(name.replace("\\", "/")).name
        if name and not is_safe_name(name):
            name = f"{frame}{PurePosixPath(blob.name).suffix}"
        while name and taken.setdefault(name, blob) != blob:
            name = f"{frame}/{name}"
        yield frame, name


def _free(folder: str, blob: Blob, taken: dict[str, Blob]) -> str:
    """Where a file goes in a folder: under its own name, with a number before it if that is another file's."""
    name, number = folder + blob.name, 1
    while taken.setdefault(name, blob) != blob:
        name, number = f"{folder}{number}_{blob.name}", number + 1
    return name


def _opened(told: Mapping[str, str] | None) -> tuple[Archive, str] | None:
    """The archive that something was read from, and its folder in it; None if it is gone."""
    if not told:
        return None
    path = Path(told["archive"])
    try:
        # All tasks of a project lie in the same archive, which is checked once.
        return _checked(path, path.stat().st_mtime_ns), told["folder"]
    except (BadAnnotations, OSError):
        return None


@functools.lru_cache(maxsize=4)
def _checked(path: Path, _: int) -> Archive:
    return Archive(path)


def _is_from(media: Media, archive: Archive, folder: str) -> bool:
    """Whether media are those of the archive that their task was read from."""
    name = f"{folder}{DATA}{MANIFEST}"
    try:
        told = parse_manifest(archive.read(name), name).names if name in archive else None
    except BadAnnotations:
        told = None
    names = [media.blob.name] if isinstance(media, Video) else [media.name_of(frame) for frame in range(len(media))]
    expected = [archive.blob(folder + DATA + each) for each in names]
    if [Blob(file.path.absolute(), file.member) for file in media.files] != expected:
        return False
    return told is None or [name for name in told if name] == [name for name in names if name]
