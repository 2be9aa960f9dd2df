from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mattebox.picture import Picture, open_picture

EXAMPLES = Path(__file__).parent.parent / "examples"


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
