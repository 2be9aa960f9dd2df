"""CarveKit's names for the contract: `/api/removebg`, `/api/account` and `/api/admin/config`."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from mattebox.serve.contract.describe import account_operation, removebg_operation
from mattebox.serve.incoming.intake import JSON, content_type
from mattebox.serve.openapi import of_caller
from mattebox.serve.refusals import Refusal
from mattebox.serve.routes.account import account
from mattebox.serve.routes.removebg import cut_out
from mattebox.serve.service import Service, secret_of, service_of

__all__ = ["router"]

router = APIRouter(tags=["CarveKit"])


@router.post("/api/removebg", **removebg_operation("api_removebg", size="full"))
async def removebg(request: Request, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Remove the background of a picture, as CarveKit's server does.

    Forms that name no size get the full one; of several pictures the first counts, in the order base64, URL, file.
    """
    kind, _ = content_type(request)
    return await cut_out(request, service, size="preview" if kind == JSON else "full", lenient=True)


router.add_api_route("/api/account", account, **account_operation())


@router.get("/api/admin/config", **of_caller({}))
async def config(request: Request, service: Annotated[Service, Depends(service_of)]) -> dict[str, Any]:
    """Tell the administrator how the server is set up; secrets are left out."""
    given, right = secret_of(request), service.options.admin_key
    if right is None or not hmac.compare_digest(given.encode(), right.encode()):
        raise Refusal("auth_failed", "this needs the key of the administrator")
    return service.options.redacted()
