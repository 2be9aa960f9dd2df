"""Where CarveKit keeps weights. They are used where they lie; what is fetched goes to the cache of Mattebox."""

from __future__ import annotations

from pathlib import Path

from mattebox.zoo.places import CARVEKIT

__all__ = ["carvekit_dir", "checkpoints_dir"]

checkpoints_dir = Path(CARVEKIT).expanduser()
carvekit_dir = checkpoints_dir.parent
