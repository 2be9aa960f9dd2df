"""What interfaces choose, in which order they answer, and what their networks are shown."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from carvekit.api.autointerface import AutoInterface
from carvekit.api.high import HiInterface
from carvekit.api.interface import Interface
from carvekit.ml.wrap.basnet import BASNET
from carvekit.ml.wrap.deeplab_v3 import DeepLabV3
from carvekit.ml.wrap.isnet import ISNet, ISNetDISPretrained
from carvekit.ml.wrap.scene_classifier import SceneClassifier
from carvekit.ml.wrap.tracer_b7 import TracerUniversalB7, TracerUniversalB7Pretrained
from carvekit.ml.wrap.u2net import U2NET
from carvekit.ml.wrap.yolov4 import Object, SimplifiedYoloV4, YoloV4_COCO
from carvekit.pipelines.preprocessing import AutoScene
from carvekit_standins import KINDS, Call, sight
from mattebox.errors import EngineFailed
from parity.golden import record

ROUTING = record("routing")
CLASSES = {each.__name__: each for each in (TracerUniversalB7, ISNet, U2NET, BASNET, DeepLabV3)}


def shown(calls: list[Call]) -> list[tuple[str, tuple[int, ...]]]:
    """Models and shapes of what segmentation networks were shown."""
    others = ("scene_classifier", "yolov4", "fba", "cascadepsp", "cascadepsp_original")
    return [(call.model, call.shape) for call in calls if call.model not in others]


def automatic(**settings: Any) -> AutoInterface:
    return AutoInterface(SceneClassifier(), SimplifiedYoloV4(), **settings)


@pytest.mark.parametrize(("scene", "groups", "network"), ROUTING["choice"])
def test_the_network_for_scene_and_objects(scene: str, groups: list[str], network: str, calls: list[Call]) -> None:
    info = {"image": None, "objects": groups}
    automatic().select_net(scene, [info])
    assert info["net"] is CLASSES[network]


@pytest.mark.parametrize("network", ROUTING["parameters"])
def test_the_parameters_for_a_network(network: str) -> None:
    assert AutoInterface.select_params_for_net(CLASSES[network]) == ROUTING["parameters"][network]


def test_the_network_for_a_scene() -> None:
    assert {scene: AutoScene.select_net(scene).__name__ for scene in ROUTING["scene_only"]} == ROUTING["scene_only"]
    with pytest.raises(ValueError, match="no scene 'sofd'; did you mean 'soft'"):
        AutoScene.select_net("sofd")


def test_the_groups_of_objects_are_carvekits() -> None:
    assert {group: len(kinds) for group, kinds in SimplifiedYoloV4.db.items()} == ROUTING["object_groups"]


def test_classifiers_say_what_they_see(calls: list[Call]) -> None:
    pictures = [sight("hard", "cat"), sight("soft"), sight("digital", "car", (200, 100))]
    scenes = SceneClassifier(topk=3, batch_size=2)(pictures)
    assert [names[0] for names, _ in scenes] == ["hard", "soft", "digital"]
    assert all(sum(shares) == pytest.approx(1) and sorted(shares, reverse=True) == shares for _, shares in scenes)
    assert [call.shape for call in calls] == [(2, 3, 224, 224), (1, 3, 224, 224)]
    assert SceneClassifier(batch_size=3)([pictures[0]])[0][0] == ["hard"]
    assert SimplifiedYoloV4()(pictures) == [["animals"], [], ["cars"]]
    found = YoloV4_COCO(batch_size=1)(pictures)
    assert found[0] == [Object("cat", pytest.approx(0.9), 20, 15, 60, 45)]
    assert (found[1], found[2][0].dict()["class_name"], found[2][0].x2) == ([], "car", 150)


def test_hi_interface_takes_the_network_that_was_named(calls: list[Call]) -> None:
    cat = sight("soft", "cat")
    HiInterface(object_type="object")([cat])
    HiInterface(object_type="hairs-like")([cat])
    with pytest.warns(UserWarning, match="no object type 'hair': taking 'object'"):
        HiInterface(object_type="hair", seg_mask_size=96)([cat])
    assert shown(calls) == [
        ("tracer_b7", (1, 3, 960, 960)),
        ("isnet", (1, 3, 960, 960)),
        ("tracer_b7", (1, 3, 96, 96)),
    ]
    assert not any(call.model == "scene_classifier" for call in calls)


def test_hi_interface_takes_the_network_that_suits_the_scene_in_the_order_of_the_pictures(calls: list[Call]) -> None:
    sizes = [(80, 60), (90, 70), (100, 40), (64, 64)]
    pictures = [
        sight(scene, None, size) for scene, size in zip(("hard", "soft", "digital", "hard"), sizes, strict=True)
    ]
    cutouts = HiInterface(batch_size_seg=2, seg_mask_size=96, refine_mask_size=96)(pictures)
    assert [(cutout.mode, cutout.size) for cutout in cutouts] == [("RGBA", size) for size in sizes]
    for cutout, picture in zip(cutouts, pictures, strict=True):
        assert cutout.getpixel((0, 5)) == (*picture.getpixel((0, 5)), 255)
    assert shown(calls) == [
        ("tracer_b7", (2, 3, 96, 96)),
        ("isnet", (1, 3, 1024, 1024)),
        ("tracer_b7", (1, 3, 96, 96)),
    ]
    assert {call.model for call in calls} >= {"cascadepsp_original", "fba"}


def test_hi_interface_is_built_with_numbers_that_make_no_sense_until_it_runs(calls: list[Call]) -> None:
    HiInterface(
        batch_size_seg=0,
        batch_size_matting=0,
        seg_mask_size=0,
        matting_mask_size=0,
        trimap_prob_threshold=0,
        trimap_dilation=0,
        trimap_erosion_iters=0,
        fp16=True,
    )


def test_auto_interface_answers_in_the_order_of_the_pictures_also_of_equal_ones(calls: list[Call]) -> None:
    soft, hard = sight("soft", "person"), sight("hard", "car", (100, 70))
    cutouts = automatic()([soft, hard, soft, sight("digital", None, (70, 70))])
    assert [cutout.size for cutout in cutouts] == [(80, 60), (100, 70), (80, 60), (70, 70)]
    assert cutouts[0].tobytes() == cutouts[2].tobytes()
    assert shown(calls) == [
        ("isnet", (1, 3, 1024, 1024)),
        ("isnet", (1, 3, 1024, 1024)),
        ("tracer_b7", (1, 3, 960, 960)),
        ("tracer_b7", (1, 3, 960, 960)),
    ]
    refined = [call for call in calls if call.model == "cascadepsp_original" and call.graph == "coarse"]
    assert len(refined) == 2, "what ISNet has found is not refined"


def test_auto_interface_asks_for_parameters_by_the_class_of_the_network(calls: list[Call]) -> None:
    asked: list[Any] = []

    def parameters(net: Any) -> dict[str, dict[str, Any]]:
        asked.append(net)
        return {**AutoInterface.select_params_for_net(net), "trimap_generator": {"kernel_size": 0, "erosion_iters": 0}}

    (thin,) = automatic(override_trimap_params=parameters)([sight("hard", "bicycle")])
    (wide,) = automatic()([sight("hard", "bicycle")])
    assert asked == [ISNet]
    assert thin.getchannel("A").histogram()[127] < wide.getchannel("A").histogram()[127]


def test_a_network_in_use_is_taken_for_its_scene_and_its_batch_size_for_the_others(calls: list[Call]) -> None:
    own = TracerUniversalB7Pretrained(input_image_size=64, batch_size=2)
    interface = Interface(own, AutoScene(SceneClassifier()))
    interface([sight("hard"), sight("digital"), sight("soft"), sight("soft")])
    assert shown(calls) == [
        ("tracer_b7_original", (1, 3, 64, 64)),
        ("tracer_b7_original", (1, 3, 64, 64)),
        ("isnet", (2, 3, 1024, 1024)),
    ]


def test_a_network_of_a_programs_own_needs_no_more_than_carvekit_asked_for(calls: list[Call]) -> None:
    class Own:
        device = "cpu"

        def to(self, device: str) -> None:
            """Move nowhere."""

    interface = Interface(Own(), AutoScene(SceneClassifier()))
    assert [cutout.size for cutout in interface([sight("soft")])] == [(80, 60)]
    assert shown(calls) == [("isnet", (1, 3, 1024, 1024))]


def test_an_interface_without_a_network_says_so() -> None:
    with pytest.raises(ValueError, match="seg_pipe is None"):
        Interface(None)([Image.new("RGB", (64, 64))])


def test_paths_are_pictures_too_and_an_empty_list_is_none(calls: list[Call], tmp_path: Path) -> None:
    sight("hard").save(tmp_path / "a.PNG")
    network = ISNetDISPretrained(input_image_size=[64, 32])
    ways = [str(tmp_path / "a.PNG"), tmp_path / "a.PNG", sight("hard")]
    cutouts = Interface(network)(ways)
    assert len({cutout.tobytes() for cutout in cutouts}) == 1
    assert shown(calls) == [("isnet_dis", (1, 3, 32, 64))] * 3
    assert Interface(network)([]) == automatic()([]) == HiInterface()([]) == []


def test_networks_are_moved_as_modules_are(calls: list[Call]) -> None:
    network, classifier = U2NET(), SceneClassifier()
    assert network.to("cpu").eval() is network
    classifier.model.to("cpu")
    classifier.device = network.device = "cpu"
    assert classifier.class_to_idx == {name: place for place, name in classifier.idx_to_class.items()}
    network.batch_size, network.input_image_size = 2, (32, 64)
    network([sight("hard")] * 3)
    assert shown(calls) == [("u2net", (2, 3, 64, 32)), ("u2net", (1, 3, 64, 32))]


def test_a_gpu_that_is_not_there_is_an_error_when_a_network_is_built_or_moved(calls: list[Call]) -> None:
    with pytest.raises(EngineFailed, match=r"device 'cuda:7' was asked for, but this PyTorch .* finds"):
        HiInterface(device="cuda:7")
    with pytest.raises(EngineFailed, match="device 'cuda:7' was asked for"):
        U2NET().to("cuda:7")


def test_half_precision_on_a_cpu_warns_and_is_not_done(calls: list[Call]) -> None:
    with pytest.warns(UserWarning, match="half precision is for GPUs"):
        ISNet(fp16=True)([sight("hard")])
    with pytest.warns(UserWarning, match="U2NET does not run in half precision"):
        U2NET(fp16=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BASNET(fp16=True)([sight("hard")])


def test_every_kind_that_stand_ins_know_is_one_of_coco() -> None:
    names = YoloV4_COCO(load_pretrained=False).classes
    assert {kind: names.index(kind) for kind in KINDS} == KINDS
