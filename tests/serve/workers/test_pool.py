from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mattebox.cancelling import Cancelled, check_cancelled
from mattebox.engines.onnx import OnnxEngine
from mattebox.errors import MatteboxError, WeightsUnavailable
from mattebox.serve.refusals import Refusal
from mattebox.serve.workers import pool as pool_module
from mattebox.serve.workers.pool import Pool
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import verified_weights
from waiting import LONG, until_async


class Valve:
    """Work that goes on until it is let go or given up."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let = threading.Event()
        self.stopped = 0

    def __call__(self) -> str:
        self.begun.release()
        try:
            while not self.let.wait(0.002):
                check_cancelled()
        except Cancelled:
            self.stopped += 1
            raise
        return "let go"

    async def has_begun(self, times: int = 1) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self.begun.acquire, timeout=LONG)


def pool_of(workers: int, **named: Any) -> Pool:
    return Pool(workers, **{"queue": 64, "megapixels": 400.0, "deadline": LONG, **named})


@asynccontextmanager
async def opened(workers: int, **named: Any) -> AsyncIterator[Pool]:
    pool = pool_of(workers, **named)
    pool.start()
    try:
        yield pool
    finally:
        await pool.drain(0)


def taken(pool: Pool, *args: Any, **named: Any) -> asyncio.Task[Any]:
    return asyncio.ensure_future(pool.run(*args, **{"megapixels": 1.0, **named}))


async def refusal_of(pool: Pool, **named: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        await pool.run(lambda: None, **{"megapixels": 1.0, **named})
    return raised.value


def test_a_worker_that_does_not_end_what_was_given_up_makes_the_server_unready() -> None:
    let = threading.Event()

    async def story() -> None:
        async with opened(2, deadline=0.05) as pool:
            with pytest.raises(Refusal):
                await pool.run(lambda: let.wait(LONG), megapixels=1.0)
            await until_async(lambda: not pool.ready)
            let.set()
            await until_async(lambda: pool.ready)

    asyncio.run(story())


def test_work_that_takes_long_and_is_waited_for_is_not_stuck() -> None:
    async def story() -> None:
        valve = Valve()
        async with opened(1, deadline=0.001) as pool:
            task = taken(pool, valve, priority="background")
            await valve.has_begun()
            await asyncio.sleep(0.05)
            assert pool.ready
            valve.let.set()
            assert await task == "let go"

    asyncio.run(story())


def test_work_is_done_off_the_event_loop_and_its_answer_comes_back() -> None:
    async def main() -> None:
        async with opened(2) as pool:
            thread = await pool.run(threading.get_ident, megapixels=1)
            assert thread != threading.get_ident()
            stats = pool.stats()
        assert (stats.workers, stats.busy, stats.waiting, stats.done, stats.failed) == (2, 0, 0, 1, 0)

    asyncio.run(main())


def test_what_is_prepared_is_ready_before_work_is_taken() -> None:
    async def main() -> None:
        pool = pool_of(1)
        assert (await refusal_of(pool)).code == "server_busy"
        seen = []
        pool.start(lambda: seen.append(pool.ready))
        assert (seen, pool.ready) == ([False], True)
        await pool.drain(0)
        assert not pool.ready

    asyncio.run(main())


def test_what_cannot_be_prepared_is_told_and_nothing_is_taken() -> None:
    def prepare() -> None:
        raise WeightsUnavailable("lite")

    pool = pool_of(1)
    with pytest.raises(WeightsUnavailable):
        pool.start(prepare)
    assert not pool.ready


@pytest.mark.parametrize("error", [ValueError("a"), MemoryError(), StopIteration(), SystemExit(3), KeyboardInterrupt()])
def test_an_error_goes_to_whoever_asked_and_the_worker_lives_on(error: BaseException) -> None:
    def fail() -> None:
        raise error

    ordinary = isinstance(error, Exception) and not isinstance(error, StopIteration)

    async def main() -> None:
        async with opened(1) as pool:
            with pytest.raises(type(error) if ordinary else MatteboxError) as raised:
                await pool.run(fail, megapixels=1)
            assert error in (raised.value, raised.value.__cause__)
            assert await pool.run(lambda: 7, megapixels=1) == 7
            assert (pool.stats().done, pool.stats().failed) == (1, 1)

    asyncio.run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_a_piece_is_kept_when_it_is_done(fails: bool) -> None:
    class Pixels:
        pass

    def work(pixels: Pixels) -> Pixels:
        if fails:
            raise ValueError(pixels)
        return pixels

    async def main() -> None:
        async with opened(1) as pool:
            pixels = Pixels()
            gone = weakref.ref(pixels)
            with suppress(ValueError):
                await pool.run(partial(work, pixels), megapixels=1)
            del pixels
            await until_async(lambda: pool.stats().busy == 0)
            assert gone() is None

    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()


def test_the_queue_is_bounded() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(2, queue=3) as pool:
            tasks = [taken(pool, valve) for _ in range(5)]
            await valve.has_begun(2)
            assert (pool.stats().busy, pool.stats().waiting, pool.stats().megapixels) == (2, 3, 5)
            refusal = await refusal_of(pool)
            assert (refusal.status, refusal.code) == (503, "server_busy")
            assert int(refusal.headers["Retry-After"]) >= 1
            valve.let.set()
            assert await asyncio.gather(*tasks) == ["let go"] * 5
            assert await pool.run(lambda: 1, megapixels=1) == 1
            assert (pool.stats().done, pool.stats().refused) == (6, 1)

    asyncio.run(main())


def test_megapixels_are_bounded_but_a_large_picture_is_taken_when_nothing_else_is_there() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(2, megapixels=10) as pool:
            tasks = [taken(pool, valve, megapixels=25)]
            await valve.has_begun()
            assert "large" in str(await refusal_of(pool, megapixels=1))
            valve.let.set()
            await asyncio.gather(*tasks)
            assert await pool.run(lambda: 1, megapixels=10) == 1

    asyncio.run(main())


def test_a_picture_for_which_there_is_no_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "free_memory", lambda: 300_000_000)

    async def main() -> None:
        async with opened(1) as pool:
            assert "memory" in str(await refusal_of(pool, megapixels=12))
            assert await pool.run(lambda: 1, megapixels=2) == 1

    asyncio.run(main())


def test_pictures_that_do_not_fit_together_are_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "free_memory", lambda: 300_000_000)

    async def main() -> None:
        valve = Valve()
        async with opened(2) as pool:
            tasks = [taken(pool, valve, megapixels=6) for _ in range(2)]
            await valve.has_begun()
            monkeypatch.setattr(pool_module, "free_memory", lambda: 200_000_000)
            await asyncio.sleep(0.02)
            assert (pool.stats().busy, pool.stats().waiting) == (1, 1)
            valve.let.set()
            await asyncio.gather(*tasks)

    asyncio.run(main())


def test_where_memory_is_not_told_nothing_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "free_memory", lambda: None)

    async def main() -> None:
        valve = Valve()
        async with opened(2) as pool:
            tasks = [taken(pool, valve, megapixels=100) for _ in range(2)]
            await valve.has_begun(2)
            valve.let.set()
            await asyncio.gather(*tasks)

    asyncio.run(main())


def test_what_cannot_be_done_in_time_is_refused_at_once_and_told_when_to_come_back() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(1, deadline=2000) as pool:
            pool._pace.expect = lambda megapixels: 400.0 * megapixels
            tasks = [taken(pool, valve) for _ in range(4)]
            await valve.has_begun()
            # 1600 seconds for those before it, less those that have passed.
            refusals = [await refusal_of(pool, megapixels=1.5, deadline=2100) for _ in range(40)]
            assert {refusal.code for refusal in refusals} == {"server_busy"}
            again = {int(refusal.headers["Retry-After"]) for refusal in refusals}
            assert min(again) >= 750
            assert max(again) <= 1600
            assert len(again) > 1  # not all of them come back together
            tasks.append(taken(pool, valve, megapixels=1.5, deadline=2300))
            await until_async(lambda: pool.stats().waiting == 4)
            valve.let.set()
            await asyncio.gather(*tasks)

    asyncio.run(main())


def test_it_learns_from_what_was_done_and_not_from_what_was_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pool_module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    async def main() -> None:
        async with opened(1) as pool:

            def work() -> None:
                now[0] += 10

            async def broken_off(seconds: float) -> None:
                valve = Valve()
                task = taken(pool, valve)
                await valve.has_begun()
                now[0] += seconds
                task.cancel()
                await until_async(lambda: pool.stats().busy == 0)

            for _ in range(40):
                await pool.run(work, megapixels=1)
            assert pool._pace.expect(1) == pytest.approx(10, rel=0.05)
            for _ in range(10):
                await broken_off(1)
            assert pool._pace.expect(1) == pytest.approx(10, rel=0.05)
            for _ in range(10):
                await broken_off(100)
            assert pool._pace.expect(1) > 50
            for _ in range(80):
                await pool.run(work, megapixels=1)
            assert pool._pace.expect(1) == pytest.approx(10, rel=0.05)

    asyncio.run(main())


def test_a_wrong_guess_keeps_nobody_from_an_idle_server() -> None:
    async def main() -> None:
        async with opened(1) as pool:
            pool._pace.note(1, 1e6)
            assert await pool.run(lambda: 1, megapixels=50) == 1

    asyncio.run(main())


def test_the_first_to_come_is_the_first_to_be_served() -> None:
    async def main() -> None:
        valve, order = Valve(), []
        async with opened(1) as pool:
            tasks = [taken(pool, valve)]
            await valve.has_begun()
            tasks += [taken(pool, partial(order.append, number)) for number in range(20)]
            await until_async(lambda: pool.stats().waiting == 20)
            valve.let.set()
            await asyncio.gather(*tasks)
        assert order == list(range(20))

    asyncio.run(main())


def test_one_with_many_requests_does_not_starve_another() -> None:
    async def main() -> None:
        valve, order = Valve(), []
        async with opened(1, queue=20) as pool:
            tasks = [taken(pool, valve, owner="busy")]
            await valve.has_begun()
            tasks += [taken(pool, partial(order.append, "busy"), owner="busy") for _ in range(20)]
            await until_async(lambda: pool.stats().waiting == 20)
            assert "are waiting" in str(await refusal_of(pool, owner="busy"))
            tasks += [taken(pool, partial(order.append, "rare"), owner="rare") for _ in range(2)]
            await until_async(lambda: pool.stats().refused == 3)
            valve.let.set()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [index for index, owner in enumerate(order) if owner == "rare"] == [1, 3]
        assert [getattr(answer, "code", "") for answer in answers[-4:]] == ["server_busy", "server_busy", "", ""]
        assert order.count("busy") == 18

    asyncio.run(main())


def test_an_owner_waits_for_others_turns_and_not_for_all_they_have() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(1, deadline=20) as pool:
            pool._pace.expect = lambda megapixels: 4.0 * megapixels
            tasks = [taken(pool, valve, owner="busy", deadline=LONG) for _ in range(10)]
            await valve.has_begun()
            assert "in time" in str(await refusal_of(pool, owner="busy"))
            tasks.append(taken(pool, valve, owner="rare"))
            await until_async(lambda: pool.stats().waiting == 10)
            valve.let.set()
            await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_deadline_ends_the_wait_and_the_work() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(1) as pool:
            with pytest.raises(Refusal) as raised:
                await pool.run(valve, megapixels=1, deadline=1.0)
            refusal = raised.value
            assert (refusal.status, refusal.code) == (503, "deadline_exceeded")
            assert int(refusal.headers["Retry-After"]) >= 1
            await until_async(lambda: pool.stats().busy == 0)
            assert valve.stopped == 1
            assert (pool.stats().expired, pool.stats().failed) == (1, 0)

    asyncio.run(main())


def test_what_still_waits_at_its_deadline_is_never_begun() -> None:
    async def main() -> None:
        valve, begun = Valve(), []
        async with opened(1) as pool:
            first = taken(pool, valve)
            await valve.has_begun()
            pool._pace.expect = lambda _: 0.0
            with pytest.raises(Refusal, match="could not finish in time"):
                await pool.run(lambda: begun.append(1), megapixels=1, deadline=0.02)
            assert (pool.stats().waiting, pool.stats().expired) == (0, 1)
            valve.let.set()
            await first
        assert begun == []

    asyncio.run(main())


def test_what_has_waited_too_long_to_be_done_in_time_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pool_module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    async def main() -> None:
        valve, begun = Valve(), []
        async with opened(1, deadline=100) as pool:
            tasks = [taken(pool, valve), taken(pool, partial(begun.append, "early"))]
            await valve.has_begun()
            await until_async(lambda: pool.stats().waiting == 1)
            now[0] = 59.0
            tasks.append(taken(pool, partial(begun.append, "late")))
            await until_async(lambda: pool.stats().waiting == 2)
            now[0], pool._pace.expect = 60.0, lambda _: 45.0
            valve.let.set()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            assert answers[1].code == "deadline_exceeded"
            assert begun == ["late"]
            assert (pool.stats().expired, pool.stats().done) == (1, 2)

    asyncio.run(main())


def test_who_goes_away_leaves_the_queue() -> None:
    async def main() -> None:
        valve, begun = Valve(), []
        async with opened(1) as pool:
            first = taken(pool, valve)
            await valve.has_begun()
            second = taken(pool, lambda: begun.append(1))
            await until_async(lambda: pool.stats().waiting == 1)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            assert (pool.stats().waiting, pool.stats().cancelled) == (0, 1)
            valve.let.set()
            await first
        assert begun == []

    asyncio.run(main())


def test_a_network_at_work_for_one_who_went_away_is_stopped() -> None:
    engine = OnnxEngine(verified_weights(find_card("lite")), "cpu", 1)
    batch = np.zeros((16, 3, 256, 256), np.float32)
    rounds = []

    def work() -> None:
        while True:
            rounds.append(engine.run(batch)[1])

    async def main() -> None:
        async with opened(1) as pool:
            task = taken(pool, work)
            await until_async(lambda: bool(rounds))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await pool.run(lambda: "next", megapixels=1) == "next"
            stats = pool.stats()
            assert (stats.cancelled, stats.failed, stats.done, stats.busy) == (1, 0, 1, 0)
            assert stats.seconds > 0

    asyncio.run(main())


def test_the_background_waits_for_everybody_and_leaves_a_worker_free() -> None:
    async def main() -> None:
        valve, people, order = Valve(), Valve(), []
        async with opened(2) as pool:
            jobs = [taken(pool, valve, priority="background") for _ in range(3)]
            await valve.has_begun()
            await asyncio.sleep(0.02)
            assert (pool.stats().busy, pool.stats().waiting, pool.stats().megapixels) == (1, 2, 1)
            person = taken(pool, people)
            await people.has_begun()
            others = [taken(pool, partial(order.append, "job"), priority="background")]
            others += [taken(pool, partial(order.append, "person")) for _ in range(3)]
            await until_async(lambda: pool.stats().waiting == 6)
            people.let.set()
            await person
            await asyncio.gather(*others[1:])
            assert order == ["person"] * 3
            valve.let.set()
            await asyncio.gather(*jobs, *others)
            assert order[-1] == "job"

    asyncio.run(main())


def test_the_background_has_no_deadline_and_one_worker_serves_it_too() -> None:
    async def main() -> None:
        valve = Valve()
        async with opened(1, queue=1, deadline=0.01) as pool:
            job = taken(pool, valve, priority="background")
            await valve.has_begun()
            pool._pace.expect = lambda _: 1e6
            other = taken(pool, valve, priority="background")
            await until_async(lambda: pool.stats().waiting == 1)
            assert "waiting" in str(await refusal_of(pool, priority="background"))
            await asyncio.sleep(0.05)
            valve.let.set()
            assert await asyncio.gather(job, other) == ["let go"] * 2

    asyncio.run(main())


def test_draining_finishes_what_was_taken_and_takes_no_more() -> None:
    async def main() -> None:
        valve, before = Valve(), set(threading.enumerate())
        pool = pool_of(2)
        pool.start()
        workers = set(threading.enumerate()) - before
        assert len(workers) == 2
        tasks = [taken(pool, valve) for _ in range(6)]
        job = taken(pool, valve, priority="background")
        await valve.has_begun(2)
        drained = asyncio.ensure_future(pool.drain(LONG))
        await until_async(lambda: not pool.ready)
        assert (await refusal_of(pool)).code == "server_busy"
        with pytest.raises(Refusal, match="stopped"):
            await job
        valve.let.set()
        await drained
        assert await asyncio.gather(*tasks) == ["let go"] * 6
        await until_async(lambda: not any(worker.is_alive() for worker in workers))

    asyncio.run(main())


def test_draining_refuses_and_stops_what_there_is_no_time_for() -> None:
    async def main() -> None:
        valve = Valve()
        pool = pool_of(1)
        pool.start()
        tasks = [taken(pool, valve) for _ in range(3)]
        await valve.has_begun()
        await pool.drain(0.02)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [answer.code for answer in answers] == ["server_busy"] * 3
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
        assert valve.stopped == 1
        assert (pool.stats().refused, pool.stats().busy, pool.stats().waiting) == (3, 0, 0)

    asyncio.run(main())


def test_of_five_hundred_at_once_every_one_is_accounted_for() -> None:
    ends = dict.fromkeys(("done", "failed", "refused", "expired", "cancelled"), 0)

    def work(number: int) -> int:
        time.sleep(0.001)
        if number % 7 == 0:
            raise ValueError(number)
        return number

    async def ask(pool: Pool, number: int) -> None:
        deadline = 0.05 if number % 5 == 0 else LONG
        named = {"owner": str(number % 11), "priority": "background" if number % 13 == 0 else "people"}
        try:
            answer = await pool.run(partial(work, number), megapixels=0.1, deadline=deadline, **named)
        except Refusal as refusal:
            ends["expired" if refusal.code == "deadline_exceeded" else "refused"] += 1
        except ValueError:
            ends["failed"] += 1
        except asyncio.CancelledError:
            ends["cancelled"] += 1
        else:
            assert answer == number
            ends["done"] += 1

    async def main() -> None:
        async with opened(4, queue=150) as pool:
            tasks = [asyncio.ensure_future(ask(pool, number)) for number in range(500)]
            await asyncio.sleep(0)
            for task in tasks[3::17]:
                task.cancel()
            await asyncio.gather(*tasks)
            await until_async(lambda: pool.stats().busy == 0)
            stats = pool.stats()
        assert sum(ends.values()) == 500
        told = {name: getattr(stats, name) for name in ends}
        assert sum(told.values()) == 500
        # What was just decided when its caller went away counts as what it was.
        assert all(told[name] >= ends[name] for name in ends if name != "cancelled")
        assert min(ends["done"], ends["failed"], ends["refused"], ends["cancelled"]) > 0
        assert (stats.waiting, stats.megapixels) == (0, 0)

    asyncio.run(main())
