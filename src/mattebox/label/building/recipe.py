"""What a format of training sets has to say: what it keeps of the rows, and which files it makes of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.label.building.reel import Reel, Shot
from mattebox.label.dataset import Label
from mattebox.label.report import Report
from mattebox.types import Rgb

__all__ = ["Files", "Recipe"]

Files: TypeAlias = Mapping[str, bytes]
"""The bytes of files by their paths in the training set, with slashes."""


class Recipe(Protocol):
    """A format of training sets."""

    @property
    def name(self) -> str:
        """Of the format, kept with the set."""

    @property
    def needs_pixels(self) -> bool:
        """It looks at the pictures; otherwise it may be given None for them."""

    def settings(self) -> dict[str, Any]:
        """Whatever decides its files, as JSON can hold it."""

    def picture(self, shot: Shot) -> str:
        """Where the picture of a sample goes, without its suffix."""

    def marker(self, shot: Shot) -> str | None:
        """The file that is written last of a sample: once it is there, the sample is done; None for its picture."""

    def fit(self, reel: Reel, report: Report) -> Reel:
        """Leave out the rows that the format cannot hold, and tell which."""

    def filled(self, reel: Reel) -> NDArray[np.bool_]:
        """(S,), which samples show something; the others are negatives."""

    def prepare(self, reel: Reel) -> Any:
        """Whatever is best done for all samples of a task at once; `files` is given it."""

    def files(self, prepared: Any, reel: Reel, index: int, rgb: Rgb | None, report: Report) -> Files | None:
        """The files of a sample beside its picture, the marker last; None leaves the sample out.

        It is called from several threads at once, each with a report of its own.
        """

    def finish(
        self, reels: Sequence[Reel], pictures: Mapping[str, str], labels: Sequence[Label], report: Report
    ) -> Files:
        """The files of the whole set.

        Args:
            reels: the samples that are in it.
            pictures: the files of pictures in the set, by their paths without suffix.
            labels: its classes.
            report: is told what is doubtful about the whole.
        """
