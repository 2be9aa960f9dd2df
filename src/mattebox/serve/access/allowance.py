"""How much a key may ask for: so many pictures a minute, and so many credits in all."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from mattebox.serve.access.keys import Key
from mattebox.serve.refusals import Refusal
from mattebox.serve.store import Count, Store

__all__ = ["Allowance", "Allowed"]

MINUTE = 60.0

UNLIMITED = 99_999
"""What an account without a limit is said to have, as CarveKit's server says it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a request was allowed to spend.

    Attributes:
        key: that spent it.
        pictures: megapixel pictures of the minute.
        credits: taken from those of the key; 0 for one without a limit.
        resets: when the minute is over, in seconds since 1970.
        headers: of the answer: `X-RateLimit-Limit`, `-Remaining`, `-Reset`, and `X-Credits-Charged`.
    """

    key: Key
    pictures: float
    credits: float
    resets: float
    headers: dict[str, str]


class Allowance:
    """What keys have spent, counted in the store, so that all processes and machines count together.

    A picture counts as many megapixel pictures as it has megapixels, and at least one. A minute begins with the first
    picture in it.

    Args:
        store: that keeps the counts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def spend(self, key: Key, megapixels: float, credits: float = 0.0, *, paid: bool = False) -> Allowed:  # noqa: A002
        """Take a picture from what a key may ask for.

        Args:
            key: of whoever asks.
            megapixels: of the picture.
            credits: that it costs a key with a limit; others are charged none.
            paid: whether these were taken before, and the work was broken off.

        Raises:
            Refusal: `rate_limit_exceeded`, with the seconds to wait in `Retry-After`, or `insufficient_credits`;
                nothing was taken then.
            StoreUnavailable: the store cannot be reached.
        """
        # A picture that is larger than all of a minute would otherwise never be taken.
        pictures = min(max(1.0, megapixels), key.rate)
        count = self._store.count(rate_name(key), pictures, limit=key.rate, window=MINUTE)
        headers = rate_headers(key, count)
        if not count.allowed:
            wait = max(1, math.ceil(count.resets - time.time()))
            raise Refusal(
                "rate_limit_exceeded",
                f"This key may send {key.rate:g} megapixel pictures a minute. Try again in {wait} s.",
                headers={**headers, "Retry-After": str(wait)},
            )
        charged = 0.0 if key.credits is None else credits
        # Programs read it as a number, and some of them as a whole one.
        allowed = Allowed(key, pictures, charged, count.resets, {**headers, "X-Credits-Charged": f"{charged:g}"})
        if charged and not paid and not self._store.count(credits_name(key), charged, limit=key.credits).allowed:
            self.refund(Allowed(key, pictures, 0.0, count.resets, {}), begun=False)
            raise Refusal("insufficient_credits", f"This costs {charged:g}, and the key has {self.left(key):g} left.")
        return allowed

    def refund(self, allowed: Allowed, *, begun: bool) -> None:
        """Give back what a request spent that failed.

        Args:
            allowed: what it spent.
            begun: whether there was work; then only the credits are given back, as the rate is there to bound work.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        if not begun and time.time() < allowed.resets:  # what was spent in a minute that is over is forgotten anyway
            self._store.count(rate_name(allowed.key), -allowed.pictures, window=MINUTE)
        if allowed.credits:
            self._store.count(credits_name(allowed.key), -allowed.credits)

    def left(self, key: Key) -> float | None:
        """Credits that a key has left; None for any number.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        if key.credits is None:
            return None
        return max(0.0, key.credits - self._store.count(credits_name(key), 0).total)

    def balance(self, key: Key) -> dict[str, Any]:
        """What remove.bg's `/account` tells of a key, to be sent as the `attributes` of `data`; clients bear no more.

        Raises:
            StoreUnavailable: the store cannot be reached.

        Example:
            >>> from mattebox.serve.access.keys import Keys
            >>> from mattebox.serve.store import open_store
            >>> Allowance(open_store("memory:")).balance(Keys.anonymous())["api"]
            {'free_calls': 99999, 'sizes': 'all'}
        """
        left = self.left(key)
        bought, other, free = (float(UNLIMITED), float(UNLIMITED), UNLIMITED) if left is None else (left, 0.0, 0)
        return {
            "credits": {"total": bought, "subscription": other, "payg": bought, "enterprise": other},
            "api": {"free_calls": free, "sizes": "all"},
        }


def rate_headers(key: Key, count: Count) -> dict[str, str]:
    """The headers that tell how much of the minute is left, in whole numbers."""
    return {
        "X-RateLimit-Limit": str(math.floor(key.rate)),
        "X-RateLimit-Remaining": str(max(0, math.floor(key.rate - count.total))),
        "X-RateLimit-Reset": str(math.ceil(count.resets)),
    }


def rate_name(key: Key) -> str:
    """The counter of a key's minute."""
    return f"rate:{key.id}"


def credits_name(key: Key) -> str:
    """The counter of the credits that a key has spent."""
    return f"credits:{key.id}"
