from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from hub import DATA, PATH, Hub, write_card
from mattebox.errors import BadParameter, MissingExtra, OutputFailed
from mattebox.zoo import convert
from mattebox.zoo import export as exporter
from mattebox.zoo.architectures import ARCHITECTURES, Graph
from mattebox.zoo.build import exportable, load_network
from mattebox.zoo.card import Card
from mattebox.zoo.convert import is_ready, onnx_file
from mattebox.zoo.registry import find_card
from tiny import TINY, Tiny


@pytest.fixture
def card(home: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    """The card of a checkpoint of a tiny network."""
    monkeypatch.setitem(ARCHITECTURES, "Tiny", TINY)
    path = home / "tiny.pth"
    home.mkdir()
    torch.save(Tiny().state_dict(), path)
    write_card(home / "cards", "tiny", path.read_bytes())
    path.rename(home / "cards" / "tiny.pth")
    return replace(find_card("tiny"), architecture="Tiny")


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was exported, in place of whose content there is its name."""
    made: list[Path] = []

    def export(card: Card, graph: str, path: Path, _: object) -> None:
        made.append(path)
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name)
        convert.record_of(path).write_text(convert.digests_of(path, ("sha256",))["sha256"])

    monkeypatch.setattr(convert, "export", export)
    return made


def test_a_published_file_is_taken_as_it_is(hub: Hub, home: Path) -> None:
    hub.files[PATH] = DATA
    write_card(home / "cards", "some", DATA, form="onnx", repository="Carve/some", revision="1234")
    assert onnx_file(find_card("some")) == home / "weights" / "some.pth"


@pytest.mark.slow
def test_a_checkpoint_becomes_a_file_that_answers_the_same(card: Card) -> None:
    path = onnx_file(card, "subject")
    picture = torch.rand(3, 3, 20, 30)
    with torch.inference_mode():
        expected = exportable(card, load_network(card), "subject")(picture).numpy()
    (answer,) = onnxruntime.InferenceSession(path).run(["mask"], {"picture": picture.numpy()})
    np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_it_is_made_once_for_each_graph(card: Card, exports: list[Path]) -> None:
    assert onnx_file(card, "mask") == onnx_file(card, "mask")
    assert onnx_file(card, "both") != onnx_file(card, "mask")
    assert [path.name.rpartition("-")[0] for path in exports] == ["tiny-mask", "tiny-both"]


def test_it_is_made_anew_for_other_weights_and_options(card: Card, exports: list[Path]) -> None:
    onnx_file(card, "mask")
    onnx_file(replace(card, options={"channels": 5}), "mask")
    onnx_file(replace(card, weights=replace(card.weights, sha256="0" * 64)), "mask")
    onnx_file(replace(card, title="the same under another title"), "mask")
    assert len(set(exports)) == len(exports) == 3


@pytest.mark.parametrize("damage", ["content", "record", "gone"])
def test_a_damaged_one_is_made_again(card: Card, exports: list[Path], damage: str) -> None:
    path = onnx_file(card, "mask")
    if damage == "content":
        path.write_text("damaged")
    elif damage == "record":
        convert.record_of(path).unlink()
    else:
        path.unlink()
    assert onnx_file(card, "mask") == path
    assert path.read_text() == path.name
    assert len(exports) == 2


def test_without_torch_it_can_be_used_but_not_made(
    card: Card, exports: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = onnx_file(card, "mask")
    Path(card.weights.file).unlink()
    monkeypatch.setitem(sys.modules, "torch", None)
    assert onnx_file(card, "mask") == path
    with pytest.raises(MissingExtra, match=r"model 'tiny' .* pip install 'mattebox\[torch\]'"):
        onnx_file(card, "both")


@pytest.mark.parametrize("package", ["torch", "onnxscript"])
def test_a_checkpoint_is_ready_where_it_can_be_exported_or_was(
    home: Path, exports: list[Path], monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    path = write_card(home / "cards", "some", DATA)
    assert not is_ready("some")
    path.with_suffix(".pth").write_bytes(DATA)
    assert is_ready("some")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, package, None)
        assert not is_ready("some")
    onnx_file(find_card("some"))
    path.with_suffix(".pth").unlink()
    monkeypatch.setitem(sys.modules, package, None)
    assert is_ready("some")


def test_a_graph_that_is_not_there_is_told(card: Card) -> None:
    with pytest.raises(BadParameter, match="no graph of Tiny ''"):
        onnx_file(card)


def test_a_cache_that_cannot_be_written_is_told(card: Card, home: Path) -> None:
    (home / "locks").write_text("a file where the folder should be")
    with pytest.raises(OutputFailed, match="set MATTEBOX_HOME to a folder that can"):
        onnx_file(card, "mask")


def test_a_network_without_a_published_digest_is_exported_once(card: Card, exports: list[Path]) -> None:
    unpublished = replace(card, weights=replace(card.weights, sha256="", first_sight=True))
    assert not convert.is_exported(unpublished)
    assert onnx_file(unpublished, "mask") == onnx_file(unpublished, "mask")
    assert len(exports) == 1
    assert onnx_file(card, "mask") == exports[0], "the same weights"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """The shapes of all that a network is tried on when it is exported."""
    shapes: list[torch.Size] = []

    def write(_: object, example: tuple[torch.Tensor, ...], path: Path, **__: object) -> None:
        shapes.extend(picture.shape for picture in example)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")

    monkeypatch.setattr(exporter, "export_onnx", write)
    return shapes


@pytest.mark.parametrize(("multiple", "size"), [(1, (128, 160)), (32, (128, 160)), (128, (512, 640))])
def test_a_network_is_tried_on_pictures_that_it_takes(
    card: Card, shown: list[torch.Size], multiple: int, size: tuple[int, int]
) -> None:
    onnx_file(replace(card, multiple=multiple), "mask")
    assert shown == [(1, 3, *size)]


def test_inputs_may_be_smaller_than_the_picture_and_as_wide_as_an_option_says(
    card: Card, shown: list[torch.Size], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = Graph({"features": "channels", "patches": 768}, ("mask",), step=16)
    monkeypatch.setitem(ARCHITECTURES, "Tiny", replace(TINY, graphs={"decode": graph}))
    onnx_file(replace(card, options={"channels": 4}), "decode")
    assert shown == [(1, 4, 8, 10), (1, 768, 8, 10)]
