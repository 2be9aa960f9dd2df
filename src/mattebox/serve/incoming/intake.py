"""Bodies of requests: one of three types, counted and timed while they arrive, and never kept beyond their limits."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

import anyio
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from mattebox.serve.incoming.bodies import Body, Limits, Upload, shown
from mattebox.serve.incoming.multipart import MultipartReader
from mattebox.serve.incoming.texts import read_form, read_json
from mattebox.serve.refusals import Refusal

__all__ = ["JSON", "Body", "Limits", "Upload", "content_type", "read_body"]

MULTIPART = b"multipart/form-data"
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


async def read_body(request: Request, limits: Limits, files: Collection[str], came: Callable[[int], object]) -> Body:
    """Read what a request brings, by its content type; one without type and body brings nothing.

    Args:
        request: whose body has not been read.
        limits: on its size and time.
        files: names under which files are taken; a file without the name of one, and a text under the name of a file,
            are refused. A part under such a name is a file, whether or not it says how the file is called.
        came: told how many bytes have come; what it raises ends it.

    Raises:
        Refusal: `unsupported_media_type` for other types, `file_too_large`, `too_many_files`, `request_timeout` for one
            that does not come or comes too slowly, and `invalid_body` for whatever else is wrong with it.
    """
    kind, options = content_type(request)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal("unsupported_media_type", "a body is taken as it is, without Content-Encoding")
    if kind not in {MULTIPART, FORM, JSON, b""}:
        taken = ", ".join(each.decode() for each in (MULTIPART, FORM, JSON))
        raise Refusal("unsupported_media_type", f"'{shown(kind.decode('latin-1'))}' is not taken; taken are: {taken}")
    async with aclosing(arrival(request, limits, came)) as pieces:
        if kind == MULTIPART:
            reader = MultipartReader(options.get(b"boundary", b""), limits, files)
            try:
                async for piece in pieces:
                    reader.feed(piece)
                return reader.finish()
            finally:
                reader.close()
        whole = io.BytesIO()
        async for piece in pieces:
            if not kind:
                raise Refusal("unsupported_media_type", "the body comes without Content-Type")
            whole.write(piece)
    if not kind:
        return Body()
    read = read_json if kind == JSON else read_form
    # In a thread: a file of the largest size in one text takes long enough for others to notice.
    return Body(without_files(await asyncio.to_thread(read, whole.getvalue(), limits), files))


def content_type(request: Request) -> tuple[bytes, dict[bytes, bytes]]:
    """The type of a request's body in lower case, empty where none is said, and the options beside it."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    return kind.lower(), options


def without_files(fields: dict[str, object], files: Collection[str]) -> dict[str, object]:
    """Fields of a body that brings no files; an empty text in the place of a file is none.

    Raises:
        Refusal: there is text in the place of a file.
    """
    for name in files:
        if fields.pop(name, "") not in ("", None):
            raise Refusal("invalid_body", f"'{name}' is a file: send it as multipart/form-data, or in base64")
    return fields


async def arrival(request: Request, limits: Limits, came: Callable[[int], object]) -> AsyncGenerator[bytes, None]:
    """The pieces of a body as they come, none of them empty.

    Raises:
        Refusal: it is too large, too slow, or breaks off.
    """
    if int(request.headers.get("content-length", 0)) > limits.body:
        raise too_long(limits)
    stream, received, begun = request.stream(), 0, anyio.current_time()
    while True:
        allowed = min(limits.seconds, limits.grace + received / limits.rate)
        try:
            with anyio.fail_after(allowed - (anyio.current_time() - begun)):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            # The rest of the body may never come, so the connection cannot be used again.
            raise Refusal(
                "request_timeout", "The body did not arrive in time", headers={"Connection": "close"}
            ) from None
        except ClientDisconnect:
            raise Refusal("invalid_body", "the connection ended before the body") from None
        received += len(piece)
        if received > limits.body:
            raise too_long(limits)
        if piece:
            came(len(piece))
            yield piece


def too_long(limits: Limits) -> Refusal:
    """The refusal of a body that is larger than is taken, whatever is in it."""
    return Refusal("file_too_large", f"Body exceeds limit of {limits.body / 1e6:.3g}MB")
