"""Where the weights of a model lie, whether they are what the card says, and bringing them here."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mattebox.errors import ModelNotFound, WeightsUnavailable
from mattebox.zoo.card import Card
from mattebox.zoo.places import addresses, cached, files, offline, ways_out
from mattebox.zoo.registry import find_card
from mattebox.zoo.verify import digests_of, doubt, fault, known, note

if TYPE_CHECKING:
    from mattebox.zoo.fetch import Progress

__all__ = ["Found", "adopt", "ensure", "is_here", "look_up", "recognise", "verified_weights"]

log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What came of looking for weights on this machine.

    Attributes:
        path: where a file lies; None when there is none.
        trouble: why it cannot be used, in words; None when it can.
    """

    path: Path | None
    trouble: str | None


def look_up(card: Card, *, afresh: bool = False) -> Found:
    """The first file on this machine that is what the card describes; failing that the first one in its place.

    Args:
        card: the model.
        afresh: read the files even when they were read before.
    """
    wrong, expected = [], known(card)
    for path in filter(Path.is_file, files(card)):
        problem = fault(path, expected, afresh=afresh)
        if problem is None:
            return Found(path, None)
        wrong.append(Found(path, f"{path} {problem}{doubt(card)}"))
    return wrong[0] if wrong else Found(None, "its weights are not here")


def is_here(name: str) -> bool:
    """Whether the weights of a model can be used without fetching anything.

    Raises:
        ModelNotFound: there is no such model.
    """
    return look_up(find_card(name)).trouble is None


def ensure(card: Card, progress: Progress | None = None) -> Path:
    """Path of the weights of a model, which are what the card says; they are fetched when they are not here.

    Files in the caches of CarveKit and rembg are used where they lie, and never changed.

    Args:
        card: the model.
        progress: told how far the fetching is.

    Raises:
        WeightsUnavailable: they are not here and cannot be fetched, or are not what the card says.
        OutputFailed: our cache cannot be written.
    """
    path, trouble = look_up(card)
    if path is not None and trouble is None:
        note(card, path)
        return path
    if offline() or not addresses(card.weights):
        raise WeightsUnavailable(f"model '{card.name}': {trouble}; {remedy(card)}")
    # Its imports cost a tenth of a cold start, and mostly there is nothing to fetch.
    from mattebox.zoo.fetch import fetch

    log.info("model '%s': %s; fetching them", card.name, trouble)
    return fetch(card, progress)


def remedy(card: Card) -> str:
    """What to do about weights that are not here, or are not what the card says, and cannot be fetched."""
    if card.weights.embedded:
        return "install mattebox again"
    if not addresses(card.weights):
        return "put the file beside its card that the card was written for"
    return f"MATTEBOX_OFFLINE says that nothing is to be fetched: unset it, or {ways_out(card)}"


def verified_weights(card: Card) -> bytes:
    """The weights of a model, checked against the card before anything else sees them.

    Raises:
        WeightsUnavailable: as `ensure`.
    """
    return ensure(card).read_bytes()


def recognise(path: Path, cards: Iterable[Card]) -> Card:
    """The model whose weights a file holds, by its digest; by its name where nobody knows a digest.

    Raises:
        ModelNotFound: it is of none of these.
        WeightsUnavailable: it cannot be read.
    """
    try:
        size = path.stat().st_size
        candidates = [
            (card, known(card).digests)
            for card in cards
            if not card.weights.embedded and card.weights.size in {None, size}
        ]
        found = digests_of(path, {name for _, digests in candidates for name in digests})
    except OSError as error:
        raise WeightsUnavailable(f"{path} cannot be read ({error.strerror})") from error
    for card, digests in candidates:
        if digests.items() <= found.items() if digests else path.name == card.weights.name:
            return card
    doubts = "".join(doubt(card) for card, _ in candidates if path.name == card.weights.name)
    raise ModelNotFound(f"{path}: not the weights of any model that is known; see 'mattebox models list'{doubts}")


def adopt(path: Path, card: Card) -> Path:
    """Copy a file that was brought here by other means into our cache.

    Args:
        path: of the file.
        card: the model that it is for.

    Returns:
        Where it is now.

    Raises:
        WeightsUnavailable: it is not what the card says, or cannot be copied.
    """
    if (wrong := fault(path, known(card))) is not None:
        raise WeightsUnavailable(
            f"{path} is not the weights of model '{card.name}': it {wrong}; nothing was imported{doubt(card)}"
        )
    note(card, path)
    target = cached(card)
    part = target.with_name(f"{target.name}.import")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsUnavailable(f"{path} cannot be copied to {target} ({error.strerror})") from error
    return target
