"""Where the server keeps keys, counters and batch jobs: a file for one machine, Redis for several."""

from __future__ import annotations

import os
from pathlib import Path

from mattebox.errors import BadParameter, MissingExtra
from mattebox.serve.store.base import Change, Count, Record, Store
from mattebox.serve.store.sqlite import SqliteStore

__all__ = ["Change", "Count", "Record", "Store", "open_store"]

MEMORY = "memory:"
FILE = "sqlite:///"
REDIS = ("redis://", "rediss://")


def open_store(url: str, *, make: bool = True) -> Store:
    """Open the store at an address.

    Redis is asked when it is first needed, so that the server can be started before it.

    Args:
        url: the path of a file, with or without `sqlite:///` before it (so that `/srv/state` is `sqlite:////srv/state`);
            `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for the same with TLS; or `memory:` for one
            that ends with the process.
        make: make a file that is missing.

    Raises:
        BadParameter: it is no such address.
        MissingExtra: it is Redis, and the extra is not installed.
        StoreUnavailable: the file cannot be used.
    """
    if url.startswith(REDIS):
        try:
            from mattebox.serve.store.redis import RedisStore
        except ModuleNotFoundError as error:
            raise MissingExtra("serve", "a store in Redis") from error
        return RedisStore(url)
    if url == MEMORY:
        return SqliteStore(None)
    path = url.removeprefix(FILE)
    scheme, found, _ = path.partition("://")
    if found or not path.strip():
        # What follows the scheme may hold a password.
        wrong = f"a store of the kind '{scheme}://'" if found else f"the store '{url}'"
        raise BadParameter(f"{wrong} is not known; give a path, {FILE}path, redis://host or rediss://host")
    return SqliteStore(Path(os.path.expanduser(path)), make=make)
