from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mattebox
from mattebox.encode import encode
from mattebox.errors import BadParameter, BadPicture
from mattebox.output import Output
from mattebox.picture import open_picture
from mattebox.remover import shared_remover
from mattebox.serve.cutouts.cut import cut
from mattebox.serve.cutouts.wishes import Offer, read_wish
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.refusals import Refusal
from mattebox.serve.result import MEDIA_TYPES, Result
from mattebox.settings import Settings
from serve.live import Live

EXAMPLES = Path(__file__).parents[3] / "examples"
OFFER = Offer(Settings(), {"lite", "detail"}, max_pixels=50_000_000)


def done(picture: bytes, files: dict[str, bytes] | None = None, **fields: object) -> Result:
    """What comes of a picture without a server."""
    uploads = {name: [Upload(name, data)] for name, data in {"image": picture, **(files or {})}.items()}
    wish = read_wish(fields, uploads, OFFER)
    return cut(wish, shared_remover(wish.settings))


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(data)))


def box_of(result: Result) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) as the headers tell it."""
    top, left, height, width = (
        int(result.headers[f"X-Foreground-{name}"]) for name in ("Top", "Left", "Height", "Width")
    )
    return top, left, top + height, left + width


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"keep_largest": "true", "feather": "2"}, ["--keep-largest", "--feather", "2"]),
        (
            {"format": "webp", "quality": "70", "shadow": "true", "crop": "5%"},
            ["-f", "webp", "--quality", "70", "--shadow", "--margin", "5%"],
        ),
        ({"format": "jpeg", "preset": "amazon"}, ["-f", "jpeg", "--preset", "amazon"]),
        (
            {"canvas": "500x300", "position": "0,1", "background": "tomato"},
            ["--canvas", "500x300", "--position", "0,1", "-b", "tomato"],
        ),
        ({"kind": "mask", "region": "[0, 100, 440, 600]"}, ["--kind", "mask", "--region", "0,100,440,600"]),
    ],
)
def test_http_the_command_line_and_python_give_the_same_bytes(
    fields: dict[str, str], options: Sequence[str], server: Live, lemur: bytes, tmp_path: Path
) -> None:
    answer = server.post("/v1/cutouts", files={"image": ("lemur.jpg", lemur)}, data=fields)
    assert answer.status_code == 200, answer.text
    target = tmp_path / f"cut.{fields.get('format', 'png')}"
    command = [sys.executable, "-m", "mattebox", "remove", str(EXAMPLES / "lemur.jpg"), "-o", str(target), *options]
    subprocess.run(command, check=True, capture_output=True)
    assert answer.content == target.read_bytes()
    wish = read_wish(fields, {"image": [Upload("", lemur)]}, OFFER)
    cutout = mattebox.Remover(wish.settings)(lemur, **wish.hints)
    assert answer.content == wish.output.encode(wish.output.dress(cutout))


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_every_format_is_what_its_type_says(name: str, server: Live, lemur: bytes) -> None:
    answer = server.post("/v1/cutouts", files={"image": lemur}, data={"format": name, "max_megapixels": "0.05"})
    assert answer.headers["content-type"] == MEDIA_TYPES[name]
    size = int(answer.headers["X-Height"]), int(answer.headers["X-Width"])
    if name == "zip":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == ["color.jpg", "alpha.png"]
            assert {pixels(archive.read(each)).shape[:2] for each in archive.namelist()} == {size}
    else:
        image = Image.open(io.BytesIO(answer.content))
        assert (image.format, image.size) == (name.upper(), size[::-1])


def test_json_holds_the_same_file_and_the_same_facts(server: Live, lemur: bytes) -> None:
    asked: dict[str, Any] = {"files": {"image": lemur}, "data": {"crop": "10px"}}
    plain = server.post("/v1/cutouts", **asked)
    told = server.post("/v1/cutouts", headers={"Accept": "application/json"}, **asked)
    assert told.headers["content-type"] == "application/json"
    data = told.json()["data"]
    assert base64.b64decode(data.pop("result_b64")) == plain.content
    assert data == {
        "width": int(plain.headers["X-Width"]),
        "height": int(plain.headers["X-Height"]),
        "model": "lite",
        "score": float(plain.headers["X-Mattebox-Score"]),
        "kind": "animal",
        "reason": "",
        **{
            f"foreground_{name}": int(plain.headers[f"X-Foreground-{name}"])
            for name in ("top", "left", "width", "height")
        },
    }


def test_the_three_types_of_body_ask_the_same(server: Live, lemur: bytes) -> None:
    encoded = base64.b64encode(lemur).decode()
    answers = [
        server.post("/v1/cutouts", files={"image": lemur}, data={"crop": "5%", "box": "[60, 150, 440, 540]"}),
        server.post("/v1/cutouts", data={"image_b64": encoded, "crop": "5%", "box": "[60, 150, 440, 540]"}),
        server.post("/v1/cutouts", json={"image_b64": encoded, "crop": "5%", "box": [60, 150, 440, 540]}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"background": "white"},
        {"background": "blur", "crop": "300px"},
        {"crop": "10px 20px 30px 40px", "background": "black"},
        {"canvas": "900x700", "position": "1,0", "background": "blue", "gradient_end": "red"},
        {"preset": "amazon"},
        {"max_megapixels": "0.05", "background": "white"},
        {"kind": "mask", "crop": "7%"},
    ],
)
def test_the_subject_is_where_the_headers_say(fields: dict[str, str], lemur: bytes) -> None:
    # What is seen of the subject alone, in the same frame: the same without what is put behind it.
    behind = {"background", "gradient_end"} if fields.get("background") != "blur" else set[str]()
    bare = {name: value for name, value in fields.items() if name not in behind}
    if "preset" in bare:
        bare = {"canvas": "2000x2000", "scale": str(mattebox.presets.find_preset("amazon").fill)}
    told = np.array(box_of(done(lemur, **fields)))
    if fields.get("background") == "blur":
        bare = {"crop": fields["crop"]}
        whole, cropped = done(lemur), done(lemur, **fields)
        top, left, bottom, right = box_of(whole)
        top, left, height, width = min(top, 300), min(left, 300), bottom - top, right - left
        expected = np.array([top, left, top + height, left + width])
        assert int(cropped.headers["X-Height"]) == 440
    else:
        shown = pixels(done(lemur, **bare).data)
        alpha = shown if shown.ndim == 2 else shown[..., 3]
        rows, columns = np.nonzero(alpha > 5)
        expected = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    assert np.abs(told - expected).max() <= 1


@pytest.mark.parametrize("kind", ["drop", "contact", "cast"])
def test_a_shadow_does_not_count_to_the_subject(kind: str, lemur: bytes) -> None:
    bare, shaded = (done(lemur, canvas="900x900", scale="0.5", **more) for more in ({}, {"shadow": kind}))
    assert bare.data != shaded.data
    assert np.abs(np.subtract(box_of(bare), box_of(shaded))).max() <= 1


def test_where_nothing_is_found_the_answer_is_empty_and_says_so() -> None:
    grey = encode(np.full((60, 80, 3), 128, np.uint8), "png")
    result = done(grey, background="white")
    assert box_of(result) == (0, 0, 0, 0)
    assert (pixels(result.data) == 255).all()


def test_a_background_picture_is_put_behind(lemur: bytes) -> None:
    ground = np.zeros((30, 50, 3), np.uint8)
    ground[:, 25:] = (0, 0, 255)
    result = done(lemur, {"background_picture": encode(ground, "png")})
    cutout = shared_remover(mattebox.Settings())(lemur)
    assert result.data == Output(background=open_picture(ground)).encode(cutout.over(ground))
    assert pixels(result.data)[0, -1].tolist() == [0, 0, 255]


def test_a_mask_and_a_trimap_say_where_the_subject_is(lemur: bytes) -> None:
    mask = np.zeros((440, 680), np.uint8)
    mask[100:300, 200:400] = 255
    by_mask = done(lemur, {"mask": encode(mask, "png")}, kind="mask")
    np.testing.assert_allclose(pixels(by_mask.data), mask, atol=1)
    mask[90:110] = 128
    by_trimap = pixels(done(lemur, {"trimap": encode(mask, "png")}, matte="large-kernel", kind="mask").data)
    assert (by_trimap[120:300, 200:400] == 255).all()
    assert (by_trimap[:90] == 0).all()


def test_a_preview_is_small_and_hints_count_in_the_picture_as_it_was_sent(lemur: bytes) -> None:
    whole, small = (
        done(lemur, box="[60, 150, 440, 540]", kind="mask", **more) for more in ({}, {"max_megapixels": 0.03})
    )
    assert int(small.headers["X-Height"]) * int(small.headers["X-Width"]) <= 30_000
    shares = [
        np.array(box_of(result)) / np.tile([int(result.headers["X-Height"]), int(result.headers["X-Width"])], 2)
        for result in (whole, small)
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.02


def test_a_trimap_of_a_preview_is_of_the_size_of_the_picture(lemur: bytes) -> None:
    trimap = np.full((440, 680), 128, np.uint8)
    trimap[:40], trimap[150:300, 250:400] = 0, 255
    small = done(lemur, {"trimap": encode(trimap, "png")}, matte="large-kernel", kind="mask", max_megapixels=0.05)
    height = int(small.headers["X-Height"])
    assert (pixels(small.data)[: 40 * height // 440 - 1] == 0).all()
    with pytest.raises(BadParameter, match="trimap of 100 x 100 pixels, where the picture has 440 x 680"):
        done(lemur, {"trimap": encode(trimap[:100, :100], "png")}, matte="large-kernel", max_megapixels=0.05)


@pytest.mark.parametrize("more", [{}, {"max_megapixels": 0.05}])
@pytest.mark.parametrize("hint", [{"box": [0, 0, 900, 100]}, {"points": [[450, 1]]}, {"region": [0, 0, 1, 681]}])
def test_hints_outside_are_told_in_pixels_as_they_were_sent(
    hint: dict[str, object], more: dict[str, object], lemur: bytes
) -> None:
    with pytest.raises(BadParameter, match="picture of 440 x 680"):
        done(lemur, **hint, **more)


def test_a_result_is_never_larger_than_a_picture_may_be(lemur: bytes) -> None:
    with pytest.raises(BadParameter, match="50 megapixels"):
        done(lemur, crop="9000px")


@pytest.mark.parametrize("name", ["image", "mask", "background_picture"])
def test_the_picture_that_cannot_be_read_is_named(name: str, lemur: bytes) -> None:
    broken = lemur[:5000]
    with pytest.raises(BadPicture) as caught:
        done(broken) if name == "image" else done(lemur, {name: broken})
    assert name.partition("_")[0] in str(caught.value)
    with pytest.raises(Refusal, match="application/pdf"):
        done(b"%PDF-1.7") if name == "image" else done(lemur, {name: b"%PDF-1.7"})


def test_refusals_have_the_form_of_the_contract(server: Live, lemur: bytes) -> None:
    answer = server.post("/v1/cutouts", files={"image": lemur}, data={"modle": "lite"})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "invalid_parameter"
    assert "did you mean 'model'" in error["detail"]


def test_a_model_that_is_not_served_is_refused(server: Live, lemur: bytes) -> None:
    answer = server.post("/v1/cutouts", files={"image": lemur}, data={"model": "u2net"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_model")


def test_a_key_is_needed(server: Live, lemur: bytes) -> None:
    answer = server.post("/v1/cutouts", files={"image": lemur}, headers={"X-API-Key": "wrong"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "auth_failed")


def test_an_address_of_the_own_network_is_not_fetched(server: Live) -> None:
    answer = server.post("/v1/cutouts", json={"image_url": f"{server.url}/healthz"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "failed_image_download")


def test_a_file_in_base64_is_no_larger_than_others(server: Live, lemur: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.service is not None
    monkeypatch.setattr(server.service, "limits", replace(server.service.limits, file=len(lemur) - 1))
    answer = server.post("/v1/cutouts", json={"image_b64": base64.b64encode(lemur).decode()})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "file_too_large")


def test_the_description_knows_every_field(server: Live) -> None:
    described = json.loads(server.get("/openapi.json").text)["paths"]["/v1/cutouts"]["post"]
    content = described["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "application/x-www-form-urlencoded", "application/json"}
    multipart = content["multipart/form-data"]["schema"]["properties"]
    assert {"image", "mask", "trimap", "background_picture", "model", "format", "points", "image_url"} <= set(multipart)
    assert set(described["responses"]["200"]["content"]) == {*MEDIA_TYPES.values(), "application/json"}
