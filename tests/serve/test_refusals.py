import json
import logging

import cv2
import numpy as np
import pytest

from mattebox.errors import (
    BadParameter,
    BadPicture,
    EngineFailed,
    MatteboxError,
    MissingExtra,
    ModelNotFound,
    OutputFailed,
    StoreUnavailable,
    WeightsUnavailable,
)
from mattebox.picture import open_picture
from mattebox.serve.refusals import DETAILS, MISSING_KEY, REFUSALS, Refusal, refusal_of, too_large, too_many_pixels

PUBLISHED = [
    "failed_bg_download",
    "failed_image_download",
    "failed_to_read_image",
    "file_too_large",
    "invalid_bg_color",
    "invalid_bg_image_url",
    "invalid_channels",
    "invalid_crop_margin",
    "invalid_dimensions",
    "invalid_file_type",
    "invalid_format",
    "invalid_image_url",
    "invalid_position",
    "invalid_roi",
    "invalid_scale",
    "invalid_semitransparency",
    "invalid_size",
    "missing_source",
    "multiple_bg_sources",
    "multiple_sources",
    "resolution_too_high",
    "roi_exceeds_bounds",
    "roi_region_empty",
    "unknown_foreground",
]


@pytest.mark.parametrize("code", PUBLISHED)
def test_a_code_of_the_contract_is_a_bad_request(code):
    assert len(PUBLISHED) == 24
    assert Refusal(code).status == 400


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_has_the_shape_that_clients_read(code):
    refusal = Refusal(code)
    (error,) = json.loads(json.dumps(refusal.body()))["errors"]
    assert error["code"] == code
    assert error["title"]
    assert error.get("detail") == DETAILS.get(code)
    assert set(error) <= {"title", "code", "detail"}
    assert 400 <= refusal.status <= 503
    assert isinstance(refusal, MatteboxError)


@pytest.mark.parametrize(
    ("code", "status", "title"),
    [
        ("auth_failed", 403, "API Key invalid"),
        ("insufficient_credits", 402, "Insufficient credits"),
        ("rate_limit_exceeded", 429, "Rate limit exceeded"),
        ("file_too_large", 400, "File too large"),
        ("missing_source", 400, "No image given"),
    ],
)
def test_titles_are_those_of_the_real_service(code, status, title):
    assert (Refusal(code).status, Refusal(code).title) == (status, title)


def test_a_missing_key_has_the_same_code_and_another_title():
    refusal = Refusal("auth_failed", title=MISSING_KEY)
    assert refusal.body() == {"errors": [{"title": "Missing API Key", "code": "auth_failed"}]}


def test_fixed_details_belong_to_known_codes():
    assert set(DETAILS) <= set(REFUSALS)


def test_a_detail_that_no_answer_could_be_encoded_with_is_escaped():
    half = json.loads('"\\ud800"')
    assert Refusal("invalid_size", half).detail.encode() == b"\\ud800"


def test_a_refusal_reads_as_a_sentence_in_a_log():
    assert str(Refusal("invalid_size", "size='x'")) == "Invalid value for parameter 'size': size='x'"
    assert str(Refusal("auth_failed")) == "API Key invalid"


def test_limits_are_told():
    assert too_large(22_000_000).body()["errors"][0]["detail"] == "File exceeds limit of 22MB"
    assert too_large(1_500_000).detail == "File exceeds limit of 1.5MB"
    assert "Input image has 50.1 megapixels" in too_many_pixels(50_000_001, 50_000_000).detail
    assert "maximum supported input resolution is 50 megapixels" in too_many_pixels(60_000_000, 50_000_000).detail


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (BadPicture("<bytes> is empty"), "failed_to_read_image", 400),
        (BadParameter("threshold=2: must be from 0 to 1"), "invalid_parameter", 400),
        (ModelNotFound("no model 'x'"), "unknown_model", 400),
        (MissingExtra("torch", "the model 'fba'"), "model_unavailable", 503),
        (MissingExtra("heif", "<bytes> is HEIC, which"), "invalid_file_type", 400),
        (WeightsUnavailable("/srv/weights/a.onnx: refused"), "model_unavailable", 503),
        (EngineFailed("ONNX Runtime failed"), "model_unavailable", 503),
        (MemoryError(), "server_busy", 503),
        (StoreUnavailable("redis is down"), "server_busy", 503),
        (OutputFailed("/srv/a.png cannot be written"), "internal_error", 500),
        (RuntimeError("secret"), "internal_error", 500),
    ],
)
def test_every_error_of_the_library_becomes_a_refusal(error, code, status):
    refusal = refusal_of(error)
    assert (refusal.code, refusal.status) == (code, status)
    assert ("Retry-After" in refusal.headers) == (code == "server_busy")


def test_a_store_that_is_away_is_told_from_a_server_that_is_full():
    assert "cannot reach" in refusal_of(StoreUnavailable("redis is down")).detail
    assert "as much as it can hold" in refusal_of(MemoryError()).detail


def test_memory_that_runs_out_inside_opencv_is_a_server_that_is_full():
    with pytest.raises(cv2.error) as raised:
        cv2.resize(np.zeros((2, 2), np.uint8), (1 << 30, 1 << 18))
    assert refusal_of(raised.value).code == "server_busy"


def test_a_refusal_stays_what_it_is():
    refusal = Refusal("roi_region_empty", headers={"X-A": "b"})
    assert refusal_of(refusal) is refusal


@pytest.mark.parametrize(
    "error",
    [RuntimeError("key=abc"), OutputFailed("/srv/key=abc"), WeightsUnavailable("key=abc"), MemoryError("key=abc")],
)
def test_what_is_our_own_fault_is_logged_and_not_told(error, caplog):
    with caplog.at_level(logging.ERROR):
        body = json.dumps(refusal_of(error).body())
    assert "abc" not in body
    assert "abc" in caplog.text


def test_only_what_nobody_foresaw_is_logged_with_its_traceback(caplog):
    refusal_of(RuntimeError("odd"))
    refusal_of(EngineFailed("known"))
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("<bytes>: region (0, 0) is empty", "region (0, 0) is empty"),
        ("<bytes> is not a picture", "the picture is not a picture"),
        ("background '/home/me/a.png': there is no such file", "background '(a file)': there is no such file"),
        ("/srv/cards/own.toml: key 'x' is missing", "(a file): key 'x' is missing"),
        (r"C:\Users\me\own.toml: key 'x' is missing", "(a file): key 'x' is missing"),
        ("give image/jpeg, or https://host/a.png", "give image/jpeg, or https://host/a.png"),
        ("must be 1 / 2 or and/or", "must be 1 / 2 or and/or"),
    ],
)
def test_messages_go_out_without_our_names_and_paths(message, told):
    assert refusal_of(BadParameter(message)).detail == told


def test_a_long_message_is_cut():
    assert len(refusal_of(BadParameter("x" * 5000)).detail) == 501


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_a_decoder_says_of_an_upload_is_told_in_words(data):
    with pytest.raises(BadPicture) as raised:
        open_picture(data)
    detail = refusal_of(raised.value).detail
    assert detail.startswith("the picture ")
    assert "<" not in detail
