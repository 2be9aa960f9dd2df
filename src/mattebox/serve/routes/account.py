"""`GET /v1.0/account`: what is left to the caller."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from mattebox.serve.contract.describe import account_operation
from mattebox.serve.service import Service, service_of

__all__ = ["account", "router"]

router = APIRouter(tags=["remove.bg"])


@router.get("/v1.0/account", **account_operation())
async def account(request: Request, service: Annotated[Service, Depends(service_of)]) -> dict[str, Any]:
    """Tell what is left to the caller.

    A key without a limit is told 99999 credits.
    """
    key = await service.caller(request)
    return {"data": {"attributes": await service.stored(service.allowance.balance, key)}}
