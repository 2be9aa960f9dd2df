from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.serve.cutouts.wishes import TEXTS, Offer, Wish, read_batch, read_wish
from mattebox.serve.incoming.bodies import Upload
from mattebox.serve.refusals import Refusal
from mattebox.settings import Settings

PICTURE = {"image": [Upload("shoe.jpg", b"file")]}
OFFER = Offer(Settings(), {"lite", "detail"}, max_pixels=50_000_000)
IN_BASE64 = base64.b64encode(b"file").decode()


def wish(**fields: object) -> Wish:
    return read_wish(fields, PICTURE, OFFER)


def refusal(fields: Mapping[str, object], files: dict[str, list[Upload]] | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_wish(fields, PICTURE if files is None else files, OFFER)
    return caught.value


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({}, {"image": [Upload("a.jpg", b"file")]}),
        ({}, {"image_file": [Upload("a.jpg", b"file")]}),
        ({"image_url": ""}, {"image": [Upload("", b""), Upload("a.jpg", b"file")]}),
        ({"image_b64": IN_BASE64}, {}),
        ({"image_b64": f"data:image/png;base64,{IN_BASE64}", "image_url": None}, {}),
    ],
)
def test_the_picture_comes_as_a_file_or_in_base64(fields: dict[str, object], files: dict[str, list[Upload]]) -> None:
    assert read_wish(fields, files, OFFER).picture == b"file"


def test_a_picture_may_be_an_address() -> None:
    assert read_wish({"image_url": " https://example.org/a.jpg "}, {}, OFFER).picture == "https://example.org/a.jpg"


def test_one_picture_is_needed_and_no_more() -> None:
    assert refusal({}, {}).code == "missing_source"
    assert refusal({"image_url": " "}, {"image": [Upload("", b"")]}).code == "missing_source"
    assert refusal({"image_url": "https://example.org/a.jpg"}).code == "multiple_sources"
    assert refusal({}, {"image": [Upload("a", b"1"), Upload("b", b"2")]}).code == "multiple_sources"


def test_settings_output_and_hints_are_read_by_name() -> None:
    read = wish(model="lite", keep_largest="true", format="webp", quality=80, box="[1, 2, 30, 40]", max_megapixels="1")
    assert (read.settings.keep_largest, read.output.format, read.output.quality) == (True, "webp", 80)
    assert (read.hints, read.max_megapixels) == ({"box": (1, 2, 30, 40)}, 1.0)
    assert set(read.asked) == {"model", "keep_largest", "format", "quality", "box", "max_megapixels"}


def test_what_is_empty_is_not_given() -> None:
    assert wish(threshold="", crop=None, points=" ", nobody="") == wish()


def test_what_is_not_given_is_what_the_server_is_set_to() -> None:
    own = replace(OFFER, settings=Settings(feather=2.0, threshold=0.4))
    read = read_wish({"threshold": "0.6"}, PICTURE, own)
    assert (read.settings.feather, read.settings.threshold) == (2.0, 0.6)


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"modle": "lite"}, "invalid_parameter", "did you mean 'model'"),
        ({"device": "cuda"}, "invalid_parameter", "no field 'device'"),
        ({"threshold": "2"}, "invalid_parameter", "threshold=2.0: must be from 0 to 1"),
        ({"threshold": "much"}, "invalid_parameter", "threshold"),
        ({"format": "bmp"}, "invalid_parameter", "png"),
        ({"preset": "amazn"}, "invalid_parameter", "did you mean 'amazon'"),
        ({"model": "lte"}, "unknown_model", "did you mean 'lite'"),
        ({"model": "u2net"}, "unknown_model", "model: no model 'u2net'; Valid: detail, lite"),
        ({"scale": "0.5"}, "invalid_parameter", "canvas"),
        ({"canvas": "0x10"}, "invalid_parameter", "empty"),
        ({"canvas": "10000x10000"}, "invalid_parameter", "50 megapixels"),
        ({"crop": "5%", "preset": "amazon"}, "invalid_parameter", "crop"),
        ({"kind": "mask", "background": "white"}, "invalid_parameter", "mask"),
        ({"points": [[1, 2]], "box": [1, 2, 3, 4]}, "invalid_parameter", "points and box"),
        ({"transparent": [[1, 2, 3, 4]]}, "invalid_parameter", "matte"),
        ({"trimap_b64": IN_BASE64}, "invalid_parameter", "matte"),
        ({"mask_b64": "***"}, "failed_to_read_image", "mask_b64"),
        ({"background": "wite"}, "invalid_parameter", "background_picture"),
        ({"background": "white", "background_b64": IN_BASE64}, "multiple_bg_sources", "background"),
        ({"background_b64": IN_BASE64, "background_url": "https://a.org/b"}, "multiple_bg_sources", "background_url"),
        ({"kind": "mask", "background_b64": IN_BASE64}, "invalid_parameter", "mask"),
        ({"gradient_end": "red"}, "invalid_parameter", "gradient_end"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(fields: dict[str, object], code: str, words: str) -> None:
    refused = refusal(fields)
    assert refused.code == code
    assert words in str(refused)


@pytest.mark.parametrize("name", ["model", "refine", "matte", "background"])
def test_files_of_the_server_are_never_looked_at(name: str, tmp_path: Path) -> None:
    there, missing = tmp_path / "own.toml", tmp_path / "none.toml"
    there.write_text("name = 'own'")
    answers = [str(refusal({name: str(path)})).replace(path.name, "") for path in (there, missing)]
    assert answers[0] == answers[1]


def test_files_of_unknown_names_are_refused() -> None:
    assert "did you mean 'mask'" in str(refusal({}, {**PICTURE, "mas": [Upload("a.png", b"1")]}))


def test_a_preview_costs_a_quarter() -> None:
    assert [wish(**fields).credits for fields in ({}, {"max_megapixels": "0.25"}, {"max_megapixels": 2})] == [
        1,
        0.25,
        1,
    ]


def test_a_batch_takes_files_and_addresses() -> None:
    files = {"image": [Upload("a.jpg", b"1"), Upload("b.jpg", b"2")]}
    asked, pictures = read_batch({"image_urls": '["https://example.org/c.jpg"]', "crop": "5%"}, files, OFFER)
    assert pictures == [*files["image"], "https://example.org/c.jpg"]
    assert (asked.output.crop, dict(asked.asked)) == ("5%", {"crop": "5%"})


@pytest.mark.parametrize("urls", ["https://example.org/c.jpg", "{}", 5, {"a": 1}, "[" * 5000, [1, [2]]])
def test_addresses_of_a_batch_are_a_list(urls: object) -> None:
    with pytest.raises(Refusal) as caught:
        read_batch({"image_urls": urls}, {}, OFFER)
    assert caught.value.status == 400


def test_a_batch_needs_pictures() -> None:
    with pytest.raises(Refusal, match="image_urls"):
        read_batch({"image_urls": "[]"}, {}, OFFER)


names = st.sampled_from(["model", "crop", "canvas", "points", "preset", "background", "shadow", "matte", *TEXTS])


@given(
    fields=st.dictionaries(names | st.text(max_size=8), st.text(max_size=30) | st.integers() | st.floats(), max_size=5)
)
def test_any_call_is_read_or_refused(fields: dict[str, object]) -> None:
    status = 200
    try:
        read_wish(fields, PICTURE, OFFER)
    except Refusal as refused:
        status = refused.status
    assert status in {200, 400}
