"""Programs written for remove.bg, with this server's address and no other change; the files they write are opened."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import remove_bg_api
import removebg.removebg
import requests

from serve.clients import LEMUR, PREVIEW, SIZE, check_lemur, opened
from serve.live import Live

NODE_CLIENT = Path(__file__).parents[3] / ".venv/node/node_modules/remove.bg"

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # both Python clients leave theirs open


class TestRemovebg:
    """https://github.com/brilam/remove-bg, as it is installed."""

    @pytest.fixture
    def client(self, live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> removebg.removebg.RemoveBg:
        monkeypatch.setattr(removebg.removebg, "API_ENDPOINT", f"{live.url}/v1.0/removebg")
        monkeypatch.chdir(tmp_path)
        return removebg.removebg.RemoveBg(live.key, str(tmp_path / "errors.log"))

    def test_file(self, client: removebg.removebg.RemoveBg, tmp_path: Path) -> None:
        shutil.copy(LEMUR, tmp_path / "photo.jpg")
        client.remove_background_from_img_file("photo.jpg")
        check_lemur((tmp_path / "photo.jpg_no_bg.png").read_bytes(), pixels=PREVIEW)

    def test_file_at_every_size_it_knows_on_a_colour(self, client: removebg.removebg.RemoveBg, tmp_path: Path) -> None:
        shutil.copy(LEMUR, tmp_path / "photo.jpg")
        for size in ("hd", "4k"):
            client.remove_background_from_img_file("photo.jpg", size=size, bg_color="ff0000")
            result = opened((tmp_path / "photo.jpg_no_bg.png").read_bytes()).convert("RGB")
            assert result.size == SIZE
            red, *rest = result.getpixel((2, 2))
            assert red > 250
            assert max(rest) < 5

    def test_url(self, client: removebg.removebg.RemoveBg, site: str, tmp_path: Path) -> None:
        client.remove_background_from_img_url(f"{site}/lemur.jpg", size="4k", new_file_name="cutout.png")
        check_lemur((tmp_path / "cutout.png").read_bytes())

    def test_base64(self, client: removebg.removebg.RemoveBg, tmp_path: Path) -> None:
        picture = base64.b64encode(LEMUR.read_bytes())
        client.remove_background_from_base64_img(picture, size="4k")
        check_lemur((tmp_path / "no-bg.png").read_bytes())

    def test_a_wrong_key_is_the_error_it_raises(self, live: Live, client: removebg.removebg.RemoveBg) -> None:
        stranger = removebg.removebg.RemoveBg("wrong", os.devnull)
        with pytest.raises(requests.HTTPError, match="403"):
            stranger.remove_background_from_base64_img(base64.b64encode(LEMUR.read_bytes()))


class TestRemoveBgApi:
    """https://github.com/OPHoperHPO/remove-bg-api, by CarveKit's author, as it is installed."""

    @pytest.fixture(params=["/v1.0", "/api"], ids=["remove.bg's path", "CarveKit's path"])
    def client(
        self, live: Live, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> remove_bg_api.RemoveBg:
        monkeypatch.setattr(remove_bg_api, "API_URL", f"{live.url}{request.param}")
        return remove_bg_api.RemoveBg(live.key)

    def test_file_bytes_url_and_base64(
        self, client: remove_bg_api.RemoveBg, live: Live, site: str, tmp_path: Path
    ) -> None:
        picture = LEMUR.read_bytes()
        check_lemur(client.remove_bg_file(str(LEMUR), size="full"))
        check_lemur(client.remove_bg_bytes(picture), pixels=PREVIEW)
        check_lemur(client.remove_bg_url(f"{site}/lemur.jpg", size="full"))
        check_lemur(client.remove_bg_base64(base64.b64encode(picture).decode(), size="full"))
        path = client.remove_bg_file(str(LEMUR), raw=False, out_path=str(tmp_path / "a.png"), data={"size": "full"})
        check_lemur(Path(path).read_bytes())

    def test_account(self, client: remove_bg_api.RemoveBg) -> None:
        assert client.account.balance() == 99999
        assert client.account.free_api_calls() == 99999
        assert set(client.account.get_balance_dict()) == {"total", "subscription", "payg", "enterprise"}

    def test_its_errors(self, client: remove_bg_api.RemoveBg) -> None:
        with pytest.raises(remove_bg_api.Errors.ApiErrorCode400):
            client.remove_bg_bytes(b"no picture")
        client.change_api_key("wrong")
        with pytest.raises(remove_bg_api.Errors.ApiErrorCode403):
            client.account.refresh_balance()


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not NODE_CLIENT.exists(), reason="remove.bg's client for Node is not installed"
)
def test_node_itself(live: Live, site: str, tmp_path: Path) -> None:
    """npm's remove.bg 1.3.0, with the address in its file replaced."""
    shutil.copytree(NODE_CLIENT.parent, tmp_path / "node_modules")
    program = tmp_path / "node_modules/remove.bg/dist/index.js"
    program.write_text(program.read_text().replace("https://api.remove.bg/v1.0/removebg", f"{live.url}/v1.0/removebg"))
    (tmp_path / "try.js").write_text("""
        const client = require("remove.bg"), fs = require("fs");
        const [key, photo, url] = process.argv.slice(2);
        const calls = [
            ["file", client.removeBackgroundFromImageFile, {path: photo, size: "full"}],
            ["url", client.removeBackgroundFromImageUrl, {url, size: "full", crop: false}],
            ["base64", client.removeBackgroundFromImageBase64,
                {base64img: fs.readFileSync(photo, "base64"), size: "full", scale: "50%", position: "center"}],
        ];
        (async () => {
            const results = {};
            for (const [name, call, options] of calls)
                results[name] = await call({apiKey: key, outputFile: name + ".png", ...options});
            results.error = await client.removeBackgroundFromImageUrl({url, apiKey: "wrong"}).catch(error => error);
            console.log(JSON.stringify(results));
        })();
    """)
    command = ["node", "try.js", live.key, str(LEMUR), f"{site}/lemur.jpg"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    results = json.loads(done.stdout)
    check_lemur((tmp_path / "file.png").read_bytes())
    check_lemur((tmp_path / "url.png").read_bytes())
    assert opened((tmp_path / "base64.png").read_bytes()).size == SIZE
    for name in ("file", "url", "base64"):
        assert base64.b64decode(results[name]["base64img"]) == (tmp_path / f"{name}.png").read_bytes()
        assert results[name]["creditsCharged"] == "0"
        assert (int(results[name]["resultWidth"]), int(results[name]["resultHeight"])) == SIZE
        assert int(results[name]["rateLimitRemaining"]) <= int(results[name]["rateLimit"])
        assert results[name]["detectedType"] == "animal"
    assert results["error"] == [{"title": "API Key invalid", "code": "auth_failed"}]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sample(live: Live, tmp_path: Path) -> None:
    """The official sample, line by line."""
    sample = ["curl", "--silent", "--show-error", "-H", f"X-API-Key: {live.key}", "-F", f"image_file=@{LEMUR}",
              "-F", "size=auto", "-f", f"{live.url}/v1.0/removebg", "-o", "no-bg.png"]  # fmt: skip
    subprocess.run(sample, cwd=tmp_path, check=True, timeout=60)
    check_lemur((tmp_path / "no-bg.png").read_bytes())
    wrong = [word.replace(live.key, "wrong") for word in sample]
    assert subprocess.run(wrong, cwd=tmp_path, check=False, capture_output=True, timeout=60).returncode == 22
