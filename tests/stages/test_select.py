from __future__ import annotations

import json
from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.stages.select import by_scene, candidates, choose, parameters, routing, select, sight_of_kind
from mattebox.zoo.registry import find_card

ROUTING = json.loads((Path(__file__).parents[1] / "parity" / "routing.json").read_text())
CARD_OF = {
    "TracerUniversalB7": "tracer_b7",
    "ISNet": "isnet",
    "U2NET": "u2net",
    "BASNET": "basnet",
    "DeepLabV3": "deeplabv3",
}


@pytest.mark.parametrize(("scene", "groups", "network"), ROUTING["choice"])
def test_the_choice_by_scene_and_objects_is_carvekits(scene: str, groups: list[str], network: str) -> None:
    assert choose(scene, groups) == CARD_OF[network]


def test_the_choice_by_scene_is_carvekits() -> None:
    assert {scene: by_scene(scene) for scene in ROUTING["scene_only"]} == {
        scene: CARD_OF[network] for scene, network in ROUTING["scene_only"].items()
    }


@pytest.mark.parametrize("network", ROUTING["parameters"])
def test_the_parameters_are_carvekits(network: str) -> None:
    assert parameters(CARD_OF[network]) == ROUTING["parameters"][network]


def test_every_model_in_the_tables_has_a_card() -> None:
    for how in ("auto", "autoscene"):
        for name in candidates(how):
            assert find_card(name, "segment").name == name
    assert all(find_card(name, "segment") for name in routing()["parameters"])


def test_every_kind_of_the_embedded_model_stands_for_a_sight() -> None:
    for kind in (*find_card("lite").kinds, None):
        sight = sight_of_kind(kind)
        assert choose(sight.scene, sight.groups) in candidates("auto")


def test_a_model_that_is_not_here_is_named_with_what_to_do() -> None:
    choice = select("auto", sight_of_kind("vehicle"), lambda _: False)
    assert choice.model == "lite"
    assert "tracer_b7 would suit" in choice.reason
    assert "mattebox models pull tracer_b7" in choice.reason


def test_unknown_names_are_errors() -> None:
    with pytest.raises(BadParameter, match="no scene 'sofd'; did you mean 'soft'"):
        choose("sofd", [])
    with pytest.raises(BadParameter, match="no model in the table of parameters 'tracer'"):
        parameters("tracer")
