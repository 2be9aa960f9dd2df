"""Who works on which batch job.

Each job has one owner at a time, by a lease in the store that the owner renews. When its process dies the lease runs
out, and another process with the same store and the same folder, or the same one started anew, goes on with the job.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.errors import StoreUnavailable
from mattebox.serve.jobs.files import sweep
from mattebox.serve.jobs.records import JOB, jobs_kind
from mattebox.serve.jobs.run import JobRun
from mattebox.serve.store import Record

if TYPE_CHECKING:
    from mattebox.serve.service import Service

__all__ = ["LEASE", "JobWork"]

log = logging.getLogger(__name__)

OWNED = "job-owner"
"""Kind of the records that say, of each job that is not over, who works on it and until when that is sure."""
LEASE = 15.0
"""Seconds for which an owner is believed to be alive that is not heard of."""
SWEEP = 600.0
"""Seconds between two looks for files that nobody needs any more."""


class JobWork:
    """The jobs that this process works on.

    Args:
        service: what the work stands on.
        folder: of the files of all jobs.
        lease: seconds for which an owner is believed to be alive that is not heard of.
    """

    def __init__(self, service: Service, folder: Path, lease: float) -> None:
        self._service, self._folder, self._lease = service, folder, lease
        self._name = uuid.uuid4().hex
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(service.pool.workers)
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Renew the leases from now on, and take over what others leave."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Stop working; whoever looks next may take over at once."""
        own = list(self._tasks)
        tasks = [*([self._keeper] if self._keeper else []), *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):
            for identity in own:
                await self._change_owner(identity, lambda now: {**now, "until": 0.0}, of=self._name)

    async def take(self, identity: str, record: Record, seconds: float) -> None:
        """Put a new job into the store, as its owner, and begin with it."""
        stored, filed, store = self._service.stored, self._service.filed, self._service.store
        # The owner first: whoever finds the job must not find it without one.
        await stored(store.put, OWNED, identity, self._lease_from_now(), ttl=seconds)
        await filed(store.put, JOB, identity, record, ttl=seconds)
        await stored(store.put, jobs_kind(record["key"]["id"]), identity, {}, ttl=seconds)
        self._begin(identity)

    async def give_up(self, identity: str) -> None:
        """Stop working on a job that was deleted."""
        await self._service.stored(self._service.store.delete, OWNED, identity)
        task = self._tasks.get(identity)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _lease_from_now(self) -> Record:
        return {"owner": self._name, "until": time.time() + self._lease}

    async def _change_owner(self, identity: str, change: Callable[[Record], Record], *, of: str) -> Record | None:
        """Change the lease of a job if it is still that of a certain owner; what it is then."""
        return await self._service.stored(
            self._service.store.update,
            OWNED,
            identity,
            lambda now: change(now) if now["owner"] == of else now,
        )

    async def _keep(self) -> None:
        """Renew, take over and tidy up, as long as the server runs."""
        swept, away = -SWEEP, False
        while True:
            try:
                await self._renew()
                await self._adopt()
                if time.monotonic() - swept > SWEEP:
                    swept = time.monotonic()
                    seconds = self._service.options.job_hours * 3600
                    await asyncio.to_thread(sweep, self._folder, seconds, self._is_known)
                if away:
                    log.warning("jobs are looked after again")
                away = False
            except StoreUnavailable as error:
                if not away:
                    log.warning("jobs cannot be looked after: %s", error)
                away = True
            except Exception:
                log.exception("jobs cannot be looked after")
            await asyncio.sleep(self._lease / 3)

    def _is_known(self, identity: str) -> bool:
        return self._service.store.get(JOB, identity) is not None

    async def _renew(self) -> None:
        """Hold on to what is ours, and let go of what was deleted or has been taken over."""
        for identity, task in list(self._tasks.items()):
            lease = await self._change_owner(identity, lambda _: self._lease_from_now(), of=self._name)
            if lease is None or lease["owner"] != self._name:
                task.cancel()

    async def _adopt(self) -> None:
        """Take over the jobs whose owner is not heard of any more."""
        leases = await self._service.stored(self._service.store.all, OWNED)
        for identity, lease in leases.items():
            if identity in self._tasks or lease["until"] > time.time():
                continue
            now = await self._change_owner(
                identity,
                lambda now, old=lease: self._lease_from_now() if now == old else now,  # type: ignore[misc]
                of=lease["owner"],
            )
            if now is not None and now["owner"] == self._name:
                log.info("job %s is taken over", identity)
                self._begin(identity)

    def _begin(self, identity: str) -> None:
        task = asyncio.create_task(self._work(identity))
        self._tasks[identity] = task
        task.add_done_callback(partial(self._ended, identity))

    def _ended(self, identity: str, task: asyncio.Task[None]) -> None:
        """Let go of a job; one that was broken off is taken up again when its lease is over."""
        del self._tasks[identity]
        if not task.cancelled() and task.exception() is not None:
            log.warning("job %s is broken off for now", identity, exc_info=task.exception())

    async def _work(self, identity: str) -> None:
        """Do what is left of a job, and put its lease away."""
        await JobRun(self._service, self._folder, identity, self._places).run()
        await self._service.stored(self._service.store.delete, OWNED, identity)
