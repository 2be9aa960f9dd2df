from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mattebox.errors import BadParameter
from mattebox.zoo import places
from mattebox.zoo.registry import find_card, read_card


def test_our_folder_is_where_the_user_says(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATTEBOX_HOME", "~/mine")
    assert places.home() == tmp_path / "mine"
    monkeypatch.delenv("MATTEBOX_HOME")
    assert places.home() == tmp_path / ".cache" / "mattebox"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert places.home() == tmp_path / "caches" / "mattebox"


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("True", True), ("0", False), ("", False)])
def test_nothing_is_fetched_when_the_user_says_so(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("MATTEBOX_OFFLINE", value)
    assert places.offline() is expected


def test_an_embedded_file_is_in_the_package() -> None:
    assert list(places.files(find_card("lite"))) == [places.EMBEDDED / "lite" / "lite.onnx"]


def test_carvekits_cache_is_looked_into_under_its_names(home: Path, tmp_path: Path) -> None:
    card = find_card("u2net")
    theirs = tmp_path / ".cache" / "carvekit" / "checkpoints" / "u2net-universal" / "u2net.pth"
    assert list(places.files(card)) == [home / "weights" / "u2net.pth", theirs]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [".rembg/models/silueta/silueta.onnx", ".u2net/silueta.onnx"]),
        ({"XDG_DATA_HOME": "data"}, ["data/rembg/models/silueta/silueta.onnx", "data/.u2net/silueta.onnx"]),
        ({"REMBG_HOME": "new"}, ["new/models/silueta/silueta.onnx", ".u2net/silueta.onnx"]),
        ({"U2NET_HOME": "old", "REMBG_HOME": "new"}, ["old/models/silueta/silueta.onnx", "old/silueta.onnx"]),
    ],
)
def test_rembgs_cache_is_where_its_versions_keep_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: list[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    theirs = [tmp_path / path for path in expected]
    assert list(places.files(find_card("rembg_silueta"))) == [home / "weights" / "silueta.onnx", *theirs]


def test_the_weights_of_a_card_of_ones_own_lie_beside_it(home: Path, card: object) -> None:
    own = read_card(home / "cards" / "some.toml")
    assert next(places.files(own)) == home / "cards" / "some.pth"
    assert places.cached(own) == home / "weights" / "some.pth"


def test_cards_of_ones_own_that_name_their_files_alike_do_not_share_one(home: Path) -> None:
    ours = find_card("isnet")
    own = [replace(ours, family="own", weights=replace(ours.weights, sha512=digit * 128)) for digit in "ab"]
    folder = home / "weights"
    assert list(map(places.cached, own)) == [folder / f"{digit * 8}-isnet-97-carveset.pth" for digit in "ab"]
    assert places.cached(ours) == folder / "isnet-97-carveset.pth"


def test_the_hub_is_asked_and_then_carvekits_own_server(home: Path) -> None:
    path = "/Carve/u2net-universal/resolve/10305d785481cf4b2eee1d447c39cd6e5f43d74b/full_weights.pth"
    assert places.addresses(find_card("u2net").weights) == [
        f"https://huggingface.co{path}",
        f"https://cdn.carve.photos{path}",
    ]


def test_mirrors_come_first_and_have_the_same_paths(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEBOX_MIRROR", " https://a.example/hub/ ,http://b.example,")
    path = "/danielgatis/rembg/releases/download/v0.0.0/silueta.onnx"
    assert places.addresses(find_card("rembg_silueta").weights) == [
        f"https://a.example/hub{path}",
        f"http://b.example{path}",
        f"https://github.com{path}",
    ]
    assert places.addresses(find_card("u2net").weights)[0].startswith(
        "https://a.example/hub/Carve/u2net-universal/resolve/"
    )


def test_a_mirror_must_be_a_web_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEBOX_MIRROR", "file:///etc")
    with pytest.raises(BadParameter, match=r"MATTEBOX_MIRROR: 'file:///etc' must begin with https:// or http://"):
        places.addresses(find_card("u2net").weights)
