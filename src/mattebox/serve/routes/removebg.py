"""`POST /v1.0/removebg`: the contract of remove.bg."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from mattebox.serve.answering import answer
from mattebox.serve.contract.fulfil import fulfil
from mattebox.serve.contract.order import read_order, read_sources
from mattebox.serve.schemas import removebg_operation
from mattebox.serve.service import Service, service_of

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
    body = await service.body(request)
    order = read_order(body.fields, size=size)
    sources = await asyncio.to_thread(read_sources, body.fields, body.files, lenient=lenient)
    picture = sources.image if isinstance(sources.image, bytes) else await service.fetch(request, sources.image)
    background = sources.background
    if isinstance(background, str):
        background = await service.fetch(request, background, code="failed_bg_download")
    if background is not None:
        await asyncio.to_thread(service.measure, background)
    remover = service.remover(service.options.settings)
    task = partial(fulfil, order, picture, background, remover, max_pixels=service.limits.pixels)
    result, charged = await service.work(request, key, picture, task, credits=order.credits)
    return await answer(request, result, charged)
