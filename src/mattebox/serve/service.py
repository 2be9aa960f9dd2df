"""What every route stands on: keys, allowance, the pool that does the work, and the models that are served."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast
from weakref import WeakValueDictionary

import anyio
import numpy as np
from starlette.requests import Request

from mattebox.batch import share_cores
from mattebox.errors import BadParameter, BadPicture, MatteboxError, StoreUnavailable
from mattebox.picture import read_size
from mattebox.remover import Remover, shared_remover
from mattebox.serve.access.allowance import Allowance
from mattebox.serve.access.keys import Key, Keys
from mattebox.serve.cutouts.wishes import Offer
from mattebox.serve.incoming.fetching import Fetcher
from mattebox.serve.incoming.holding import Holding, caller_of
from mattebox.serve.incoming.intake import Body, Limits, read_body
from mattebox.serve.incoming.opening import check_type
from mattebox.serve.metrics import Metrics
from mattebox.serve.options import INSTALLED, ServeOptions
from mattebox.serve.refusals import MISSING_KEY, Refusal, refusal_of, too_large, too_many_pixels
from mattebox.serve.store import open_store
from mattebox.serve.workers.pool import Pool
from mattebox.settings import Settings
from mattebox.solvers import SOLVERS
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, load_cards
from mattebox.zoo.weights import is_here

if TYPE_CHECKING:
    from mattebox.serve.store import Store

__all__ = ["ClientGone", "Service", "secret_of", "service_of"]

Asked = ParamSpec("Asked")
Made = TypeVar("Made")

MILLION = 1_000_000
OVERHEAD = 2 * MILLION
"""Bytes of a body beside its files."""
STEPS = {"segment": "model", "refine": "refine", "matte": "matte"}
"""Tasks of models that a call may ask for, and the settings that name one."""
PICTURES = 4
"""Pictures that one call may bring: the picture, its background, a mask and a trimap."""
FETCHES = 4
"""Addresses of one caller that are fetched at once; nothing has been paid for them yet."""


class ClientGone(Exception):
    """Whoever asked has hung up, so nobody is there to be answered."""


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast("Service", request.app.state.service)


def secret_of(request: Request) -> str:
    """The key in `X-API-Key` or after `Authorization: Bearer`; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return request.headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")


class Service:
    """The parts of a running server.

    Args:
        options: how it runs.

    Raises:
        BadParameter, ModelNotFound: a model that is to be served is not known.
        StoreUnavailable: the state cannot be reached.
    """

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        self.data = options.folder
        self.store: Store = open_store(options.store_address)
        fixed = [*options.keys, *([options.admin_key] if options.admin_key else [])]
        self.keys = Keys(self.store, fixed=fixed, rate=options.rate)
        self.allowance = Allowance(self.store)
        self.limits = Limits(
            body=round(PICTURES * options.max_megabytes * MILLION * 4 / 3) + OVERHEAD,
            file=round(options.max_megabytes * MILLION),
            pixels=round(options.max_megapixels * MILLION),
        )
        self.fetcher = Fetcher(max_bytes=self.limits.file, private=options.private_addresses)
        workers, self._threads = share_cores(None, options.workers, large=options.settings.large)
        self.holding = Holding()
        self.pool = Pool(
            workers, queue=options.queue, megapixels=2 * options.max_megapixels * workers, deadline=options.deadline
        )
        self.metrics = Metrics(self.pool)
        self.served = served_models(options)
        self._clerks = ThreadPoolExecutor(4, thread_name_prefix="store")
        self._filers = ThreadPoolExecutor(2, thread_name_prefix="jobs")
        self._fetches: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def start(self) -> None:
        """Load every model that is served, and take work, unless that was done already."""
        if not self.pool.ready:
            await asyncio.to_thread(self.pool.start, self._prepare)

    async def stop(self) -> None:
        """Finish what was taken, within the time that is left, and close."""
        await self.pool.drain(self.options.grace)
        self._clerks.shutdown(wait=True)
        self._filers.shutdown(wait=True)
        self.store.close()

    @property
    def offer(self) -> Offer:
        """What calls of our own API may ask for."""
        return Offer(self.options.settings, self.served, self.limits.pixels)

    def _prepare(self) -> None:
        """Load the models, and cut out a first picture, which is slower than those after it."""
        first = np.full((64, 64, 3), 128, np.uint8)
        plain = Settings(device=self.options.settings.device, half=self.options.settings.half)
        for name, card in load_cards().items():
            if name in self.served and card.task in STEPS:
                Remover(plain, threads=self._threads, **{STEPS[card.task]: name})
        self.remover(self.options.settings)(first)

    def remover(self, settings: Settings) -> Remover:
        """The pipeline with some settings; not on the event loop, since it may have to be made first."""
        return shared_remover(settings, self._threads)

    async def caller(self, request: Request) -> Key:
        """Who asks.

        Raises:
            Refusal: there is no key, or it is not valid.
        """
        if self.options.open:
            return Keys.anonymous()
        secret = secret_of(request)
        if not secret:
            raise Refusal("auth_failed", title=MISSING_KEY)
        key = await self.stored(self.keys.check, secret)
        if key is None:
            raise Refusal("auth_failed")
        request.state.key = key.id
        return key

    async def body(self, request: Request, files: Collection[str], limits: Limits | None = None) -> Body:
        """What a request brings.

        Args:
            request: whose body has not been read; its time runs from when it is.
            files: names under which files are taken.
            limits: in place of the usual ones.

        Raises:
            Refusal: it is too large or cannot be read, or there is no room for it now.
        """
        body = await read_body(request, limits or self.limits, files, partial(self.holding.take, request.scope))
        request.state.asked = asyncio.get_running_loop().time()
        return body

    async def bytes_of(self, request: Request, source: bytes | str, code: str = "failed_image_download") -> bytes:
        """A picture that a request brings, or what lies at the address that it names.

        Raises:
            Refusal: it cannot be fetched in time (`code`), it is too large, or there is no room for it now.
            ClientGone: the caller hung up.
        """
        if isinstance(source, bytes):
            return source
        turn = self._fetches.setdefault(caller_of(request.scope), asyncio.Semaphore(FETCHES))
        came = partial(self.holding.take, request.scope)
        try:
            with anyio.fail_after(self.left(request)):
                async with turn:
                    return await while_connected(request, self.fetcher.fetch(source, came, code))
        except TimeoutError:
            raise Refusal(code, "it did not come in time") from None

    def left(self, request: Request) -> float:
        """Seconds until a request whose body was read is to be answered."""
        return max(0.0, self.options.deadline - (asyncio.get_running_loop().time() - request.state.asked))

    async def stored(self, function: Callable[Asked, Made], *args: Asked.args, **named: Asked.kwargs) -> Made:
        """Do something that may wait for the store, while the server goes on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._clerks, lambda: function(*args, **named))

    async def filed(self, function: Callable[Asked, Made], *args: Asked.args, **named: Asked.kwargs) -> Made:
        """The same with the records of jobs, which are large: no other call waits behind them."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._filers, lambda: function(*args, **named))

    async def reachable(self) -> bool:
        """Whether the state can be read."""
        try:
            await self.stored(self.store.get, "ready", "")
        except MatteboxError:
            return False
        return True

    async def work(
        self,
        request: Request,
        key: Key,
        picture: bytes,
        task: Callable[[], Made],
        *,
        credits: float = 0.0,  # noqa: A002 (the contract's word)
    ) -> tuple[Made, dict[str, str]]:
        """Do one picture of a caller's: count it, queue it, and stop when the caller hangs up.

        Args:
            request: whose body was read; its connection is watched, and its deadline runs.
            key: of the caller.
            picture: the file's bytes.
            task: what is done in a worker's thread.
            credits: what it costs a key that has a limit.

        Returns:
            What the task gave, and headers that tell what was charged and what is left.

        Raises:
            Refusal: the picture is too large, the allowance is used up, or there is no room or no time.
            ClientGone: the caller hung up.
            Exception: whatever the task raises.
        """
        megapixels = request.state.megapixels = await asyncio.to_thread(self.measure, picture)
        async with self.charged(key, megapixels, task, credits) as (run, headers):
            return await while_connected(request, run(deadline=self.left(request))), headers

    @contextlib.asynccontextmanager
    async def charged(
        self,
        key: Key,
        megapixels: float,
        task: Callable[[], Made],
        credits: float,  # noqa: A002
        *,
        paid: bool = False,
    ) -> AsyncIterator[tuple[Callable[..., Awaitable[Made]], dict[str, str]]]:
        """Charge a key for a picture; what fails costs no credits, and what was not even begun none of its minute.

        Args:
            key: that pays.
            megapixels: of the picture.
            task: what is done in a worker's thread.
            credits: what it costs a key that has a limit.
            paid: whether the credits were taken before.

        Yields:
            What has the task done, with further arguments of `Pool.run`; and headers that tell what was charged and
            what is left.

        Raises:
            Refusal: the allowance is used up.
        """
        allowed = await self.stored(self.allowance.spend, key, megapixels, credits, paid=paid)
        begun = threading.Event()

        def begin() -> Made:
            begun.set()
            return task()

        try:
            yield partial(self.pool.run, begin, megapixels=megapixels, owner=key.id), allowed.headers
        except BaseException:
            with contextlib.suppress(StoreUnavailable):
                await asyncio.shield(self.stored(self.allowance.refund, allowed, begun=begun.is_set()))
            raise
        self.metrics.megapixels.inc(megapixels)

    def measure(self, picture: bytes) -> float:
        """Megapixels of a file, by its header.

        Raises:
            Refusal: it is no picture, or a larger one than is taken.
        """
        if not picture:
            raise Refusal("failed_to_read_image", "the file is empty")
        if len(picture) > self.limits.file:
            raise too_large(self.limits.file)
        check_type(picture)
        try:
            height, width = read_size(picture)
        except BadPicture as error:
            raise Refusal("invalid_dimensions", refusal_of(error).detail) from error
        except MatteboxError as error:
            raise refusal_of(error) from error
        if height * width > self.limits.pixels:
            raise too_many_pixels(height * width, self.limits.pixels)
        return height * width / MILLION


async def while_connected(request: Request, work: Awaitable[Made]) -> Made:
    """Wait for work, and cancel it when the client hangs up.

    Raises:
        ClientGone: it did.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGone
    finally:
        for each in (task, gone):
            each.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await gone


async def disconnected(request: Request) -> None:
    """Wait until the client hangs up; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def served_models(options: ServeOptions) -> frozenset[str]:
    """Names of the models and solvers that calls may ask for.

    Raises:
        BadParameter: one that is to be served is not known.
    """
    cards = load_cards()
    names = {DEFAULT, DEFAULT_DETAIL, *options.settings.networks}
    for name in options.models:
        if name == INSTALLED:
            names |= {each for each, card in cards.items() if card.task in STEPS and is_here(each)}
        elif name not in cards:
            raise BadParameter(f"models: no model '{name}' is known; 'mattebox models list' shows them")
        else:
            names.add(name)
    return frozenset(names | (set(SOLVERS) if find_spec("scipy") else set()))
