"""`/healthz` and `/readyz`: whether the server lives, and takes work."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from mattebox.serve.service import Service, service_of

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process is alive."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "It cannot take work now."}})
async def readyz(service: Annotated[Service, Depends(service_of)]) -> Response:
    """Tell whether work is taken.

    It is when the models are loaded, the state can be reached, and nobody has told the server to stop.
    """
    reachable = await service.reachable()
    ready = service.pool.ready and reachable
    state = {"status": "ready" if ready else "not ready", "taking": service.pool.ready, "store": reachable}
    return JSONResponse(state, 200 if ready else 503)
