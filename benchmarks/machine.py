"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("mattebox", "numpy", "onnxruntime", "opencv-python-headless", "pillow")


def describe_machine() -> dict[str, str]:
    """Processor, memory, system and versions."""
    return {
        "processor": f"{fact('/proc/cpuinfo', 'model name')}, {fact('/proc/cpuinfo', 'cpu MHz')} MHz",
        "cores": str(os.cpu_count()),
        "memory": f"{int(fact('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def describe_moment() -> dict[str, str | float]:
    """The time, and how busy the machine has been for a minute."""
    return {"measured": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "load": os.getloadavg()[0]}


def fact(path: str, key: str) -> str:
    """The value of the first line `key : value` of a file."""
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "unknown")
