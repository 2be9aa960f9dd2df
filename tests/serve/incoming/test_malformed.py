"""A thousand bodies that are broken in every way we could think of, sent to a real server."""

from __future__ import annotations

import gc
import json
import random
import tracemalloc
from collections.abc import Callable
from http.client import HTTPResponse
from typing import NamedTuple

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from mattebox.serve.incoming.intake import Limits, read_body
from mattebox.serve.incoming.protocol import http_protocol
from mattebox.serve.refusals import REFUSALS, Refusal
from serve.sockets import connected, serving

LIMITS = Limits(body=60_000, file=10_000, pixels=10_000, fields=20, field_size=1_000, parts=4)
FILES = ("image_file", "bg_image_file", "image", "mask", "trimap", "background_picture")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SEEDS = range(1_000)
WARM = 200
"""Requests after which everything that is made once is there."""


class Sent(NamedTuple):
    """What is sent as a request."""

    kind: str
    body: bytes
    headers: str = ""

    def request(self) -> bytes:
        headers = self.headers or f"Content-Length: {len(self.body)}\r\n"
        return f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {self.kind}\r\n{headers}\r\n".encode() + self.body


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        body = await read_body(Request(scope, receive), LIMITS, FILES, int)
    except Refusal as refusal:
        answer = JSONResponse(refusal.body(), refusal.status, headers=refusal.headers)
    else:
        answer = JSONResponse({"fields": body.fields, "files": list(body.files)})
    await answer(scope, receive, send)


def multipart(rng: random.Random, *heads: str, data: bytes = b"value") -> Sent:
    """A valid body with a file and a field, and then whatever parts have these heads."""
    boundary = "".join(rng.choices("abcdef0123456789", k=rng.randint(1, 60)))
    own = ('form-data; name="size"', 'form-data; name="image_file"; filename="a.png"')
    parts = [(f"Content-Disposition: {own[0]}", b"auto"), (f"Content-Disposition: {own[1]}", rng.randbytes(3_000))]
    parts += [(head, data) for head in heads]
    body = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary.encode(), head.encode(), data) for head, data in parts)
    return Sent(f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode())


def cut(rng: random.Random) -> Sent:
    sent = multipart(rng)
    return sent._replace(body=sent.body[: rng.randrange(len(sent.body) - 4)])


def wrong_boundary(rng: random.Random) -> Sent:
    return multipart(rng)._replace(kind=multipart(rng).kind + "x")


def broken_boundary(rng: random.Random) -> Sent:
    kind = rng.choice(["", "; boundary", "; boundary=", '; boundary=""', f"; boundary={'x' * 300}", "; boundary=\xff"])
    return multipart(rng)._replace(kind=f"multipart/form-data{kind}")


def broken_head(rng: random.Random) -> Sent:
    head = rng.choice(
        [
            "",
            "Content-Disposition",
            "Content Disposition: form-data; name=a",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; name=",
            'Content-Disposition: attachment; name="a"',
            'Content-Disposition: form-data; filename="a"',
            "Content-Disposition: form-data; name*=utf-8''a",
            'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
            'Content-Disposition: form-data; name="files"; filename="a"\r\nContent-Type: multipart/mixed; boundary=b',
            f'Content-Disposition: form-data; name="a"{"X: y" * 2_000}',
            'Content-Disposition: form-data; name="a"' + "\r\nX: y" * rng.randint(8, 200),
            "\x00: \x00",
            ": a",
        ]
    )
    return multipart(rng, head)


def too_much(rng: random.Random) -> Sent:
    name = rng.choice(["a", "image_file", "mask_b64"])
    if rng.random() < 0.5:
        return multipart(rng, f"Content-Disposition: form-data; name={name}", data=b"x" * rng.randint(14_001, 40_000))
    return multipart(rng, *[f"Content-Disposition: form-data; name={name}"] * rng.randint(20, 200), data=b"\xff")


def not_utf_8(rng: random.Random) -> Sent:
    bad = rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"])
    return rng.choice(
        [
            multipart(rng, "Content-Disposition: form-data; name=a", data=bad),
            Sent(JSON, b'{"a": "%b"}' % bad),
            Sent(FORM, b"a=" + bad),
            Sent(FORM, b"a=b&" + b"".join(b"%%%02x" % byte for byte in bad)),
        ]
    )


def cut_json(rng: random.Random) -> Sent:
    text = json.dumps({"size": "auto", "image_file_b64": "x" * rng.randint(0, 500), "box": [1, {"a": None}], "ä": "\n"})
    return Sent(JSON, text.encode()[: rng.randrange(len(text))])


def broken_json(rng: random.Random) -> Sent:
    many = rng.randint(20, 9_000)
    value = rng.choice(
        [
            b"[" * many,
            b"[" * many + b"]" * many,
            b'{"a":' * many + b"1" + b"}" * many,
            b"NaN",
            b"-Infinity",
            b"1e400",
            b"1" * many * 6,
            b'"\\ud8%02x"' % rng.randrange(256),
            b'"\x00"',
            b"'a'",
            b"1} 2",
            b'1, "a": 1',
            b'{"b": 1, "b": 2}',
            b"",
            b'"' + b"x" * 1_001 + b'"',
            b"[%b0]" % (b"0," * rng.randint(50_001, 60_000)),
        ]
    )
    whole = rng.choice([b'{"a": %b}', b'{"a": %b}', b'{"a": %b}', b'["a", %b]'])
    return Sent(rng.choice([JSON, f"{JSON}; charset=utf-8", JSON.upper()]), whole % value)


def broken_form(rng: random.Random) -> Sent:
    return Sent(
        FORM,
        rng.choice(
            [
                b"&" * rng.randint(20, 50_000),
                b"a=" + b"%41" * rng.randint(1_001, 19_000),
                b"image_file_b64=" + b"%41" * rng.randint(14_001, 19_000),
                b"image_file=" + rng.randbytes(20).hex().encode(),
                b"x" * 1_001 + b"=1",
            ]
        ),
    )


def wrong_type(rng: random.Random) -> Sent:
    sent = multipart(rng)
    kind = rng.choice([JSON, FORM, "text/plain", "image/png", "multipart/mixed", "*/*", "", ";", "a/b; c", '"', "\xff"])
    return sent._replace(kind=kind)


def broken_frame(rng: random.Random) -> Sent:
    sent = Sent(JSON, b'{"a": 1}')
    headers = rng.choice(
        [
            "Content-Length: -1\r\n",
            "Content-Length: 8\r\nContent-Length: 9\r\n",
            "Content-Length: 1e3\r\n",
            f"Content-Length: {'9' * rng.randint(10, 40)}\r\n",
            "Content-Length: 8\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Content-Length: 8\r\nContent-Encoding: gzip\r\n",
            "Content-Length: 8\r\nno colon\r\n",
        ]
    )
    return sent._replace(headers=headers)


WAYS: tuple[Callable[[random.Random], Sent], ...] = (
    cut,
    wrong_boundary,
    broken_boundary,
    broken_head,
    too_much,
    not_utf_8,
    cut_json,
    broken_json,
    broken_form,
    wrong_type,
    broken_frame,
)


def answer(port: int, request: bytes) -> tuple[int, bytes]:
    with connected(port) as client:
        client.sendall(request)
        response = HTTPResponse(client)
        response.begin()
        return response.status, response.read()


@pytest.mark.slow
def test_a_thousand_broken_bodies_are_refused_each_and_cost_nothing() -> None:
    codes: dict[str, int] = {}
    held = 0
    tracemalloc.start()
    with serving(app, http_protocol()) as port:
        for seed in SEEDS:
            rng = random.Random(seed)
            way = WAYS[seed % len(WAYS)]
            status, body = answer(port, way(rng).request())
            assert 400 <= status < 500, (seed, way, body)
            error = json.loads(body)["errors"][0]
            assert status == REFUSALS[error["code"]][0], (seed, way, body)
            assert set(error) <= {"title", "code", "detail"}
            assert b"Traceback" not in body
            codes[error["code"]] = codes.get(error["code"], 0) + 1
            if seed == WARM:
                gc.collect()
                held = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
        gc.collect()
        now, peak = tracemalloc.get_traced_memory()
        assert answer(port, multipart(random.Random(0)).request())[0] == 200
    tracemalloc.stop()
    assert now - held < 400_000
    assert peak - held < 4_000_000
    assert set(codes) == {"invalid_body", "file_too_large", "too_many_files", "unsupported_media_type"}


def test_what_is_broken_here_is_right_without_that() -> None:
    with serving(app, http_protocol()) as port:
        for sent in (multipart(random.Random(1)), Sent(JSON, b'{"a": 1}'), Sent(FORM, b"a=1"), Sent("", b"")):
            assert answer(port, sent.request())[0] == 200
