"""Jobs without HTTP: processes that die, stores that cannot be reached, keys that cannot pay."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mattebox.errors import StoreUnavailable
from mattebox.serve.access.keys import Key, Keys
from mattebox.serve.cutouts.cut import cut
from mattebox.serve.cutouts.wishes import Offer, Wish, read_batch
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.jobs import desk, files, run
from mattebox.serve.jobs.desk import Jobs
from mattebox.serve.jobs.leases import OWNED
from mattebox.serve.jobs.records import left_of
from mattebox.serve.options import ServeOptions
from mattebox.serve.refusals import Refusal
from mattebox.serve.service import Service
from mattebox.settings import Settings
from redis_server import running_redis
from waiting import until_async

OFFER = Offer(Settings(), {"lite", "detail"}, max_pixels=50_000_000)
BROKEN = b"\xff\xd8\xff broken"


class Counted:
    """Cuts out, and counts how often."""

    def __init__(self) -> None:
        self.pictures = 0

    def __call__(self, wish: Wish, *rest: Any) -> Any:
        self.pictures += 1
        return cut(wish, *rest)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counter = Counted()
    monkeypatch.setattr(run, "cut", counter)
    return counter


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(ServeOptions(data=tmp_path, workers=2, grace=0.0))


def batch(lemur: bytes, count: int, **fields: str) -> tuple[Wish, list[Upload | str]]:
    uploads = [Upload(f"{number}.jpg", lemur) for number in range(count)]
    return read_batch({"max_megapixels": "0.05", **fields}, {"image": uploads}, OFFER)


async def died(owner: Jobs) -> None:
    """What is left of jobs when their process is killed: nothing of it is told to anybody."""
    work = owner._work
    tasks = [work._keeper, *work._tasks.values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def key_of(service: Service) -> Key:
    return service.keys.add("somebody", rate=1e6, credits=None)[0]


def states(service: Service, identity: str) -> list[str]:
    record = service.store.get("job", identity)
    assert record is not None
    return [item["status"] for item in record["items"]]


def test_another_process_goes_on_where_one_died(service: Service, lemur: bytes, counted: Counted) -> None:
    async def story() -> None:
        await service.start()
        first, second = Jobs(service, lease=0.6), Jobs(service, lease=0.6)
        await first.start()
        await second.start()
        identity, _ = await first.submit(key_of(service), *batch(lemur, 12))
        await until_async(lambda: states(service, identity).count("done") >= 2)
        assert not second._work._tasks  # while the owner lives nobody else touches it
        await died(first)
        before = states(service, identity)
        assert "waiting" in before
        begun = counted.pictures
        await until_async(lambda: set(states(service, identity)) == {"done"})
        # What was done is not done again.
        assert counted.pictures - begun == len(before) - before.count("done")
        await until_async(lambda: not service.store.all(OWNED))
        assert not list((service.data / "jobs" / identity / "sent").iterdir())
        await second.stop()
        await service.stop()

    asyncio.run(story())


def test_two_servers_share_jobs_through_redis(tmp_path: Path, lemur: bytes) -> None:
    async def story(redis: str) -> None:
        options = ServeOptions(data=tmp_path / "shared", store=redis, workers=2, grace=0.0)
        services = Service(options), Service(options)
        first, second = (Jobs(each, lease=0.6) for each in services)
        for service, owner in zip(services, (first, second), strict=True):
            await service.start()
            await owner.start()
        key = key_of(services[0])
        identity, _ = await first.submit(key, *batch(lemur, 8))
        await until_async(lambda: states(services[1], identity).count("done") >= 1)
        assert list(await second.of(key)) == [identity]
        await died(first)
        record = await second.moved(key, identity, 30, nobody_is_gone)
        while left_of(record):
            record = await second.moved(key, identity, 30, nobody_is_gone)
        assert set(states(services[0], identity)) == {"done"}
        await second.delete(key, identity)
        assert await first.of(key) == {}
        await second.stop()
        for service in services:
            await service.stop()

    with running_redis(tmp_path) as server:
        asyncio.run(story(server.url))


async def nobody_is_gone() -> bool:
    return False


def test_a_process_that_is_stopped_leaves_its_jobs_at_once(service: Service, lemur: bytes, counted: Counted) -> None:
    async def story() -> None:
        await service.start()
        first, second = Jobs(service, lease=60), Jobs(service, lease=60)
        await first.start()
        identity, _ = await first.submit(key_of(service), *batch(lemur, 6))
        await first.stop()
        await second.start()
        await until_async(lambda: set(states(service, identity)) == {"done"})
        await second.stop()
        await service.stop()

    asyncio.run(story())


def test_files_that_are_gone_are_told_and_the_rest_is_done(service: Service, lemur: bytes) -> None:
    async def story() -> None:
        await service.start()
        key = key_of(service)
        first, second = Jobs(service, lease=0.3), Jobs(service, lease=0.3)
        identity, _ = await first.submit(key, *batch(lemur, 3))
        first._work._keeper = asyncio.create_task(asyncio.sleep(0))
        await died(first)
        (service.data / "jobs" / identity / "sent" / "1").unlink()
        await second.start()
        await until_async(lambda: set(states(service, identity)) <= {"done", "failed"})
        assert states(service, identity) == ["done", "failed", "done"]
        (service.data / "jobs" / identity / "results" / "0").write_bytes(b"cut sho")
        for number in ("0", "1"):
            with pytest.raises(Refusal, match="lost"):
                await second.result(key, identity, number)
        report = json.loads(
            zipfile.ZipFile(io.BytesIO(b"".join(await second.results(key, identity)))).read("report.json")
        )
        assert [item["status"] for item in report["items"]] == ["lost", "failed", "done"]
        await second.stop()
        await service.stop()

    asyncio.run(story())


def test_a_job_waits_for_a_store_that_comes_back(
    service: Service, lemur: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    missed = []

    async def story() -> None:
        await service.start()
        owner = Jobs(service, lease=0.5)
        await owner.start()
        identity, _ = await owner.submit(key_of(service), *batch(lemur, 8))
        await until_async(lambda: states(service, identity).count("done") >= 1)

        def unreachable(*words: object, **more: object) -> None:
            missed.append(words)
            raise StoreUnavailable("the store cannot be reached")

        with monkeypatch.context() as broken:
            for name in ("get", "put", "update", "delete", "all", "count"):
                broken.setattr(service.store, name, unreachable)
            await until_async(lambda: not owner._work._tasks and missed.count((OWNED,)) > 2)
        await until_async(lambda: set(states(service, identity)) == {"done"})
        await owner.stop()
        await service.stop()

    asyncio.run(story())
    said = [record.message for record in caplog.records if "looked after" in record.message]
    assert said == ["jobs cannot be looked after: the store cannot be reached", "jobs are looked after again"]


def test_a_picture_of_a_job_waits_until_its_key_may_ask_again(
    service: Service, lemur: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, held = [], []

    def once(key: Key, *cost: float, paid: bool) -> Any:
        held.append(service.holding.bytes)
        if not refused:
            refused.append(key.id)
            raise Refusal("rate_limit_exceeded", headers={"Retry-After": "0"})
        return spend(key, *cost, paid=paid)

    spend = service.allowance.spend
    monkeypatch.setattr(service.allowance, "spend", once)

    async def story() -> None:
        await service.start()
        owner = Jobs(service)
        await owner.start()
        identity, _ = await owner.submit(key_of(service), *batch(lemur, 2))
        await until_async(lambda: set(states(service, identity)) == {"done"})
        await owner.stop()
        await service.stop()

    asyncio.run(story())
    assert refused
    assert min(held) >= len(lemur)  # what is worked on counts as what callers send
    assert service.holding.bytes == 0


def test_a_key_pays_for_what_is_done_and_for_no_more(service: Service, lemur: bytes) -> None:
    key = service.keys.add("poor", rate=1e6, credits=0.5)[0]

    async def story() -> list[str]:
        await service.start()
        owner = Jobs(service)
        await owner.start()
        wish, pictures = batch(lemur, 3)
        # One cannot be measured, the other only fails when it is worked on.
        bad = [Upload("broken.jpg", BROKEN), Upload("cut.jpg", lemur[:5000])]
        identity, _ = await owner.submit(key, wish, [*bad, *pictures])
        await until_async(lambda: not {"waiting", "running"} & set(states(service, identity)))
        record = service.store.get("job", identity)
        assert record is not None
        assert service.allowance.left(key) == 0
        assert "mattebox_megapixels_total 0.5984" in service.metrics.text().decode()
        await owner.stop()
        await service.stop()
        return [item.get("error", {}).get("code") for item in record["items"]]

    # A preview costs a quarter, so two are done, and what cannot be read costs nothing.
    unreadable, damaged = "invalid_dimensions", "failed_to_read_image"
    assert sorted(map(str, asyncio.run(story()))) == ["None", "None", damaged, "insufficient_credits", unreadable]


def test_a_key_does_not_pay_twice_when_its_process_dies(
    service: Service, lemur: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = service.keys.add("somebody", rate=1e6, credits=10)[0]
    released = threading.Event()

    def stuck(wish: Wish, *rest: Any) -> Any:
        released.wait(60)
        return cut(wish, *rest)

    async def story() -> None:
        await service.start()
        first, second = Jobs(service, lease=0.3), Jobs(service, lease=0.3)
        await first.start()
        with monkeypatch.context() as patch:
            patch.setattr(run, "cut", stuck)
            identity, _ = await first.submit(key, *batch(lemur, 1))
            await until_async(lambda: states(service, identity) == ["running"])
            assert service.allowance.left(key) == 9.75
            # A process that is killed gives nothing back and notes nothing.
            patch.setattr(service.allowance, "refund", no_refund)
            patch.setattr(run.JobRun, "_note", gone)
            await died(first)
        released.set()
        await second.start()
        await until_async(lambda: states(service, identity) == ["done"])
        assert service.allowance.left(key) == 9.75
        await second.stop()
        await service.stop()

    asyncio.run(story())


def no_refund(*_: object, **__: object) -> None:
    """Gives nothing back."""


async def gone(*_: object) -> None:
    """Notes nothing."""


def test_what_is_broken_off_in_order_costs_nothing_until_it_is_done(
    service: Service, lemur: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = service.keys.add("somebody", rate=1e6, credits=10)[0]
    released = threading.Event()

    async def story() -> None:
        await service.start()
        first, second = Jobs(service, lease=60), Jobs(service, lease=60)
        await first.start()
        with monkeypatch.context() as patch:
            patch.setattr(run, "cut", lambda *_: released.wait(60))
            identity, _ = await first.submit(key, *batch(lemur, 1))
            await until_async(lambda: states(service, identity) == ["running"])
            await first.stop()
        released.set()
        assert states(service, identity) == ["waiting"]
        assert service.allowance.left(key) == 10
        await second.start()
        await until_async(lambda: states(service, identity) == ["done"])
        assert service.allowance.left(key) == 9.75
        await second.stop()
        await service.stop()

    asyncio.run(story())


def test_many_at_once_make_no_more_jobs_than_are_kept(service: Service, lemur: bytes) -> None:
    async def story() -> list[object]:
        await service.start()
        owner, key = Jobs(service), key_of(service)
        await owner.start()
        taken = [owner.submit(key, *batch(lemur, 1)) for _ in range(desk.MOST_JOBS + 5)]
        made = await asyncio.gather(*taken, return_exceptions=True)
        await owner.stop()
        await service.stop()
        return made

    made = asyncio.run(story())
    assert sum(isinstance(each, Refusal) and each.code == "rate_limit_exceeded" for each in made) == 5
    assert sum(isinstance(each, tuple) for each in made) == desk.MOST_JOBS


def test_long_addresses_and_options_are_not_in_the_record(service: Service) -> None:
    asked = {"image_urls": ["http://192.0.2.1/" + "a" * 8000] * 200, "crop": " " * 10_000 + "5%"}

    async def story() -> str:
        await service.start()
        owner = Jobs(service)
        _, record = await owner.submit(Keys.anonymous(), *read_batch(asked, {}, OFFER))
        owner._work._keeper = asyncio.create_task(asyncio.sleep(0))
        await died(owner)
        await service.stop()
        return json.dumps(record)

    assert len(asyncio.run(story())) < 100_000


def test_jobs_leave_room_on_the_disk(service: Service, lemur: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LEFT_FREE", 1 << 62)

    async def story() -> None:
        owner = Jobs(service)
        await owner.start()
        with pytest.raises(Refusal, match="disk") as refused:
            await owner.submit(Keys.anonymous(), *batch(lemur, 1))
        assert refused.value.code == "server_busy"
        assert not list((service.data / "jobs").iterdir())
        await owner.stop()

    asyncio.run(story())


def test_everything_of_a_call_outlives_the_process(service: Service, lemur: bytes) -> None:
    ground = Upload("ground.jpg", lemur)
    files = {"image": [Upload("a.jpg", lemur)], "background_picture": [ground]}
    wish, pictures = read_batch(
        {"crop": "5%", "fit": "tile", "keep_largest": True, "box": "[60, 150, 440, 540]"}, files, OFFER
    )

    async def story() -> bytes:
        await service.start()
        owner = Jobs(service, lease=0.3)
        await owner.start()
        key = Keys.anonymous()
        identity, _ = await owner.submit(key, wish, pictures)
        await until_async(lambda: states(service, identity) == ["done"])
        data = (await owner.result(key, identity, "0"))[1]
        await owner.stop()
        await service.stop()
        return data

    assert asyncio.run(story()) == cut(replace(wish, picture=lemur), service.remover(wish.settings)).data
