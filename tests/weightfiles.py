"""Files of weights in the forms and under the names of CarveKit's, with weights that are made up."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from hub import write_card
from mattebox.nets.densenet import DenseNet161
from mattebox.stages.detections import object_groups
from mattebox.zoo.registry import built_in_cards
from parity.golden import state_of

RECORDS = {
    "tracer_b7": "tracer_b7",
    "isnet": "isnet",
    "fba": "fba_resnet50_gn_ws",
    "cascadepsp_original": "cascadepsp",
}
"""Models, and the records in `tests/parity` whose weights their files get."""
SCENES = ("digital", "hard", "soft")


def fill_home(home: Path, scene: str) -> None:
    """Put weights of every model that CarveKit's defaults need into a folder for `MATTEBOX_HOME`, and their cards.

    Args:
        home: the folder.
        scene: what the scene classifier says of every picture.
    """
    for model, record in RECORDS.items():
        put(home, model, state_of(record))
    put(home, "yolov4", {"classes": list(object_groups()), "state": state_of("yolov4")})
    put(home, "scene_classifier", scene_classifier(scene))


def put(home: Path, model: str, content: Any) -> None:
    """Save what a file of weights holds under its official name, beside a card for it."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    file = built_in_cards()[model].weights.file
    card = write_card(home / "cards", model, buffer.getvalue(), of=model, file=file)
    card.with_name(file).write_bytes(buffer.getvalue())


def scene_classifier(scene: str) -> dict[str, Any]:
    """The network pickled whole, as CarveKit's is, beside its classes in an order of its own."""
    torch.manual_seed(0)
    network = DenseNet161(classes=3).eval()
    torch.nn.init.zeros_(network.classifier.weight)
    order = {name: place for place, name in enumerate(reversed(SCENES))}
    network.classifier.bias.data = torch.eye(3)[order[scene]]
    return {"model": network, "class_to_idx": order}
