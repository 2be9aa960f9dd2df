"""`/metrics`: what was done, for Prometheus."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from mattebox.serve.service import Service, service_of

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: Annotated[Service, Depends(service_of)]) -> Response:
    """Tell Prometheus what was done."""
    return Response(service.metrics.text(), media_type=service.metrics.media_type)
