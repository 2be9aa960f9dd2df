from __future__ import annotations

from pathlib import Path

import pytest

from carvekit import __main__ as program
from carvekit.ml.wrap import network
from carvekit_standins import Call, StandIn
from mattebox import loading
from mattebox.zoo.card import Card
from standins import Command, Said


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What stand-ins are asked, which are in place of all of CarveKit's networks."""
    asked: list[Call] = []

    def load_engine(card: Card, device: str, *, half: bool, graph: str) -> StandIn:
        assert not half
        return StandIn(card, graph, device, asked)

    monkeypatch.setattr(loading, "load_engine", load_engine)
    monkeypatch.setattr(network, "fetched", lambda card: card)
    return asked


@pytest.fixture
def carvekit(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Command:
    """The command, run in this process in an empty folder, with stand-ins for networks."""

    def command(*words: str | Path) -> Said:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            program.app([str(word) for word in words], prog_name="carvekit")
        out, err = capfdbinary.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, out, err.decode())

    monkeypatch.chdir(tmp_path)
    return command
