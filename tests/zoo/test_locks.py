from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mattebox.errors import WeightsUnavailable
from mattebox.zoo import locks


def test_a_folder_where_files_cannot_be_locked_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def claim(_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "claim", claim)
    told = f"{home / 'locks'}: files cannot be locked there .*; set MATTEBOX_HOME to a folder on a local disk"
    with pytest.raises(WeightsUnavailable, match=told), locks.alone("work", lambda: None):
        pass
