"""What there is to know of a network beside its code, as data.

A network that lives in a file of `mattebox.nets` with the name of its class, in small letters, and that answers with a
mask, needs no entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from mattebox.errors import BadParameter, unknown_name

__all__ = ["ARCHITECTURES", "Architecture", "Graph", "find_architecture"]


@dataclass(frozen=True, slots=True)
class Graph:
    """One use of a network, which becomes one ONNX file.

    Attributes:
        inputs: names of what it takes, (N, channels, H, W) each, and how many channels.
        outputs: names of what it answers.
        answer: class of the module that is called with the network and answers so, as `module:Class`; empty where the
            network itself does.
        size: height and width of the pictures, for a network that is only ever shown one size; its file is made in a
            third of the time.
    """

    inputs: dict[str, int]
    outputs: tuple[str, ...]
    answer: str = ""
    size: tuple[int, int] | None = None


FIRST = "mattebox.zoo.answers:First"
SUBJECT = "mattebox.zoo.answers:Subject"
MASK = Graph({"picture": 3}, ("mask",))


@dataclass(frozen=True, slots=True)
class Architecture:
    """One class of network.

    Attributes:
        module: where the class is.
        graphs: its uses by name; the only one has none.
        variants: options that make another network of it, beside none.
        leftovers: patterns of what begins the names of weights that are in published files, from training, and that
            the network has no use for.
        classes: name of the layer that has a row for each class, for a network that sorts pictures.
    """

    module: str
    graphs: dict[str, Graph] = field(default_factory=lambda: {"": MASK})
    variants: tuple[dict[str, Any], ...] = ()
    leftovers: tuple[str, ...] = ()
    classes: str = ""


ARCHITECTURES = {
    "U2Net": Architecture(
        "mattebox.nets.u2net", {"": Graph({"picture": 3}, ("mask",), FIRST)}, variants=({"stages": "small"},)
    ),
    "BasNet": Architecture("mattebox.nets.basnet", {"": Graph({"picture": 3}, ("mask",), FIRST)}),
    "Tracer": Architecture(
        "mattebox.nets.tracer",
        # CarveKit's files hold the paper's edge detector, which its network no longer has: below the encoder, as in the
        # paper's code, and in none of the parts that an encoder has.
        leftovers=(r"encoder\.(?!_conv_stem\.|_bn0\.|_blocks\.)",),
    ),
    "DeepLabV3": Architecture(
        "mattebox.nets.deeplab",
        {"": Graph({"picture": 3}, ("mask",), SUBJECT), "scores": Graph({"picture": 3}, ("scores",), FIRST)},
    ),
    "FbaMatting": Architecture(
        "mattebox.nets.fba",
        {"": Graph({"picture": 3, "trimap": 2, "normalised": 3, "distances": 6}, ("matte",))},
        variants=({"norm": "batch"},),
    ),
    "CascadePsp": Architecture(
        "mattebox.nets.cascadepsp",
        {
            "coarse": Graph({"picture": 3, "mask": 1}, ("refined", "quarter"), "mattebox.nets.cascadepsp:CoarseStep"),
            "fine": Graph({"picture": 3, "mask": 1, "eighth": 1}, ("refined",), "mattebox.nets.cascadepsp:FineStep"),
        },
    ),
    "YoloV4": Architecture("mattebox.nets.yolo", {"": Graph({"picture": 3}, ("boxes", "confidences"))}),
    "DenseNet161": Architecture(
        "mattebox.nets.densenet", {"": Graph({"picture": 3}, ("classes",), size=(224, 224))}, classes="classifier"
    ),
}
"""The networks that are loaded from checkpoints and of which there is more to know, by the names of their classes."""


def find_architecture(name: str) -> Architecture:
    """What there is to know of a network.

    Raises:
        BadParameter: there is no such network.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    home = f"mattebox.nets.{name.lower()}"
    if not name.isidentifier() or find_spec(home) is None:
        raise BadParameter(unknown_name("architecture", name, ARCHITECTURES))
    return Architecture(home)
