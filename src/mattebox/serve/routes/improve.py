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
from mattebox.serve.contract.describe import improve_operation
from mattebox.serve.contract.order import FILES, read_sources
from mattebox.serve.folders import make_folder
from mattebox.serve.jobs.files import check_room
from mattebox.serve.refusals import Refusal, too_large
from mattebox.serve.service import Service, service_of

__all__ = ["router"]

router = APIRouter(tags=["remove.bg"])

MOST_BYTES = 12_000_000
A_DAY = 100
"""Pictures that a key may send in a day."""
DAY = 24 * 3600.0
MOST_KEPT, MOST_KEPT_BYTES = 10_000, 1_000_000_000
"""Pictures that are kept in all, and their bytes."""

FULL = "As many pictures are kept as there is room for. Tell whoever runs the server."


@router.post("/v1.0/improve", **improve_operation())
async def improve(request: Request, service: Annotated[Service, Depends(service_of)]) -> dict[str, str]:
    """Keep a picture for whoever runs the server to look at."""
    key = await service.caller(request)
    body = await service.body(request, FILES)
    source = (await asyncio.to_thread(read_sources, body.fields, body.files)).image
    picture = await service.bytes_of(request, source)
    if len(picture) > MOST_BYTES:
        raise too_large(MOST_BYTES)
    await asyncio.to_thread(service.measure, picture)
    count = await service.stored(service.store.count, f"improve:{key.id}", 1, limit=A_DAY, window=DAY)
    if not count.allowed:
        wait = {"Retry-After": str(max(1, round(count.resets - time.time())))}
        raise Refusal("rate_limit_exceeded", f"at most {A_DAY} pictures a day", headers=wait)
    identity = str(uuid.uuid4())
    told: dict[str, object] = {name: str(body.fields.get(name, ""))[:200] for name in ("image_filename", "tag")}
    told |= {"key": key.id, "time": time.time()}
    await asyncio.to_thread(keep, service.data / "improve", identity, picture, told)
    return {"id": identity}


def keep(folder: Path, identity: str, picture: bytes, told: dict[str, object]) -> None:
    """Write a picture and what was told of it.

    Raises:
        Refusal: as many are there as are kept.
    """
    make_folder(folder)
    check_room(folder)
    sizes = [each.stat().st_size for each in folder.glob("*.picture")]
    if len(sizes) >= MOST_KEPT or sum(sizes) + len(picture) > MOST_KEPT_BYTES:
        raise Refusal("server_busy", FULL, headers={"Retry-After": f"{DAY:.0f}"})
    write_file(folder / f"{identity}.picture", picture)
    write_file(folder / f"{identity}.json", json.dumps(told).encode())
