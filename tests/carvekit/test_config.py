"""What is set in the environment, what makes no sense, and the interface that comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from carvekit.api.autointerface import AutoInterface
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.deeplab_v3 import DeepLabV3
from carvekit.ml.wrap.u2net import U2NET
from carvekit.pipelines.postprocessing import CasMattingMethod, MattingMethod
from carvekit.pipelines.preprocessing import AutoScene, PreprocessingStub
from carvekit.web.schemas.config import AuthConfig, MLConfig, WebAPIConfig
from carvekit.web.utils.init_utils import init_config, init_interface
from carvekit_standins import Call, sight

VARIABLES = {
    "CARVEKIT_PORT": ("80", "port", 80),
    "CARVEKIT_HOST": ("127.0.0.1", "host", "127.0.0.1"),
    "CARVEKIT_SEGMENTATION_NETWORK": ("isnet", "ml.segmentation_network", "isnet"),
    "CARVEKIT_PREPROCESSING_METHOD": ("stub", "ml.preprocessing_method", "stub"),
    "CARVEKIT_POSTPROCESSING_METHOD": ("fba", "ml.postprocessing_method", "fba"),
    "CARVEKIT_DEVICE": ("cpu", "ml.device", "cpu"),
    "CARVEKIT_BATCH_SIZE_PRE": ("2", "ml.batch_size_pre", 2),
    "CARVEKIT_BATCH_SIZE_SEG": ("3", "ml.batch_size_seg", 3),
    "CARVEKIT_BATCH_SIZE_MATTING": ("4", "ml.batch_size_matting", 4),
    "CARVEKIT_BATCH_SIZE_REFINE": ("6", "ml.batch_size_refine", 6),
    "CARVEKIT_SEG_MASK_SIZE": ("320", "ml.seg_mask_size", 320),
    "CARVEKIT_MATTING_MASK_SIZE": ("1024", "ml.matting_mask_size", 1024),
    "CARVEKIT_REFINE_MASK_SIZE": ("512", "ml.refine_mask_size", 512),
    "CARVEKIT_FP16": ("1", "ml.fp16", True),
    "CARVEKIT_TRIMAP_FILTER_THRESHOLD": ("20", "ml.trimap_filter_threshold", 20),
    "CARVEKIT_TRIMAP_PROB_THRESHOLD": ("100", "ml.trimap_prob_threshold", 100),
    "CARVEKIT_TRIMAP_DILATION": ("10", "ml.trimap_dilation", 10),
    "CARVEKIT_TRIMAP_EROSION": ("1", "ml.trimap_erosion", 1),
    "CARVEKIT_AUTH_ENABLE": ("0", "auth.auth", False),
    "CARVEKIT_ADMIN_TOKEN": ("secret", "auth.admin_token", "secret"),
    "CARVEKIT_ALLOWED_TOKENS": ("one,two", "auth.allowed_tokens", ["one", "two"]),
}


def at(config: WebAPIConfig, path: str) -> Any:
    found: Any = config
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_every_variable_sets_its_setting_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, (text, own, value) in VARIABLES.items():
        plain = {path: at(init_config(), path) for _, path, _ in VARIABLES.values() if "token" not in path}
        with monkeypatch.context() as patch:
            patch.setenv(variable, text)
            config = init_config()
        assert at(config, own) == value
        assert type(at(config, own)) is type(value)
        assert [path for path in plain if at(config, path) != plain[path]] == [own] * (value != plain.get(own, value))


def test_there_are_21_variables_and_every_setting_has_one() -> None:
    settings = {path for _, path, _ in VARIABLES.values()}
    fields = WebAPIConfig().dict()
    parts = {f"{part}.{name}" for part in ("ml", "auth") for name in fields[part]}
    assert settings == parts | {"port", "host"}
    assert len(VARIABLES) == 21


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("CARVEKIT_PORT", "http", "CARVEKIT_PORT=http: must be a whole number"),
        ("CARVEKIT_FP16", "yes", "CARVEKIT_FP16=yes: must be 1 or 0"),
        ("CARVEKIT_SEG_MASK_SIZE", "0", "seg_mask_size=0: must be at least 1"),
        ("CARVEKIT_BATCH_SIZE_MATTING", "-1", "batch_size_matting=-1: must be at least 1"),
        ("CARVEKIT_SEGMENTATION_NETWORK", "tracer", "no segmentation network 'tracer'; did you mean 'tracer_b7'"),
        ("CARVEKIT_PREPROCESSING_METHOD", "fba", "no preprocessing method 'fba'"),
        ("CARVEKIT_POSTPROCESSING_METHOD", "cascade", "no postprocessing method 'cascade'"),
        ("CARVEKIT_DEVICE", "gpu", "device 'gpu': must be cpu or cuda"),
    ],
)
def test_what_makes_no_sense_is_an_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, message: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValueError, match=message):
        init_config()


def test_a_gpu_that_is_not_there_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match=r"device 'cuda:7' was asked for, but this PyTorch .* finds"):
        MLConfig(device="cuda:7")


def test_no_token_is_empty_and_none_is_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARVEKIT_ALLOWED_TOKENS", "")
    assert init_config().auth.allowed_tokens == []
    first, second = AuthConfig(), AuthConfig()
    assert len({first.admin_token, second.admin_token, *first.allowed_tokens, *second.allowed_tokens}) == 4
    assert len(first.admin_token) == 64


def test_records_can_be_read_as_those_of_pydantic() -> None:
    config = WebAPIConfig(ml=MLConfig(device="cpu"), auth=AuthConfig(admin_token="a", allowed_tokens=["b"]))
    assert config.dict()["ml"] == config.model_dump()["ml"] == MLConfig().dict()
    assert json.loads(config.json()) == json.loads(config.model_dump_json()) == config.dict()


def test_the_parts_that_were_named(calls: list[Call]) -> None:
    interface = init_interface(
        MLConfig("u2net", "none", "fba", batch_size_seg=3, seg_mask_size=64, matting_mask_size=128)
    )
    network, method = interface.segmentation_pipeline, interface.postprocessing_pipeline
    assert isinstance(network, U2NET)
    assert (network.batch_size, network.input_image_size) == (3, (64, 64))
    assert type(method) is MattingMethod
    assert method.matting_module.input_image_size == (128, 128)
    assert interface.preprocessing_pipeline is None
    other = init_interface(WebAPIConfig(ml=MLConfig("deeplabv3", "stub", "none")))
    assert isinstance(other.segmentation_pipeline, DeepLabV3)
    assert isinstance(other.preprocessing_pipeline, PreprocessingStub)
    assert other.postprocessing_pipeline is None
    usual = init_interface(MLConfig())
    assert isinstance(usual.preprocessing_pipeline, AutoScene)
    assert type(usual.postprocessing_pipeline) is CasMattingMethod
    assert isinstance(usual.postprocessing_pipeline.refining_module, CascadePSP)


def test_the_filter_of_trimaps_has_an_effect(calls: list[Call]) -> None:
    trimaps = init_interface(MLConfig(trimap_filter_threshold=70)).postprocessing_pipeline.trimap_generator
    assert trimaps.filter_threshold == 70
    haze = sight("digital").getchannel("R").point(lambda _: 60)
    assert trimaps(haze, haze).getextrema() == (0, 0)


def test_automatic_choice_keeps_to_what_differs_from_its_default(calls: list[Call]) -> None:
    config = MLConfig(
        preprocessing_method="auto",
        postprocessing_method="fba",
        batch_size_pre=2,
        batch_size_refine=3,
        seg_mask_size=64,
        refine_mask_size=512,
        trimap_dilation=7,
        trimap_filter_threshold=20,
    )
    interface = init_interface(config)
    assert isinstance(interface, AutoInterface)
    assert (interface.refining_batch_size, interface.refining_image_size) == (3, 512)
    assert interface.scene_classifier.batch_size == interface.object_classifier.batch_size == 2
    assert interface.override_trimap_params(DeepLabV3)["trimap_generator"] == {
        "prob_threshold": 231,
        "kernel_size": 7,
        "erosion_iters": 20,
        "filter_threshold": 20,
    }
    interface([sight("hard", "car")])
    assert ("tracer_b7", (1, 3, 64, 64)) in [(call.model, call.shape) for call in calls]
    assert not any("cascadepsp" in call.model for call in calls), "fba was asked for, and no refinement"


def test_automatic_choice_without_anything_after_the_segmentation(calls: list[Call]) -> None:
    interface = init_interface(MLConfig(preprocessing_method="auto", postprocessing_method="none"))
    (cutout,) = interface([sight("soft", "cat")])
    assert cutout.getchannel("A").getextrema() == (0, 255)
    assert {call.model for call in calls} == {"scene_classifier", "yolov4", "isnet"}
    with pytest.warns(UserWarning, match="'auto' chooses the network for every picture; 'u2net' is not used"):
        init_interface(MLConfig("u2net", "auto"))
