"""What every route stands on: keys, allowance, the pool that does the work, and the models that are served."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import anyio
import numpy as np
from starlette.requests import Request

from mattebox.batch import share_cores
from mattebox.errors import BadParameter, BadPicture, MatteboxError
from mattebox.picture import read_size
from mattebox.remover import Remover, shared_remover
from mattebox.serve.access.allowance import Allowance
from mattebox.serve.access.keys import Key, Keys
from mattebox.serve.incoming.fetching import Fetcher
from mattebox.serve.incoming.holding import Holding
from mattebox.serve.incoming.intake import Body, Limits, read_body
from mattebox.serve.incoming.opening import check_type
from mattebox.serve.metrics import Metrics
from mattebox.serve.options import INSTALLED, ServeOptions
from mattebox.serve.refusals import MISSING_KEY, Refusal, refusal_of, too_large, too_many_pixels
from mattebox.serve.store import default_store, open_store
from mattebox.serve.workers.pool import Pool
from mattebox.settings import Settings
from mattebox.solvers import SOLVERS
from mattebox.zoo.places import home
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, load_cards
from mattebox.zoo.weights import is_here

if TYPE_CHECKING:
    from mattebox.serve.store import Store

__all__ = ["ClientGone", "Service", "secret_of", "service_of"]

log = logging.getLogger(__name__)

Asked = ParamSpec("Asked")
Made = TypeVar("Made")

MILLION = 1_000_000
ASKED = "mattebox.asked"
"""Where the scope of a request says when its body was there."""
OVERHEAD = 2 * MILLION
"""Bytes of a body beside its files."""
STEPS = {"segment": "model", "refine": "refine", "matte": "matte"}
"""Tasks of models that a call may ask for, and the settings that name one."""
PICTURES = 4
"""Pictures that one call may bring: the picture, its background, a mask and a trimap."""


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
        self.data = options.data or home() / "server"
        self.store: Store = open_store(options.store or ("memory:" if options.local else default_store(options.data)))
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

    async def start(self) -> None:
        """Load every model that is served, and take work."""
        await asyncio.to_thread(self.pool.start, self._prepare)

    async def stop(self) -> None:
        """Finish what was taken, within the time that is left, and close."""
        await self.pool.drain(self.options.grace)
        self._clerks.shutdown(wait=True)
        self.store.close()

    def _prepare(self) -> None:
        """Load the models, and cut out a first picture, which is slower than those after it."""
        first = np.full((64, 64, 3), 128, np.uint8)
        plain = Settings(device=self.options.settings.device, half=self.options.settings.half)
        for name, card in load_cards().items():
            if name in self.served and card.task in STEPS:
                Remover(plain, threads=self._threads, **{STEPS[card.task]: name})
        self.remover(self.options.settings)(first)

    def remover(self, settings: Settings) -> Remover:
        """The pipeline with some settings.

        Raises:
            Refusal: it needs a model that is not served.
        """
        for name in settings.asked:
            if name not in self.served:
                raise Refusal("unknown_model", f"'{name}' is not served here; served: {', '.join(sorted(self.served))}")
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
        return key

    async def body(self, request: Request, limits: Limits | None = None) -> Body:
        """What a request brings.

        Args:
            request: whose body has not been read; its time runs from when it is.
            limits: in place of the usual ones.

        Raises:
            Refusal: it is too large or cannot be read, or there is no room for it now.
        """
        limits = limits or self.limits
        told = request.headers.get("content-length", "")
        self.holding.take(request.scope, min(int(told), limits.body) if told.isdecimal() else limits.file)
        body = await read_body(request, limits)
        request.scope[ASKED] = asyncio.get_running_loop().time()
        return body

    async def fetch(self, request: Request, url: str, code: str = "failed_image_download") -> bytes:
        """What lies at an address that a request names.

        Raises:
            Refusal: it cannot be fetched in time (`code`), it is too large, or there is no room for it now.
            ClientGone: the caller hung up.
        """
        self.holding.take(request.scope, self.limits.file)
        try:
            with anyio.fail_after(self.left(request)):
                return await while_connected(request, self.fetcher.fetch(url, code=code))
        except TimeoutError:
            raise Refusal(code, "it did not come in time") from None

    def left(self, request: Request) -> float:
        """Seconds until a request whose body was read is to be answered."""
        return max(0.0, self.options.deadline - (asyncio.get_running_loop().time() - request.scope[ASKED]))

    async def stored(self, function: Callable[Asked, Made], *args: Asked.args, **named: Asked.kwargs) -> Made:
        """Do something that may wait for the store, while the server goes on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._clerks, lambda: function(*args, **named))

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
            key: of the caller; what fails is not charged.
            picture: the file's bytes.
            task: what is done in a worker's thread.
            credits: what it costs a key that has a limit.

        Returns:
            What the task gave, and headers that tell what was charged and what is left.

        Raises:
            Refusal: the picture is too large, the allowance is used up, there is no room or no time, or the task
                failed.
            ClientGone: the caller hung up.
        """
        megapixels = await asyncio.to_thread(self.measure, picture)
        allowed = await self.stored(self.allowance.spend, key, megapixels, credits)
        try:
            work = self.pool.run(task, megapixels=megapixels, deadline=self.left(request), owner=key.id)
            made = await while_connected(request, work)
        except BaseException as error:
            with contextlib.suppress(Exception):
                await asyncio.shield(self.stored(self.allowance.refund, allowed))
            if isinstance(error, Exception) and not isinstance(error, ClientGone):
                raise refusal_of(error) from error
            raise
        self.metrics.megapixels.inc(megapixels)
        return made, allowed.headers

    def measure(self, picture: bytes) -> float:
        """Megapixels of a file, by its header.

        Raises:
            Refusal: it is no picture, or a larger one than is taken.
        """
        if len(picture) > self.limits.file:
            raise too_large(self.limits.file)
        check_type(picture)
        try:
            height, width = read_size(picture)
        except BadPicture as error:
            raise Refusal("invalid_dimensions") from error
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
