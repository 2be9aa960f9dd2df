from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.live import Live, serving

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server for all tests that only ask it things."""
    with serving(tmp_path_factory.mktemp("server")) as live:
        yield live


@pytest.fixture(scope="session")
def lemur() -> bytes:
    """A photo of 680 x 440 pixels."""
    return (EXAMPLES / "lemur.jpg").read_bytes()
