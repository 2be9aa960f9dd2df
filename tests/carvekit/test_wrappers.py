"""The classes of networks, against what was recorded of CarveKit's, with the same weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from carvekit.ml.wrap.basnet import BASNET
from carvekit.ml.wrap.cascadepsp import CascadePSP
from carvekit.ml.wrap.deeplab_v3 import DeepLabV3
from carvekit.ml.wrap.fba_matting import FBAMatting
from carvekit.ml.wrap.isnet import ISNet
from carvekit.ml.wrap.tracer_b7 import TracerUniversalB7
from carvekit.ml.wrap.u2net import U2NET
from parity.golden import PIPELINES, assert_same_picture, drawn, recorded, state_of


class Recorded(NamedTuple):
    """A class whose calls were recorded."""

    wrapper: type[Any]
    weights: str
    second: str = ""
    result: str = "mask"
    preparation: float = 1e-5

    @property
    def file(self) -> str:
        return f"pipe_{self.wrapper.__name__}"

    def entries(self) -> list[dict[str, Any]]:
        """The calls; those of Tracer with a torchvision that CarveKit does not allow are left out."""
        return [entry for entry in PIPELINES[self.file] if "WITH antialias" not in (entry.get("note") or "")]


CLASSES = [
    Recorded(U2NET, "u2net"),
    Recorded(BASNET, "basnet"),
    Recorded(ISNet, "isnet"),
    Recorded(DeepLabV3, "deeplabv3_resnet101"),
    Recorded(TracerUniversalB7, "tracer_b7", preparation=1e-4),
    Recorded(FBAMatting, "fba_resnet50_gn_ws", "trimap", "alpha"),
    Recorded(CascadePSP, "cascadepsp", "mask"),
]


@pytest.mark.slow
@pytest.mark.parametrize("recording", CLASSES, ids=lambda recording: recording.wrapper.__name__)
def test_every_recorded_call(recording: Recorded) -> None:
    network = None
    for entry in recording.entries():
        wrapper = recording.wrapper(load_pretrained=False, **entry["args"])
        if network is None:
            wrapper.load_state_dict(state_of(recording.weights))
            network = wrapper.network
        wrapper.network = network
        inputs = [[drawn(entry[name])] for name in ("image", recording.second) if name]
        (ours,) = wrapper(*inputs)
        assert ours.mode == "L"
        tiles = recording.wrapper is CascadePSP and not entry["args"]["global_step_only"]
        assert_same_picture(
            ours,
            recorded(recording.file, f"{entry['id']}.{recording.result}"),
            any_step=tiles or recording.wrapper in (DeepLabV3, FBAMatting),
            share=0.01 if tiles else 0.005,
        )


@pytest.mark.parametrize("recording", CLASSES[:5], ids=lambda recording: recording.wrapper.__name__)
def test_what_the_network_is_shown(recording: Recorded) -> None:
    for entry in recording.entries():
        ours = recording.wrapper(load_pretrained=False, **entry["args"]).data_preprocessing(drawn(entry["image"]))
        assert isinstance(ours, torch.FloatTensor)
        expected = recorded(recording.file, f"{entry['id']}.pre")
        np.testing.assert_allclose(ours.numpy(), expected, rtol=0, atol=recording.preparation)


def test_what_fba_and_cascadepsp_are_shown() -> None:
    (entry, *_) = PIPELINES["pipe_FBAMatting"]
    fba = FBAMatting(load_pretrained=False, **entry["args"])
    shown = [*fba.data_preprocessing(drawn(entry["image"])), *fba.data_preprocessing(drawn(entry["trimap"]))]
    for ours, name in zip(shown, ("image", "image_n", "two_chan", "transformed"), strict=True):
        np.testing.assert_allclose(ours.numpy(), recorded("pipe_FBAMatting", f"0.{name}"), rtol=0, atol=1e-5)
    for entry in PIPELINES["pipe_CascadePSP"]:
        cascade = CascadePSP(load_pretrained=False, **entry["args"])
        ours = cascade.data_preprocessing(drawn(entry["mask"])).numpy()
        np.testing.assert_allclose(ours, recorded("pipe_CascadePSP", f"{entry['id']}.seg"), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(320, 320), (640, 480)])
def test_answers_become_masks_of_the_pictures_size(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size)
    for wrapper in (U2NET, BASNET, ISNet, TracerUniversalB7):
        ramp = torch.linspace(0, 1, 64, dtype=torch.float64).expand(1, 64, 64)
        mask = wrapper.data_postprocessing(ramp, picture)
        assert (mask.mode, mask.size, mask.getextrema()) == ("L", size, (0, 255))
    classes = torch.ones((320, 320), dtype=torch.float64)
    assert DeepLabV3.data_postprocessing(classes, picture).getextrema() == (255, 255)
    assert DeepLabV3.data_postprocessing(15 * classes, picture).getextrema() == (241, 241)
    assert CascadePSP.data_postprocessing(torch.ones((7, 320, 320)), picture.convert("L")).getextrema() == (255, 255)


def test_tracer_works_at_sides_that_carvekits_fails_at() -> None:
    (mask,) = TracerUniversalB7(load_pretrained=False, input_image_size=[40, 60])([Image.new("RGB", (64, 48))])
    assert (mask.mode, mask.size) == ("L", (64, 48))


def test_lists_of_different_length_and_wrong_modes_are_errors() -> None:
    picture, grey = Image.new("RGB", (64, 64)), Image.new("L", (64, 64))
    fba, cascade = FBAMatting(load_pretrained=False), CascadePSP(load_pretrained=False)
    with pytest.raises(ValueError, match="1 pictures and 2 trimaps"):
        fba([picture], [grey, grey])
    with pytest.raises(ValueError, match="1 pictures and 2 masks"):
        cascade([picture], [grey, grey])
    with pytest.raises(ValueError, match="mode P: must be RGB for a picture or L for a trimap"):
        fba.data_preprocessing(Image.new("P", (64, 64)))
    with pytest.raises(ValueError, match="the trimap is of mode RGBA"):
        fba.data_postprocessing(torch.ones((7, 64, 64)), Image.new("RGBA", (64, 64)))
    with pytest.raises(ValueError, match="mode P: must be RGB for a picture or L for a mask"):
        cascade.data_preprocessing(Image.new("P", (64, 64)))
    with pytest.raises(ValueError, match="layers_cfg='nan'"):
        U2NET(layers_cfg="nan", load_pretrained=False)
    with pytest.raises(ValueError, match=r"layers_cfg=\[\]"):
        U2NET(layers_cfg=[], load_pretrained=False)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no encoder 'resnet50'"):
        FBAMatting(encoder="resnet50", load_pretrained=False)
