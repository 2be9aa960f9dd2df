"""Keys: who may use the server. They are shown once, when they are made, and kept as digests."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from functools import lru_cache

from mattebox.errors import BadParameter, unknown_name
from mattebox.serve.store import Record, Store

__all__ = ["FRESH", "RATE", "Key", "Keys"]

RATE = 500.0
"""Megapixel pictures a minute for a key that does not say otherwise; remove.bg's own limit."""

LOCAL_RATE = 1_000_000.0
"""More than a computer can do for its own user."""

FRESH = 5.0
"""Seconds for which what is known of a key is believed: within that time a revoked one stops in every process."""

REMEMBERED = 4096
"""Keys that are remembered so."""

SECRET = re.compile(r"mbx_([0-9a-f]{8})[\w-]{24}", re.ASCII)
"""A key as it is shown: its id, and 144 bits that nobody can guess."""

KIND, NAMES = "key", "key-name"
"""Records of keys by id, and of ids by name."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its secret.

    Attributes:
        id: eight digits that tell it apart; not secret.
        name: given by whoever made it.
        created: when, in seconds since 1970.
        rate: megapixel pictures a minute.
        credits: that it was made with; None for any number.
        revoked: whether it is valid no more.
        used: the day on which it was last used, as `2026-03-01` in UTC.
    """

    id: str
    name: str
    created: float
    rate: float = RATE
    credits: float | None = None
    revoked: bool = False
    used: str | None = None


class Keys:
    """The keys of a store, and fixed ones beside them.

    A secret has 144 random bits, so a plain SHA-256 of it cannot be searched for, and a slow hash would only slow the
    server down. Secrets are compared in constant time.

    Args:
        store: that keeps them.
        fixed: secrets from the environment, which may be any text; they are not listed and cannot be revoked.
        rate: megapixel pictures a minute for each of those.
    """

    def __init__(self, store: Store, *, fixed: Sequence[str] = (), rate: float = RATE) -> None:
        self._store = store
        self._fixed = [(digest(secret), fixed_key(secret, rate)) for secret in fixed if secret]
        self._remembered = lru_cache(REMEMBERED)(self._look_up)
        self._noted: dict[str, str] = {}

    @staticmethod
    def anonymous() -> Key:
        """The key of everybody where no key is asked for."""
        return Key("anonymous", "anonymous", 0.0, LOCAL_RATE)

    def add(self, name: str, *, rate: float = RATE, credits: float | None = None) -> tuple[Key, str]:  # noqa: A002
        """Make a key.

        Args:
            name: 1 to 64 characters; no other valid key has it.
            rate: megapixel pictures a minute, above 0.
            credits: how much it may spend in all, above 0; None for any amount.

        Returns:
            The key, and its secret, which cannot be had again.

        Raises:
            BadParameter: a value makes no sense, or the name is taken.
            StoreUnavailable: the store cannot be reached.
        """
        if not (name.isprintable() and name == name.strip() and 1 <= len(name) <= 64):
            raise BadParameter(f"name={name!r}: must have 1 to 64 printable characters and no blanks around them")
        if not 0 < rate < math.inf:
            raise BadParameter(f"rate={rate}: must be above 0, in megapixel pictures a minute")
        if credits is not None and not 0 < credits < math.inf:
            raise BadParameter(f"credits={credits}: must be above 0; leave it out for any number")
        key = Key(secrets.token_hex(4), name, time.time(), rate, credits)
        secret = f"mbx_{key.id}{secrets.token_urlsafe(18)}"
        # The key comes first: if all ends between the two, there is one that nobody holds, and its name is free.
        self._store.put(KIND, key.id, {**asdict(key), "digest": digest(secret)})
        if not self._store.put(NAMES, name, {"id": key.id}, replace=False):
            self._store.delete(KIND, key.id)
            raise BadParameter(f"there is a key '{name}' already; take another name, or revoke that one first")
        return key, secret

    def revoke(self, id_or_name: str) -> Key:
        """Make a key invalid; its name is free again.

        Returns:
            The key as it is now.

        Raises:
            BadParameter: there is no such key; the message lists the valid ones and the nearest.
            StoreUnavailable: the store cannot be reached.
        """
        keys = {key.id: key for key in self.list()}
        names = {key.name: key.id for key in keys.values() if not key.revoked}
        identity = names.get(id_or_name, id_or_name)
        if identity not in keys:
            raise BadParameter(unknown_name("key", id_or_name, names))
        self._store.update(KIND, identity, lambda record: {**record, "revoked": True})
        if self._store.get(NAMES, keys[identity].name) == {"id": identity}:
            self._store.delete(NAMES, keys[identity].name)
        self._remembered.cache_clear()
        return replace(keys[identity], revoked=True)

    def check(self, secret: str) -> Key | None:
        """The valid key that a secret belongs to, if there is one; its day of use is noted.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        offered = digest(secret)
        matches = [key for known, key in self._fixed if hmac.compare_digest(known, offered)]
        if matches:
            return matches[0]
        made = SECRET.fullmatch(secret)
        record = self._remembered(made[1], int(time.monotonic() / FRESH)) if made else None
        if record is None or not hmac.compare_digest(record["digest"], offered) or record["revoked"]:
            return None
        self._note_use(record)
        return key_of(record)

    def _look_up(self, identity: str, _period: int) -> Record | None:
        """What the store has of a key; the period makes what is remembered of it grow old."""
        return self._store.get(KIND, identity)

    def _note_use(self, record: Record) -> None:
        """Note the day in the store, once a day."""
        identity, today = record["id"], f"{datetime.now(timezone.utc):%Y-%m-%d}"
        if today not in {record["used"], self._noted.get(identity)}:
            self._store.update(KIND, identity, lambda record: {**record, "used": today})
            self._noted[identity] = today

    def any(self) -> bool:
        """Whether there is a valid key, a fixed one or one of the store.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        return bool(self._fixed) or not all(key.revoked for key in self.list())

    def list(self) -> Sequence[Key]:
        """Every key of the store, revoked ones too, the oldest first.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        return sorted(map(key_of, self._store.all(KIND).values()), key=lambda key: key.created)


def digest(secret: str) -> str:
    """The SHA-256 of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def fixed_key(secret: str, rate: float) -> Key:
    """The key for a secret from the environment; every process gives it the same id."""
    return Key(f"fixed-{digest(secret)[:8]}", "fixed", 0.0, rate)


def key_of(record: Record) -> Key:
    """A key as it is kept, without its digest."""
    return Key(**{each.name: record[each.name] for each in fields(Key)})
