"""How much memory there is for work that could take any amount of it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["free_memory"]

MACHINE = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")
"""Where a container is told what it may take, in the second version of control groups."""


def free_memory() -> int | None:
    """Bytes that can be taken without anything being moved to disk; None where the system does not say (not Linux).

    Files that are kept in memory only as long as nobody needs it count as free.
    """
    try:
        free = 1024 * entry(MACHINE, "MemAvailable:")
    except (OSError, KeyError, ValueError):
        return None
    try:
        most, taken = (int((CONTAINER / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
        kept = entry(CONTAINER / "memory.stat", "inactive_file")
    except (OSError, KeyError, ValueError):  # not in a container, or in one without a limit ("max")
        return free
    return min(free, max(0, most - taken + kept))


def entry(path: Path, name: str) -> int:
    """A number in a file of names and numbers."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return int({line[0]: line[1] for line in lines if len(line) > 1}[name])
