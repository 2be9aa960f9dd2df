"""What there is to know of a network beside its code, as data.

A network that lives in a file of `mattebox.nets` with the name of its class, in small letters, and that answers with a
mask, needs no entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

from mattebox.errors import BadParameter, unknown_name

__all__ = ["ARCHITECTURES", "Architecture", "Graph", "find_architecture"]


@dataclass(frozen=True, slots=True)
class Graph:
    """One use of a network, which becomes one ONNX file.

    Attributes:
        inputs: names of what it takes, (N, channels, H, W) each, and how many channels, or which of the network's
            options says so.
        outputs: names of what it answers.
        answer: class of the module that is called with the network and answers so, as `module:Class`; empty where the
            network itself does.
        size: height and width of the pictures, for a network that is only ever shown one size; its file is made in a
            third of the time.
        step: pixels of the picture, on each side, that one place in what it takes stands for.
        multiple: what both sides must be multiples of, for a network that cannot be exported without being told.
    """

    inputs: dict[str, int | str]
    outputs: tuple[str, ...]
    answer: str = ""
    size: tuple[int, int] | None = None
    step: int = 1
    multiple: int = 1


FIRST = "mattebox.zoo.answers:First"
SUBJECT = "mattebox.zoo.answers:Subject"
MASK = Graph({"picture": 3}, ("mask",))
FIRST_MASK = Graph({"picture": 3}, ("mask",), FIRST)
WITH_TRIMAP = Graph({"picture": 3, "trimap": 1}, ("alpha",))


@dataclass(frozen=True, slots=True)
class Architecture:
    """One class of network.

    Attributes:
        module: where the class is.
        graphs: its uses by name; the only one has none.
        variants: options that make another network of it, beside none.
        renames: pairs of a pattern and what replaces it, applied in their order to names of weights that the network
            does not know, for published files under other names.
        leftovers: patterns of what begins the names of weights that are in published files, from training, and that
            the network has no use for.
        classes: name of the layer that has a row for each class, for a network that sorts pictures.
        half_on_cpu: half precision is worth it on a CPU too.
        pixel_bytes: of memory that it takes for each pixel that it sees, for one that takes much of large pictures.
    """

    module: str
    graphs: dict[str, Graph] = field(default_factory=lambda: {"": MASK})
    variants: tuple[dict[str, Any], ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    leftovers: tuple[str, ...] = ()
    classes: str = ""
    half_on_cpu: bool = False
    pixel_bytes: int = 0


ARCHITECTURES = {
    "U2Net": Architecture("mattebox.nets.u2net", {"": FIRST_MASK}, variants=({"stages": "small"},)),
    "BasNet": Architecture("mattebox.nets.basnet", {"": FIRST_MASK}),
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
    "PPMatting": Architecture("mattebox.nets.ppmatting", {"": FIRST_MASK}, variants=({"width": 48},), pixel_bytes=2300),
    "HumanMatting": Architecture(
        "mattebox.nets.humanmatting", {"": FIRST_MASK}, variants=({"refine": False},), pixel_bytes=500
    ),
    "PPMattingV2": Architecture("mattebox.nets.ppmattingv2"),
    "ModNet": Architecture("mattebox.nets.modnet", variants=({"backbone": "resnet50_vd"}, {"backbone": "hrnet_w18"})),
    "Dim": Architecture("mattebox.nets.dim", {"": WITH_TRIMAP}, variants=({"stage": 1},)),
    "Gca": Architecture("mattebox.nets.gca", {"": replace(WITH_TRIMAP, multiple=32)}, variants=({"attention": False},)),
    # One frame without a memory, which is how a single picture is looked at.
    "Rvm": Architecture("mattebox.nets.rvm", {"": FIRST_MASK}),
    "ViTMatte": Architecture(
        "mattebox.nets.vitmatte",
        {
            "encode": Graph({"picture": 4}, ("features",), "mattebox.nets.vitmatte:Encode", multiple=32),
            # The pixels of a patch lie one after the other in the channels, so that both inputs are of one size.
            "decode": Graph(
                {"features": "width", "patches": 4 * 16 * 16}, ("alpha",), "mattebox.nets.vitmatte:Decode", step=16
            ),
        },
        variants=({"width": 768, "heads": 12},),
        half_on_cpu=True,
        # From the names of the authors' repository to those of Hugging Face.
        renames=(
            (r"^backbone\.pos_embed$", "backbone.embeddings.position_embeddings"),
            (r"^backbone\.patch_embed\.proj\.", "backbone.embeddings.projection."),
            (r"^backbone\.blocks\.", "backbone.encoder.layer."),
            (r"\.attn\.", ".attention."),
            (r"^decoder\.fusion_blks\.", "decoder.fusion_blocks."),
            (r"^(decoder\..+)\.bn\.", r"\1.batch_norm."),
        ),
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
