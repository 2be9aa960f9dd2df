"""What benchmarks work with: photos, the two programs, and how often to measure."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.peer import Peer, find_peer
from benchmarks.photos import Photos
from benchmarks.processes import Made, Run, alternate, apart, run

MATTEBOX = Path(sys.executable).with_name("mattebox")


@dataclass(frozen=True)
class Bench:
    """What benchmarks work with.

    Attributes:
        folder: temporary; each benchmark leaves there what it makes.
        quick: few rounds on small photos, to see that everything runs.
    """

    folder: Path
    quick: bool

    @cached_property
    def peer(self) -> Peer:
        """The other program, installed when it is first asked for."""
        return find_peer(self.folder / "peer")

    @cached_property
    def photos(self) -> Photos:
        """The photos, made when they are first asked for."""
        small, large = (0.3, 2) if self.quick else (2, 12)
        made: Photos = apart("photos", "make_photos", self.folder, small, large)
        return made

    def times(self, full: int) -> int:
        """How often to measure what is measured `full` times when there is no hurry."""
        return min(full, 2) if self.quick else full

    def remove(self, source: Path, *options: str, tree: bool = False) -> Run:
        """`mattebox remove` on a picture or a folder."""
        target = self._target(source)
        return self._cleaned(target, lambda: run([MATTEBOX, "remove", source, "-o", target, *options], tree=tree))

    def peer_remove(self, source: Path) -> Run:
        """The same with rembg."""
        target = self._target(source)
        return self._cleaned(target, lambda: run(self.peer.remove(source, target), self.peer.env))

    def versus(self, rounds: int, ours: Callable[[], Made], theirs: Callable[[], Made]) -> list[list[Made]]:
        """Runs of ours and of rembg's, in turn; no runs of rembg's when it is not there."""
        if self.peer.missing:
            return [*alternate(rounds, ours), []]
        return alternate(rounds, ours, theirs)

    def fresh(self, target: Path) -> Path:
        """A folder that is not there, in a folder that is."""
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _target(self, source: Path) -> Path:
        return self.folder / ("out" if source.is_dir() else "out.png")

    def _cleaned(self, target: Path, action: Callable[[], Run]) -> Run:
        done = action()
        if not target.exists():
            raise RuntimeError(f"{target} was not written; the program said:\n{done.output}")
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()
        return done
