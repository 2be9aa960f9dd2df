"""`POST /v1.0/removebg`: the contract of remove.bg."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from mattebox.serve.answering import answer
from mattebox.serve.contract.describe import removebg_operation
from mattebox.serve.contract.fulfil import fulfil
from mattebox.serve.contract.order import FILES, read_order, read_sources
from mattebox.serve.service import Service, service_of

if TYPE_CHECKING:
    from mattebox.serve.result import Result

__all__ = ["cut_out", "router"]

router = APIRouter(tags=["remove.bg"])


@router.post("/v1.0/removebg", **removebg_operation("removebg"))
async def removebg(request: Request, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Remove the background of a picture."""
    return await cut_out(request, service)


async def cut_out(request: Request, service: Service, *, size: str = "preview", lenient: bool = False) -> Response:
    """Answer a call of the contract.

    Args:
        request: the call.
        service: what does the work.
        size: taken where the call says none.
        lenient: take the first of several pictures, as CarveKit does, in place of an error.

    Raises:
        Refusal: whatever is wrong with it.
    """
    key = await service.caller(request)
    body = await service.body(request, FILES)
    order = read_order(body.fields, size=size)
    sources = await asyncio.to_thread(read_sources, body.fields, body.files, lenient=lenient)
    picture = await service.bytes_of(request, sources.image)
    background = sources.background
    if background is not None:
        background = await service.bytes_of(request, background, "failed_bg_download")
        await asyncio.to_thread(service.measure, background)

    def task() -> Result:
        remover = service.remover(service.options.settings)
        return fulfil(order, picture, background, remover, max_pixels=service.limits.pixels)

    result, charged = await service.work(request, key, picture, task, credits=order.credits)
    return await answer(request, result, charged)
