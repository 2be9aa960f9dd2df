"""Fetch a picture from the web, with limits."""

from __future__ import annotations

from mattebox.errors import BadPicture

MAX_BYTES = 100_000_000
TIMEOUT = 30.0


def is_url(source: str) -> bool:
    """Whether a source is meant as an address on the web."""
    return source.lower().startswith(("http://", "https://"))


def download(url: str, *, max_bytes: int = MAX_BYTES, timeout: float = TIMEOUT) -> bytes:
    """Fetch what lies at a URL.

    Args:
        url: `http://` or `https://`.
        max_bytes: refuse anything larger.
        timeout: seconds without an answer.

    Raises:
        BadPicture: it cannot be fetched or is too large; the message names the URL and the cause.
    """
    # Their imports cost a tenth of a cold start, and most pictures are files.
    import re
    from http.client import HTTPException
    from urllib import error, request
    from urllib.parse import quote, urlsplit

    try:
        # Addresses are pasted as browsers show them, with letters and spaces that HTTP does not know.
        parts = urlsplit(url)
        host = re.sub(r"[^:@\[\]]+", lambda name: name[0].encode("idna").decode(), parts.netloc)
        plain = quote(parts._replace(netloc=host).geturl(), safe="%/:=&?~#+!$,;'@()*[]")
        asked = request.Request(plain, headers={"User-Agent": "mattebox"})
        with request.urlopen(asked, timeout=timeout) as response:
            data: bytes = response.read(max_bytes + 1)
    except error.HTTPError as answer:
        with answer:
            raise BadPicture(f"{url}: the server answered {answer.code} {answer.reason}") from answer
    except (OSError, ValueError, HTTPException) as cause:
        raise BadPicture(f"{url}: cannot be fetched: {getattr(cause, 'reason', cause)}") from cause
    if len(data) > max_bytes:
        raise BadPicture(f"{url}: larger than {max_bytes // 1_000_000} MB, which is the limit")
    return data
