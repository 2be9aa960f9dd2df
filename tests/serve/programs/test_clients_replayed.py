"""What programs send that cannot be run here, replayed; each result is opened."""

from __future__ import annotations

import base64
import io
import zipfile

import httpx

from serve.clients import LEMUR, PREVIEW, SIZE, check_lemur, check_zip, opened
from serve.live import Live

JSON = {"Accept": "application/json"}


class TestNodeReplayed:
    """What the same client sends, for where there is no Node: recorded from it, byte for byte but for the picture."""

    def test_file(self, live: Live) -> None:
        boundary = "--------------------------165683476966569249036190"
        fields = {"size": "regular", "type": "auto", "crop": "false"}
        body = multipart(boundary, fields, ("image_file", "lemur.jpg", "image/jpeg", LEMUR.read_bytes()))
        headers = {**JSON, "content-type": f"multipart/form-data; boundary={boundary}"}
        # It leaves out the line end after the last boundary.
        response = live.post("/v1.0/removebg", content=body.removesuffix(b"\r\n"), headers=headers)
        self.check(response, pixels=PREVIEW)

    def test_url(self, live: Live, site: str) -> None:
        fields = {"size": "full", "type": "auto", "crop": False, "image_url": f"{site}/lemur.jpg"}
        self.check(live.post("/v1.0/removebg", json=fields, headers=JSON))

    def test_base64(self, live: Live) -> None:
        picture = base64.b64encode(LEMUR.read_bytes()).decode()
        fields = {"size": "full", "type": "auto", "crop": False, "add_shadow": False, "image_file_b64": picture}
        self.check(live.post("/v1.0/removebg", json=fields, headers=JSON))

    def check(self, response: httpx.Response, *, pixels: int | None = None) -> None:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/json")
        data = response.json()["data"]
        check_lemur(base64.b64decode(data["result_b64"]), pixels=pixels)
        assert data["foreground_width"] > 0


def multipart(boundary: str, fields: dict[str, str], file: tuple[str, str, str, bytes]) -> bytes:
    """A body as clients write it: the fields, then the file."""
    parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    name, filename, kind, data = file
    parts.append(f'form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'.encode() + data)
    opened_parts = b"".join(b"--" + boundary.encode() + b"\r\nContent-Disposition: " + part + b"\r\n" for part in parts)
    return opened_parts + b"--" + boundary.encode() + b"--\r\n"


class TestOfficialCommandLine:
    """remove-bg-cli for Node: every field is there, empty where the user said nothing; it asks for a ZIP."""

    unset = ("type_level", "roi", "crop", "crop_margin", "scale", "position", "channels", "add_shadow",
             "semitransparency", "bg_color")  # fmt: skip

    def send(self, live: Live, **fields: str) -> httpx.Response:
        everything = {**dict.fromkeys(("size", "type", *self.unset), ""), **fields}
        headers = {"User-Agent": "remove-bg-cli-2.0.3"}
        files = {"image_file": ("lemur.jpg", LEMUR.read_bytes(), "image/jpeg")}
        return live.post("/v1.0/removebg", data=everything, files=files, headers=headers)

    def test_as_it_comes(self, live: Live) -> None:
        response = self.send(live, size="auto", format="zip")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/zip"
        check_zip(response.content)

    def test_with_what_the_user_can_say(self, live: Live) -> None:
        said = {"size": "full", "format": "png", "type": "product", "type_level": "2", "roi": "0% 0% 100% 100%",
                "crop": "true", "crop_margin": "10px", "scale": "80%", "position": "center", "channels": "rgba",
                "add_shadow": "false", "semitransparency": "true", "bg_color": "81d4fa77"}  # fmt: skip
        response = self.send(live, **said)
        assert response.status_code == 200, response.text
        assert opened(response.content).mode == "RGBA"

    def test_what_it_prints_of_an_error(self, live: Live) -> None:
        response = self.send(live, size="auto", format="zip", scale="500%")
        error = response.json()["errors"][0]
        assert (response.status_code, error["code"]) == (400, "invalid_scale")
        assert error["title"]


def test_go_client_asks_for_a_zip_and_reads_8_bit_grey(live: Live) -> None:
    """The archived official client sends what was set and no more, after the file; any other PNG makes it panic."""
    boundary = "4f3d0f6c1b7a2e9d8c5b"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image_file"; filename="lemur.jpg"\r\n'
    tail = "".join(
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'
        for name, value in {"size": "auto", "format": "zip"}.items()
    )
    body = f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + LEMUR.read_bytes() + tail.encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "User-Agent": "remove-bg-go-1.2.0"}
    response = live.post("/v1.0/removebg", content=body + f"\r\n--{boundary}--\r\n".encode(), headers=headers)
    assert response.status_code == 200
    assert "application/zip" in response.headers["content-type"]
    check_zip(response.content)
    header = zipfile.ZipFile(io.BytesIO(response.content)).read("alpha.png")[:33]
    assert (header[24], header[25]) == (8, 0)  # depth and colour type of the PNG


class TestRubyGem:
    """The official gem: multipart or urlencoded, size auto; of the account it takes these keys and no others."""

    def test_file(self, live: Live) -> None:
        files = {"image_file": ("lemur.jpg", LEMUR.read_bytes(), "image/jpeg")}
        response = live.post("/v1.0/removebg", data={"size": "auto", "format": "zip"}, files=files)
        assert response.status_code == 200
        assert response.headers["x-type"]
        assert float(response.headers["x-credits-charged"]) == 0
        assert (int(response.headers["x-width"]), int(response.headers["x-height"])) == SIZE
        for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"):
            assert int(response.headers[name]) > 0
        check_zip(response.content)

    def test_url(self, live: Live, site: str) -> None:
        fields = {"size": "auto", "image_url": f"{site}/lemur.jpg"}
        check_lemur(live.post("/v1.0/removebg", data=fields).content)

    def test_account(self, live: Live) -> None:
        attributes = live.get("/v1.0/account").json()["data"]["attributes"]
        assert set(attributes) == {"api", "credits"}
        assert set(attributes["api"]) == {"free_calls", "sizes"}
        assert set(attributes["credits"]) == {"total", "subscription", "payg", "enterprise"}

    def test_the_first_error_has_a_title(self, live: Live) -> None:
        response = live.post("/v1.0/removebg", data={"size": "auto"})
        assert response.status_code == 400
        assert response.json()["errors"][0]["title"]


def test_browser_demo(live: Live) -> None:
    """A page of another address asks first whether it may, then sends a field that nobody else sends."""
    origin = {"Origin": "https://shop.example"}
    asked = httpx.options(
        f"{live.url}/v1.0/removebg",
        headers={**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"},
        trust_env=False,
    )
    assert asked.status_code in {200, 204}
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "x-api-key" in asked.headers["access-control-allow-headers"].lower()
    assert "POST" in asked.headers["access-control-allow-methods"]
    response = live.post(
        "/v1.0/removebg",
        data={"size": "full", "api_key": live.key},
        files={"image_file": ("lemur.jpg", LEMUR.read_bytes(), "image/jpeg")},
        headers={**origin, "Accept": "application/json"},
    )
    assert response.headers["access-control-allow-origin"] == "*"
    assert "x-foreground-top" in response.headers["access-control-expose-headers"].lower()
    check_lemur(base64.b64decode(response.json()["data"]["result_b64"]))
    refused = live.post("/v1.0/removebg", headers={**origin, "X-API-Key": "wrong"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (403, "*")
