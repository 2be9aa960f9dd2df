from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from mattebox.serve.incoming.fetching import NOWHERE, RESOLVERS, Fetcher
from mattebox.serve.refusals import Refusal

TLS = Path(__file__).parent / "tls"
PICTURE = b"\x89PNG of a shoe"
LIMIT = 100_000


class Site(BaseHTTPRequestHandler):
    """What a server of somebody else may answer, by path."""

    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path, _, rest = self.path.partition("?")
        self.close_connection = True
        getattr(self, f"send_{path[1:].partition('/')[0]}")(rest)

    def send(self, status: int, data: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        if "Transfer_Encoding" not in headers:
            headers = {"Content_Length": str(len(data)), **headers}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def send_shoe(self, _: str) -> None:
        self.send(200, PICTURE)

    def send_bytes(self, rest: str) -> None:
        self.send(200, b"x" * int(rest))

    def send_status(self, rest: str) -> None:
        self.send(int(rest), b"inner words")

    def send_moved(self, rest: str) -> None:
        self.send(302, Location=rest, Set_Cookie="secret=1")

    def send_steps(self, rest: str) -> None:
        self.send(307, Location=f"/steps?{int(rest) - 1}" if int(rest) else "/shoe")

    def send_headers(self, _: str) -> None:
        self.send(200, json.dumps({name.lower(): value for name, value in self.headers.items()}).encode())

    def send_gzip(self, _: str) -> None:
        self.send(200, gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")

    def send_huge(self, _: str) -> None:
        self.send(200, Content_Length="1000000000000")

    def send_cut(self, _: str) -> None:
        self.send(200, PICTURE, Content_Length="1000")

    def send_endless(self, _: str) -> None:
        self.send(200, Transfer_Encoding="chunked")
        while True:
            self.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")

    def send_slow(self, _: str) -> None:
        self.send(200, Content_Length="1000")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.02)

    def send_garbage(self, _: str) -> None:
        self.wfile.write(b"SSH-2.0-server\r\n")

    def log_message(self, *_: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hung up is what some of these tests are for."""


@contextmanager
def site(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server on 127.0.0.1 meanwhile: its port, and the paths that it was asked for."""
    asked: list[str] = []
    server = Quiet(("127.0.0.1", 0), type("Handler", (Site,), {"asked": asked}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def here(address: str) -> bool:
    return address == "127.0.0.1"


def fetch(url: str, code: str = "failed_image_download", fetcher: Fetcher | None = None) -> bytes:
    return asyncio.run((fetcher or Fetcher(LIMIT, 5.0, allowed=here)).fetch(url, int, code))


def refusal(url: str, code: str = "failed_image_download", fetcher: Fetcher | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        fetch(url, code, fetcher)
    return caught.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give names addresses; the list has every name that was then looked up."""

    def give(**places: list[str]) -> list[str]:
        looked_up: list[str] = []

        def look_up(host: bytes, *_: Any, **__: Any) -> list[Any]:
            name = host.decode().rstrip(".")
            looked_up.append(name)
            if name.replace(".", "_") not in places:
                raise socket.gaierror(socket.EAI_NONAME, "not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in places[name.replace(".", "_")]]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return looked_up

    return give


def test_what_lies_there_is_fetched() -> None:
    with site() as (port, _):
        assert fetch(f" http://127.0.0.1:{port}/shoe\n") == PICTURE


def test_only_what_is_needed_is_told_to_the_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with site() as (port, _):
        headers = json.loads(fetch(f"http://127.0.0.1:{port}/headers"))
        assert headers == {
            "host": f"127.0.0.1:{port}",
            "user-agent": "mattebox",
            "accept": "image/*",
            "accept-encoding": "identity",
            "connection": "close",
        }
        assert json.loads(fetch(f"http://127.0.0.1:{port}/moved?/headers")) == headers


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 1])
def test_a_file_may_have_as_many_bytes_as_the_limit_and_no_more(length: int) -> None:
    with site() as (port, _):
        if length <= LIMIT:
            assert len(fetch(f"http://127.0.0.1:{port}/bytes?{length}")) == length
        else:
            assert refusal(f"http://127.0.0.1:{port}/bytes?{length}").code == "file_too_large"


def test_as_many_redirects_are_followed_as_are_allowed() -> None:
    with site() as (port, asked):
        assert fetch(f"http://127.0.0.1:{port}/steps?4") == PICTURE
        asked.clear()
        assert "5 times" in str(refusal(f"http://127.0.0.1:{port}/steps?5"))
        assert len(asked) == 6


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("huge", "file_too_large", "File exceeds limit"),
        ("endless", "file_too_large", "File exceeds limit"),
        ("gzip", "failed_image_download", "compressed"),
        ("cut", "failed_image_download", "broke off"),
        ("garbage", "failed_image_download", "not HTTP"),
        ("status?404", "failed_image_download", "answered 404"),
        ("status?500", "failed_image_download", "answered 500"),
        ("status?206", "failed_image_download", "answered 206"),
        ("status?302", "failed_image_download", "answered 302"),
        ("moved?http://[v1.x]/", "failed_image_download", "not HTTP"),
    ],
)
def test_what_cannot_be_had_is_refused_in_words(path: str, code: str, words: str) -> None:
    with site() as (port, _):
        told = refusal(f"http://127.0.0.1:{port}/{path}")
        assert told.code == code
        assert words in str(told)
        assert "inner words" not in str(told)


def test_what_comes_too_slowly_is_given_up() -> None:
    with site() as (port, _):
        assert "0.3 seconds" in str(refusal(f"http://127.0.0.1:{port}/slow", fetcher=Fetcher(LIMIT, 0.3, allowed=here)))


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert "0.2 seconds" in str(refusal(url, fetcher=Fetcher(LIMIT, 0.2, allowed=here)))


def test_a_name_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1.0))
    assert "0.1 seconds" in str(refusal("http://slow.example/", fetcher=Fetcher(LIMIT, 0.1)))


def test_names_that_take_for_ever_take_no_more_threads_than_there_are_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = Event(), []

    def look_up(*_: object, **__: object) -> list[Any]:
        asked.append(1)
        assert answered.wait(60)
        return []

    async def story() -> None:
        fetcher = Fetcher(LIMIT, 1.0)
        fetches = [fetcher.fetch("http://slow.example/", int) for _ in range(RESOLVERS + 3)]
        for told in await asyncio.gather(*fetches, return_exceptions=True):
            assert "1 seconds" in str(told)
        assert len(asked) == RESOLVERS
        answered.set()
        fetcher._timeout = 60.0
        with pytest.raises(Refusal, match=NOWHERE):
            await fetcher.fetch("http://quick.example/", int)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    asyncio.run(story())


def test_a_name_that_takes_for_ever_does_not_hold_up_the_end_of_the_process() -> None:
    program = (
        "import asyncio, socket, time;"
        "from mattebox.serve.incoming.fetching import Fetcher;"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(600);"
        "asyncio.run(Fetcher(1000, 0.1).fetch('http://slow.example/', int))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert "it did not come within 0.1 seconds" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shoe.png",
        "//127.0.0.1/shoe",
        "ftp://127.0.0.1/shoe",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "gopher://127.0.0.1/",
        "data:image/png;base64,aGk=",
        "http://",
        "http:///shoe",
        "http://user:word@93.184.215.14/",
        "http://user@93.184.215.14/",
        "http://93.184.215.14:0/",
        "http://93.184.215.14:65536/",
        "http://93.184.215.14:port/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://a\x00b/",
        "http://a.example/\r\nHost: b.example",
        "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
        "http://0177.0.0.1/",
        f"http://a.example/{'x' * 70_000}",
    ],
)
def test_what_is_no_such_address_is_told_from_one_that_gives_nothing(url: str) -> None:
    assert refusal(url).code == "invalid_image_url"
    assert refusal(url, "failed_bg_download").code == "invalid_bg_image_url"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fe80::1%lo]",
        "[fd00::1]",
        "[ff02::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_what_is_not_public_is_not_asked_and_not_told_apart(host: str) -> None:
    with site() as (port, asked):
        told = refusal(f"http://{host}:{port}/shoe", "failed_bg_download", Fetcher(LIMIT, 5.0))
        assert (told.code, told.detail) == ("failed_bg_download", NOWHERE)
        assert asked == []


def test_names_that_are_not_known_and_servers_that_do_not_answer_are_told_the_same(
    names: Callable[..., list[str]],
) -> None:
    names(inner_example=["10.0.0.1"], both_example=["93.184.215.14", "10.0.0.1"], none_example=[])
    for host in ("unknown.example", "inner.example", "both.example", "none.example", "a..b", f"{'x' * 70}.example"):
        assert refusal(f"http://{host}/", fetcher=Fetcher(LIMIT, 5.0)).detail == NOWHERE
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    names(public_example=["127.0.0.1"])
    assert refusal(f"http://public.example:{port}/").detail == NOWHERE


def test_a_name_is_looked_up_once_and_cannot_change_its_mind(names: Callable[..., list[str]]) -> None:
    looked_up = names(rebinding_example=["127.0.0.1"])
    with site() as (port, _):
        headers = json.loads(fetch(f"http://Rebinding.example:{port}/headers"))
    assert headers["host"] == f"rebinding.example:{port}"
    assert looked_up == ["rebinding.example"]


def test_the_next_address_is_tried_where_the_first_takes_no_connection(names: Callable[..., list[str]]) -> None:
    names(two_example=["127.0.0.2", "127.0.0.1"])
    with site() as (port, _):
        fetcher = Fetcher(LIMIT, 5.0, allowed=lambda address: address.startswith("127."))
        assert fetch(f"http://two.example:{port}/shoe", fetcher=fetcher) == PICTURE


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{port}/shoe",
        "http://localhost:{port}/shoe",
        "http://inner.example:{port}/shoe",
        "//127.0.0.2:{port}/shoe",
        "http://[::1]:{port}/shoe",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:word@127.0.0.1:{port}/shoe",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(place: str, names: Callable[..., list[str]]) -> None:
    looked_up = names(**{"127_0_0_1": ["127.0.0.1"], "127_0_0_2": ["127.0.0.2"], "inner_example": ["10.0.0.1"]})
    with site() as (port, asked):
        told = refusal(f"http://127.0.0.1:{port}/moved?{place.format(port=port)}")
        assert (told.code, told.detail) == ("failed_image_download", NOWHERE)
        assert len(asked) == 1
        assert len(looked_up) <= 2


def test_a_redirect_may_lead_to_another_public_server(names: Callable[..., list[str]]) -> None:
    looked_up = names(a_example=["127.0.0.1"], b_example=["127.0.0.1"])
    with site() as (port, _):
        headers = json.loads(fetch(f"http://a.example:{port}/moved?http://b.example:{port}/headers"))
    assert headers["host"] == f"b.example:{port}"
    assert looked_up == ["a.example", "b.example"]


def test_a_server_of_the_own_network_is_asked_where_that_is_wanted() -> None:
    with site() as (port, _):
        assert fetch(f"http://localhost:{port}/shoe", fetcher=Fetcher(LIMIT, 5.0, private=True)) == PICTURE


def test_over_tls_the_name_is_sent_and_checked(
    names: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names(pictures_example=["127.0.0.1"], other_example=["127.0.0.1"])
    trusted = ssl.create_default_context(cafile=TLS / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "pictures.example.pem")
    wanted: list[str | None] = []
    context.sni_callback = lambda _, name, __: wanted.append(name)
    with site(context) as (port, asked):
        url = f"https://pictures.example:{port}/shoe"
        assert refusal(url).detail == NOWHERE  # the authority is nobody's
        monkeypatch.setattr(httpx, "create_ssl_context", lambda **_: trusted)
        assert fetch(url) == PICTURE
        assert fetch(url.replace("example", "example.", 1)) == PICTURE
        assert refusal(url.replace("pictures", "other")).detail == NOWHERE
        assert refusal(url.replace("pictures.example", "127.0.0.1")).detail == NOWHERE
    assert set(wanted) == {"pictures.example", "other.example"}
    assert asked == ["/shoe", "/shoe"]
