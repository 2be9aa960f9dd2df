"""CarveKit's server: `uvicorn carvekit.web.app:app`, or `python -m carvekit.web.app`.

It is Mattebox's, told by the variables `CARVEKIT_*`, on CarveKit's port.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["app"]

app: FastAPI

PORT = "5000"


def __getattr__(name: str) -> Any:
    """Make the application when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module 'carvekit.web.app' has no attribute '{name}'")
    from mattebox.serve.app import from_environment

    globals()["app"] = from_environment()
    return globals()["app"]


if __name__ == "__main__":
    from mattebox.cli import main

    os.environ.setdefault("CARVEKIT_PORT", PORT)
    sys.exit(main(["serve"]))
