"""How long a picture takes, by those that were done lately."""

from __future__ import annotations

__all__ = ["Pace", "weight"]

START = 0.2
"""Seconds for a unit of weight before anything was done."""
MEMORY = 0.9
"""What all that was done before still counts beside the newest; the last ten or so decide."""


def weight(megapixels: float) -> float:
    """What a picture costs in time and memory, in megapixels: every one takes as much as one megapixel more.

    Measured from 0.25 to 25 megapixels with the embedded networks.

    Example:
        >>> weight(0.25), weight(12)
        (1.25, 13)
    """
    return 1 + megapixels


class Pace:
    """Seconds that pictures take, learnt from those that were done; not thread-safe."""

    def __init__(self) -> None:
        self._seconds, self._weight = START, 1.0

    def note(self, megapixels: float, seconds: float) -> None:
        """Learn from a picture."""
        self._seconds = MEMORY * self._seconds + seconds
        self._weight = MEMORY * self._weight + weight(megapixels)

    def expect(self, megapixels: float) -> float:
        """Seconds that a picture will take."""
        return weight(megapixels) * self._seconds / self._weight
