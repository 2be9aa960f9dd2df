"""Records that programs read as they did when these were models of pydantic."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Record"]


class Record:
    """Gives a dataclass the ways out that its users know."""

    def model_dump(self: DataclassInstance) -> dict[str, Any]:
        """The fields as a dictionary."""
        return asdict(self)

    def model_dump_json(self: DataclassInstance) -> str:
        """The fields as JSON."""
        return json.dumps(asdict(self))

    dict = model_dump
    json = model_dump_json
