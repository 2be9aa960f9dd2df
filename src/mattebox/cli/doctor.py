"""`mattebox doctor`: what is installed, what will be used, and whether it works."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from importlib import metadata
from typing import Annotated, Any

from typer import Option

__all__ = ["doctor"]


def doctor(
    *,
    device: Annotated[str, Option(metavar="NAME", help="Device that has to work: auto, cpu, cuda, ...")] = "auto",
    as_json: Annotated[bool, Option("--json", help="Print JSON.")] = False,
) -> int:
    """Say what is installed and what will be used, and try it.

    Exit code 1 if the device is not there, weights are damaged, or the trial fails.
    """
    from mattebox.cli.models import print_fields
    from mattebox.cli.text import complain, print_json, set_up_log

    set_up_log(verbose=False)
    weights, damaged = checked_weights()
    trial, failures = tried(device)
    record = {
        "versions": versions(),
        "extras": extras(),
        "devices": devices(),
        "nvidia driver": nvidia_driver(),
        "weights": weights,
        "trial": trial,
        "free": free(),
        "ok": not (damaged or failures),
    }
    if as_json:
        print_json(record)
    else:
        print_fields(record)
    for problem in (*damaged, *failures):
        complain(problem)
    return 0 if record["ok"] else 1


def requirements() -> list[tuple[str, str]]:
    """(package, extra) that Mattebox names; the extra is empty for what it always needs."""
    try:
        lines = metadata.requires("mattebox") or []
    except metadata.PackageNotFoundError:  # run from its sources
        return []
    found = []
    for line in lines:
        package = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", line)
        if package and package[0] != "mattebox" and not (extra is None and ";" in line):
            found.append((package[0], extra[1] if extra else ""))
    return found


def version_of(package: str) -> str | None:
    """The installed version; None when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    """Versions of everything that always runs."""
    from mattebox import __version__

    always = [package for package, extra in requirements() if not extra]
    return {
        "mattebox": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{package: version_of(package) or "not installed under this name" for package in always},
    }


def extras() -> dict[str, str]:
    """Every extra: the versions of its packages, or the line that installs it."""
    packages: dict[str, list[str]] = {}
    for package, extra in requirements():
        if extra:
            packages.setdefault(extra, []).append(package)
    told = {}
    for extra, names in sorted(packages.items()):
        found = {name: version_of(name) for name in names}
        if None in found.values():
            told[extra] = f"missing; pip install 'mattebox[{extra}]'"
        else:
            told[extra] = ", ".join(f"{name} {version}" for name, version in found.items())
    return told


def devices() -> str:
    """Devices of ONNX Runtime, fastest first."""
    from mattebox.engines.onnx import available_devices

    return ", ".join(available_devices())


def nvidia_driver() -> str:
    """Whether PyTorch may find a GPU of NVIDIA's, for checkpoints; asking it itself takes seconds."""
    from mattebox.engines.torch import has_nvidia_driver

    return "found" if has_nvidia_driver() else "none"


def checked_weights() -> tuple[dict[str, str], list[str]]:
    """What became of reading and checking the weights of every model that are here, and what is wrong."""
    from mattebox.zoo.registry import load_cards
    from mattebox.zoo.weights import look_up

    states, problems = {}, []
    for name, card in load_cards().items():
        path, trouble = look_up(card, afresh=True)
        if trouble is None:
            states[name] = "match their digests"
        elif path is None and not card.weights.embedded:
            states[name] = "not fetched"
        else:
            states[name] = "damaged or missing"
            problems.append(f"model '{name}': {trouble}")
    return states, problems


def tried(device: str) -> tuple[dict[str, Any], list[str]]:
    """Run both default networks on a small picture, and say where they ran and how long it took."""
    import numpy as np

    from mattebox.errors import EngineFailed, WeightsUnavailable
    from mattebox.remover import Remover

    try:
        started = time.perf_counter()
        remover = Remover(device=device)
        loaded = time.perf_counter()
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[:, 32:] = 255
        remover(picture)
        remover(picture, mask=picture[::16, ::16])  # a coarse mask certainly has an edge to be refined
        finished = time.perf_counter()
    except (EngineFailed, WeightsUnavailable) as error:
        return {"device asked": device, "result": "failed"}, [str(error)]
    return {
        "device asked": device,
        "device used": remover.device,
        "engine": "onnxruntime",
        "model": remover.settings.model,
        "seconds to load": round(loaded - started, 3),
        "seconds to run": round(finished - loaded, 3),
        "result": "works",
    }, []


def free() -> dict[str, str]:
    """Free disk and memory here."""
    told = {"disk": f"{shutil.disk_usage('.').free / 1e9:.1f} GB", "cores": str(os.cpu_count())}
    if "SC_AVPHYS_PAGES" in getattr(os, "sysconf_names", {}):
        told["memory"] = f"{os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB"
    return told
