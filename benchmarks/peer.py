"""The peer: rembg, in an environment of its own, running the very network that Mattebox embeds."""

from __future__ import annotations

import json
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from benchmarks.photos import SAMPLES
from benchmarks.processes import run

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-rembg"
REQUIREMENT = "rembg[cpu,cli]==2.0.86"
NETWORK = ROOT / "src/mattebox/zoo/lite/lite.onnx"
PEER_SIZE = 320

VERSIONS = """
from importlib.metadata import version
for name in ("rembg", "onnxruntime", "numpy", "pillow"):
    print(name, version(name))
"""


@dataclass(frozen=True)
class Peer:
    """How to run rembg.

    Attributes:
        home: folder of its models, with the network inside.
        missing: why it cannot be run; empty when it can.
        versions: of it and of what it stands on.
    """

    home: Path
    missing: str = ""
    versions: str = ""

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.missing or "rembg"

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that it needs."""
        return {"REMBG_HOME": str(self.home)}

    @property
    def program(self) -> Path:
        """Path of its command."""
        return ENVIRONMENT / "bin/rembg"

    def remove(self, source: Path, target: Path) -> list[str | Path]:
        """The command for a picture or a folder. Our network goes by `u2net_custom`: it has the same inputs."""
        extras = json.dumps({"model_path": str(self.home / NETWORK.name)})
        return [self.program, "p" if source.is_dir() else "i", "-m", "u2net_custom", "-x", extras, source, target]


def widened(data: bytes) -> bytes:
    """The network with a shrinking step before it, since rembg shows a network of this kind pictures of 320 x 320."""
    model = onnx.load_from_string(data)
    graph = model.graph
    picture = graph.input[0]
    ours = picture.type.tensor_type.shape.dim[2].dim_value
    scale = np.array([1, 1, ours / PEER_SIZE, ours / PEER_SIZE], np.float32)
    graph.initializer.append(onnx.numpy_helper.from_array(scale, "shrink"))
    graph.node.insert(0, onnx.helper.make_node("Resize", ["wide", "", "shrink"], [picture.name], mode="linear"))
    wide = onnx.helper.make_tensor_value_info("wide", onnx.TensorProto.FLOAT, ["batch", 3, PEER_SIZE, PEER_SIZE])
    del graph.input[:]
    graph.input.append(wide)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def find_peer(home: Path) -> Peer:
    """Install rembg unless that is done, give it the network, and run it once: its first run compiles for a minute."""
    home.mkdir()
    (home / NETWORK.name).write_bytes(widened(NETWORK.read_bytes()))
    peer = Peer(home)
    try:
        if not peer.program.exists():
            venv.create(ENVIRONMENT, with_pip=True)
            run([ENVIRONMENT / "bin/python", "-m", "pip", "install", "--quiet", REQUIREMENT])
        run(peer.remove(SAMPLES / "lemur.jpg", home / "lemur.png"), peer.env)
        versions = run([ENVIRONMENT / "bin/python", "-c", VERSIONS]).output
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        return Peer(home, f"rembg could not be run: {str(error).strip().splitlines()[-1]}")
    return Peer(home, "", ", ".join(versions.splitlines()))
