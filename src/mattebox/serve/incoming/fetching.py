"""Pictures from addresses that strangers give: of public servers alone, and no more or longer than is allowed."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from threading import Thread

import anyio
import httpx

from mattebox.serve.incoming.addresses import is_public
from mattebox.serve.refusals import Refusal, too_large

__all__ = ["Fetcher"]

BAD_URL = {"failed_image_download": "invalid_image_url", "failed_bg_download": "invalid_bg_image_url"}
"""What an address is refused with that cannot be one, by what it is refused with when nothing comes from it."""

REDIRECTS = 5
MOVED = {301, 302, 303, 307, 308}
RESOLVERS = 8
"""Threads that ask for addresses; one that is not answered cannot be stopped."""

HEADERS = {
    "User-Agent": "mattebox",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}

NOWHERE = "no public server answers there"
"""Said of names that are not known, of addresses that are not public, and of those where nothing answers: whoever asks
does not learn what there is behind us."""


class Fetcher:
    """Fetches what lies at an address, if it is one of the public internet.

    A name is resolved once, every address that it has must be public, and the connection goes to one of these: so the
    name cannot mean another place in between. The same holds anew for every redirect. Any port is taken. Proxies and
    other settings of the environment, cookies and passwords are not used.

    Args:
        max_bytes: refuse anything larger.
        timeout: seconds for all of it.
        private: fetch from addresses of the own network too.
        allowed: whether an address may be connected to.
    """

    def __init__(
        self,
        max_bytes: int,
        timeout: float = 15.0,
        *,
        private: bool = False,
        allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._allowed = (lambda _: True) if private else allowed
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._resolvers = asyncio.Semaphore(RESOLVERS)

    async def fetch(self, url: str, came: Callable[[int], object], code: str = "failed_image_download") -> bytes:
        """Fetch the bytes at a URL.

        Args:
            url: `http://` or `https://`.
            came: told how many bytes have come; what it raises ends it.
            code: what it is refused with when nothing comes: `failed_image_download` or `failed_bg_download`.

        Raises:
            Refusal: `code`; `file_too_large`; `invalid_image_url` or `invalid_bg_image_url` for what is no such URL.
        """
        try:
            asked = httpx.URL(url.strip())
        except httpx.InvalidURL as error:
            raise Refusal(BAD_URL[code], f"not a URL: {error}") from None
        if problem := problem_of(asked):
            raise Refusal(BAD_URL[code], problem)
        try:
            with anyio.fail_after(self._timeout):
                return await self._follow(asked, came, code)
        except TimeoutError:
            raise Refusal(code, f"it did not come within {self._timeout:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise Refusal(code, "the answer broke off or is not HTTP") from None

    async def _follow(self, url: httpx.URL, came: Callable[[int], object], code: str) -> bytes:
        """Fetch it from where it is said to have moved to."""
        for _ in range(REDIRECTS + 1):
            if problem_of(url):
                raise Refusal(code, NOWHERE)
            async with self._opened(url, code) as response:
                if response.status_code not in MOVED or "location" not in response.headers:
                    return await self._read(response, came, code)
                url = url.join(response.headers["location"])
        raise Refusal(code, f"it has moved more than {REDIRECTS} times")

    @asynccontextmanager
    async def _opened(self, url: httpx.URL, code: str) -> AsyncGenerator[httpx.Response, None]:
        """The answer to one request, sent to the first of the host's addresses that takes a connection."""
        addresses = await self._addresses(url, code)
        host = url.raw_host.decode()
        # A client of its own for each: a connection that was made for one name must not serve another one.
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._timeout) as client:
            for address in addresses:
                request = client.build_request(
                    "GET",
                    url.copy_with(host=address),
                    headers={**HEADERS, "Host": url.netloc.decode()},
                    timeout=httpx.Timeout(self._timeout, connect=self._timeout / len(addresses)),
                    extensions={"sni_hostname": host.rstrip(".")},  # also the name that the certificate must have
                )
                try:
                    response = await client.send(request, stream=True)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
                try:
                    yield response
                finally:
                    await response.aclose()
                return
        raise Refusal(code, NOWHERE)

    async def _addresses(self, url: httpx.URL, code: str) -> list[str]:
        """Addresses of the host, all of them public."""
        try:
            found = await self._resolved(url.raw_host)
        except (OSError, ValueError):
            raise Refusal(code, NOWHERE) from None
        if not found or not all(self._allowed(address) for address in found):
            raise Refusal(code, NOWHERE)
        return found

    async def _resolved(self, host: bytes) -> list[str]:
        """Addresses of a host, from a thread that holds up nobody at the end of the process."""
        await self._resolvers.acquire()
        loop = asyncio.get_running_loop()
        answer: Future[list[str]] = Future()
        answer.set_running_or_notify_cancel()

        def ask() -> None:
            try:
                answer.set_result(resolve(host))
            except Exception as error:  # noqa: BLE001 (it is raised where it is waited for)
                answer.set_exception(error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._resolvers.release)

        Thread(target=ask, name="resolve", daemon=True).start()
        return await asyncio.wrap_future(answer)

    async def _read(self, response: httpx.Response, came: Callable[[int], object], code: str) -> bytes:
        """The bytes of an answer, as they were sent."""
        if response.status_code != httpx.codes.OK:
            raise Refusal(code, f"the server answered {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refusal(code, "the server sent it compressed, which was not asked for")
        if int(response.headers.get("content-length", 0)) > self._max_bytes:
            raise too_large(self._max_bytes)
        whole = io.BytesIO()
        async for piece in response.aiter_raw():
            if whole.tell() + len(piece) > self._max_bytes:
                raise too_large(self._max_bytes)
            came(len(piece))
            whole.write(piece)
        return whole.getvalue()


def problem_of(url: httpx.URL) -> str | None:
    """Why nothing is fetched from such a URL, wherever it leads."""
    if url.scheme not in {"http", "https"}:
        return "give an address that begins with http:// or https://"
    if not url.host:
        return "the address names no server"
    if url.userinfo:
        return "an address with a user name or password is not taken"
    if url.port is not None and not 0 < url.port < 65_536:
        return "there is no such port"
    return None


def resolve(host: bytes) -> list[str]:
    """Addresses of a host, in the order in which they are best tried.

    Raises:
        OSError, ValueError: there is none, or no host can have such a name.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
