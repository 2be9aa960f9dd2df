"""The work on one batch job: every picture that is left, at the expense of its owner and when nobody else waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.errors import StoreUnavailable
from mattebox.serve.access.keys import Key
from mattebox.serve.cutouts.cut import cut
from mattebox.serve.cutouts.wishes import Wish, read_options
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.jobs.files import JobFiles
from mattebox.serve.jobs.records import DONE, JOB, RUNNING, WAITING, Item, failure, left_of, with_item
from mattebox.serve.refusals import Refusal, refusal_of
from mattebox.serve.store import Record

if TYPE_CHECKING:
    from mattebox.serve.result import Result
    from mattebox.serve.service import Service

__all__ = ["ASKED", "RESULT", "SENT", "JobRun", "lost"]

ASKED = "asked.json"
"""File of what is asked of every picture; it may be long, and the record is written again and again."""
SENT, RESULT = "sent/{}", "results/{}"
"""Files of the picture of a number: as it came, or its address, and what came of it."""
PATIENT = ("rate_limit_exceeded", "server_busy")
"""Refusals after which a picture of a job simply waits."""


class Gone(Exception):
    """The job was deleted while it was worked on."""


def lost() -> Refusal:
    """The refusal of what was there once."""
    return Refusal("internal_error", "The file was lost when the server was stopped. Send the picture again.")


class JobRun:
    """Does what is left of a job.

    Args:
        service: what the work stands on.
        folder: of the files of all jobs.
        identity: of the job.
        places: for the pictures of all jobs that are in memory at once.
    """

    def __init__(self, service: Service, folder: Path, identity: str, places: asyncio.Semaphore) -> None:
        self._service, self._identity, self._places = service, identity, places
        self._files = JobFiles(folder, identity)

    async def run(self) -> None:
        """Do all pictures that are left; what becomes of each is noted at once.

        Raises:
            StoreUnavailable: what became of a picture cannot be noted, so it is to be done once more.
        """
        record = await self._service.filed(self._service.store.get, JOB, self._identity)
        if record is None:
            return
        await asyncio.to_thread(self._drop_done, record)
        with contextlib.suppress(Gone):
            try:
                wish = await asyncio.to_thread(self._wish, record)
            except Refusal as refusal:
                for number in left_of(record):
                    await self._note(number, failure(refusal))
            else:
                await self._do_all(record, wish)

    def _drop_done(self, record: Record) -> None:
        """Drop what was sent of pictures that are done; their process may have ended before it did."""
        for number in set(range(len(record["items"]))).difference(left_of(record)):
            self._files.drop(SENT.format(number))

    def _wish(self, record: Record) -> Wish:
        """What is asked of every picture of the job.

        Raises:
            Refusal: it cannot be had any more: a file is gone, or a model.
        """
        asked = json.loads(self._kept(ASKED, record["asked"]))
        given = {name: [Upload(name, self._kept(name, digest))] for name, digest in record["given"].items()}
        return read_options(asked, given, self._service.offer)

    def _kept(self, name: str, digest: str) -> bytes:
        """A file of the job.

        Raises:
            Refusal: it is gone.
        """
        data = self._files.read(name, digest)
        if data is None:
            raise lost()
        return data

    async def _do_all(self, record: Record, wish: Wish) -> None:
        """Do the pictures that are left, several at once."""
        numbers = iter(left_of(record))
        lanes = [asyncio.create_task(self._do_some(record, wish, numbers)) for _ in range(self._service.pool.workers)]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def _do_some(self, record: Record, wish: Wish, numbers: Iterator[int]) -> None:
        """Do one picture after the other until none is left."""
        key = Key(**record["key"])
        for number in numbers:
            await self._note(number, await self._done(key, record["items"][number], number, wish))
            await asyncio.to_thread(self._files.drop, SENT.format(number))

    async def _note(self, number: int, changes: Item) -> None:
        """Note something about a picture.

        Raises:
            Gone: the job was deleted.
        """
        store = self._service.store
        change = partial(with_item, number=number, changes=changes)
        if await self._service.filed(store.update, JOB, self._identity, change) is None:
            raise Gone

    async def _done(self, key: Key, item: Item, number: int, wish: Wish) -> Item:
        """Do a picture and keep what came of it; what is to be noted of it, whether that went well or not."""
        try:
            result = await self._made(key, item, number, wish)
            digest = await asyncio.to_thread(self._files.keep, RESULT.format(number), result.data)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 (it is told, and logged where it is our fault)
            return failure(refusal_of(error))
        return {"status": DONE, "result": digest, "type": result.media_type, "headers": result.headers}

    async def _made(self, key: Key, item: Item, number: int, wish: Wish) -> Result:
        """What comes of a picture, as soon as there is room for it.

        Raises:
            Refusal: the picture cannot be had, or costs more than the key has.
        """
        while True:
            try:
                # A place is for work: whoever has to wait for its allowance keeps no other job from it.
                async with self._places:
                    with self._service.holding.held(key.id) as came:
                        picture = await self._picture(item, number, came)
                        return await self._paid(key, item, number, replace(wish, picture=picture))
            except Refusal as refusal:
                if refusal.code not in PATIENT:
                    raise
                pause = float(refusal.headers.get("Retry-After", 1))
            await asyncio.sleep(pause)

    async def _picture(self, item: Item, number: int, came: Callable[[int], None]) -> bytes:
        """The picture of an item, as it was sent or from its address."""
        data = await asyncio.to_thread(self._kept, SENT.format(number), item["digest"])
        if item["fetch"]:
            return await self._service.fetcher.fetch(data.decode(), came)
        came(len(data))
        return data

    async def _paid(self, key: Key, item: Item, number: int, wish: Wish) -> Result:
        """Do a picture at the expense of a key; whoever takes the job over when we die does not charge it again."""
        service = self._service
        assert isinstance(wish.picture, bytes)
        megapixels = await asyncio.to_thread(service.measure, wish.picture)

        def task() -> Result:
            return cut(wish, service.remover(wish.settings))

        async with service.charged(key, megapixels, task, wish.credits, paid=item["paid"]) as (run, _):
            await self._note(number, {"status": RUNNING, "paid": True})
            try:
                return await run(priority="background")
            except BaseException:
                item["paid"] = False  # it is given back, so another attempt costs anew
                with contextlib.suppress(Gone, StoreUnavailable):
                    await asyncio.shield(self._note(number, {"status": WAITING, "paid": False}))
                raise
