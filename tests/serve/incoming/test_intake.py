from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.requests import Request

from mattebox.serve.incoming.intake import Body, Limits, Upload, read_body
from mattebox.serve.refusals import Refusal

LIMITS = Limits(body=20_000, file=1_000, pixels=1_000, fields=8, field_size=100, parts=3, seconds=5.0)
PICTURE = b"\x89PNG\r\n--x\r\n\r\n--x--\r\n\x00\xff"
FILES = ("image", "image_file", "bg_image_file", "mask")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Message = dict[str, Any]


async def pieces(body: bytes, size: int) -> AsyncIterator[Message]:
    for start in range(0, len(body), size):
        yield {"type": "http.request", "body": body[start : start + size], "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


async def taking(
    messages: AsyncIterator[Message], headers: dict[str, str], limits: Limits, came: Callable[[int], object] = int
) -> Body:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
    return await read_body(Request(scope, lambda: anext(messages)), limits, FILES, came)


def read(body: bytes, kind: str | None, *, size: int = 512, limits: Limits = LIMITS, **headers: str) -> Body:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind is not None:
        named["Content-Type"] = kind
    return asyncio.run(taking(pieces(body, size), named, limits))


def code_of(body: bytes, kind: str | None, **more: Any) -> str:
    with pytest.raises(Refusal) as caught:
        read(body, kind, **more)
    return caught.value.code


def form(files: Iterable[tuple[str, Any]] = (), **fields: str) -> tuple[bytes, str]:
    """A multipart body as a client makes it, and its content type."""
    request = httpx.Request("POST", "http://x/", data=fields, files=list(files) or {"": ("", b"")})
    return request.read(), request.headers["content-type"]


def parts(*each: tuple[str, bytes]) -> bytes:
    """A multipart body from the headers and bytes of its parts, with the boundary `x`."""
    return b"".join(b"--x\r\n%b\r\n\r\n%b\r\n" % (head.encode(), data) for head, data in each) + b"--x--\r\n"


def named(name: str, more: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{more}'


X = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"size": "auto", "bg_color": "\xc3\xa4 +"}', JSON),
        (b'{"size": "auto", "bg_color": "\xc3\xa4 +"}', "Application/JSON; charset=utf-8"),
        (b"size=auto&bg_color=%C3%A4+%2B", FORM),
        (b"size=auto&bg_color=%c3%a4%20%2b", f"{FORM};charset=UTF-8"),
        (parts((named("size"), b"auto"), (named("bg_color"), "ä +".encode())), X),
        (parts((named("size"), b"auto"), (named("bg_color"), "ä +".encode())), f'{X[:-1]}"x"; charset=utf-8'),
    ],
)
def test_a_body_of_each_type_brings_its_fields(body: bytes, kind: str) -> None:
    assert read(body, kind) == Body({"size": "auto", "bg_color": "ä +"})


@pytest.mark.parametrize("size", [1, 2, 3, 5, 17, 4096])
def test_a_file_is_the_same_however_its_body_is_cut(size: int) -> None:
    body, kind = form([("image_file", ("red shoe.png", PICTURE, "image/png"))], size="full")
    assert read(body, kind, size=size) == Body(
        {"size": "full"}, {"image_file": [Upload("red shoe.png", PICTURE, "image/png")]}
    )


def test_files_of_one_name_are_all_kept_in_order() -> None:
    body, kind = form([("image", (name, name.encode())) for name in ("b.jpg", "a.jpg", "b.jpg")])
    assert [each.data for each in read(body, kind).files["image"]] == [b"b.jpg", b"a.jpg", b"b.jpg"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\fakepath\photo.jpg", "photo.jpg"),
        ("рыба.png", "рыба.png"),
        ("a\tb\x7f.png", "ab.png"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_of_a_file_has_no_folders_and_no_control_characters(given: str, name: str) -> None:
    body = parts((named("image", f'; filename="{given}"'), b"data"))
    assert read(body, X).files["image"][0].name == name


def test_what_is_named_as_a_file_is_one_also_without_the_name_of_a_file() -> None:
    assert read(parts((named("image_file"), b"\x89PNG\xff")), X).files == {"image_file": [Upload("", b"\x89PNG\xff")]}


def test_the_name_of_a_file_in_place_of_the_file_is_refused_in_words() -> None:
    with pytest.raises(Refusal, match="with curl write image_file=@photo") as caught:
        read(parts((named("image_file"), b"photo.jpg")), X)
    assert caught.value.code == "invalid_body"


def test_bytes_are_told_as_they_come_and_what_that_raises_ends_it() -> None:
    told: list[int] = []

    def came(count: int) -> None:
        told.append(count)
        if sum(told) > 600:
            raise Refusal("server_busy")

    headers = {"Content-Type": FORM}
    with pytest.raises(Refusal) as caught:
        asyncio.run(taking(pieces(b"a=" + b"x" * 5_000, 256), headers, LIMITS, came))
    assert caught.value.code == "server_busy"
    assert told == [256, 256, 256]


@pytest.mark.parametrize("more", ["", '; filename=""'])
def test_a_file_that_was_not_picked_is_none(more: str) -> None:
    assert read(parts((named("bg_image_file", more), b"")), X) == Body()


def test_an_empty_file_is_one() -> None:
    assert read(parts((named("image", '; filename="a.png"'), b"")), X).files["image"] == [Upload("a.png", b"")]


@pytest.mark.parametrize(("body", "kind"), [(b'{"image_file": "", "mask": null}', JSON), (b"image_file=", FORM)])
def test_an_empty_text_in_the_place_of_a_file_is_none(body: bytes, kind: str) -> None:
    assert read(body, kind) == Body()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"image_file": "aGk="}', JSON),
        (b'{"image_file": ["aGk="]}', JSON),
        (b"image_file=aGk%3D", FORM),
        (parts((named("size", '; filename="a"'), b"auto")), X),
    ],
)
def test_text_for_a_file_and_a_file_for_text_are_refused_by_name(body: bytes, kind: str) -> None:
    with pytest.raises(Refusal, match=r"image_file|'size'.*Valid: .*image_file") as caught:
        read(body, kind)
    assert caught.value.code == "invalid_body"


@pytest.mark.parametrize("length", [1_000, 1_001])
def test_a_file_may_have_as_many_bytes_as_the_limit_and_no_more(length: int) -> None:
    body, kind = form([("image_file", ("a.png", b"x" * length))])
    if length <= LIMITS.file:
        assert len(read(body, kind).files["image_file"][0].data) == length
    else:
        with pytest.raises(Refusal, match=r"File exceeds limit of 0\.001MB") as caught:
            read(body, kind)
        assert caught.value.code == "file_too_large"


@pytest.mark.parametrize("kind", [JSON, FORM, X])
def test_a_file_in_base64_may_be_longer_than_a_text_but_not_than_a_file(kind: str) -> None:
    def body(length: int) -> bytes:
        text = "+/" * (length // 2)
        if kind == X:
            return parts((named("image_file_b64"), text.encode()))
        if kind == JSON:
            return json.dumps({"image_file_b64": text}).encode()
        return f"image_file_b64={quote(text, safe='')}".encode()

    assert read(body(1_336), kind).fields == {"image_file_b64": "+/" * 668}
    assert code_of(body(1_402), kind) == "file_too_large"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"size": "ä" * 51}).encode(), JSON),
        (json.dumps({"points": [["x" * 101]]}).encode(), JSON),
        (json.dumps({"x" * 101: 1}).encode(), JSON),
        (f"size={'x' * 101}".encode(), FORM),
        (f"size={'%78' * 101}".encode(), FORM),
        (f"{'x' * 101}=1".encode(), FORM),
        (parts((named("size"), b"x" * 101)), X),
    ],
)
def test_a_text_is_not_longer_than_its_limit(body: bytes, kind: str) -> None:
    assert code_of(body, kind) == "invalid_body"
    assert read(body, kind, limits=replace(LIMITS, field_size=102))


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (json.dumps(dict.fromkeys("abcdefghi", 1)).encode(), JSON, "invalid_body"),
        (b"&".join(b"%c=1" % letter for letter in b"abcdefghi"), FORM, "invalid_body"),
        (parts(*((named(letter), b"1") for letter in "abcdefghi")), X, "invalid_body"),
        (parts(*((named("image", '; filename="a"'), b"1") for _ in range(4))), X, "too_many_files"),
    ],
)
def test_there_are_not_more_fields_and_files_than_the_limit(body: bytes, kind: str, code: str) -> None:
    assert code_of(body, kind) == code
    assert read(body, kind, limits=replace(LIMITS, fields=9, parts=4))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": [{"b": 1, "b": 2}]}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": %s}' % (b"9" * 5_000), "digits"),
        (b'{"a": %s}' % (b"[" * 18 + b"]" * 18), "deeper"),
        (b'{"a": %s}' % (b"[" * 9_000 + b"]" * 9_000), "deeper"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'["a"]', "not an object"),
        (b'"a"', "not an object"),
        (b"null", "not an object"),
        (b"", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": 1}}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"a": "\xff"}', "UTF-8"),
    ],
)
def test_json_that_is_not_right_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        read(body, JSON)
    assert caught.value.code == "invalid_body"


def test_json_may_not_blow_up_in_memory() -> None:
    bomb = b'{"a": [%s1]}' % (b"[]," * 40_000)
    assert code_of(bomb, JSON, limits=replace(LIMITS, body=200_000), size=65_536) == "invalid_body"


def test_escapes_may_not_blow_up_in_memory() -> None:
    bomb = b"image_b64=" + b"%41" * 1_300
    assert code_of(bomb, FORM) == "file_too_large"


def test_json_keeps_its_types() -> None:
    assert read(b'\xef\xbb\xbf{"a": true, "b": [1, 2.5, null], "c": {"d": "\\u00e4"}}', JSON).fields == {
        "a": True,
        "b": [1, 2.5, None],
        "c": {"d": "ä"},
    }


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    assert read(b"size=auto&size=full&&=x&crop", FORM).fields == {"size": "full", "crop": ""}
    assert read(parts((named("size"), b"auto"), (named("size"), b"full")), X).fields == {"size": "full"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "breaks off"),
        (b"--x\r\n", "breaks off"),
        (b"--y\r\n" + named("a").encode() + b"\r\n\r\n1\r\n--y--\r\n", "not multipart"),
        (parts((named("a"), b"1"))[:-6], "breaks off"),
        (parts(("Content-Type: text/plain", b"1")), "no name"),
        (parts(("Content-Disposition: form-data", b"1")), "no name"),
        (parts(('Content-Disposition: attachment; name="a"', b"1")), "no name"),
        (parts((f"{named('a')}\r\nContent-Transfer-Encoding: base64", b"MQ==")), "Transfer-Encoding"),
        (parts(("no header at all", b"1")), "not multipart"),
        (parts((named("a") + "\r\nX: y" * 9, b"1")), "header count"),
        (parts((named("a", "; filename=" + "a" * 5_000), b"1")), "header size"),
        (parts((named("a"), b"\xff")), "UTF-8"),
    ],
)
def test_multipart_that_is_not_right_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        read(body, X)
    assert caught.value.code == "invalid_body"


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", f"{X[:-1]}{'y' * 300}"])
def test_multipart_needs_a_boundary(kind: str) -> None:
    assert code_of(parts((named("a"), b"1")), kind) == "invalid_body"


def test_bytes_that_the_sender_marks_as_they_are_are_taken() -> None:
    head = f"{named('image', '; filename=a')}\r\nContent-Transfer-Encoding: binary"
    assert read(parts((head, b"\x89PNG\xff")), X).files["image"][0].data == b"\x89PNG\xff"


@pytest.mark.parametrize("body", [b"size=%ff", b"size=\xff", b"%ff=1"])
def test_a_form_is_in_utf_8(body: bytes) -> None:
    assert code_of(body, FORM) == "invalid_body"


@pytest.mark.parametrize("kind", ["text/plain", "image/png", "nonsense", "multipart/mixed; boundary=x", None])
def test_other_types_are_refused(kind: str | None) -> None:
    assert code_of(b"body", kind) == "unsupported_media_type"


def test_a_compressed_body_is_refused() -> None:
    assert code_of(b"{}", JSON, Content_Encoding="gzip") == "unsupported_media_type"


def test_nothing_at_all_brings_nothing() -> None:
    assert read(b"", None) == Body()


class Endless:
    """Bodies of which there is always more to come."""

    def __init__(self, piece: bytes, pause: float = 0.0) -> None:
        self.piece, self.pause, self.taken = piece, pause, 0

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            await asyncio.sleep(self.pause)
            self.taken += len(self.piece)
            yield {"type": "http.request", "body": self.piece, "more_body": True}


def refused(endless: Endless, kind: str, limits: Limits, **headers: str) -> Refusal:
    named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with pytest.raises(Refusal) as caught:
        asyncio.run(taking(aiter(endless), named, limits))
    return caught.value


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    endless = Endless(b"x")
    assert refused(endless, FORM, LIMITS, Content_Length="20001").code == "file_too_large"
    assert endless.taken == 0


@pytest.mark.parametrize("kind", [JSON, FORM, X])
def test_a_body_without_end_is_read_to_its_limit(kind: str) -> None:
    endless = Endless(b"\r" * 1_000)
    assert refused(endless, kind, LIMITS).code == "file_too_large"
    assert endless.taken == 21_000


def test_a_body_that_does_not_come_is_given_up_and_its_connection_closed() -> None:
    refusal = refused(Endless(b"x", pause=3_600), FORM, replace(LIMITS, seconds=0.05))
    assert (refusal.code, refusal.headers) == ("request_timeout", {"Connection": "close"})


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    slow = replace(LIMITS, seconds=3_600.0, grace=0.1, rate=100_000.0)
    assert refused(Endless(b"x", pause=0.005), FORM, slow).code == "request_timeout"


def test_a_body_that_breaks_off_is_refused() -> None:
    async def gone() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"size=", "more_body": True}
        yield {"type": "http.disconnect"}

    with pytest.raises(Refusal, match="connection ended"):
        asyncio.run(taking(gone(), {"Content-Type": FORM}, LIMITS))
