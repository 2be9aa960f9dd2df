"""The images and compose files name only what is there, and what the image starts takes work as it is started there."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mattebox.serve.options import CARVEKIT, PREFIX, ServeOptions, options_from
from mattebox.serve.service import Service
from waiting import until

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
COMPOSE = ("docker-compose.cpu.yml", "docker-compose.cuda.yml", "docker-compose.replicas.yml", "docker/service.yml")
SAMPLES = {
    "AUTH": "no", "AUTH_ENABLE": "0", "KEYS": "a,b", "ALLOWED_TOKENS": "a,b", "ADMIN_KEY": "c", "ADMIN_TOKEN": "c",
    "MODEL": "isnet", "SEGMENTATION_NETWORK": "u2net", "PREPROCESSING_METHOD": "autoscene",
    "POSTPROCESSING_METHOD": "cascade_fba", "REFINE": "cascadepsp", "MATTE": "fba", "MODELS": "installed",
    "DEVICE": "cpu", "ORIGINS": "https://shop.example", "PROXIES": "*", "STORE": "redis://redis/0", "DATA": "/data",
}  # fmt: skip
"""A value for each variable that is no number; numbers are tried with 640."""


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def statements(word: str) -> list[str]:
    """What follows a word of the Dockerfile, each statement on one line."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(word).strip() for line in joined.splitlines() if line.startswith(f"{word} ")]


def image_environment() -> dict[str, str]:
    stages = DOCKERFILE.replace("\\\n", " ").split("\nFROM ")
    (plain,) = (stage for stage in stages if stage.partition("\n")[0].endswith(" AS plain"))
    (line,) = (line for line in plain.splitlines() if line.startswith("ENV "))
    return dict(pair.split("=", 1) for pair in line.removeprefix("ENV ").split())


def variables() -> set[str]:
    """Every variable of the server's that an image or a compose file sets or hands on."""
    names = set(image_environment())
    for name in COMPOSE:
        for service in read(name)["services"].values():
            names |= set(service.get("environment", {}))
    return {name for name in names if name.startswith((PREFIX, CARVEKIT))}


@pytest.mark.skipif(sys.platform != "linux", reason="hadolint is installed on Linux")
def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, ROOT / "docker/Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [each for line in statements("COPY") if "--from" not in line for each in line.split()[:-1]]
    assert {"src", "docker/healthcheck.py"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert any(fnmatch.fnmatch(name, pattern) for pattern in sent), name
    assert set(sent) == set(copied)


def test_bases_are_pinned_and_the_server_is_nobody() -> None:
    bases = {line.split()[0] for line in statements("FROM")} - {"build-cpu", "plain"}
    assert bases
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-slim-[a-z]+", base) for base in bases)
    assert all(int(user) > 0 for user in statements("USER"))
    assert statements("USER")


def test_onnx_runtime_for_cuda_is_the_version_that_was_tested() -> None:
    (pinned,) = re.findall(r"^onnxruntime==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    (installed,) = re.findall(r"onnxruntime-gpu\[[a-z,]+\]==([\d.]+)", DOCKERFILE)
    assert installed == pinned


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_files_name_what_is_there(name: str) -> None:
    folder, file = (ROOT / name).parent, read(name)
    for service in file["services"].values():
        if "extends" in service:
            base = read(str((folder / service["extends"]["file"]).relative_to(ROOT)))
            assert service["extends"]["service"] in base["services"]
            mounted = base["services"][service["extends"]["service"]]["volumes"]
            assert {volume.split(":")[0] for volume in mounted} <= set(file["volumes"])
        build = service.get("build", {})
        if "context" in build:
            assert (folder / build["context"] / build["dockerfile"]).resolve() == ROOT / "docker/Dockerfile"
        if "target" in build:
            assert f" AS {build['target']}\n" in DOCKERFILE
        for source, *_ in (volume.split(":") for volume in service.get("volumes", [])):
            assert (folder / source).exists() if source.startswith(".") else name not in file.get("volumes", {})


@pytest.mark.parametrize("variable", sorted(variables()))
def test_variables_are_known_and_do_something(variable: str) -> None:
    name = variable.removeprefix(PREFIX).removeprefix(CARVEKIT)
    value = SAMPLES.get(name, "1" if name == "FP16" else "640")
    network = {"CARVEKIT_SEGMENTATION_NETWORK": "tracer_b7"}  # some have a size of their own that cannot be changed
    assert options_from({**network, variable: value}) != options_from(network)


def test_carvekit_can_still_change_the_port_and_our_own_variable_wins() -> None:
    image = image_environment()
    assert options_from(image).port == int(statements("EXPOSE")[0]) == 5000
    assert options_from({**image, "CARVEKIT_PORT": "5001"}).port == 5001
    assert options_from({**image, "MATTEBOX_SERVE_PORT": "5002"}).port == 5002


def test_the_proxy_lets_the_server_speak_for_itself(tmp_path: Path) -> None:
    """Its limits lie above the server's, and the container is given time for what the server finishes at the end."""
    options = ServeOptions(data=tmp_path)
    service = Service(options)
    proxy = (ROOT / "docker/nginx.conf").read_text()
    (size,) = re.findall(r"client_max_body_size (\d+)g", proxy)
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s", proxy)
    assert int(size) * 1e9 > service.limits.body
    assert int(seconds) > options.deadline
    assert int(read("docker/service.yml")["services"]["mattebox"]["stop_grace_period"][:-1]) > options.grace + 5
    service.store.close()


def without_privileges() -> list[str]:
    """Words before a command that leave it no privilege, as in the container."""
    if os.geteuid() != 0:
        return []
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("root needs setpriv to leave its privileges")
    return [program, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]


@pytest.mark.slow
def test_what_the_image_starts_gets_ready_with_a_read_only_folder_and_no_privileges(tmp_path: Path) -> None:
    kept, locked = tmp_path / "kept", tmp_path / "locked"
    (kept / "tmp").mkdir(parents=True)
    locked.mkdir(mode=0o555)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    image = image_environment()
    places = {"HOME": "tmp", "MATTEBOX_HOME": "models", "MATTEBOX_SERVE_DATA": "data"}
    environment = {**image, **{name: str(kept / place) for name, place in places.items()}}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "CARVEKIT_PORT": port}
    environment |= {"TMPDIR": str(kept / "tmp"), "OMP_WAIT_POLICY": "passive"}
    command, (check,) = yaml.safe_load(statements("CMD")[-1]), re.findall(r"CMD (\[.+healthcheck.py\"\])", DOCKERFILE)
    health = [sys.executable, str(ROOT / "docker" / Path(yaml.safe_load(check)[-1]).name)]

    def healthy() -> bool:
        done = subprocess.run(health, env=environment, cwd=locked, capture_output=True, check=False)
        return done.returncode == 0

    assert not healthy()
    server = subprocess.Popen(
        [*without_privileges(), *command], env=environment, cwd=locked, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: healthy() or server.poll() is not None)
        server.terminate()
        _, told = server.communicate(timeout=30)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0, told
    assert {path.name for path in kept.iterdir()} >= {"data"}
    assert list(locked.iterdir()) == []
    assert list((kept / "tmp").iterdir()) == [], "a library keeps something, as if to report to its makers"
