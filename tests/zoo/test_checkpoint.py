from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.serialization import MAGIC_NUMBER, PROTOCOL_VERSION

from mattebox.errors import MissingExtra, WeightsUnavailable
from mattebox.zoo.checkpoint import read_checkpoint
from tiny import Tiny

KINDS = {"soft": 1, "digital": 2, "hard": 0}

ZIPPED = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


@pytest.fixture
def network() -> nn.Module:
    return Tiny().eval()


def same(found: dict[str, torch.Tensor], network: nn.Module) -> bool:
    expected = network.state_dict()
    return found.keys() == expected.keys() and all(torch.equal(found[name], value) for name, value in expected.items())


@ZIPPED
@pytest.mark.parametrize(
    ("wrapped", "classes"),
    [
        (lambda state: state, ()),
        (lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"lr": 0.1}}, ()),
        (lambda state: {"state": state, "classes": ["a", "b"]}, ("a", "b")),
        (lambda state: {"model": state, "class_to_idx": KINDS}, ("hard", "soft", "digital")),
        (lambda state: {"model": state, "classes": 80}, ()),
        (lambda state: {f"module.{name}": value for name, value in state.items()}, ()),
        (lambda state: {"model": {"state_dict": state}}, ()),
    ],
    ids=["bare", "state_dict", "state", "model", "count", "parallel", "twice"],
)
def test_weights_are_found_in_whatever_table_they_are(
    network: nn.Module, tmp_path: Path, wrapped: Callable[[Any], Any], classes: tuple[str, ...], zipped: bool
) -> None:
    torch.save(wrapped(network.state_dict()), tmp_path / "some.pth", _use_new_zipfile_serialization=zipped)
    found = read_checkpoint(tmp_path / "some.pth")
    assert same(found.state, network)
    assert found.classes == classes


@ZIPPED
@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_files_are_read_whatever_the_protocol_of_their_pickles(
    network: nn.Module, tmp_path: Path, protocol: int, zipped: bool
) -> None:
    path = tmp_path / "some.pth"
    torch.save(network.state_dict(), path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    assert same(read_checkpoint(path).state, network)


@ZIPPED
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")  # while it is saved
def test_a_network_that_was_pickled_whole_is_read_without_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool, parallel: bool
) -> None:
    foreign = ModuleType("foreign_nets")
    monkeypatch.setitem(sys.modules, "foreign_nets", foreign)

    class Whole(Tiny):
        made = 0

        def __init__(self) -> None:
            super().__init__()
            self.names, self.act, self.how = {"a", "b"}, torch.nn.functional.relu, (torch.float32, torch.Size((1, 2)))

        def __setstate__(self, state: dict[str, Any]) -> None:
            Whole.made += 1
            super().__setstate__(state)

    Whole.__module__, Whole.__qualname__ = "foreign_nets", "Whole"
    foreign.Whole = Whole  # type: ignore[attr-defined]
    network = Whole()
    saved = nn.DataParallel(network) if parallel else network
    torch.save({"model": saved, "class_to_idx": KINDS}, tmp_path / "whole.pth", _use_new_zipfile_serialization=zipped)
    monkeypatch.delitem(sys.modules, "foreign_nets")
    found = read_checkpoint(tmp_path / "whole.pth")
    assert same(found.state, network)
    assert found.classes == ("hard", "soft", "digital")
    assert Whole.made == 0
    assert "foreign_nets" not in sys.modules


class Wants:
    """An object that is made by calling something."""

    def __init__(self, call: Callable[..., Any], *values: Any) -> None:
        self.call, self.values = call, values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call, self.values


@ZIPPED
@pytest.mark.parametrize("place", ["table", "network", "bare"])
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (os.system, "posix.system"),
        (eval, "builtins.eval"),
        (getattr, "builtins.getattr"),
        (torch.load, "torch.serialization.load"),
        (subprocess.check_output, "subprocess.check_output"),
    ],
    ids=["system", "eval", "getattr", "load", "process"],
)
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_a_file_that_wants_to_run_code_is_refused(
    tmp_path: Path, call: Callable[..., Any], name: str, place: str, zipped: bool
) -> None:
    sign = tmp_path / "it ran"
    words = {
        os.system: f"touch '{sign}'",
        eval: f"open({str(sign)!r}, 'w')",
        subprocess.check_output: ["touch", str(sign)],
    }
    evil: Any = Wants(call, words.get(call, "denominator"))
    if place == "network":
        network = Tiny()
        network.extra = evil  # type: ignore[assignment]
        evil = network
    content = evil if place == "bare" else {"state_dict": Tiny().state_dict(), "extra": evil}
    path = tmp_path / "evil.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsUnavailable, match=r"evil\.pth: refused: it wants to run") as refusal:
        read_checkpoint(path)
    assert name in str(refusal.value)
    assert not sign.exists()


def test_a_plain_pickle_that_wants_to_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Wants(os.system, f"touch '{tmp_path / 'it ran'}'"), protocol=2))
    with pytest.raises(WeightsUnavailable, match=r"refused: it asks for posix\.system"):
        read_checkpoint(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_cannot_change_what_it_names(tmp_path: Path) -> None:
    path = legacy(tmp_path / "evil.pth", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}U\x04evilK\x01sb.")
    with pytest.raises(WeightsUnavailable):
        read_checkpoint(path)
    assert not hasattr(torch._utils._rebuild_tensor_v2, "evil")


def legacy(path: Path, content: bytes) -> Path:
    """Write a file as PyTorch did before 1.6, of which only what it holds is given."""
    head = (MAGIC_NUMBER, PROTOCOL_VERSION, {"little_endian": True})
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in head) + content + pickle.dumps([], protocol=2))
    return path


PATCHES = b"}(X\x08\0\0\0__name__X\x04\0\0\0evilX\x0c\0\0\0dump_patchesI01\n%bu"


@pytest.mark.parametrize(
    "module",
    [
        b"ctorch._utils\n_rebuild_tensor_v2\nN%b\x86b" % PATCHES % b"",
        b"celsewhere\nNet\n)\x81%bb" % PATCHES % b"X\x0b\0\0\0__wrapped__celsewhere\nRecord\n",
        b"celsewhere\nRecord\n",
    ],
    ids=["function", "object", "class"],
)
def test_the_source_in_a_file_makes_torch_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    source = b"X\x04\0\0\0a.pyX\x04\0\0\0evil"
    path = legacy(tmp_path / "evil.pth", b"\x80\x02(X\x06\0\0\0module%b%btQ." % (module, source))
    with pytest.raises(WeightsUnavailable):
        read_checkpoint(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_that_lies_in_itself_holds_no_weights(tmp_path: Path) -> None:
    content: dict[str, Any] = {}
    content["model"] = content
    torch.save(content, tmp_path / "some.pth")
    with pytest.raises(WeightsUnavailable, match="a dict without weights of a network"):
        read_checkpoint(tmp_path / "some.pth")


class Part:
    """A part of a network, with others in it."""

    def __init__(self, **parts: Part) -> None:
        self._modules = parts


def test_a_network_of_endless_parts_is_refused(tmp_path: Path) -> None:
    circle = Part()
    circle._modules["again"] = circle
    doubled = Part()
    for _ in range(40):
        doubled = Part(one=doubled, other=doubled)
    for network in (circle, doubled):
        torch.save({"model": network}, tmp_path / "some.pth")
        with pytest.raises(WeightsUnavailable, match=r"cannot be read .* a network of more parts than any has"):
            read_checkpoint(tmp_path / "some.pth")


@pytest.mark.parametrize(
    "code",
    [
        b"}r\xff\xff\xff\x01",  # the place of an object among 33 million
        b"\x96\xff\xff\xff\x1f\0\0\0\0",  # an array of half a gigabyte
    ],
    ids=["place", "array"],
)
@pytest.mark.parametrize("reader", ["torch", "paddle"])
def test_a_small_file_does_not_take_much_memory(tmp_path: Path, code: bytes, reader: str) -> None:
    path, content = tmp_path / "evil.pth", b"\x80\x02%b0celsewhere\nNet\n." % code
    if reader == "torch":
        legacy(path, content)
    else:
        path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(WeightsUnavailable, match=f"{path}: "):
            read_checkpoint(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_safetensors_are_known_by_their_content(network: nn.Module, tmp_path: Path, name: str) -> None:
    save_file(network.state_dict(), tmp_path / name)
    assert same(read_checkpoint(tmp_path / name).state, network)


@pytest.mark.parametrize("kept", [9, 100, -1])
def test_truncated_safetensors_are_told(network: nn.Module, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "model.safetensors"
    save_file(network.state_dict(), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsUnavailable, match=f"{path}: {path.stat().st_size:,} bytes that cannot be read"):
        read_checkpoint(path)


def test_without_the_package_for_safetensors_the_extra_is_named(
    network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(MissingExtra, match=r"reading .*model\.safetensors needs the extra 'torch'"):
        read_checkpoint(tmp_path / "model.safetensors")


def test_a_compressed_archive_is_refused(network: nn.Module, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "some.pth")
    path = tmp_path / "packed.pth"
    with zipfile.ZipFile(tmp_path / "some.pth") as plain, zipfile.ZipFile(path, "w") as packed:
        for name in plain.namelist():
            packed.writestr(name, plain.read(name), zipfile.ZIP_DEFLATED if name.endswith("/1") else zipfile.ZIP_STORED)
    with pytest.raises(WeightsUnavailable, match=r"cannot be read .* some/data/1 in it is compressed"):
        read_checkpoint(path)


def test_classes_that_are_not_names_are_none(network: nn.Module, tmp_path: Path) -> None:
    for entry in ({"classes": [["a"], ["b"]]}, {"class_to_idx": {"a": (1,), "b": (0,)}}):
        torch.save({"model": network.state_dict()} | entry, tmp_path / "some.pth")
        assert read_checkpoint(tmp_path / "some.pth").classes == ()


def test_a_script_of_torch_is_not_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "script.pth"
    torch.save(Tiny().state_dict(), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("script/constants.pkl", b"")
    with pytest.raises(WeightsUnavailable, match="cannot be read as a checkpoint"):
        read_checkpoint(path)


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            (tmp_path / name).write_bytes(pickle.dumps(0, protocol=2))
            archive.add(tmp_path / name, name)
    with pytest.raises(WeightsUnavailable, match="cannot be read as a checkpoint"):
        read_checkpoint(path)


@ZIPPED
@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_file_is_told_with_its_size(network: nn.Module, tmp_path: Path, zipped: bool, kept: float) -> None:
    path = tmp_path / "some.pth"
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    with pytest.raises(WeightsUnavailable, match=f"{path}: {path.stat().st_size:,} bytes that cannot be read"):
        read_checkpoint(path)


@pytest.mark.parametrize("data", [b"<html>not found</html>", b"PK\x03\x04 and so on", b"\x80\x02K\x01."])
def test_something_else_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.pth"
    path.write_bytes(data)
    with pytest.raises(WeightsUnavailable, match=f"{path}: {len(data)} bytes that cannot be read as a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [torch.zeros(1)], {"model": {"a": "b"}}])
def test_a_file_without_weights_is_told(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "some.pth")
    with pytest.raises(WeightsUnavailable, match=f"a {type(content).__name__} without weights of a network"):
        read_checkpoint(tmp_path / "some.pth")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"gone\.pth: there is no such file"):
        read_checkpoint(tmp_path / "gone.pth")
