"""Fetching weights by the names of their files; `mattebox.zoo` does the work."""

from __future__ import annotations

import hashlib
import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

from mattebox.errors import ModelNotFound, WeightsUnavailable, unknown_name
from mattebox.zoo.card import Card
from mattebox.zoo.places import CARVE, HUB
from mattebox.zoo.registry import built_in_cards, load_cards
from mattebox.zoo.weights import ensure, look_up

__all__ = [
    "MODELS_CHECKSUMS",
    "MODELS_URLS",
    "CachedDownloader",
    "DownloadFailed",
    "HuggingFaceCompatibleDownloader",
    "UnknownFile",
    "downloader",
    "fallback_downloader",
    "fetched",
    "sha512_checksum_calc",
]

FAMILY = "carvekit"
WEIGHTS = [card.weights for card in built_in_cards().values() if card.family == FAMILY]

MODELS_URLS = {
    weights.file: {
        "repository": weights.repository,
        "revision": weights.revision,
        "filename": weights.remote or weights.file,
    }
    for weights in WEIGHTS
}
"""Where each file lies on the hub."""

MODELS_CHECKSUMS = {weights.file: weights.sha512 for weights in WEIGHTS}
"""SHA-512 of each file."""


class UnknownFile(ModelNotFound, FileNotFoundError):
    """CarveKit has no weights of that name; a `FileNotFoundError`, which is what programs written for it expect."""


class DownloadFailed(WeightsUnavailable, ConnectionError):
    """Weights cannot be fetched; a `ConnectionError`, which is what programs written for CarveKit expect."""


def fetched(card: Card) -> Path:
    """Path of a model's weights, which are fetched if they are not here.

    Raises:
        DownloadFailed: they cannot be.
    """
    try:
        return ensure(card)
    except WeightsUnavailable as error:
        raise DownloadFailed(str(error)) from error


def sha512_checksum_calc(file: Path) -> str:
    """SHA-512 of a file, in hexadecimal digits."""
    digest = hashlib.sha512()
    with file.open("rb") as data:
        while block := data.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def card_of(model_name: str) -> Card:
    """The card of the model whose weights have this name.

    Raises:
        UnknownFile: with the valid names.
    """
    cards = {Path(card.weights.file).name: card for card in load_cards().values() if card.name in CARVEKITS}
    if model_name not in cards:
        raise UnknownFile(unknown_name("file of weights", model_name, cards))
    return cards[model_name]


CARVEKITS = {card.name for card in built_in_cards().values() if card.family == FAMILY}
"""Names of the models whose cards a user's own may take the place of."""


class CachedDownloader(ABC):
    """Brings files of weights here, and asks another when it cannot."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return type(self).__name__

    @property
    def fallback_downloader(self) -> CachedDownloader | None:
        """Which one is asked next; None for none."""
        return None

    @abstractmethod
    def download_model_base(self, model_name: str) -> Path:
        """Path of a file, without asking another downloader.

        Raises:
            ConnectionError: it cannot be fetched.
        """

    def download_model(self, file_name: str) -> Path:
        """Path of a file, which is fetched if it is not here.

        Raises:
            ConnectionError: nobody can fetch it.
            UnknownFile: there is no such file.
        """
        try:
            return self.download_model_base(file_name)
        except (WeightsUnavailable, ConnectionError) as error:
            if self.fallback_downloader is None:
                raise
            warnings.warn(f"{self.name}: {error}; asking {self.fallback_downloader.name}", stacklevel=2)
            return self.fallback_downloader.download_model(file_name)

    def __call__(self, model_name: str) -> Path:
        """The same as `download_model`."""
        return self.download_model(model_name)


class HuggingFaceCompatibleDownloader(CachedDownloader):
    """Fetches files from the hub, or from a server with the same paths.

    Args:
        name: what messages call it.
        base_url: of the server.
        fb_downloader: which one is asked next; None for none.
    """

    def __init__(
        self, name: str = "Huggingface.co", base_url: str = HUB, fb_downloader: CachedDownloader | None = None
    ) -> None:
        self._name = name
        self.base_url = base_url
        self._fallback = fb_downloader

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._name

    @property
    def fallback_downloader(self) -> CachedDownloader | None:
        """Which one is asked next; None for none."""
        return self._fallback

    def check_for_existence(self, model_name: str) -> Path | None:
        """Path of a file that is here and whole; otherwise None.

        Raises:
            UnknownFile: there is no such file.
        """
        found = look_up(card_of(model_name))
        return found.path if found.trouble is None else None

    def download_model_base(self, model_name: str) -> Path:
        """Path of a file, which is fetched from this server if it is not here.

        Raises:
            DownloadFailed: it cannot be fetched.
            UnknownFile: there is no such file.
        """
        if (here := self.check_for_existence(model_name)) is not None:
            return here
        card, place = card_of(model_name), MODELS_URLS[model_name]
        address = f"{self.base_url}/{place['repository']}/resolve/{place['revision']}/{place['filename']}"
        return fetched(replace(card, weights=replace(card.weights, repository="", urls=(address,))))


fallback_downloader: CachedDownloader = HuggingFaceCompatibleDownloader()
downloader: CachedDownloader = HuggingFaceCompatibleDownloader("Carve CDN", CARVE, fallback_downloader)
