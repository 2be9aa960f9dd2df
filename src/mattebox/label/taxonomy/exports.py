"""A taxonomy as other programs want it: labels for CVAT, categories of COCO, `data.yaml` for YOLO."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mattebox.label.colors import colors_of
from mattebox.label.cvat.labels import label_record
from mattebox.label.dataset import Label
from mattebox.label.extra import needed_for
from mattebox.label.taxonomy.model import Taxonomy
from mattebox.label.taxonomy.words import Lookup

__all__ = ["coco_categories", "cvat_labels", "data_yaml"]


def cvat_labels(taxonomy: Taxonomy, labels: Iterable[Label] = ()) -> list[dict[str, Any]]:
    """The labels of a CVAT project that is to be annotated by the table, in its order, as CVAT's raw editor takes them.

    Args:
        taxonomy: the table.
        labels: of a data set: those that the table knows keep their colour, kind, attributes and skeleton.

    Example:
        >>> from mattebox.label.taxonomy.model import Entry
        >>> [label["color"] for label in cvat_labels(Taxonomy((Entry("Car", labels=("car", "taxi")),)))]
        ['#f04c4c', '#1d4fc9']
    """
    known = Lookup((label.name, label) for label in labels)
    names = dict.fromkeys(label for entry in taxonomy.entries for label in entry.labels)
    specs = [replace(_unbound(known.get(name) or Label(name)), name=name) for name in names]
    colors = colors_of(specs)
    return [label_record(replace(spec, color=colors[spec.name])) for spec in specs]


def _unbound(label: Label) -> Label:
    """A label without what ties it to the project that it is of, such as its number there."""
    attributes = tuple(replace(attribute, extra={}) for attribute in label.attributes)
    return replace(label, attributes=attributes, sublabels=tuple(map(_unbound, label.sublabels)), extra={})


def coco_categories(taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Categories for the labels that are used, each with its superclass as supercategory; numbered from 1.

    Example:
        >>> from mattebox.label.taxonomy.model import Entry, Superclass
        >>> coco_categories(Taxonomy((Entry("Car", labels=("car",)),), (Superclass("vehicle", 1, ("Car",)),)))
        [{'id': 1, 'name': 'car', 'supercategory': 'vehicle'}]
    """
    names = dict.fromkeys(label for entry in taxonomy.entries for label in entry.labels)
    used = [found for found in map(taxonomy.resolve, names) if found.rule == "use"]
    return [
        {"id": number, "name": found.label, "supercategory": found.superclass}
        for number, found in enumerate(used, start=1)
    ]


def data_yaml(taxonomy: Taxonomy) -> bytes:
    """The file that Ultralytics is given, with folders relative to it and the superclasses by their index.

    Raises:
        MissingExtra: PyYAML is not installed.
    """
    with needed_for("writing data.yaml"):
        import yaml
    parts = {part: f"images/{part}" for part in ("train", "val", "test")}
    told = {**parts, "nc": len(taxonomy.names), "names": dict(enumerate(taxonomy.names))}
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False).encode()
