"""The methods and interfaces that are put together from parts, against what was recorded of CarveKit's."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from carvekit.api.interface import Interface
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.fba_matting import FBAMatting
from carvekit.ml.wrap.isnet import ISNet
from carvekit.ml.wrap.u2net import U2NET
from carvekit.pipelines.postprocessing import CasMattingMethod, MattingMethod
from carvekit.pipelines.preprocessing import PreprocessingStub
from carvekit.trimap.cv_gen import CV2TrimapGenerator
from carvekit.trimap.generator import TrimapGenerator
from carvekit.utils.mask_utils import apply_mask
from parity.golden import PIPELINES, assert_same_picture, drawn, recorded, state_of

ENTRIES = {entry["id"]: entry for entry in PIPELINES["pipe_methods"]}


@cache
def weighted(wrapper: type[Any], weights: str, **settings: Any) -> Any:
    network = wrapper(load_pretrained=False, **settings)
    network.load_state_dict(state_of(weights))
    return network


def method_of(entry: dict[str, Any]) -> MattingMethod | None:
    if "fba" not in entry:
        return None
    matting = weighted(FBAMatting, "fba_resnet50_gn_ws", **entry["fba"])
    trimaps = CV2TrimapGenerator(**entry["cv2_trimap"]) if "cv2_trimap" in entry else TrimapGenerator(**entry["trimap"])
    if "cascadepsp" not in entry:
        return MattingMethod(matting, trimaps)
    return CasMattingMethod(weighted(CascadePSP, "cascadepsp", **entry["cascadepsp"]), matting, trimaps)


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if "MattingMethod" in entry["kind"]])
def test_every_recorded_method(name: str) -> None:
    entry = ENTRIES[name]
    method = method_of(entry)
    assert method is not None
    picture, mask = drawn(entry["image"]), drawn(entry["mask"])
    (ours,) = method([picture], [mask])
    assert ours.mode == "RGBA"
    assert_same_picture(ours, recorded("pipe_methods", f"{name}.rgba"), any_step=True)


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry["kind"] == "Interface"])
def test_every_recorded_interface(name: str) -> None:
    entry = ENTRIES[name]
    wrapper, weights = {"U2NET": (U2NET, "u2net"), "ISNet": (ISNet, "isnet")}[entry["segmentation"].split()[0]]
    network = weighted(wrapper, weights, input_image_size=96)
    picture = drawn(entry["image"])
    for preprocessing in (None, PreprocessingStub()):
        (ours,) = Interface(network, preprocessing, method_of(entry))([picture])
        assert_same_picture(ours, recorded("pipe_methods", f"{name}.rgba"), any_step="post" in entry)
    (mask,) = network([picture])
    assert_same_picture(mask, recorded("pipe_methods", f"{name}.mask"))
    assert Interface(network)([picture])[0].tobytes() == apply_mask(picture, mask).tobytes()


def test_pictures_are_given_to_parts_of_ones_own_by_name() -> None:
    picture, mask = drawn(["image", [97, 131], 1]), drawn(["mask", [97, 131], 1])
    asked: dict[str, Any] = {}

    def matting(*, images: list[Any], trimaps: list[Any]) -> list[Any]:
        asked.update(images=images, trimaps=trimaps)
        return trimaps

    def trimap(*, original_image: Any, mask: Any) -> Any:
        asked.update(original_image=original_image)
        return mask

    (ours,) = MattingMethod(matting, trimap)(images=[picture], masks=[mask])
    assert asked["images"] == [asked["original_image"]] == [picture]
    assert ours.tobytes() == apply_mask(picture, mask).tobytes()
