from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from hub import Hub, open_hub
from mattebox.picture import Picture, open_picture
from mattebox.zoo import fetch, places

# A busy machine is no failure, and a failure belongs to the change at hand: no deadlines, and the same examples always.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

EXAMPLES = Path(__file__).parent.parent / "examples"
ELSEWHERE = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "U2NET_HOME", "REMBG_HOME")


@pytest.fixture
def disc() -> tuple[np.ndarray, np.ndarray]:
    """A red disc with a soft edge on green: colours (120, 160, 3) and its exact alpha."""
    y, x = np.mgrid[:120, :160].astype(np.float32)
    alpha = np.clip(41 - np.hypot(y - 60, x - 70), 0, 1).astype(np.float32)
    red, green = np.array([220, 20, 30], np.float32), np.array([20, 190, 60], np.float32)
    rgb = red * alpha[..., None] + green * (1 - alpha[..., None])
    return np.rint(rgb).astype(np.uint8), alpha


@pytest.fixture
def lemur() -> Picture:
    return open_picture(EXAMPLES / "lemur.jpg")


@pytest.fixture
def lemur_path() -> Path:
    return EXAMPLES / "lemur.jpg"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Our folder of weights and cards, not made yet, in the empty home folder of a user who has set nothing else."""
    for variable in ("MATTEBOX_OFFLINE", "MATTEBOX_MIRROR", *ELSEWHERE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MATTEBOX_HOME", str(tmp_path / "mattebox"))
    return tmp_path / "mattebox"


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub in place of the real ones, of which none is asked; between attempts nobody waits."""
    with open_hub() as opened:
        monkeypatch.setattr(places, "HUB", opened.url)
        monkeypatch.setattr(places, "CARVE", f"{opened.url}/cdn")
        monkeypatch.setattr(fetch, "BACKOFF", 0.0)
        yield opened
