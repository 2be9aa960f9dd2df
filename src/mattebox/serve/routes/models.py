"""What there is to choose from: `/v1/models`, `/v1/presets`, `/v1/about`. No key is needed to look."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from mattebox import __version__
from mattebox.presets import load_presets
from mattebox.serve.service import Service, service_of
from mattebox.solvers import SOLVERS
from mattebox.zoo.registry import load_cards
from mattebox.zoo.terms import is_restricted

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["Mattebox"])


@router.get("/models")
async def models(service: Annotated[Service, Depends(service_of)]) -> dict[str, Any]:
    """List the models and methods that calls may ask for, with their licences."""
    cards = [card for name, card in load_cards().items() if name in service.served]
    return {
        "models": [
            {
                "name": card.name,
                "title": card.title,
                "task": card.task,
                "description": card.description,
                "source": card.source,
                "licence": asdict(card.licence),
                "non_commercial": is_restricted(card.licence),
                "default": card.name in service.options.settings.asked,
            }
            for card in cards
        ],
        "methods": [name for name in SOLVERS if name in service.served],
    }


@router.get("/presets")
async def presets() -> dict[str, Any]:
    """List the presets of shops."""
    return {"presets": [asdict(preset) for preset in load_presets().values()]}


@router.get("/about")
async def about(service: Annotated[Service, Depends(service_of)]) -> dict[str, Any]:
    """Tell the version, the limits, and whether keys are asked for and `/docs` is shown."""
    limits = {
        "max_bytes": service.limits.file,
        "max_megapixels": service.options.max_megapixels,
        "seconds": service.options.deadline,
    }
    options = service.options
    return {"version": __version__, "keys": not options.open, "docs": options.docs, "limits": limits}
