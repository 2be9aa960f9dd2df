from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from mattebox.download import download, is_url
from mattebox.errors import BadPicture
from standins import site


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with site({"/a.jpg": b"picture", "/red%20sh%C3%B6e.jpg?size=2": b"shoe", "/large": b"x" * 2_000_001}) as root:
        yield root


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("http://a.example/b.jpg", True),
        ("HTTPS://a.example", True),
        ("ftp://a.example/b.jpg", False),
        ("https.jpg", False),
        ("/tmp/http://a", False),
    ],
)
def test_addresses_are_told_from_paths(source: str, expected: bool) -> None:
    assert is_url(source) is expected


def test_what_lies_there_is_fetched(address: str) -> None:
    assert download(f"{address}/a.jpg") == b"picture"


def test_a_redirect_is_followed(address: str) -> None:
    assert download(f"{address}/moved") == b"picture"


@pytest.mark.parametrize("path", ["/red shöe.jpg?size=2", "/red%20sh%C3%B6e.jpg?size=2"])
def test_an_address_may_be_written_as_people_read_it(address: str, path: str) -> None:
    assert download(address + path) == b"shoe"


def test_a_host_may_have_letters_that_the_net_does_not_know(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, look_up = [], socket.getaddrinfo

    def here(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return look_up("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    port = address.rpartition(":")[2]
    assert download(f"http://Straßen.München.example:{port}/a.jpg") == b"picture"
    assert asked == ["strassen.xn--mnchen-3ya.example"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing.jpg", "the server answered 404"),
        ("/slow", "cannot be fetched: timed out"),
        ("/large", "larger than 1 MB"),
    ],
)
def test_what_cannot_be_had_is_a_bad_picture(address: str, path: str, message: str) -> None:
    with pytest.raises(BadPicture, match=message) as caught:
        download(address + path, max_bytes=1_000_000, timeout=0.2)
    assert address + path in str(caught.value)


def test_a_file_of_exactly_the_limit_is_taken(address: str) -> None:
    assert len(download(f"{address}/large", max_bytes=2_000_001)) == 2_000_001


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.jpg", "http://", "http://[::1/a.jpg", "http://a:b/c.jpg", "http://a..b/c"]
)
def test_an_address_that_leads_nowhere_is_a_bad_picture(url: str) -> None:
    with pytest.raises(BadPicture, match="cannot be fetched"):
        download(url, timeout=0.5)
