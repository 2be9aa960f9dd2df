"""Annotations: CVAT's archives, label tables, and data sets that networks are trained with.

>>> from mattebox.label import Row, Table
>>> Table.from_rows([Row(label="cat", frame=0, shape="rectangle", points=(2, 3, 8, 9))]).points[0].tolist()
[2.0, 3.0, 8.0, 9.0]

What most programs need is here; it is imported when it is first used. The rooms below have the rest: `geometry`,
`masks`, `previews`, `statistics`, `balance`, and one module for each form of file in `formats`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mattebox.label.checks import check, repair
    from mattebox.label.cvat import read_backup, write_backup
    from mattebox.label.dataset import Attribute, Dataset, Label, Subtask, Task
    from mattebox.label.formats import FORMATS, read, write
    from mattebox.label.frames import FrameMap
    from mattebox.label.interpolation import interpolate, interpolate_dataset
    from mattebox.label.keyframes import reduce_keyframes
    from mattebox.label.linking import link_shapes, unlink_tracks
    from mattebox.label.media import Blob, Images, Media, Video, open_media
    from mattebox.label.pipeline import build_dataset
    from mattebox.label.previews import write_preview
    from mattebox.label.report import Report
    from mattebox.label.row import Row
    from mattebox.label.scenes import split_scenes
    from mattebox.label.splitting import leaks, split
    from mattebox.label.table import Table
    from mattebox.label.taxonomy import Taxonomy

_HOMES = {
    "checks": ("check", "repair"),
    "cvat": ("read_backup", "write_backup"),
    "dataset": ("Attribute", "Dataset", "Label", "Subtask", "Task"),
    "formats": ("FORMATS", "read", "write"),
    "frames": ("FrameMap",),
    "interpolation": ("interpolate", "interpolate_dataset"),
    "keyframes": ("reduce_keyframes",),
    "linking": ("link_shapes", "unlink_tracks"),
    "media": ("Blob", "Images", "Media", "Video", "open_media"),
    "pipeline": ("build_dataset",),
    "previews": ("write_preview",),
    "report": ("Report",),
    "row": ("Row",),
    "scenes": ("split_scenes",),
    "splitting": ("leaks", "split"),
    "table": ("Table",),
    "taxonomy": ("Taxonomy",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "FORMATS",
    "Attribute",
    "Blob",
    "Dataset",
    "FrameMap",
    "Images",
    "Label",
    "Media",
    "Report",
    "Row",
    "Subtask",
    "Table",
    "Task",
    "Taxonomy",
    "Video",
    "build_dataset",
    "check",
    "interpolate",
    "interpolate_dataset",
    "leaks",
    "link_shapes",
    "open_media",
    "read",
    "read_backup",
    "reduce_keyframes",
    "repair",
    "split",
    "split_scenes",
    "unlink_tracks",
    "write",
    "write_backup",
    "write_preview",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mattebox.label' has no attribute '{name}'")
    value = getattr(import_module(f"mattebox.label.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
