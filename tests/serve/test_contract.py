"""remove.bg's contract over HTTP, on a real picture: parameters, body types, errors, headers, allowances."""

from __future__ import annotations

import base64
import io
import socket
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from handmade import png, saved
from mattebox.serve.refusals import REFUSALS
from mattebox.serve.routes import improve
from serve.clients import LEMUR, PREVIEW, SIZE, check_lemur, check_zip, opened, site_of
from serve.live import Live, serving

REMOVEBG = "/v1.0/removebg"
JSON = {"Accept": "application/json"}
LARGE_PHOTO = LEMUR.read_bytes()
WIDTH, HEIGHT = SIZE[0] // 2, SIZE[1] // 2
PHOTO = saved(opened(LARGE_PHOTO).resize((WIDTH, HEIGHT), Image.Resampling.BOX), "jpeg", quality=95)
PHOTO_B64 = base64.b64encode(PHOTO).decode()
BLANK = saved(Image.new("RGB", (64, 64), "white"), "png")
RED = saved(Image.new("RGB", (50, 50), "red"), "png")
MOST_BYTES, MOST_PIXELS = 1_000_000, 1_000_000
LARGE = PHOTO + bytes(MOST_BYTES)
CREDITS = 10.0
"""Credits of the key that is not to be charged."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of narrow limits that fetches from this computer, with a key that has credits."""
    folder = tmp_path_factory.mktemp("contract")
    with serving(
        folder, private_addresses=True, max_megabytes=MOST_BYTES / 1e6, max_megapixels=MOST_PIXELS / 1e6
    ) as it:
        assert it.service is not None
        it.headers = {"X-API-Key": it.service.keys.add("limited", rate=1e6, credits=CREDITS)[1]}
        yield it


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the photo, a red picture, a large file and a text."""
    folder = tmp_path_factory.mktemp("site")
    for name, data in (("photo.jpg", PHOTO), ("red.png", RED), ("large.jpg", LARGE), ("words.md", b"# No picture")):
        (folder / name).write_bytes(data)
    with site_of(folder) as address:
        yield address


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/photo.jpg"


def key_with(live: Live, **limits: float | None) -> dict[str, str]:
    """The header of a new key."""
    assert live.service is not None
    return {"X-API-Key": live.service.keys.add(uuid.uuid4().hex, **{"rate": 1e6, "credits": None, **limits})[1]}


def cut(live: Live, fields: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    """The answer to the photo with some fields, as most clients send them."""
    answer = live.post(REMOVEBG, **{"files": {"image_file": PHOTO}, "data": fields or {}, **options})
    assert answer.status_code == 200, answer.text
    return answer


def pixels(answer: httpx.Response) -> np.ndarray:
    """Colours and opacity of a result."""
    return np.asarray(opened(answer.content).convert("RGBA")).astype(int)


def box_of(answer: httpx.Response) -> tuple[int, ...]:
    """(top, left, width, height) of the subject as the headers say."""
    return tuple(int(answer.headers[f"X-Foreground-{name}"]) for name in ("Top", "Left", "Width", "Height"))


def total(live: Live, headers: dict[str, str] | None = None) -> float:
    """Credits that a key has left."""
    answer = live.get("/v1.0/account", headers=headers or {})
    return float(answer.json()["data"]["attributes"]["credits"]["total"])


@pytest.fixture(scope="module")
def plain(server: Live) -> httpx.Response:
    """The answer to the photo alone."""
    return cut(server)


class TestParameters:
    @pytest.mark.parametrize("size", ["preview", "small", "regular", ""])
    def test_preview_sizes(self, server: Live, size: str) -> None:
        answer = cut(server, {"size": size}, **file(LARGE_PHOTO))
        check_lemur(answer.content, pixels=PREVIEW)
        assert (int(answer.headers["X-Max-Width"]), int(answer.headers["X-Max-Height"])) == SIZE

    @pytest.mark.parametrize("size", ["medium", "hd", "4k", "full", "auto", "50MP"])
    def test_larger_sizes_never_enlarge(self, server: Live, size: str) -> None:
        answer = cut(server, {"size": size}, **file(LARGE_PHOTO))
        check_lemur(answer.content)
        assert (int(answer.headers["X-Width"]), int(answer.headers["X-Height"])) == SIZE

    @pytest.mark.parametrize("level", ["1", "2", "latest", ""])
    def test_type_levels(self, server: Live, level: str) -> None:
        assert cut(server, {"type_level": level}).headers["X-Type"] == "animal"

    def test_no_type_is_told_when_none_is_asked(self, server: Live) -> None:
        assert "X-Type" not in cut(server, {"type_level": "none", "type": "product"}).headers

    @pytest.mark.parametrize(
        "type_", ["auto", "person", "product", "car", "animal", "graphic", "transportation", "other", "car_interior"]
    )
    def test_every_type_is_taken(self, server: Live, type_: str) -> None:
        assert cut(server, {"type": type_}).status_code == 200

    @pytest.mark.parametrize(
        ("form", "media", "pillow"), [("png", "png", "PNG"), ("jpg", "jpeg", "JPEG"), ("webp", "webp", "WEBP")]
    )
    def test_formats(self, server: Live, form: str, media: str, pillow: str) -> None:
        answer = cut(server, {"format": form})
        assert answer.headers["Content-Type"] == f"image/{media}"
        assert opened(answer.content).format == pillow

    def test_zip(self, server: Live) -> None:
        answer = cut(server, {"format": "zip", "size": "full"}, **file(LARGE_PHOTO))
        assert answer.headers["Content-Type"] == "application/zip"
        check_zip(answer.content)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}

    def test_auto_is_jpg_where_nothing_is_transparent(self, server: Live) -> None:
        assert cut(server, {"format": "auto"}).headers["Content-Type"] == "image/png"
        assert cut(server, {"format": "auto", "bg_color": "white"}).headers["Content-Type"] == "image/jpeg"

    @pytest.mark.parametrize("roi", ["0% 0% 50% 100%", "0 0 50% 100%", "0px 0px 170px 220px"])
    def test_outside_of_the_region_is_background(self, server: Live, roi: str) -> None:
        alpha = pixels(cut(server, {"roi": roi}))[..., 3]
        assert alpha[:, 170:].max() == 0
        assert alpha[:, :170].max() == 255

    @pytest.mark.parametrize(
        ("margin", "added"),
        [("", (0, 0)), ("0", (0, 0)), ("30px", (60, 60)), ("10px 20px", (40, 20)), ("1px 2px 3px 4px", (6, 4))],
    )
    def test_crop(self, server: Live, plain: httpx.Response, margin: str, added: tuple[int, int]) -> None:
        *_, across, down = box_of(plain)
        answer = cut(server, {"crop": "true", "crop_margin": margin})
        width, height = int(answer.headers["X-Width"]), int(answer.headers["X-Height"])
        assert (width, height) == (across + added[0], down + added[1])
        assert opened(answer.content).size == (width, height)

    def test_a_margin_without_crop_does_nothing(self, server: Live, plain: httpx.Response) -> None:
        assert cut(server, {"crop_margin": "30px"}).content == plain.content

    @pytest.mark.parametrize(
        ("position", "corner"),
        [("0%", (0, 0)), ("0% 100%", (0, 1)), ("100% 0%", (1, 0)), ("center", (0.5, 0.5)), ("", (0.5, 0.5))],
    )
    def test_scale_and_position(self, server: Live, position: str, corner: tuple[float, float]) -> None:
        top, left, width, height = box_of(cut(server, {"scale": "50%", "position": position}))
        assert max(width / WIDTH, height / HEIGHT) == pytest.approx(0.5, abs=0.01)
        assert left == pytest.approx(corner[0] * (WIDTH - width), abs=2)
        assert top == pytest.approx(corner[1] * (HEIGHT - height), abs=2)

    def test_alpha_alone(self, server: Live, plain: httpx.Response) -> None:
        mask = opened(cut(server, {"channels": "alpha"}).content)
        assert mask.mode == "L"
        assert (np.asarray(mask) == pixels(plain)[..., 3]).all()

    @pytest.mark.parametrize(
        "shadow",
        [
            {"add_shadow": "true"},
            {"shadow_type": "auto"},
            {"shadow_type": "drop"},
            {"shadow_type": "car"},
            {"shadow_type": "3D"},
        ],
    )
    def test_shadows(self, server: Live, shadow: dict[str, str]) -> None:
        stands = {"scale": "60%", "position": "50% 40%"}
        plain, shaded = (cut(server, {**stands, **fields}) for fields in ({}, {**shadow, "shadow_opacity": "80"}))
        assert (pixels(shaded)[..., 3] > 0).sum() > (pixels(plain)[..., 3] > 0).sum()
        assert box_of(shaded) == box_of(plain)

    def test_no_shadow_and_what_is_not_known(self, server: Live, plain: httpx.Response) -> None:
        nothing = {"shadow_type": "none", "add_shadow": "false"}
        unknown = {"shadow_method": "legacy", "api_key": "x", "whatever": "1"}
        assert cut(server, {**nothing, **unknown}).content == plain.content

    def test_semitransparency_is_a_word_for_what_is_inside(self, server: Live) -> None:
        whole = pixels(cut(server, {"semitransparency": "false"}))[..., 3]
        assert (whole >= pixels(cut(server, {"semitransparency": "true"}))[..., 3]).all()

    @pytest.mark.parametrize(
        ("colour", "shown"),
        [
            ("f00", (255, 0, 0, 255)),
            ("f008", (255, 0, 0, 136)),
            ("00ff00", (0, 255, 0, 255)),
            ("#0000ff80", (0, 0, 255, 128)),
            ("tomato", (255, 99, 71, 255)),
        ],
    )
    def test_colours(self, server: Live, colour: str, shown: tuple[int, ...]) -> None:
        assert tuple(pixels(cut(server, {"bg_color": colour, "format": "png"}))[0, 0]) == shown

    def test_background_pictures(self, live: Live, site: str) -> None:
        beside = {"files": {"image_file": PHOTO, "bg_image_file": RED}, "data": {"format": "png"}}
        assert tuple(pixels(cut(live, **beside, headers=key_with(live)))[0, 0]) == (255, 0, 0, 255)
        fetched = pixels(cut(live, {"bg_image_url": f"{site}/red.png", "format": "png"}, headers=key_with(live)))
        assert tuple(fetched[0, 0]) == (255, 0, 0, 255)


class TestBodies:
    @pytest.mark.parametrize("charset", ["", "; charset=utf-8"])
    def test_forms_and_json_and_multipart_say_the_same(self, server: Live, charset: str) -> None:
        fields = {"image_file_b64": PHOTO_B64, "crop": "true", "crop_margin": "5%", "bg_color": ""}
        expected = cut(server, {"crop": "true", "crop_margin": "5%"}).content
        assert cut(server, files={name: (None, value) for name, value in fields.items()}).content == expected
        typed = {"Content-Type": f"application/x-www-form-urlencoded{charset}"}
        form = str(httpx.QueryParams(fields)).encode()
        assert cut(server, files=None, data=None, content=form, headers=typed).content == expected
        typed = {"Content-Type": f"application/json{charset}"}
        text = httpx.Request("POST", "http://x", json={**fields, "crop": True, "type_level": 1, "scale": None}).content
        assert cut(server, files=None, data=None, content=text, headers=typed).content == expected

    @pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
    def test_carvekit_takes_json_that_names_no_size_for_a_preview(self, server: Live, kind: str) -> None:
        typed = {**key_with(server, credits=1), "Content-Type": kind}
        text = httpx.Request("POST", "http://x", json={"image_file_b64": PHOTO_B64}).content
        answer = server.post("/api/removebg", content=text, headers=typed)
        assert (answer.status_code, answer.headers["X-Credits-Charged"]) == (200, "0.25")

    def test_address(self, live: Live, site: str) -> None:
        fields = {"image_url": f"{site}/photo.jpg", "image_file_b64": ""}
        for body in ({"data": fields}, {"json": fields}):
            answer = cut(live, **{"files": None, "data": None, **body}, headers=key_with(live))
            assert opened(answer.content).size == (WIDTH, HEIGHT)

    def test_files_come_in_multipart_alone(self, server: Live) -> None:
        answer = server.post(REMOVEBG, json={"image_file": base64.b64encode(RED).decode()})
        check_refusal(answer, "invalid_body")
        assert "base64" in answer.json()["errors"][0]["detail"]

    def test_other_types_are_not_read(self, server: Live) -> None:
        answer = server.post(REMOVEBG, content=PHOTO, headers={"Content-Type": "image/jpeg"})
        check_refusal(answer, "unsupported_media_type")


class TestAnswers:
    @pytest.mark.parametrize("accept", ["", "*/*", "image/*", "image/png", "application/zip, */*;q=0.1"])
    def test_a_file_unless_json_is_accepted(self, server: Live, accept: str) -> None:
        assert cut(server, headers={"Accept": accept}).headers["Content-Type"] == "image/png"

    def test_json_says_what_the_headers_say(self, server: Live, plain: httpx.Response) -> None:
        answer = cut(server, headers=JSON)
        assert answer.headers["Content-Type"].startswith("application/json")
        data = answer.json()["data"]
        assert base64.b64decode(data.pop("result_b64")) == plain.content
        assert data == {
            f"foreground_{name.lower()}": int(plain.headers[f"X-Foreground-{name}"])
            for name in ("Top", "Left", "Width", "Height")
        }
        for name in ("X-Width", "X-Height", "X-Type", "X-Credits-Charged", "X-Foreground-Top"):
            assert answer.headers[name] == plain.headers[name]

    def test_the_box_is_that_of_what_is_seen(self, plain: httpx.Response) -> None:
        top, left, width, height = box_of(plain)
        seen = opened(plain.content).getchannel("A").point(lambda value: 255 * (value > 127)).getbbox()
        assert seen == pytest.approx((left, top, left + width, top + height), abs=3)

    def test_clients_in_browsers(self, server: Live, plain: httpx.Response) -> None:
        asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST", "X-API-Key": ""}
        before = server.request("OPTIONS", REMOVEBG, headers={**asked, "Access-Control-Request-Headers": "x-api-key"})
        assert before.status_code in {200, 204}
        assert before.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in before.headers["Access-Control-Allow-Methods"]
        assert "x-api-key" in before.headers["Access-Control-Allow-Headers"].lower()
        exposed = plain.headers["Access-Control-Expose-Headers"]
        for name in ("X-Credits-Charged", "X-Type", "X-Foreground-Top", "X-RateLimit-Limit", "Retry-After"):
            assert name in exposed

    @pytest.mark.parametrize("path", ["/v1.0", "/v1.0/", "/v1.0/removebg/", "/v2/removebg", "/v1.0/account/x"])
    def test_what_is_not_there(self, server: Live, path: str) -> None:
        check_refusal(server.get(path), "not_found")

    def test_methods(self, server: Live) -> None:
        answer = server.get(REMOVEBG)
        check_refusal(answer, "method_not_allowed")
        assert answer.headers["Allow"] == "POST"
        assert server.request("PUT", "/v1/jobs").headers["Allow"] == "GET, POST"


def check_refusal(answer: httpx.Response, code: str) -> None:
    """A refusal in the one form of all of them, which costs nothing."""
    assert answer.status_code == REFUSALS[code][0], answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Credits-Charged" not in answer.headers
    assert list(answer.json()) == ["errors"]
    (error,) = answer.json()["errors"]
    assert set(error) <= {"title", "code", "detail"}
    assert error["code"] == code
    assert error["title"]


def photo_with(**fields: str) -> dict[str, Any]:
    return {"files": {"image_file": PHOTO}, "data": fields}


def file(data: bytes) -> dict[str, Any]:
    return {"files": {"image_file": data}}


HUGE = png(60_000, 60_000, 8, 0, b"")
BAD_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("failed_bg_download", photo_with(bg_image_url="NOWHERE")),
    ("failed_bg_download", photo_with(bg_image_url="SITE/missing.jpg")),
    ("failed_image_download", {"data": {"image_url": "NOWHERE"}}),
    ("failed_image_download", {"json": {"image_url": "SITE/missing.jpg"}}),
    ("failed_to_read_image", file(PHOTO[:9000])),
    ("failed_to_read_image", {"json": {"image_file_b64": "*?!"}}),
    ("failed_to_read_image", {"files": {"image_file": PHOTO, "bg_image_file": PHOTO[:9000]}}),
    ("file_too_large", file(LARGE)),
    ("file_too_large", {"json": {"image_file_b64": base64.b64encode(LARGE).decode()}}),
    ("file_too_large", {"data": {"image_url": "SITE/large.jpg"}}),
    ("invalid_bg_color", photo_with(bg_color="12345")),
    ("invalid_bg_image_url", photo_with(bg_image_url="ftp://example.org/a.jpg")),
    ("invalid_channels", photo_with(channels="rgb")),
    ("invalid_crop_margin", photo_with(crop="true", crop_margin="1px 2px 3px")),
    ("invalid_dimensions", file(png(0, 5, 8, 0, b""))),
    ("invalid_dimensions", file(PHOTO[:16])),
    ("invalid_file_type", file(b"%PDF-1.7 no picture")),
    ("invalid_file_type", {"data": {"image_url": "SITE/words.md"}}),
    ("invalid_file_type", {"files": {"image_file": PHOTO, "bg_image_file": b"<svg/>"}}),
    ("invalid_format", photo_with(format="gif")),
    ("invalid_image_url", {"data": {"image_url": "no address"}}),
    ("invalid_image_url", {"json": {"image_url": "file:///etc/passwd"}}),
    ("invalid_position", photo_with(position="left")),
    ("invalid_roi", photo_with(roi="0 0 10")),
    ("invalid_scale", photo_with(scale="9%")),
    ("invalid_semitransparency", photo_with(semitransparency="maybe")),
    ("invalid_size", photo_with(size="huge")),
    ("missing_source", {"data": {"size": "preview"}}),
    ("failed_to_read_image", {"files": {"image_file": b""}}),
    ("missing_source", {}),
    ("multiple_bg_sources", photo_with(bg_color="red", bg_image_url="SITE/red.png")),
    ("multiple_sources", photo_with(image_file_b64=PHOTO_B64)),
    ("resolution_too_high", file(HUGE)),
    ("resolution_too_high", {"files": {"image_file": PHOTO, "bg_image_file": HUGE}}),
    ("roi_exceeds_bounds", photo_with(roi="0px 0px 341px 220px")),
    ("roi_region_empty", photo_with(roi="10px 10px 10px 20px")),
    ("unknown_foreground", file(BLANK)),
    # Codes of our own, for what the contract has none for.
    ("invalid_crop", photo_with(crop="yes")),
    ("invalid_parameter", photo_with(add_shadow="maybe")),
    ("invalid_shadow_opacity", photo_with(shadow_opacity="101")),
    ("invalid_shadow_type", photo_with(shadow_type="round")),
    ("invalid_type", photo_with(type="cloud")),
    ("invalid_type_level", photo_with(type_level="3")),
]


@pytest.mark.parametrize(
    ("code", "request_"), BAD_REQUESTS, ids=[f"{code}-{number}" for number, (code, _) in enumerate(BAD_REQUESTS)]
)
def test_every_error_has_its_code_and_costs_nothing(
    live: Live, site: str, nowhere: str, code: str, request_: dict[str, Any]
) -> None:
    filled = {
        kind: {
            name: value.replace("SITE", site).replace("NOWHERE", nowhere) if isinstance(value, str) else value
            for name, value in values.items()
        }
        for kind, values in request_.items()
    }
    check_refusal(live.post(REMOVEBG, **filled), code)
    assert total(live) == CREDITS


def test_the_contracts_codes_are_all_there() -> None:
    published = list(REFUSALS)[:24]
    assert set(published) <= {code for code, _ in BAD_REQUESTS}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (file(LARGE), "File exceeds limit of 1MB"),
        (file(b"%PDF-1.7"), "got application/pdf"),
        (file(HUGE), "3600 megapixels, maximum supported input resolution is 1 megapixels"),
        (photo_with(size="huge"), "preview"),
    ],
)
def test_details_say_what_was_wrong(live: Live, request_: dict[str, Any], words: str) -> None:
    assert words in live.post(REMOVEBG, **request_).json()["errors"][0]["detail"]


class TestKeys:
    def test_without(self, server: Live) -> None:
        answer = server.post(REMOVEBG, **file(PHOTO), headers={"X-API-Key": ""})
        check_refusal(answer, "auth_failed")
        assert answer.json()["errors"][0]["title"] == "Missing API Key"

    @pytest.mark.parametrize("secret", ["wrong", "mbx_0123456789", "x" * 5000, "ключ".encode()])
    def test_wrong(self, server: Live, secret: str | bytes) -> None:
        answer = server.post(REMOVEBG, **file(PHOTO), headers={"X-API-Key": secret})
        check_refusal(answer, "auth_failed")
        assert answer.json() == {"errors": [{"title": "API Key invalid", "code": "auth_failed"}]}

    def test_bearer(self, server: Live) -> None:
        bearer = {"X-API-Key": "", "Authorization": f"Bearer {server.key}"}
        assert server.get("/v1.0/account", headers=bearer).status_code == 200
        assert server.get("/v1.0/account", headers={**bearer, "Authorization": "Bearer x"}).status_code == 403

    @pytest.mark.parametrize("path", ["/v1.0/account", "/api/account"])
    def test_an_account_without_limit_has_the_contracts_shape(self, server: Live, path: str) -> None:
        (attributes,) = server.get(path).json()["data"].values()
        assert {name: set(part) for name, part in attributes.items()} == {
            "credits": {"total", "subscription", "payg", "enterprise"},
            "api": {"free_calls", "sizes"},
        }
        assert attributes["api"]["sizes"] == "all"

    def test_credits(self, server: Live) -> None:
        poor = key_with(server, credits=1.25)
        assert server.get("/v1.0/account", headers=poor).json() == {
            "data": {
                "attributes": {
                    "credits": {"total": 1.25, "subscription": 0.0, "payg": 1.25, "enterprise": 0.0},
                    "api": {"free_calls": 0, "sizes": "all"},
                }
            }
        }
        assert cut(server, headers=poor).headers["X-Credits-Charged"] == "0.25"
        assert cut(server, {"size": "full"}, headers=poor).headers["X-Credits-Charged"] == "1"
        answer = server.post(REMOVEBG, **file(PHOTO), headers=poor)
        check_refusal(answer, "insufficient_credits")
        assert answer.json()["errors"][0]["title"] == "Insufficient credits"
        assert total(server, poor) == 0

    def test_keys_without_credits_are_charged_nothing(self, plain: httpx.Response) -> None:
        # Whole: a client in the wild reads it as such.
        assert plain.headers["X-Credits-Charged"] == "0"

    def test_rate(self, server: Live) -> None:
        hasty = key_with(server, rate=2)
        for left in ("1", "0"):
            answer = cut(server, headers=hasty)
            assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("2", left)
            assert 0 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61
        answer = server.post(REMOVEBG, **file(PHOTO), headers=hasty)
        check_refusal(answer, "rate_limit_exceeded")
        assert answer.json()["errors"][0]["title"] == "Rate limit exceeded"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("2", "0")
        assert server.get("/v1.0/account", headers=hasty).status_code == 200

    def test_what_is_refused_before_the_work_leaves_the_rate_as_it_was(self, server: Live) -> None:
        once = key_with(server, rate=1)
        for data in (b"%PDF", HUGE):
            assert server.post(REMOVEBG, **file(data), headers=once).status_code == 400
        assert cut(server, headers=once).headers["X-RateLimit-Remaining"] == "0"


class TestImprove:
    PATH = "/v1.0/improve"

    def test_a_picture_is_kept_with_what_was_told(self, live: Live, site: str) -> None:
        assert live.service is not None
        folder: Path = live.service.data / "improve"
        for body in (
            {"files": {"image_file": PHOTO}, "data": {"image_filename": "lemur.jpg", "tag": "fur"}},
            {"json": {"image_file_b64": PHOTO_B64, "tag": "fur"}},
            {"data": {"image_url": f"{site}/photo.jpg", "tag": "fur"}},
        ):
            answer = live.post(self.PATH, **body)
            assert answer.status_code == 200, answer.text
            assert list(answer.json()) == ["id"]
            identity = str(uuid.UUID(answer.json()["id"]))
            assert (folder / f"{identity}.picture").read_bytes() == PHOTO
            told = (folder / f"{identity}.json").read_text()
            assert '"tag": "fur"' in told
        assert folder.stat().st_mode & 0o777 == 0o700
        assert total(live) == CREDITS

    @pytest.mark.parametrize(
        ("code", "body"),
        [
            ("missing_source", {"data": {"tag": "x"}}),
            ("multiple_sources", photo_with(image_file_b64=PHOTO_B64)),
            ("invalid_file_type", file(b"%PDF")),
            ("file_too_large", file(LARGE)),
            ("resolution_too_high", file(HUGE)),
        ],
    )
    def test_what_is_no_picture_is_not_kept(self, live: Live, code: str, body: dict[str, Any]) -> None:
        assert live.service is not None
        before = sorted((live.service.data / "improve").glob("*"))
        check_refusal(live.post(self.PATH, **body), code)
        assert sorted((live.service.data / "improve").glob("*")) == before

    def test_so_many_a_day(self, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(improve, "A_DAY", 1)
        key = key_with(live)
        assert live.post(self.PATH, **file(PHOTO), headers=key).status_code == 200
        answer = live.post(self.PATH, **file(PHOTO), headers=key)
        check_refusal(answer, "rate_limit_exceeded")
        assert 1 <= int(answer.headers["Retry-After"]) <= 24 * 3600

    @pytest.mark.parametrize("most", ["MOST_KEPT", "MOST_KEPT_BYTES"])
    def test_so_many_in_all(self, live: Live, monkeypatch: pytest.MonkeyPatch, most: str) -> None:
        monkeypatch.setattr(improve, most, 0)
        answer = live.post(self.PATH, **file(PHOTO))
        check_refusal(answer, "server_busy")
        assert "Tell whoever runs the server" in answer.text

    def test_a_key_is_needed(self, live: Live) -> None:
        check_refusal(live.post(self.PATH, **file(PHOTO), headers={"X-API-Key": ""}), "auth_failed")
