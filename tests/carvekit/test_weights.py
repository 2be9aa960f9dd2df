"""Where weights come from, by the functions and classes that programs import."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from carvekit.ml.files import models_loc
from carvekit.ml.wrap.network import model_card
from carvekit.ml.wrap.u2net import U2NET
from carvekit.utils.download_models import (
    MODELS_CHECKSUMS,
    MODELS_URLS,
    CachedDownloader,
    HuggingFaceCompatibleDownloader,
    sha512_checksum_calc,
)
from hub import Hub, open_hub, write_card
from mattebox.errors import WeightsUnavailable
from mattebox.zoo import fetch
from mattebox.zoo.registry import built_in_cards

FUNCTIONS = {
    "basnet_pretrained": "basnet.pth",
    "cascadepsp_finetuned": "cascadepsp_finetuned_carveset.pth",
    "cascadepsp_pretrained": "cascadepsp.pth",
    "deeplab_pretrained": "deeplab.pth",
    "fba_pretrained": "fba_matting.pth",
    "isnet_carveset_pretrained": "isnet-97-carveset.pth",
    "isnet_full_pretrained": "isnet.pth",
    "scene_classifier_pretrained": "scene_classifier.pth",
    "tracer_b7_carveset_finetuned": "tracer-b7-carveset-finetuned.pth",
    "tracer_b7_pretrained": "tracer_b7.pth",
    "u2net_full_pretrained": "u2net.pth",
    "yolov4_coco_pretrained": "yolov4_coco_with_classes.pth",
}
ISNET = "Carve/isnet/resolve/1339c55402b1c835020a987a2dd7a710a69dc129/isnet-97-carveset.pth"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, in which the cards of CarveKit's models are for other weights: the names of their files."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MATTEBOX_HOME", str(tmp_path / "mattebox"))
    monkeypatch.delenv("MATTEBOX_MIRROR", raising=False)
    monkeypatch.setenv("MATTEBOX_OFFLINE", "1")
    for card in built_in_cards().values():
        if card.family == "carvekit":
            weights = card.weights
            place = {"repository": weights.repository, "revision": weights.revision, "file": weights.file}
            write_card(tmp_path / "mattebox/cards", card.name, weights.file.encode(), of=card.name, **place)
    return tmp_path


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub with the weights of ISNet."""
    monkeypatch.delenv("MATTEBOX_OFFLINE")
    monkeypatch.setattr(fetch, "BACKOFF", 0.0)
    with open_hub() as opened:
        opened.files[f"/{ISNET}"] = b"isnet-97-carveset.pth"
        yield opened


def in_carvekits_cache(home: Path, file: str, data: bytes) -> Path:
    path = home / ".cache/carvekit/checkpoints" / MODELS_URLS[file]["repository"].split("/")[1] / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_every_function_finds_its_file_in_carvekits_cache(home: Path) -> None:
    paths = {file: in_carvekits_cache(home, file, file.encode()) for file in MODELS_URLS}
    assert set(FUNCTIONS) == {name for name in models_loc.__all__ if name.endswith(("pretrained", "finetuned"))}
    for function, file in FUNCTIONS.items():
        assert getattr(models_loc, function)() == paths[file]
    models_loc.download_all()
    assert models_loc.checkpoints_dir.parts[-3:] == (".cache", "carvekit", "checkpoints")


def test_the_tables_are_carvekits() -> None:
    assert set(MODELS_URLS) == set(MODELS_CHECKSUMS) == set(FUNCTIONS.values())
    assert MODELS_URLS["u2net.pth"] == {
        "repository": "Carve/u2net-universal",
        "revision": "10305d785481cf4b2eee1d447c39cd6e5f43d74b",
        "filename": "full_weights.pth",
    }
    assert MODELS_CHECKSUMS["isnet-97-carveset.pth"].startswith("5ec309274b8192b8077d02435feacb8a6c5affa374e1b162")


def test_sha512(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    assert sha512_checksum_calc(tmp_path / "file").startswith("d404559f602eab6fd602ac7680dacbfaadd13630335e951f")


def test_a_damaged_file_is_fetched_anew_and_left_as_it_is(hub: Hub, home: Path) -> None:
    damaged = in_carvekits_cache(home, "isnet-97-carveset.pth", b"1234")
    downloader = HuggingFaceCompatibleDownloader(base_url=hub.url)
    assert downloader.check_for_existence("isnet-97-carveset.pth") is None
    path = downloader("isnet-97-carveset.pth")
    assert (path.read_bytes(), damaged.read_bytes()) == (b"isnet-97-carveset.pth", b"1234")
    assert downloader.check_for_existence("isnet-97-carveset.pth") == path
    assert models_loc.isnet_carveset_pretrained() == path
    assert [asked for asked, _ in hub.asked] == [f"/{ISNET}"]


def test_another_downloader_is_asked_when_the_first_has_nothing(hub: Hub) -> None:
    second = HuggingFaceCompatibleDownloader("second", hub.url)
    first = HuggingFaceCompatibleDownloader("first", f"{hub.url}/empty", second)
    with pytest.raises(ConnectionError, match="isnet"):
        first.download_model_base("isnet-97-carveset.pth")
    with pytest.warns(UserWarning, match="first: .*; asking second"):
        path = first("isnet-97-carveset.pth")
    assert path.read_bytes() == b"isnet-97-carveset.pth"


def test_nobody_is_asked_for_a_file_that_carvekit_does_not_have(home: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file of weights 'isnet2\.pth'; did you mean 'isnet\.pth'"):
        models_loc.downloader("isnet2.pth")


def test_a_downloader_of_ones_own(home: Path) -> None:
    class Own(CachedDownloader):
        def download_model_base(self, model_name: str) -> Path:
            if model_name == "none":
                raise WeightsUnavailable("nothing")
            return Path(model_name)

    class Offline(CachedDownloader):
        fallback_downloader = Own()

        def download_model_base(self, model_name: str) -> Path:
            raise ConnectionError("no network")

    with pytest.warns(UserWarning, match="Offline: no network; asking Own"):
        assert Offline()("some") == Path("some")
    own = Own()
    assert (own.name, own("some"), own.fallback_downloader) == ("Own", Path("some"), None)
    with pytest.raises(WeightsUnavailable, match="nothing"):
        own("none")


def test_a_network_without_weights_says_what_to_do_when_it_is_built(home: Path) -> None:
    with pytest.raises(ConnectionError, match=r"model 'u2net': its weights are not here; MATTEBOX_OFFLINE") as failed:
        U2NET()
    assert isinstance(failed.value, WeightsUnavailable)
    assert U2NET(load_pretrained=False).card.name == "u2net"


def test_weights_of_ones_own_may_tell_other_classes_apart(home: Path) -> None:
    path = home / "own.pth"
    torch.save({"state": {"weight": torch.zeros(2)}, "classes": ["cup", "spoon"]}, path)
    card = model_card("yolov4", path)
    assert (card.kinds, card.options, card.weights.file) == (("cup", "spoon"), {"classes": 2}, str(path))
    torch.save({"weight": torch.zeros(2)}, path)
    assert model_card("tracer_b7", str(path)).kinds == ()
    with pytest.raises(WeightsUnavailable, match=r"none\.pth: cannot be read"):
        model_card("tracer_b7", home / "none.pth")
