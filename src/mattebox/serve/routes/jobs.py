"""`/v1/jobs`: many pictures in one call, and their results when they are done."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from mattebox.serve.cutouts.describe import JOB, JOBS, submit_operation, wait_parameter
from mattebox.serve.cutouts.wishes import FILES, read_batch
from mattebox.serve.jobs.desk import MOST_PICTURES, Jobs, jobs_of
from mattebox.serve.jobs.records import told
from mattebox.serve.openapi import file_answer, json_answer, of_caller
from mattebox.serve.refusals import Refusal
from mattebox.serve.result import MEDIA_TYPES
from mattebox.serve.routes.cutouts import fetched
from mattebox.serve.service import Service, service_of

__all__ = ["router"]

router = APIRouter(prefix="/v1/jobs", tags=["batch jobs"])

MOST_BYTES = 256_000_000
"""Bytes of all pictures of a job; they are in memory while they are taken."""
BESIDE = 3
"""Files that may come beside the pictures."""
LONGEST_WAIT = 30.0

ServiceOf = Annotated[Service, Depends(service_of)]
JobsOf = Annotated[Jobs, Depends(jobs_of)]


@router.post("", **submit_operation())
async def submit(request: Request, service: ServiceOf, jobs: JobsOf) -> Response:
    """Take many pictures that are all treated alike.

    They are done whenever nobody waits for anything else. Pictures are sent as any number of files `image`, or by their
    addresses. The answer comes at once and says where to ask how far the job is. Everything else is as in
    `/v1/cutouts`.
    """
    key = await service.caller(request)
    limits = replace(service.limits, body=max(MOST_BYTES, service.limits.body), parts=MOST_PICTURES + BESIDE)
    body = await service.body(request, FILES, limits)
    wish, pictures = await asyncio.to_thread(read_batch, body.fields, body.files, service.offer)
    identity, record = await jobs.submit(key, await fetched(wish, request, service), pictures)
    return JSONResponse(told(identity, record, items=False), 202, headers={"Location": f"/v1/jobs/{identity}"})


@router.get("", operation_id="list_jobs", **of_caller({200: json_answer("Jobs, the newest first.", JOBS)}))
async def list_jobs(request: Request, service: ServiceOf, jobs: JobsOf) -> Response:
    """List the jobs of the key."""
    key = await service.caller(request)
    every = await jobs.of(key)
    return JSONResponse({"jobs": [told(identity, record, items=False) for identity, record in every.items()]})


@router.get(
    "/{identity}",
    operation_id="get_job",
    **of_caller(
        {200: json_answer("How far the job is.", JOB)}, 400, 404, "default", parameters=[wait_parameter(LONGEST_WAIT)]
    ),
)
async def get_job(request: Request, identity: str, service: ServiceOf, jobs: JobsOf) -> Response:
    """Tell how far a job is.

    With `wait` the answer comes as soon as that changes.
    """
    key = await service.caller(request)
    seconds = waiting_time(request.query_params.get("wait", ""))
    record = await jobs.moved(key, identity, seconds, request.is_disconnected)
    return JSONResponse(told(identity, record))


@router.get(
    "/{identity}/items/{number}",
    operation_id="get_result",
    **of_caller({200: file_answer("The result.", MEDIA_TYPES.values())}, 404, 409, "default"),
)
async def get_result(request: Request, identity: str, number: str, service: ServiceOf, jobs: JobsOf) -> Response:
    """Give one result of a job.

    Pictures are numbered from 0 in the order in which they were sent.
    """
    key = await service.caller(request)
    item, data = await jobs.result(key, identity, number)
    headers = {**item["headers"], "Cache-Control": "no-store", "Content-Disposition": attachment(item["file"])}
    return Response(data, media_type=item["type"], headers=headers)


@router.get(
    "/{identity}/results.zip",
    operation_id="get_results",
    **of_caller({200: file_answer("The results and `report.json`.", [MEDIA_TYPES["zip"]])}, 404, 409, "default"),
)
async def get_results(request: Request, identity: str, service: ServiceOf, jobs: JobsOf) -> Response:
    """Give all results of a job that is over.

    They are under the names of the pictures, with a report of what became of each.
    """
    key = await service.caller(request)
    pieces = await jobs.results(key, identity)
    headers = {"Cache-Control": "no-store", "Content-Disposition": attachment("results.zip")}
    return StreamingResponse(pieces, media_type=MEDIA_TYPES["zip"], headers=headers)


@router.delete(
    "/{identity}",
    operation_id="delete_job",
    status_code=204,
    response_class=Response,
    **of_caller({204: {"description": "The job is gone."}}, 404, "default"),
)
async def delete_job(request: Request, identity: str, service: ServiceOf, jobs: JobsOf) -> Response:
    """Stop a job, and remove its pictures and results."""
    await jobs.delete(await service.caller(request), identity)
    return Response(status_code=204)


def waiting_time(text: str) -> float:
    """Seconds that a caller would wait.

    Raises:
        Refusal: it is not a number of seconds.
    """
    try:
        seconds = float(text or 0)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_WAIT:
        raise Refusal("invalid_parameter", f"wait: give seconds from 0 to {LONGEST_WAIT:g}")
    return seconds


def attachment(name: str) -> str:
    """The header that has a browser save a file under a name."""
    return f"attachment; filename*=utf-8''{quote(name, safe='')}"
