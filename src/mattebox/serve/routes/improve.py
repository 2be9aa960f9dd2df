"""`POST /v1.0/improve`: a picture that did not come out well is kept for whoever runs the server."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from mattebox.encode import write_file
from mattebox.serve.contract.order import read_sources
from mattebox.serve.refusals import Refusal, too_large
from mattebox.serve.schemas import improve_operation
from mattebox.serve.service import Service, service_of

__all__ = ["router"]

router = APIRouter(tags=["remove.bg"])

MOST_BYTES = 12_000_000
A_DAY = 100
"""Pictures that a key may send in a day."""
DAY = 24 * 3600.0


@router.post("/v1.0/improve", **improve_operation())
async def improve(request: Request, service: Annotated[Service, Depends(service_of)]) -> dict[str, str]:
    """Keep a picture for whoever runs the server to look at."""
    key = await service.caller(request)
    body = await service.body(request)
    source = (await asyncio.to_thread(read_sources, body.fields, body.files)).image
    picture = source if isinstance(source, bytes) else await service.fetch(request, source)
    if len(picture) > MOST_BYTES:
        raise too_large(MOST_BYTES)
    await asyncio.to_thread(service.measure, picture)
    count = await service.stored(service.store.count, f"improve:{key.id}", 1, limit=A_DAY, window=DAY)
    if not count.allowed:
        wait = {"Retry-After": str(max(1, round(count.resets - time.time())))}
        raise Refusal("rate_limit_exceeded", f"at most {A_DAY} pictures a day", headers=wait)
    identity = str(uuid.uuid4())
    told = {name: str(body.fields.get(name, ""))[:200] for name in ("image_filename", "tag")}
    await service.stored(
        keep, service.data / "improve", identity, picture, {**told, "key": key.id, "time": time.time()}
    )
    return {"id": identity}


def keep(folder: Path, identity: str, picture: bytes, told: dict[str, object]) -> None:
    """Write a picture and what was told of it."""
    # Pictures of people lie there, which other users of the machine need not see.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(folder / f"{identity}.picture", picture)
    write_file(folder / f"{identity}.json", json.dumps(told).encode())
