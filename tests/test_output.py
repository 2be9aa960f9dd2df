from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mattebox import BadParameter, Cutout, OutputFailed, open_picture
from mattebox.encode import format_of
from mattebox.output import SUFFIXES, Output, sheet_path
from mattebox.presets import load_presets


@pytest.fixture
def cutout(disc: tuple[np.ndarray, np.ndarray]) -> Cutout:
    rgb, alpha = disc
    return Cutout(alpha, rgb, open_picture(rgb), window=(0, 0, *alpha.shape))


def decoded(output: Output, cutout: Cutout) -> Image.Image:
    return Image.open(io.BytesIO(output.encode(output.dress(cutout))))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"format": "jpg"}, "no format 'jpg'"),
        ({"preset": "amazn"}, "did you mean 'amazon'"),
        ({"quality": 0}, "quality=0"),
        ({"crop": "wide"}, "margin 'wide'"),
        ({"background": "wihte"}, "colour 'wihte'"),
        ({"background": "gone.jpg"}, "there is no such file"),
        ({"gradient_end": "red"}, "needs a first colour"),
        ({"gradient_end": "rde", "background": "white"}, "colour 'rde'"),
        ({"kind": "mask", "shadow": "drop"}, "a mask is only opacity"),
        ({"kind": "mask", "background": "white"}, "a mask is only opacity"),
        ({"kind": "mask", "preset": "amazon"}, "a mask is only opacity"),
        ({"background": "blur", "preset": "amazon"}, "blurred background"),
        ({"background": "blur", "shadow": "drop"}, "blurred background"),
        ({"background": "blur", "canvas": (9, 9)}, "blurred background"),
        ({"kind": "alpha"}, "no kind 'alpha'"),
        ({"fit": "stretch"}, "no fit 'stretch'"),
        ({"shadow": "dorp"}, "did you mean 'drop'"),
        ({"kind": "mask", "format": "zip"}, "zip holds both"),
        ({"crop": "0", "preset": "amazon"}, "crop goes with neither"),
        ({"crop": "0", "canvas": (9, 9)}, "crop goes with neither"),
        ({"canvas": (9, 9), "preset": "amazon"}, "contradict"),
        ({"canvas": (0, 9)}, "is empty"),
        ({"canvas": (9, 9), "scale": 0}, "scale=0"),
        ({"canvas": (9, 9), "scale": float("nan")}, "scale=nan"),
        ({"canvas": (9, 9), "position": (0.5, 1.5)}, "position="),
        ({"scale": 0.5}, "give its size too"),
        ({"position": (0.0, 0.0)}, "give its size too"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Output(**wanted)


@pytest.mark.parametrize("name", sorted(SUFFIXES))
def test_the_suffix_names_the_format(name: str) -> None:
    assert format_of(f"x{Output(format=name).suffix}") == name


@pytest.mark.parametrize("name", sorted(load_presets()))
def test_a_preset_decides_format_quality_and_canvas(cutout: Cutout, name: str) -> None:
    rule = load_presets()[name]
    output = Output(preset=name)
    assert (output.final_format, output.final_quality) == (rule.format, rule.quality)
    assert output.dress(cutout).size == (rule.height, rule.width)


def test_what_is_asked_goes_before_the_preset(cutout: Cutout) -> None:
    output = Output(preset="amazon", format="png", background="#102030")
    assert output.final_format == "png"
    assert output.final_quality is None
    assert Output(preset="amazon", quality=50).final_quality == 50
    picture = decoded(output, cutout)
    assert picture.getpixel((0, 0)) == (0x10, 0x20, 0x30)


def test_a_shadow_is_seen_on_the_background_of_a_preset(cutout: Cutout) -> None:
    plain, shaded = (
        np.asarray(decoded(Output(preset="square-white", format="png", shadow=shadow), cutout), np.int16)
        for shadow in (None, "drop")
    )
    assert (shaded < plain).any()
    assert (shaded[0, 0] == 255).all()


def test_a_shadow_of_every_kind_can_be_asked_for(cutout: Cutout) -> None:
    standing = replace(cutout, kind="object")
    drop, contact, auto = (Output(shadow=kind).dress(standing).mask for kind in ("drop", "contact", "auto"))
    assert (Output(shadow=True), Output(shadow=False)) == (Output(shadow="drop"), Output())
    np.testing.assert_array_equal(contact, auto)
    assert (drop != contact).any()


def test_what_the_frame_cut_does_not_stand_on_a_canvas_either() -> None:
    bust = np.zeros((90, 80), np.float32)
    bust[20:, 20:60] = 1
    rgb = np.zeros((90, 80, 3), np.uint8)
    cutout = Cutout(bust, rgb, open_picture(rgb), kind="person")
    drop, auto = (Output(canvas=(200, 200), scale=0.5, shadow=kind).dress(cutout).mask for kind in ("drop", "auto"))
    np.testing.assert_array_equal(drop, auto)


def test_a_crop_grows_to_hold_the_shadow_and_a_frame_does_not(cutout: Cutout) -> None:
    assert cutout.box is not None
    tight = cutout.crop("0")
    assert Output(shadow="drop").dress(tight).size == tight.size
    grown = Output(shadow="drop", crop="0").dress(tight)
    assert grown.size[0] > tight.size[0]
    assert grown.size[1] > tight.size[1]
    assert max(edge.max() for edge in (grown.alpha[0], grown.alpha[-1], grown.alpha[:, 0], grown.alpha[:, -1])) < 1


def test_a_gradient_runs_downwards(cutout: Cutout) -> None:
    picture = decoded(Output(background="black", gradient_end="white"), cutout)
    top, bottom = picture.getpixel((0, 0)), picture.getpixel((0, picture.height - 1))
    assert max(top) < 10
    assert min(bottom) > 245


def test_crop_leaves_the_margin(cutout: Cutout) -> None:
    assert cutout.box is not None
    top, left, bottom, right = cutout.box
    assert Output(crop="3px").dress(cutout).size == (bottom - top + 6, right - left + 6)


def test_a_subject_is_placed_and_its_shadow_falls_on_the_canvas(cutout: Cutout) -> None:
    placed = Output(canvas=(300, 200), scale=0.5, position=(0, 1)).dress(cutout)
    assert placed.size == (300, 200)
    assert placed.box == (200, 0, 300, 100)
    shaded = Output(canvas=(300, 200), scale=0.5, position=(0, 0), shadow="drop").dress(cutout)
    assert shaded.box is not None
    assert shaded.box[2] > 100


@pytest.mark.parametrize("margin", ["3px", "60%"])
def test_a_blurred_picture_is_cropped_to_its_subject(cutout: Cutout, margin: str) -> None:
    dressed = Output(background="blur", crop=margin).dress(cutout)
    assert dressed.size == tuple(np.minimum(Output(crop=margin).dress(cutout).size, cutout.size))
    assert dressed.alpha.all()
    assert dressed.alpha[dressed.size[0] // 2, dressed.size[1] // 2] == 1
    nothing = replace(cutout, alpha=np.zeros_like(cutout.alpha))
    assert Output(background="blur", crop=margin).dress(nothing).size == cutout.size


@pytest.mark.parametrize(("kind", "mode"), [("cutout", "RGBA"), ("mask", "L"), ("foreground", "RGB")])
def test_each_kind_has_its_channels(cutout: Cutout, kind: Any, mode: str) -> None:
    assert decoded(Output(kind=kind), cutout).mode == mode


def test_nothing_asked_is_the_cutout_itself(cutout: Cutout) -> None:
    np.testing.assert_array_equal(np.asarray(decoded(Output(), cutout)), cutout.rgba)


def test_a_sheet_is_written_beside_the_result(cutout: Cutout, tmp_path: Path) -> None:
    target = tmp_path / "lemur_cutout.png"
    output = Output(sheet=True)
    output.write(cutout, target, overwrite=False)
    assert output.paths(target) == [target, tmp_path / "lemur_sheet.jpg"]
    with Image.open(sheet_path(target)) as sheet:
        assert sheet.width > 2 * cutout.size[1] - 2
    assert Output().paths(target) == [target]


def test_a_file_is_replaced_only_when_asked(cutout: Cutout, tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"mine")
    with pytest.raises(OutputFailed, match=r"a\.png"):
        Output().write(cutout, target, overwrite=False)
    assert target.read_bytes() == b"mine"
    Output().write(cutout, target, overwrite=True)
    assert target.read_bytes() != b"mine"
