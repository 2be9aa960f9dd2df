from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mattebox.picture import open_picture
from mattebox.serve.incoming.opening import check_type, fitting, scaled, shrunk
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


@given(st.integers(1, 60_000), st.integers(1, 60_000), st.sampled_from([0.25, 1.5, 4, 10, 25, 50]))
def test_a_size_is_never_exceeded_nor_enlarged(height: int, width: int, megapixels: float) -> None:
    down, across = fitting((height, width), megapixels)
    assert 1 <= down <= height
    assert 1 <= across <= width
    assert down * across <= megapixels * 1e6
    if height * width <= megapixels * 1e6:
        assert (down, across) == (height, width)
    elif 0.2 < height / width < 5:
        assert down * across > 0.98 * megapixels * 1e6
        assert down / across == pytest.approx(height / width, rel=0.01)


def test_the_example_of_the_contract() -> None:
    assert fitting((4000, 6250), 0.25) == (400, 625)


@given(st.data())
def test_a_box_stays_inside_and_is_never_empty(data: st.DataObject) -> None:
    height, width, down, across = (data.draw(st.integers(1, 9000)) for _ in range(4))
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom, right = data.draw(st.integers(top + 1, height)), data.draw(st.integers(left + 1, width))
    box = scaled((top, left, bottom, right), (height, width), (down, across))
    assert 0 <= box[0] < box[2] <= down
    assert 0 <= box[1] < box[3] <= across
    assert scaled((0, 0, height, width), (height, width), (down, across)) == (0, 0, down, across)


def test_a_shrunk_picture_keeps_its_transparency_without_a_fringe() -> None:
    rgba = np.zeros((1000, 1000, 4), np.uint8)
    rgba[:, :505] = (255, 0, 0, 255)
    small = shrunk(open_picture(rgba), 0.01)
    assert small.size == (100, 100)
    assert small.alpha is not None
    assert 0.4 < small.alpha[50, 50] < 0.6
    assert small.rgb[50, 50].tolist() == [255, 0, 0]
    assert shrunk(small, None) is small
