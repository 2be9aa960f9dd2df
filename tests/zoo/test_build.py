from __future__ import annotations

import json
import logging
import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hub import write_card
from mattebox.errors import BadParameter, MissingExtra, WeightsUnavailable
from mattebox.nets.u2net import U2Net
from mattebox.zoo import build
from mattebox.zoo.architectures import ARCHITECTURES, Architecture, find_architecture
from mattebox.zoo.build import exportable, load_network, new_network
from mattebox.zoo.card import Card
from mattebox.zoo.places import note_of
from mattebox.zoo.registry import built_in_cards, find_card
from parity import weights_paddle as maker
from tiny import TINY, Tiny

PARITY = Path(__file__).parent.parent / "parity"
COUNTER = "num_batches_tracked"
Change = dict[str, torch.Tensor]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHITECTURES, "Tiny", TINY)


@pytest.fixture
def state() -> Change:
    torch.manual_seed(1)
    network = Tiny()
    network.look[1].running_mean.normal_()
    return network.state_dict()


@pytest.fixture
def card(home: Path) -> Iterator[Card]:
    write_card(home / "cards", "tiny", b"")
    return replace(find_card("tiny"), architecture="Tiny", kinds=("a", "b", "c"))


def saved(card: Card, content: Any) -> Card:
    """A card whose weights are those."""
    path = Path(card.weights.file)
    torch.save(content, path)
    again = write_card(path.parent, "tiny", path.read_bytes())
    return replace(card, weights=replace(Card.read(again).weights, file=str(path)))


def test_every_weight_is_loaded_under_its_name(card: Card, state: Change) -> None:
    network = load_network(saved(card, state))
    assert not network.training
    assert network.state_dict().keys() == state.keys()
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_a_network_that_answers_keeps_no_way_back(card: Card, state: Change) -> None:
    network = load_network(saved(card, state))
    assert not any(answer.requires_grad for answer in network(torch.zeros(1, 3, 8, 8)))


def test_weights_of_half_precision_are_brought_to_single(card: Card, state: Change) -> None:
    network = load_network(saved(card, {name: value.half() for name, value in state.items()}))
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    torch.testing.assert_close(network.state_dict()["mask.weight"], state["mask.weight"].half().float())


def test_what_was_for_training_only_is_left_out(card: Card, state: Change) -> None:
    network = load_network(saved(card, state | {"teacher.weight": torch.ones(3)}))
    assert network.state_dict().keys() == state.keys()


def test_counters_that_old_files_lack_are_zero(card: Card, state: Change) -> None:
    del state["look.1.num_batches_tracked"]
    assert load_network(saved(card, state)).state_dict()["look.1.num_batches_tracked"] == 0


def test_vanishing_weights_are_zero(card: Card, state: Change) -> None:
    state["mask.weight"].flatten()[:3] = torch.tensor([1e-39, -1e-31, 1e-29])
    found = load_network(saved(card, state)).state_dict()["mask.weight"].flatten()
    assert found[:2].tolist() == [0, 0]
    assert torch.equal(found[2:], state["mask.weight"].flatten()[2:])


@pytest.mark.parametrize(
    ("change", "gone", "message"),
    [
        ({}, ["mask.bias"], "not the weights of Tiny: lacks mask.bias; 9 of 10 weights fit"),
        ({"edge.bias": torch.ones(1)}, [], "has edge.bias, which it does not know"),
        ({"mask.bias": torch.ones(3)}, [], "1 of other shapes, such as mask.bias (3,), where (2,) is expected"),
        (
            {},
            ["mask.bias", "mask.weight", "look.0.bias", "kinds.bias"],
            "kinds.bias, look.0.bias, mask.bias and 1 more",
        ),
    ],
)
def test_what_does_not_fit_is_told(card: Card, state: Change, change: Change, gone: list[str], message: str) -> None:
    content = {name: value for name, value in (state | change).items() if name not in gone}
    card = saved(card, content)
    with pytest.raises(WeightsUnavailable) as refusal:
        load_network(card)
    assert str(refusal.value).startswith(f"{card.weights.file}: ")
    assert message in str(refusal.value)
    assert "it looks like" not in str(refusal.value)


@pytest.mark.parametrize(
    ("network", "title"),
    [
        (lambda: Tiny(5), "it looks like Tiny, 5"),
        (lambda: U2Net("small"), "it looks like U2Net, small"),
        (lambda: torch.nn.Linear(3, 3), None),
    ],
)
def test_weights_of_another_network_are_told_by_their_look(card: Card, network: Any, title: str | None) -> None:
    with pytest.raises(WeightsUnavailable, match="not the weights of Tiny") as refusal:
        load_network(saved(card, network().state_dict()))
    assert ("it looks like" in str(refusal.value)) == (title is not None)
    assert title is None or str(refusal.value).endswith(title)


def test_kinds_are_answered_in_the_order_of_the_card(card: Card, state: Change) -> None:
    network = load_network(saved(card, {"model": state, "class_to_idx": {"c": 0, "a": 1, "b": 2}}))
    assert torch.equal(network.state_dict()["kinds.weight"], state["kinds.weight"][[1, 2, 0]])
    assert torch.equal(network.state_dict()["kinds.bias"], state["kinds.bias"][[1, 2, 0]])
    plain = load_network(saved(card, state))
    assert torch.equal(plain.state_dict()["kinds.bias"], state["kinds.bias"])


def test_weights_for_other_kinds_are_refused(card: Card, state: Change) -> None:
    with pytest.raises(WeightsUnavailable, match="weights for a, b, d, where a, b, c are expected"):
        load_network(saved(card, {"model": state, "class_to_idx": {"a": 0, "b": 1, "d": 2}}))


def test_a_use_of_a_network_answers_what_is_asked(card: Card) -> None:
    network, picture = new_network(card), torch.rand(2, 3, 8, 9)
    mask, _ = network(picture)
    assert torch.equal(exportable(card, network, "mask")(picture), mask)
    assert exportable(card, network, "both") is network
    subject = exportable(card, network, "subject")(picture)
    torch.testing.assert_close(subject, torch.softmax(mask, 1)[:, 1:])
    with pytest.raises(BadParameter, match=r"no graph of Tiny 'masks'; did you mean 'mask'\?"):
        exportable(card, network, "masks")


def test_a_network_that_is_not_known_is_told(card: Card) -> None:
    with pytest.raises(BadParameter, match=r"no architecture 'U2Nett'; did you mean 'U2Net'\?"):
        new_network(replace(card, architecture="U2Nett"))
    with pytest.raises(BadParameter, match=r"options {'size': 3} do not make a Tiny"):
        new_network(replace(card, options={"size": 3}))


def test_without_torch_the_extra_is_named(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "tiny")
    with pytest.raises(MissingExtra, match=r"mattebox\[torch\]"):
        new_network(card)


CHECKPOINTS = [card for card in built_in_cards().values() if card.weights.form == "torch"]


@pytest.mark.parametrize("card", CHECKPOINTS, ids=lambda card: card.name)
def test_every_card_of_a_checkpoint_makes_a_network_with_its_graphs(card: Card) -> None:
    with torch.device("meta"):
        network = new_network(card)
        for graph in find_architecture(card.architecture).graphs:
            assert exportable(card, network, graph)


def test_what_tracers_files_hold_beside_is_known_by_its_place(caplog: pytest.LogCaptureFixture) -> None:
    wanted = dict.fromkeys(("encoder._blocks.0._bn0.bias", "agg.conv.weight"), torch.zeros(1))
    left = ("encoder.Frequency_Edge_Module1.conv.weight", "encoder._fc.weight")
    kept = ("encoder._blocks.0.new", "rfb2.new", "ObjectAttention1.new", "edge.weight")
    state = dict.fromkeys((*wanted, *left, *kept), torch.zeros(1))
    with caplog.at_level(logging.WARNING, "mattebox"):
        assert build.useful(state, wanted, ARCHITECTURES["Tracer"]).keys() == {*wanted, *kept}
    assert caplog.messages == [f"2 weights are for training only and left out: {', '.join(left)}"]


def in_paddle(name: str) -> str:
    return name.replace("running_mean", "_mean").replace("running_var", "_variance")


def test_names_of_paddle_become_those_of_pytorch(card: Card, state: Change) -> None:
    theirs = {in_paddle(name): value for name, value in state.items() if "tracked" not in name}
    assert theirs.keys() != state.keys()
    network = load_network(saved(card, theirs))
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_a_name_is_changed_only_into_one_that_is_wanted_and_missing() -> None:
    wanted = dict.fromkeys(("norm.weight", "norm.bias", "gain.scale", "mean.running_mean"), torch.zeros(1))
    state = {name: torch.ones(1) for name in ("norm.scale", "norm.bias", "gain.scale", "other._mean", "mean._mean")}
    found = build.renamed(state | {"mean.running_mean": torch.ones(1)}, wanted, Architecture("tiny"))
    assert set(found) == {*wanted, "other._mean", "mean._mean"}


ORIGINALS = (
    ("backbone.embeddings.position_embeddings", "backbone.pos_embed"),
    ("backbone.embeddings.projection.", "backbone.patch_embed.proj."),
    ("backbone.encoder.layer.", "backbone.blocks."),
    (".attention.", ".attn."),
    ("decoder.fusion_blocks.", "decoder.fusion_blks."),
    (".batch_norm.", ".bn."),
)


@pytest.mark.parametrize("size", ["tiny", "small", "base"])
def test_both_layouts_of_vitmatte_are_known(size: str) -> None:
    keys = [row[0] for row in json.loads((PARITY / "vitmatte" / f"vitmatte-{size}.json").read_text())["keys"]]
    wanted = dict.fromkeys(keys, torch.zeros(1))
    theirs = {}
    for number, name in enumerate(keys):
        theirs[reduce(lambda given, pair: given.replace(*pair), ORIGINALS, name)] = torch.tensor(number)
    architecture = find_architecture("ViTMatte")
    assert len(theirs.keys() - wanted.keys()) > 0.9 * len(keys)
    found = build.renamed(theirs, wanted, architecture)
    assert {name: int(value) for name, value in found.items()} == {name: number for number, name in enumerate(keys)}
    assert build.renamed(wanted, wanted, architecture) == wanted


RECORDS = {
    "paddle/ppmattingv2-stdc1": ["ppmattingv2"],
    "paddle/ppmatting-hrnet_w18": ["ppmatting_512", "ppmatting_1024"],
    "paddle/ppmatting-hrnet_w48": ["ppmatting_composition", "ppmatting_distinctions"],
    "paddle/human_matting-resnet34_vd": ["humanmatting"],
    "paddle/modnet-mobilenetv2": ["modnet_mobilenetv2"],
    "paddle/modnet-resnet50_vd": ["modnet_resnet50_vd"],
    "paddle/modnet-hrnet_w18": ["modnet_hrnet_w18"],
    "paddle/dim-vgg16": ["dim"],
    "paddle/rvm-mobilenetv3": ["rvm"],
    "vitmatte/vitmatte-small": ["vitmatte_small", "vitmatte_small_distinctions"],
    "vitmatte/vitmatte-base": ["vitmatte_base", "vitmatte_base_distinctions"],
}
"""Records of the weights in published files, and the cards of these files."""


@pytest.mark.parametrize("record", RECORDS)
def test_the_weights_in_a_published_file_are_those_of_its_network(record: str) -> None:
    keys = json.loads((PARITY / f"{record}.json").read_text())["keys"]
    theirs = {name: tuple(shape) for name, shape, *_ in keys}
    for name in RECORDS[record]:
        card = built_in_cards()[name]
        wanted = build.shapes_of(card.architecture, tuple(card.options.items()))
        found = build.renamed(theirs, wanted, find_architecture(card.architecture))
        assert found == {name: shape for name, shape in wanted.items() if name in found or COUNTER not in name}


def test_every_file_of_these_families_has_its_record() -> None:
    families = {"paddleseg", "vitmatte"}
    expected = {card.name for card in built_in_cards().values() if card.family in families}
    assert {name for names in RECORDS.values() for name in names} == expected


def published(card: Card, path: Path) -> Card:
    """A card like another, for a file of made-up weights."""
    weights = replace(card.weights, file=str(path), size=None, sha256="", first_sight=True, repository="", urls=())
    return replace(card, weights=weights)


def arrays(record: str) -> dict[str, np.ndarray]:
    spec = json.loads((PARITY / f"{record}.json").read_text())
    return maker.make_state(spec["keys"], spec["seed"])


@pytest.mark.slow
def test_a_file_of_paddle_is_loaded_into_its_network(home: Path, tmp_path: Path) -> None:
    theirs = arrays("paddle/modnet-mobilenetv2")
    path = tmp_path / "model.pdparams"
    path.write_bytes(pickle.dumps(theirs | {"StructuredToParameterName@@": {}}, protocol=4))
    state = load_network(published(find_card("modnet-mobilenetv2"), path)).state_dict()
    assert len([name for name in state if COUNTER not in name]) == len(theirs)
    for ours, original in (
        ("head.lr_branch.conv_lr16x.layers.1.inorm.weight", "head.lr_branch.conv_lr16x.layers.1.inorm.scale"),
        ("backbone.conv1._batch_norm.running_var", "backbone.conv1._batch_norm._variance"),
    ):
        np.testing.assert_array_equal(state[ours].numpy(), theirs[original])


@pytest.mark.slow
def test_vitmatte_is_loaded_from_both_layouts(home: Path, tmp_path: Path) -> None:
    state = {name: torch.from_numpy(array) for name, array in arrays("vitmatte/vitmatte-small").items()}
    originals = {reduce(lambda given, pair: given.replace(*pair), ORIGINALS, name): state[name] for name in state}
    save_file(state, tmp_path / "model.safetensors")
    torch.save({"model": originals}, tmp_path / "ViTMatte_S_Com.pth")
    card = find_card("vitmatte-small")
    one, other = (
        load_network(published(card, tmp_path / name)).state_dict()
        for name in ("model.safetensors", "ViTMatte_S_Com.pth")
    )
    assert one.keys() == other.keys() == state.keys()
    assert all(torch.equal(one[name], value) and torch.equal(other[name], value) for name, value in state.items())


def test_what_to_do_about_a_wrong_file_taken_at_first_sight_is_told(card: Card, state: Change) -> None:
    path = Path(card.weights.file)
    unpublished = replace(card, weights=replace(card.weights, sha256="", first_sight=True))
    for content in (b"<html>", None):
        path.write_bytes(content) if content else torch.save({"mask.bias": state["mask.bias"]}, path)
        note_of(unpublished).unlink(missing_ok=True)
        with pytest.raises(
            WeightsUnavailable, match=f"{note_of(unpublished)} holds that of the first .* delete the note"
        ):
            load_network(unpublished)
