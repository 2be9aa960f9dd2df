from __future__ import annotations

import io

import pytest
from PIL import Image

from mattebox.picture import open_picture
from mattebox.serve.incoming.opening import check_type
from mattebox.serve.refusals import Refusal


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_picture_that_can_be_opened_passes(form: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, form)
    check_type(buffer.getvalue())
    assert open_picture(buffer.getvalue()).size == (8, 8)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns=", "image/svg+xml"),
        (b"<!doctype html>", "text/html"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"hello", "application/octet-stream"),
    ],
)
def test_what_is_no_picture_is_told_what_it_is(data: bytes, found: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_type(data)
    assert refused.value.code == "invalid_file_type"
    assert refused.value.detail is not None
    assert refused.value.detail.endswith(f"got {found}")
    assert "image/jpeg, image/png" in refused.value.detail
