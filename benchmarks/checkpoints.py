"""Weights for networks whose published ones are not at hand: those that the tests' reference outputs were made with.

`python -m benchmarks.checkpoints HOME NAME...` makes a `MATTEBOX_HOME` in which models have such weights, so that every
command runs with them; what they answer means nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.zoo.registry import CARDS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mattebox.zoo.card import Card

PARITY = Path(__file__).parent.parent / "tests/parity"
FIXTURES = {
    "basnet": "basnet",
    "cascadepsp": "cascadepsp",
    "cascadepsp_original": "cascadepsp",
    "deeplabv3": "deeplabv3_resnet101",
    "fba": "fba_resnet50_gn_ws",
    "isnet": "isnet",
    "tracer_b7": "tracer_b7",
    "u2net": "u2net",
    "yolov4": "yolov4",
}
"""Records of the reference outputs, by the names of cards."""


def deterministic_state(card: str, network: nn.Module) -> dict[str, Tensor]:
    """Weights of a card's network, the same on every machine; values stay in a useful range all through it."""
    import torch

    sys.path.insert(0, str(PARITY))
    import weights

    keys = [[name, list(value.shape)] for name, value in network.state_dict().items()]
    record = json.loads((PARITY / f"{FIXTURES[card]}.json").read_text()) if card in FIXTURES else {}
    arrays = weights.state_dict_arrays(keys, record.get("seed", 0), record.get("rules", ()))
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def write_own_card(folder: Path, card: Card, weights: Path) -> None:
    """A card that puts a file in the place of a model's published weights, in a folder of own cards."""
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    table, _, rest = (CARDS / f"{card.name}.toml").read_text().partition("[weights]")
    licence = rest.partition("[licence]")[2]
    entries = f'file = "{weights}"\nform = "torch"\nsha256 = "{digest}"'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{card.name}.toml").write_text(f"{table}[weights]\n{entries}\n\n[licence]{licence}")


def main() -> None:
    """Make a home whose models have deterministic weights."""
    import torch

    from mattebox.zoo.build import new_network
    from mattebox.zoo.registry import find_card

    home, *names = sys.argv[1:]
    for card in map(find_card, names):
        weights = Path(home).resolve() / f"{card.name}.pth"
        weights.parent.mkdir(parents=True, exist_ok=True)
        torch.save(deterministic_state(card.name, new_network(card)), weights)
        write_own_card(weights.parent / "cards", card, weights)


if __name__ == "__main__":
    main()
