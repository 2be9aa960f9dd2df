"""One annotation of COCO as rows: a box, an outline, a mask, a skeleton, or a skeleton and one of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mattebox.label.dataset import Label
from mattebox.label.formats.common.flaws import flaw_of
from mattebox.label.formats.common.rings import overlapping, ring_areas, united
from mattebox.label.formats.common.skeletons import hull_of, keypoint_names, put_skeleton
from mattebox.label.formats.common.stills import Still, texts
from mattebox.label.masks.rle import piece_of_coco

__all__ = ["put_object"]

Record = Mapping[str, Any]

KNOWN = frozenset(
    {
        "id",
        "image_id",
        "category_id",
        "bbox",
        "area",
        "iscrowd",
        "segmentation",
        "keypoints",
        "num_keypoints",
        "attributes",
        "score",
        "track_id",
    }
)
_CVATS = frozenset({"occluded", "track_id", "keyframe", "rotation"})
"""Attributes that are columns of a table."""


def put_object(still: Still, place: str, label: Label, record: Record) -> None:
    """Add the rows of an annotation; what cannot be used is dropped and told.

    Args:
        still: the picture that it is on.
        place: file and place in it, for messages.
        label: of its category.
        record: as the file has it.

    Raises:
        KeyError, TypeError, ValueError: a field is missing, or not of the type that it should be.
    """
    fields = _fields(still, record)
    points = np.asarray(record.get("keypoints") or (), np.float64)
    if points.size % 3:
        still.drop("too-few-points", f"{place}: {points.size} numbers of keypoints, which are not x, y and visibility")
        return
    points = points.reshape(-1, 3)
    # COCO has zeros for people whose keypoints nobody put, which is most of them.
    if not points[:, 2].any():
        _put_area(still, place, label.name, record, fields)
        return
    beside = _has_outline(record) or not _same_box(record, hull_of(points))
    if beside:
        fields["group"] = 1 + still.object(("group", place))
    bare = {name: fields[name] for name in fields if name != "rotation"}
    names = keypoint_names(label, len(points))
    put_skeleton(still, place, label.name, names, points, **bare)
    if beside:
        if "object" in fields:
            fields["object"] = still.object(("beside", fields["object"]))
        _put_area(still, place, label.name, record, fields)


def _fields(still: Still, record: Record) -> dict[str, Any]:
    """What the rows of an annotation have in common."""
    attributes = record.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise TypeError("attributes are not names and values")
    fields: dict[str, Any] = {"occluded": bool(attributes.get("occluded", False)), "source": "file"}
    fields["keyframe"] = bool(attributes.get("keyframe", True))
    track = attributes.get("track_id", record.get("track_id"))
    told = texts({name: value for name, value in attributes.items() if name not in _CVATS})
    if isinstance(track, (int, str)) and not isinstance(track, bool):
        fields |= {"tracked": True, "object": still.object(("track", track))}
    if told:
        fields["frame_attributes" if "object" in fields else "attributes"] = told
    if rotation := float(attributes.get("rotation") or 0):
        fields["rotation"] = rotation
    if (score := record.get("score", attributes.get("score"))) is not None:
        fields["score"] = float(score)
    extra = {name: record[name] for name in record if name not in KNOWN}
    if record.get("iscrowd"):
        extra["iscrowd"] = 1
    return fields | ({"extra": extra} if extra else {})


def _has_outline(record: Record) -> bool:
    outline = record.get("segmentation")
    return bool(outline) and outline != [[]]


def _same_box(record: Record, hull: np.ndarray[Any, Any]) -> bool:
    """Whether the box says no more than the keypoints do."""
    if not record.get("bbox"):
        return True
    x, y, width, height = map(float, record["bbox"])
    return bool(np.allclose(hull, (x, y, x + width, y + height), atol=1.0))


def _put_area(still: Still, place: str, label: str, record: Record, fields: dict[str, Any]) -> None:
    """Add the outline, the mask or the box of an annotation."""
    outline: Any = record.get("segmentation")
    if not _has_outline(record):
        if not record.get("bbox"):
            still.drop("empty-shape", f"{place}: neither an outline nor a box")
            return
        x, y, width, height = map(float, record["bbox"])
        still.put(place, label, "rectangle", (x, y, x + width, y + height), **fields)
        return
    fields.pop("rotation", None)
    if isinstance(outline, list):
        _put_polygon(still, place, label, outline, fields)
        return
    height, width = (int(side) for side in outline["size"])
    if still.size not in {None, (height, width)}:
        meant, across = still.measure()
        still.drop("bad-mask", f"{place}: a mask of {width} x {height} on a picture of {across} x {meant} pixels")
        return
    mask = piece_of_coco({"size": [height, width], "counts": outline["counts"]})
    still.put_mask(place, label, mask, **fields)


def _put_polygon(still: Still, place: str, label: str, parts: list[Any], fields: dict[str, Any]) -> None:
    if parts and not isinstance(parts[0], list):
        parts = [parts]  # some tools leave the outer list out
    rings = []
    for part in parts:
        ring = tuple(map(float, part))
        if flaw := flaw_of("polygon", ring):
            still.drop(flaw.code, f"{place}: {flaw.cause}")
        else:
            rings.append(ring)
    if not rings:
        return
    if len(rings) == 1:
        still.put(place, label, "polygon", rings[0], **fields)
        return
    # An odd number of rings encloses what is inside, so parts that overlap would leave a hole.
    if overlapping(areas := ring_areas(rings)):
        points, lengths = united(areas)
    else:
        points, lengths = [value for ring in rings for value in ring], [len(ring) // 2 for ring in rings]
    still.put(place, label, "polygon", points, rings=tuple(lengths), **fields)
