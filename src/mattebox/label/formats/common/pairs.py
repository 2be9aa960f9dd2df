"""Pictures and what goes with each of them, in two folders side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from mattebox.label.formats.common.tree import Tree
from mattebox.label.report import Report
from mattebox.label.subsets import PARTS, part_of

__all__ = ["Pair", "Pairing", "find_pairings"]


@dataclass(frozen=True)
class Pair:
    """A picture and its companion.

    Attributes:
        subset: that they are in: the folder of the two, or in each of the two a folder called train, val or the like.
        name: of the picture within that.
        picture: path in the tree.
        companion: path in the tree.
    """

    subset: str
    name: str
    picture: str
    companion: str


@dataclass(frozen=True)
class Pairing:
    """Two folders of a subset.

    Attributes:
        subset: the folder that they are both in; empty at the top.
        pictures: path of the folder of pictures.
        companions: path of the folder of companions.
    """

    subset: str
    pictures: str
    companions: str

    def pairs(self, tree: Tree, report: Report, *, dataset: str, what: str) -> list[Pair]:
        """Every picture with its companion; what has no partner is told.

        Args:
            tree: that they are in.
            report: is told.
            dataset: name of the data set.
            what: companions are called in messages.
        """
        companions = _by_stem(tree.pictures(self.companions), self.companions)
        pairs: list[Pair] = []
        for picture in tree.pictures(self.pictures):
            name = picture.removeprefix(f"{self.pictures}/")
            stem = str(PurePosixPath(name).with_suffix(""))
            companion = companions.get(stem, "")
            if companion:
                pairs.append(Pair(*self._divided(name), picture, companion))
            else:
                report.drop("partner-missing", f"{picture}: there is no {what} of that name", dataset=dataset)
        for companion in sorted(set(companions.values()) - {pair.companion for pair in pairs}):
            report.drop("partner-missing", f"{companion}: there is no picture of that name", dataset=dataset)
        return pairs

    def _divided(self, name: str) -> tuple[str, str]:
        """The subset of a picture, and its name within that."""
        folder, mark, rest = name.partition("/")
        return (folder, rest) if mark and not self.subset and part_of(folder) in PARTS else (self.subset, name)


def _by_stem(names: Sequence[str], folder: str) -> dict[str, str]:
    return {str(PurePosixPath(name.removeprefix(f"{folder}/")).with_suffix("")): name for name in names}


def find_pairings(tree: Tree, pictures: Sequence[str], companions: Sequence[str]) -> list[Pairing]:
    """Folders that lie side by side under these names, at the top or in folders of subsets.

    Args:
        tree: to look in.
        pictures: names of folders of pictures, in lower case, the likeliest first.
        companions: names of folders of companions.
    """
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    for name in tree.pictures():
        parts = PurePosixPath(name).parts
        for depth in range(min(len(parts) - 1, 3)):
            folders["/".join(parts[:depth])][parts[depth].lower()] = "/".join(parts[: depth + 1])
    found = []
    for parent, inner in folders.items():
        one = next((inner[name] for name in pictures if name in inner), "")
        other = next((inner[name] for name in companions if name in inner), "")
        if one and other:
            found.append(Pairing(parent, one, other))
    return found
