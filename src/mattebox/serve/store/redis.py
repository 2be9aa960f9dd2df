"""State in Redis, which servers on several machines share. One server of it, not a cluster."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError, WatchError
from redis.retry import Retry

from mattebox.errors import BadParameter, StoreUnavailable
from mattebox.serve.store.base import Change, Count, Record

__all__ = ["RedisStore"]

PREFIX = "mattebox:"

PATIENCE = 3.0
"""Seconds to wait for an answer."""

PAUSE = 0.05
"""Seconds until a second attempt; a connection that was open while Redis was started anew fails at the first."""

COUNT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local amount, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local total = tonumber(redis.call('HGET', KEYS[1], 'total') or 0)
local resets = tonumber(redis.call('HGET', KEYS[1], 'resets') or (now + window))
if resets <= now then
  total, resets = 0, now + window
end
local allowed = amount <= 0 or total + amount <= limit
if allowed and amount ~= 0 then
  total = math.max(0, total + amount)
  redis.call('HSET', KEYS[1], 'total', string.format('%.17g', total), 'resets', string.format('%.17g', resets))
  if resets < math.huge then
    redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', resets * 1000))
  end
end
return {allowed and 1 or 0, string.format('%.17g', total), string.format('%.17g', resets)}
"""
"""Adds to a counter, by the time of Redis, so that the clocks of several machines need not agree."""

ALL = """
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local record = redis.call('GET', ARGV[1] .. id)
  if record then
    table.insert(found, id)
    table.insert(found, record)
  else
    redis.call('SREM', KEYS[1], id)
  end
end
return found
"""
"""Collects the records of a kind; ids of those whose time is over are forgotten on the way."""


class RedisStore:
    """A store in Redis. Connections are made when they are needed, and again when Redis was away.

    Args:
        url: `redis://` or `rediss://` with user, password, host, port, number of the database, and whatever the
            package `redis` takes after a question mark.

    Raises:
        BadParameter: it is no such address; the message does not repeat it, since it may hold a password.
    """

    def __init__(self, url: str) -> None:
        self.name = shown_address(url)
        self._redis = connect(url)
        self._count = self._redis.register_script(COUNT)
        self._all = self._redis.register_script(ALL)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the package says of the connection, as an error of ours."""
        try:
            yield
        except RedisError as error:
            raise StoreUnavailable(f"{self.name}: {error}; see that Redis runs there and may be used") from error

    def get(self, kind: str, id: str) -> Record | None:  # noqa: A002
        """The record, or None where there is none or its time is over."""
        with self._told():
            return parsed(self._redis.get(record_name(kind, id)))

    def put(self, kind: str, id: str, record: Record, *, ttl: float | None = None, replace: bool = True) -> bool:  # noqa: A002
        """Keep a record, for some seconds or for good; whether it was put."""
        lasting = None if ttl is None else max(1, round(ttl * 1000))
        with self._told(), self._redis.pipeline() as pipe:
            pipe.sadd(index_name(kind), id)
            pipe.set(record_name(kind, id), json.dumps(record), px=lasting, nx=not replace)
            _, put = pipe.execute()
        return bool(put)

    def update(self, kind: str, id: str, change: Change) -> Record | None:  # noqa: A002
        """Change a record; the record as it is now, or None where there is none."""
        name = record_name(kind, id)
        with self._told(), self._redis.pipeline() as pipe:
            while True:
                pipe.watch(name)  # type: ignore[no-untyped-call]
                record = parsed(pipe.get(name))
                if record is None:
                    return None
                text = json.dumps(change(record))
                pipe.multi()
                pipe.set(name, text, keepttl=True)
                with suppress(WatchError):  # somebody else was faster
                    pipe.execute()
                    return parsed(text)

    def delete(self, kind: str, id: str) -> bool:  # noqa: A002
        """Forget a record; whether there was one."""
        with self._told(), self._redis.pipeline() as pipe:
            pipe.srem(index_name(kind), id)
            pipe.delete(record_name(kind, id))
            _, gone = pipe.execute()
        return bool(gone)

    def all(self, kind: str) -> dict[str, Record]:
        """Every record of a kind, by id."""
        with self._told():
            found = self._all(keys=[index_name(kind)], args=[record_name(kind, "")])
        return {id: json.loads(text) for id, text in zip(found[::2], found[1::2], strict=True)}  # noqa: A001

    def count(self, name: str, amount: float, *, limit: float | None = None, window: float | None = None) -> Count:
        """Add to a counter, unless it would pass its limit."""
        bounds = [math.inf if bound is None else bound for bound in (limit, window)]
        with self._told():
            allowed, total, resets = self._count(keys=[f"{PREFIX}counter:{name}"], args=[amount, *bounds])
        return Count(bool(allowed), float(total), float(resets))

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()


def shown_address(url: str) -> str:
    """The address of a Redis without user, password and options.

    Raises:
        BadParameter: it is no such address.

    Example:
        >>> shown_address("redis://shop:secret@cache:6379/2?ssl_check_hostname=no")
        'redis://cache:6379/2'
    """
    try:
        parts = urlsplit(url)
        # What is told of the address must not hold a part of a password that had to be written with %.
        strayed = "@" in parts.path + parts.query or parts.fragment or parts.port == 0
        database = parts.path.strip("/") or "0"
    except ValueError:
        raise unreadable() from None
    if strayed or not database.isdecimal():
        raise unreadable()
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def connect(url: str) -> Redis:
    """A client for the Redis at an address; nothing is asked of it yet.

    Raises:
        BadParameter: it is no such address.
    """
    # One that is not answered in time may be done all the same, so it is not sent again; one that cannot be sent is.
    again = Retry(ConstantBackoff(PAUSE), 1, supported_errors=(NoConnection,))
    try:
        client = Redis.from_url(
            url, decode_responses=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=again
        )
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # options that it does not know are told now
    except (TypeError, ValueError, RedisError):
        raise unreadable() from None
    return client


def unreadable() -> BadParameter:
    """The error for an address that makes no sense."""
    return BadParameter(
        "the address of Redis cannot be read; write redis://user:password@host:port/0, with %40 for @, %2F for / and "
        "so on in the password"
    )


def parsed(text: str | bytes | None) -> Record | None:
    """A record as it is kept, read."""
    return None if text is None else json.loads(text)


def record_name(kind: str, id: str) -> str:  # noqa: A002
    """Under what name Redis keeps a record."""
    return f"{PREFIX}record:{kind}:{id}"


def index_name(kind: str) -> str:
    """Under what name Redis keeps the ids of a kind, some of which may be gone."""
    return f"{PREFIX}kind:{kind}"
