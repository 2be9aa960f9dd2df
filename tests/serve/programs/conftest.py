from __future__ import annotations

from collections.abc import Iterator

import pytest

from serve.clients import LEMUR, site_of
from serve.live import Live, serving


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server that fetches pictures from this machine, where those of these tests are."""
    with serving(tmp_path_factory.mktemp("clients"), private_addresses=True) as started:
        yield started


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    """The address of the examples."""
    with site_of(LEMUR.parent) as address:
        yield address
