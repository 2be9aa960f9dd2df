"""Where weights may lie: on this machine, and on the net.

What users set, all of it in the environment:

| variable | what it says |
|---|---|
| `MATTEBOX_HOME` | folder of weights, exported networks and own cards; `~/.cache/mattebox` unless given |
| `MATTEBOX_OFFLINE` | `1`: nothing is fetched |
| `MATTEBOX_MIRROR` | addresses, separated by commas, that are asked first; they have files under their original paths |
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from mattebox.errors import BadParameter
from mattebox.zoo.card import Card, Weights

__all__ = ["EMBEDDED", "addresses", "cached", "files", "home", "note_of", "offline", "published", "ways_out"]

EMBEDDED = Path(__file__).parent

HUB = "https://huggingface.co"
CARVE = "https://cdn.carve.photos"
"""Holds the files of the hub's user Carve too, under the same paths."""

DIGITS = 8
"""How many of a digest tell files of one name apart."""
CARVEKIT = "~/.cache/carvekit/checkpoints"


def home() -> Path:
    """The folder of everything that is kept from one run to the next."""
    return folder("MATTEBOX_HOME", folder("XDG_CACHE_HOME", "~/.cache") / "mattebox")


def folder(variable: str, otherwise: str | Path) -> Path:
    """The folder that a variable of the environment names; another where it says nothing."""
    return Path(os.path.expanduser(os.environ.get(variable) or otherwise))


def offline() -> bool:
    """Whether the user wants nothing fetched."""
    return os.environ.get("MATTEBOX_OFFLINE", "").lower() in {"1", "true", "yes", "on"}


def cached(card: Card) -> Path:
    """Where the weights of a model are put when they are fetched; cards of users' own may name their files alike."""
    weights = card.weights
    own = weights.digest or hashlib.sha256(weights.file.encode()).hexdigest()
    return home() / "weights" / (f"{own[:DIGITS]}-{weights.name}" if card.family == "own" else weights.name)


def note_of(card: Card) -> Path:
    """Where the SHA-256 of a file is noted of which nobody has published a digest."""
    path = cached(card)
    return path.with_name(f"{path.name}.sha256")


def files(card: Card) -> Iterator[Path]:
    """Where the weights of a model may lie on this machine, in the order in which they are looked for.

    An embedded model's are in the package. Others are beside the card of a user's own, in our cache, or in one that
    CarveKit or rembg have filled.
    """
    weights, name = card.weights, card.weights.name
    if weights.embedded:
        yield EMBEDDED / weights.file
        return
    if PurePath(weights.file).is_absolute():
        yield Path(weights.file)
    yield cached(card)
    if weights.repository:
        yield Path(os.path.expanduser(CARVEKIT)) / weights.repository.rpartition("/")[2] / name
    if card.family == "rembg":
        yield from rembg_files(name)


def rembg_files(name: str) -> Iterator[Path]:
    """Where rembg keeps a file: its newer versions in a folder for each model, the older ones in one folder."""
    data = os.environ.get("XDG_DATA_HOME", "")
    old = folder("U2NET_HOME", Path(data or "~") / ".u2net")
    new = old if os.environ.get("U2NET_HOME") else folder("REMBG_HOME", Path(data) / "rembg" if data else "~/.rembg")
    yield new / "models" / PurePath(name).stem / name
    yield old / name


def published(weights: Weights) -> list[str]:
    """Where the publishers of a file have it; empty for one that is nowhere on the net."""
    if not weights.repository:
        return list(weights.urls)
    bases = (HUB, CARVE) if weights.repository.startswith("Carve/") else (HUB,)
    path = f"{weights.repository}/resolve/{weights.revision}/{weights.remote or weights.name}"
    return [f"{base}/{path}" for base in bases]


def addresses(weights: Weights) -> list[str]:
    """Where a file may be fetched, the user's mirrors first; empty for one that is nowhere on the net.

    Raises:
        BadParameter: a mirror is not the address of a web server.
    """
    known = published(weights)
    return [base + urlsplit(url).path for base in mirrors() for url in known[:1]] + known


def mirrors() -> list[str]:
    """The user's mirrors.

    Raises:
        BadParameter: one is not the address of a web server.
    """
    bases = [base.strip().rstrip("/") for base in os.environ.get("MATTEBOX_MIRROR", "").split(",") if base.strip()]
    for base in bases:
        if not base.startswith(("https://", "http://")):
            raise BadParameter(f"MATTEBOX_MIRROR: '{base}' must begin with https:// or http://")
    return bases


def ways_out(card: Card) -> str:
    """What a user can do where the weights of a model cannot be fetched."""
    file = card.weights.name
    return (
        f"run 'mattebox models pull {card.name}' where there is a connection, or copy {file} here and run "
        f"'mattebox models import {file}', or set MATTEBOX_MIRROR to the address of a server that has it"
    )
