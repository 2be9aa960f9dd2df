"""Reading LabelMe.

Circles are read as ellipses, line strips as polylines; a shape's `group_id` becomes a group, its flags attributes, and
a flag of the picture that is set a tag. Attributes that are texts are under `attributes`, where X-AnyLabeling has them
and LabelMe leaves them alone. A picture that is only inside its JSON is read from there.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.dataset import Dataset
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Still, Stills, texts
from mattebox.label.formats.common.tree import Tree, tree_of
from mattebox.label.formats.common.turned import turned_rectangle
from mattebox.label.masks.sets import Piece
from mattebox.label.media import Blob
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Shape
from mattebox.label.text import parse_json
from mattebox.picture import open_picture

__all__ = ["EmbeddedPicture", "looks_like_labelme", "read_labelme"]

Record = dict[str, Any]

MOST = 1 << 31
"""The greatest number of a group."""

_SHAPES: dict[str, Shape] = {
    "polygon": "polygon",
    "linestrip": "polyline",
    "line": "polyline",
    "point": "points",
    "points": "points",
}
_TURNED = frozenset({"rotation", "oriented_rectangle"})
_KNOWN = frozenset({"label", "points", "group_id", "shape_type", "flags", "mask", "attributes"})


@dataclass(frozen=True)
class EmbeddedPicture(Blob):
    """The picture that a LabelMe file holds, decoded whenever it is read.

    To everybody else it is a part of an archive, so that nobody links or copies the file that it is in.

    Attributes:
        path: of the LabelMe file, or of the archive that this is in.
        member: says what part of it is meant.
        sheet: the LabelMe file.
        title: what the picture is called.
    """

    sheet: Blob = field(kw_only=True)
    title: str = field(kw_only=True)

    @property
    def name(self) -> str:
        """What the picture is called, without folders."""
        return PurePosixPath(self.title).name

    def exists(self) -> bool:
        """Whether the file that it is in is there."""
        return self.sheet.exists()

    def open(self) -> IO[bytes]:
        """Open it for reading.

        Raises:
            BadAnnotations: the file is missing or damaged.
        """
        record = parse_json(self.sheet.read(), self.sheet)
        try:
            return io.BytesIO(base64.b64decode(record["imageData"]))
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise BadAnnotations(f"{self.sheet}: its imageData is damaged: {error}") from error


def looks_like_labelme(path: Path) -> bool:
    """Whether it is a JSON file of LabelMe, or a folder or zip with some."""
    try:
        tree, file = tree_of(path, ".json")
        return any(_is_labelme(tree, name) for name in ([file] if file else tree.under("", ".json")[:3]))
    except BadAnnotations:
        return False


def _is_labelme(tree: Tree, name: str) -> bool:
    """Look at the beginning and the end of a file; a picture may lie between."""
    part = 1 << 14
    try:
        ends = tree.ends(name, part).replace(b"\0", b"")
    except BadAnnotations:
        return False
    return b'"shapes"' in ends and (b'"imagePath"' in ends or b'"imageData"' in ends)


def read_labelme(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read LabelMe files.

    Args:
        path: of one file, or of a folder or zip with many.
        report: told what cannot be used.
        progress: told how many files are read.

    Raises:
        BadAnnotations: there is no such file, or none of LabelMe.
    """
    tree, file = tree_of(path, ".json")
    sheets = [file] if file else tree.under("", ".json")
    stills = Stills(Path(file or tree.path).stem, report)
    good = 0
    for sheet in steps(sheets, progress):
        try:
            _read_sheet(tree, sheet, _record(tree, sheet), stills)
        except BadAnnotations as error:  # noqa: PERF203 (reading takes far longer)
            if file:
                raise
            report.drop("bad-file", str(error), dataset=stills.name)
        else:
            good += 1
    if not good:
        raise BadAnnotations(f"{path}: no LabelMe annotations: there is no JSON file of LabelMe")
    return stills.dataset()


def _record(tree: Tree, sheet: str) -> Record:
    record = tree.json(sheet)
    if not isinstance(record, dict) or not isinstance(record.get("shapes"), list):
        raise BadAnnotations(f"{tree.blob(sheet)}: not of LabelMe: it has no list of shapes")
    return record


def _read_sheet(tree: Tree, sheet: str, record: Record, stills: Stills) -> None:
    told = str(record.get("imagePath") or "").replace("\\", "/")
    beside = str(PurePosixPath(sheet).parent)
    beyond = tree.find_beyond(told, beside)
    where = tree.find_picture(told, beside, ".") if told and not beyond else ""
    name = where or f"{PurePosixPath(sheet).with_suffix('')}{PurePosixPath(told).suffix or '.jpg'}"
    blob, missing = beyond or tree.blob(name), not (where or beyond)
    if missing and record.get("imageData"):
        own = tree.blob(sheet)
        blob = EmbeddedPicture(own.path, f"{own.member}/imageData".lstrip("/"), sheet=own, title=name)
        missing = False
    height, width = record.get("imageHeight"), record.get("imageWidth")
    size = (height, width) if all(isinstance(side, int) and side > 0 for side in (height, width)) else None
    still = stills.add(blob, name, size=size, missing=missing, beyond=beyond is not None)  # type: ignore[arg-type]
    for flag, value in _named(record, "flags").items():
        if value is True:
            still.put(sheet, flag, "tag", source="file")
    for number, shape in enumerate(record["shapes"]):
        place = f"{sheet}, shapes[{number}]"
        try:
            _put(still, place, shape)
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            still.drop("bad-record", f"{place}: cannot be read: {type(error).__name__} {error}")


def _named(record: Mapping[str, Any], part: str) -> Record:
    """A part of a record that holds values by name; none where it is anything else."""
    values = record.get(part)
    return values if isinstance(values, dict) else {}


def _put(still: Still, place: str, shape: Mapping[str, Any]) -> None:
    """Add a shape."""
    label, kind = str(shape["label"]), str(shape.get("shape_type") or "polygon")
    points = [float(value) for x, y, *_ in shape["points"] for value in (x, y)]
    group = shape.get("group_id")
    extra = {name: value for name, value in shape.items() if name not in _KNOWN and value not in (None, "")}
    attributes = texts(_named(shape, "flags") | _named(shape, "attributes"))
    fields: Record = {"source": "file", "attributes": attributes, "extra": extra}
    if isinstance(group, int) and group >= 0:
        if group > MOST:
            raise ValueError(f"group_id is beyond {MOST:,}")
        fields["group"] = group + 1
    if kind == "mask":
        piece = _mask(str(shape["mask"]), points)
        still.put_mask(place, label, piece, **fields)
    elif kind == "circle" and len(points) == 4 and all(map(math.isfinite, points)):
        x, y, *rim = points
        radius = math.dist((x, y), rim)
        still.put(place, label, "ellipse", (x, y, x + radius, y - radius), **fields)
    elif kind == "rectangle" and len(points) == 4:
        across, down = sorted(points[::2]), sorted(points[1::2])
        still.put(place, label, "rectangle", (across[0], down[0], across[1], down[1]), **fields)
    elif kind in _TURNED | {"rectangle"} and (turned := turned_rectangle(points)):
        fields["extra"] = {name: value for name, value in extra.items() if name != "direction"}
        still.put(place, label, "rectangle", turned.points, rotation=turned.rotation, **fields)
    elif kind in _SHAPES:
        still.put(place, label, _SHAPES[kind], points, **fields)
    else:
        still.drop("unknown-shape", f"{place}: a {kind} of {len(points) // 2} points is nothing that is known")


def _mask(text: str, points: Sequence[float]) -> Piece:
    """The mask in a PNG in letters; its first point says where it begins.

    Raises:
        ValueError: it is no picture.
    """
    try:
        rgb = open_picture(base64.b64decode(text)).rgb
    except BadPicture as error:
        raise ValueError(f"its mask is no picture: {error}") from error
    return Piece(int(points[1]), int(points[0]), rgb[..., 0] > 0)
