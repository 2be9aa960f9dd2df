"""Which elements of a skeleton a line joins."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from mattebox.label.dataset import Label

__all__ = ["edges"]


def edges(label: Label) -> list[tuple[str, str]]:
    """The lines between the elements of a skeleton, as CVAT's drawing has them, or else as COCO lists them.

    A line of the drawing names the nodes that it joins by their numbers, and a node the element that it stands for; one
    without a name is the element at that place, counted from 1, as in COCO's list. Lines to what is no element are left
    out, and so is one that is there before, in either direction.

    Args:
        label: with elements as its sublabels, a drawing in `svg` or pairs of numbers in `extra["skeleton"]`.

    Returns:
        Names of the elements at both ends of every line.

    Example:
        >>> hand = Label("hand", sublabels=(Label("wrist"), Label("thumb")), extra={"skeleton": [[1, 2]]})
        >>> edges(hand)
        [('wrist', 'thumb')]
    """
    names = [part.name for part in label.sublabels]
    elements = {str(number): name for number, name in enumerate(names, start=1)}
    drawing = _Drawing(label.svg)
    elements |= {node: name for node, name in drawing.nodes.items() if name in names}
    found: dict[frozenset[str], tuple[str, str]] = {}
    for one, other in drawing.lines or _listed(label.extra.get("skeleton")):
        if one in elements and other in elements and one != other:
            line = elements[one], elements[other]
            found.setdefault(frozenset(line), line)
    return list(found.values())


class _Drawing(HTMLParser):
    """The nodes and lines of a drawing, which is what browsers hold: not always XML, and sometimes damaged."""

    def __init__(self, svg: str) -> None:
        super().__init__()
        self.nodes: dict[str, str] = {}
        self.lines: list[tuple[str, str]] = []
        self.feed(svg)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a line or a circle says."""
        said = {name: value for name, value in attrs if value}
        match tag, said:
            case "line", {"data-node-from": one, "data-node-to": other}:
                self.lines.append((one, other))
            case "circle", {"data-node-id": node, "data-label-name": name}:
                self.nodes[node] = name


def _listed(pairs: object) -> Iterator[tuple[str, str]]:
    """The lines of COCO's list; what is no pair of whole numbers is left out."""
    for pair in pairs if isinstance(pairs, list | tuple) else ():
        match pair:
            case [int(one), int(other)]:
                yield str(one), str(other)
