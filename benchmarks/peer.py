"""The peer: rembg, in an environment of its own, running the very network that Mattebox embeds."""

from __future__ import annotations

import json
import shutil
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.photos import SAMPLES
from benchmarks.processes import run

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-rembg"
REQUIREMENT = "rembg[cpu,cli]==2.0.86"
NETWORK = ROOT / "src/mattebox/zoo/lite/lite.onnx"

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


def find_peer(home: Path) -> Peer:
    """Install rembg unless that is done, give it the network, and run it once: its first run compiles for a minute."""
    home.mkdir()
    shutil.copy(NETWORK, home)
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
