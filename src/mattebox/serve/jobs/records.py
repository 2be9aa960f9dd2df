"""What is known of a batch job, as it is kept in the store and as it is told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from mattebox.serve.access.keys import Key
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.jobs.files import LONGEST_NAME, safe_names
from mattebox.serve.refusals import Refusal
from mattebox.serve.store import Record

__all__ = [
    "DONE",
    "FAILED",
    "JOB",
    "RUNNING",
    "WAITING",
    "Item",
    "failure",
    "finished",
    "job_record",
    "jobs_kind",
    "left_of",
    "new_items",
    "result_of",
    "told",
    "with_item",
]

JOB = "job"
"""Kind of the records."""

Item: TypeAlias = "dict[str, Any]"
"""One picture of a job: `name`, `file` (of the result), `digest` (of what was sent), `fetch` (whether that is an
address), `status`, `paid`; `error` when it failed; `result` (a digest), `type` and `headers` when it is done."""

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


def job_record(key: Key, asked: str, given: Mapping[str, str], items: Sequence[Item], seconds: float) -> Record:
    """A new job.

    Args:
        key: whose it is.
        asked: digest of the fields of the call.
        given: digests of the pictures that are for all, by name: mask, trimap, background_picture.
        items: the pictures.
        seconds: for which it is kept.
    """
    now = time.time()
    return {
        "key": asdict(key),
        "created": now,
        "expires": now + seconds,
        "asked": asked,
        "given": dict(given),
        "items": list(items),
    }


def jobs_kind(key: str) -> str:
    """Kind of the empty records that tell which jobs a key has, so that nobody reads those of all."""
    return f"jobs-of-{key}"


def new_items(pictures: Sequence[Upload | str], suffix: str) -> list[Item]:
    """The items of a job; the digests of what was sent are still to be noted.

    Args:
        pictures: files, and addresses.
        suffix: of the results, with its dot.
    """
    names = [each.name if isinstance(each, Upload) else name_in(each) for each in pictures]
    return [
        {"name": name, "file": file, "fetch": isinstance(picture, str), "status": WAITING, "paid": False}
        for name, file, picture in zip(names, safe_names(names, suffix), pictures, strict=True)
    ]


def name_in(url: str) -> str:
    """What the picture at an address is called.

    Example:
        >>> name_in("https://example.org/shoes/red%20shoe.jpg?size=big")
        'red shoe.jpg'
    """
    try:
        return PurePosixPath(unquote(urlsplit(url).path)).name[:LONGEST_NAME]
    except ValueError:  # no address at all, which is told when it is fetched
        return ""


def with_item(record: Record, number: int, changes: Mapping[str, object]) -> Record:
    """A record with something new about one of its items."""
    items = list(record["items"])
    items[number] = {**items[number], **changes}
    return {**record, "items": items}


def left_of(record: Record) -> list[int]:
    """Numbers of the items that are still to be done."""
    return [number for number, item in enumerate(record["items"]) if item["status"] in {WAITING, RUNNING}]


def finished(record: Record) -> int:
    """How many items have come to an end."""
    return len(record["items"]) - len(left_of(record))


def failure(error: Refusal) -> Item:
    """What is noted of an item that cannot be done."""
    return {"status": FAILED, "error": error.body()["errors"][0]}


def result_of(record: Record, number: str) -> tuple[int, Item]:
    """The item of that number, which is done.

    Args:
        record: of a job.
        number: as it stands in an address.

    Raises:
        Refusal: there is no such item, it is not done yet, or what became of it.
    """
    items = record["items"]
    if not (number.isascii() and number.isdecimal() and len(number) < 7 and int(number) < len(items)):
        raise Refusal("job_not_found", f"the job has pictures 0 to {len(items) - 1}")
    item = items[int(number)]
    if item["status"] == FAILED:
        error = item["error"]
        raise Refusal(error["code"], error.get("detail"), title=error["title"])
    if item["status"] != DONE:
        raise Refusal("job_not_ready", "this picture is still to be done", headers={"Retry-After": "2"})
    return int(number), item


def told(identity: str, record: Record, *, items: bool = True) -> dict[str, Any]:
    """A job as its owner sees it.

    Args:
        identity: of the job.
        record: as it is kept.
        items: whether with what became of each picture.
    """
    states = [item["status"] for item in record["items"]]
    status = DONE if not left_of(record) else WAITING if set(states) == {WAITING} else RUNNING
    whole: dict[str, Any] = {
        "id": identity,
        "status": status,
        "total": len(states),
        "done": states.count(DONE),
        "failed": states.count(FAILED),
        "created": record["created"],
        "expires": record["expires"],
    }
    if items:
        whole["items"] = [told_item(number, item) for number, item in enumerate(record["items"])]
    return whole


def told_item(number: int, item: Item) -> dict[str, Any]:
    """An item as the owner of its job sees it."""
    shown = {"n": number, "name": item["name"], "status": item["status"]}
    return shown | {name: item[name] for name in SHOWN.get(item["status"], ())}


SHOWN = {DONE: ("file", "type"), FAILED: ("error",)}
"""What else is told of an item, by its status."""
