"""CarveKit's server: `uvicorn carvekit.web.app:app`, or `python -m carvekit.web.app`.

It is Mattebox's, told by the variables `CARVEKIT_*`, on CarveKit's port.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mattebox.serve.options import ServeOptions, options_from

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["app", "options"]

app: FastAPI

PORT = 5000


def options() -> ServeOptions:
    """What the environment says."""
    return options_from(os.environ, replace(ServeOptions(), port=PORT))


def __getattr__(name: str) -> Any:
    """Make the application when it is first asked for."""
    if name != "app":
        raise AttributeError(f"module 'carvekit.web.app' has no attribute '{name}'")
    from mattebox.serve.app import create_app

    globals()["app"] = create_app(options())
    return globals()["app"]


if __name__ == "__main__":
    from mattebox.serve.run import run

    sys.exit(run(options()))
