"""Batch jobs: many pictures in one call, done whenever nobody waits for anything else, and kept until they are fetched.

What was sent lies in files, what is known of it in the store, so a job outlives the process that took it.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast
from weakref import WeakValueDictionary

from starlette.requests import Request

from mattebox.serve.access.keys import Key
from mattebox.serve.cutouts.wishes import Wish
from mattebox.serve.folders import make_folder
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.jobs.files import IDENTITY, JobFiles, zipped
from mattebox.serve.jobs.leases import LEASE, JobWork
from mattebox.serve.jobs.records import (
    DONE,
    JOB,
    Item,
    finished,
    job_record,
    jobs_kind,
    left_of,
    new_items,
    result_of,
    told,
)
from mattebox.serve.jobs.run import ASKED, RESULT, SENT, lost
from mattebox.serve.refusals import Refusal
from mattebox.serve.store import Record

if TYPE_CHECKING:
    from mattebox.serve.service import Service

__all__ = ["MOST_PICTURES", "Jobs", "jobs_of"]

MOST_PICTURES = 200
"""Pictures in one job."""
MOST_JOBS = 20
"""Jobs that are kept for one key."""
LOOK = 0.5
"""Seconds between two looks whether a job has moved on."""


def jobs_of(request: Request) -> Jobs:
    """The jobs of the server that a request came to."""
    return cast("Jobs", request.app.state.jobs)


class Jobs:
    """The batch jobs of a server.

    Args:
        service: what the work stands on.
        lease: seconds after which a job is taken over whose owner has not been heard of.

    Raises:
        StoreUnavailable: the folder of the jobs cannot be used.
    """

    def __init__(self, service: Service, *, lease: float = LEASE) -> None:
        self._service = service
        self._folder = service.data / "jobs"
        make_folder(self._folder)
        self._work = JobWork(service, self._folder, lease)
        self._submitting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def start(self) -> None:
        """Go on with the jobs that nobody works on, now and whenever another process dies."""
        self._work.start()

    async def stop(self) -> None:
        """Leave the jobs to another process, or to this one when it is started again."""
        await self._work.stop()

    async def submit(self, key: Key, wish: Wish, pictures: Sequence[Upload | str]) -> tuple[str, Record]:
        """Take a job.

        Args:
            key: whose it is.
            wish: what is asked of every picture.
            pictures: files, and addresses.

        Returns:
            Its name, and its record.

        Raises:
            Refusal: too many pictures, too many jobs, or no room for them.
            OutputFailed: the files cannot be kept.
        """
        if len(pictures) > MOST_PICTURES:
            raise Refusal("too_many_files", f"{len(pictures)} pictures; a job takes at most {MOST_PICTURES}")
        async with self._submitting.setdefault(key.id, asyncio.Lock()):
            if len(await self._service.stored(self._service.store.all, jobs_kind(key.id))) >= MOST_JOBS:
                raise Refusal(
                    "rate_limit_exceeded",
                    f"{MOST_JOBS} jobs are kept for this key; delete one, or wait until one expires",
                    headers={"Retry-After": "60"},
                )
            return await self._taken(key, wish, pictures)

    async def _taken(self, key: Key, wish: Wish, pictures: Sequence[Upload | str]) -> tuple[str, Record]:
        """Keep a new job, and begin with it."""
        identity, seconds = uuid.uuid4().hex, self._service.options.job_hours * 3600
        files = JobFiles(self._folder, identity)
        try:
            record = await asyncio.to_thread(keep, files, key, wish, pictures, seconds)
            await self._work.take(identity, record, seconds)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(files.remove))
            raise
        return identity, record

    async def of(self, key: Key) -> dict[str, Record]:
        """The jobs of a key by name, the newest first."""
        return await self._service.filed(self._of, key.id)

    def _of(self, key: str) -> dict[str, Record]:
        store = self._service.store
        own = [(identity, store.get(JOB, identity)) for identity in store.all(jobs_kind(key))]
        there = [(identity, record) for identity, record in own if record is not None]
        return dict(sorted(there, key=lambda pair: -pair[1]["created"]))

    async def find(self, key: Key, identity: str) -> Record:
        """The record of a job.

        Raises:
            Refusal: there is none of that name, or it is another key's.
        """
        record = None
        if IDENTITY.fullmatch(identity):
            record = await self._service.filed(self._service.store.get, JOB, identity)
        if record is None or record["key"]["id"] != key.id:
            raise Refusal("job_not_found", "there is no such job, or its time is over")
        return record

    async def moved(self, key: Key, identity: str, seconds: float, gone: Callable[[], Awaitable[bool]]) -> Record:
        """The record of a job as soon as another of its pictures has come to an end.

        Args:
            key: whose it is.
            identity: of the job.
            seconds: after which it is given in any case; at once when the job is over.
            gone: tells whether nobody waits any longer.

        Raises:
            Refusal: there is no such job.
        """
        record = await self.find(key, identity)
        before, until = finished(record), time.monotonic() + seconds
        while finished(record) == before and left_of(record) and time.monotonic() < until and not await gone():
            await asyncio.sleep(LOOK)
            record = await self.find(key, identity)
        return record

    async def delete(self, key: Key, identity: str) -> None:
        """Stop a job and remove all of it; another process that works on it notices soon.

        Raises:
            Refusal: there is no such job.
        """
        await self.find(key, identity)
        for kind in (JOB, jobs_kind(key.id)):
            await self._service.stored(self._service.store.delete, kind, identity)
        await self._work.give_up(identity)
        await asyncio.to_thread(JobFiles(self._folder, identity).remove)

    async def result(self, key: Key, identity: str, number: str) -> tuple[Item, bytes]:
        """One picture of a job that is done.

        Raises:
            Refusal: there is no such job or picture, it is not done yet, or it could not be done.
        """
        index, item = result_of(await self.find(key, identity), number)
        files = JobFiles(self._folder, identity)
        data = await asyncio.to_thread(files.read, RESULT.format(index), item["result"])
        if data is None:
            raise lost()
        return item, data

    async def results(self, key: Key, identity: str) -> Iterator[bytes]:
        """The pieces of a ZIP of all results and a report, which are read as they are sent.

        Raises:
            Refusal: there is no such job, or it is not over.
        """
        record = await self.find(key, identity)
        if left_of(record):
            raise Refusal("job_not_ready", "the job is not over yet", headers={"Retry-After": "5"})
        return zipped(contents(JobFiles(self._folder, identity), identity, record))


def keep(files: JobFiles, key: Key, wish: Wish, pictures: Sequence[Upload | str], seconds: float) -> Record:
    """Write the files of a new job, and make its record."""
    items = new_items(pictures, wish.output.suffix)
    for number, picture in enumerate(pictures):
        data = picture.data if isinstance(picture, Upload) else picture.encode()
        items[number]["digest"] = files.keep(SENT.format(number), data)
    for_all = {"mask": wish.mask, "trimap": wish.trimap, "background_picture": wish.background}
    given = {name: files.keep(name, data) for name, data in for_all.items() if isinstance(data, bytes)}
    asked = files.keep(ASKED, json.dumps(dict(wish.asked)).encode())
    return job_record(key, asked, given, items, seconds)


def contents(files: JobFiles, identity: str, record: Record) -> Iterator[tuple[str, bytes]]:
    """The results of a job by the names of their files, and at the end what became of each."""
    report = told(identity, record)
    for number, item in enumerate(record["items"]):
        if item["status"] != DONE:
            continue
        data = files.read(RESULT.format(number), item["result"])
        if data is None:
            report["items"][number] |= {"status": "lost", "error": lost().body()["errors"][0]}
        else:
            yield item["file"], data
    yield "report.json", json.dumps(report, indent=2, ensure_ascii=False).encode()
