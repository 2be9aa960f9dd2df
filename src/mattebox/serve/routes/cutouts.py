"""`POST /v1/cutouts`: one picture, with everything that the library can do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from mattebox.serve.answering import answer
from mattebox.serve.cutouts.cut import cut
from mattebox.serve.cutouts.describe import cutout_operation
from mattebox.serve.cutouts.wishes import FILES, Wish, read_wish
from mattebox.serve.refusals import too_large
from mattebox.serve.service import Service, service_of

if TYPE_CHECKING:
    from mattebox.serve.result import Result

__all__ = ["fetched", "router"]

router = APIRouter(tags=["Mattebox"])


@router.post("/v1/cutouts", **cutout_operation())
async def cutout(request: Request, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Cut the subject out of a picture.

    Every setting of the library can be given, by its name in Python. A field that is not given has the value that
    whoever runs the server has chosen, and without that the default; an empty one is not given, and one that nobody
    knows is refused.
    """
    key = await service.caller(request)
    body = await service.body(request, FILES)
    # Base64 of a large picture takes a while, and meanwhile others are to be answered.
    wish = await fetched(await asyncio.to_thread(read_wish, body.fields, body.files, service.offer), request, service)
    assert isinstance(wish.picture, bytes)

    def task() -> Result:
        return cut(wish, service.remover(wish.settings))

    result, charged = await service.work(request, key, wish.picture, task, credits=wish.credits)
    return await answer(request, result, charged)


async def fetched(wish: Wish, request: Request, service: Service) -> Wish:
    """The same wish with its pictures in place of their addresses.

    Raises:
        Refusal: one cannot be fetched, or one that came in base64 is larger than a file may be.
    """
    picture, background = wish.picture, wish.background
    for each in (picture, background, wish.mask, wish.trimap):
        if isinstance(each, bytes) and len(each) > service.limits.file:
            raise too_large(service.limits.file)
    if picture is not None:
        picture = await service.bytes_of(request, picture)
    if background is not None:
        background = await service.bytes_of(request, background, "failed_bg_download")
    return replace(wish, picture=picture, background=background)
