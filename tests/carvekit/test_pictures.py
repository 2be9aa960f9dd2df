"""Which pictures are taken, and small helpers that programs import."""

from __future__ import annotations

import random
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from carvekit.utils.image_utils import convert_image, is_image_valid, load_image, to_tensor
from carvekit.utils.models_utils import (
    EmptyAutocast,
    cast_network,
    fix_seed,
    get_precision_autocast,
    suppress_warnings,
)
from carvekit.utils.pool_utils import batch_generator, thread_pool_processing
from mattebox.errors import BadPicture, MissingExtra

NOISE = np.random.default_rng(3).integers(0, 256, (50, 60, 3), np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Image.fromarray(NOISE).save(tmp_path / "a.PNG")
    return tmp_path / "a.PNG"


def test_paths_and_pictures_are_pictures(path: Path) -> None:
    for source in (path, str(path), Image.fromarray(NOISE)):
        np.testing.assert_array_equal(load_image(source), NOISE)
    given = Image.fromarray(NOISE)
    assert load_image(given) is given
    assert is_image_valid(path)
    assert all(is_image_valid(Image.new(mode, (33, 33))) for mode in ("RGB", "RGBA", "L"))


def test_what_is_no_picture_is_an_error_that_names_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(path.read_bytes())
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(path.read_bytes()[:2000])
    wrong: list[tuple[Any, str]] = [
        (23, "23: is neither a path nor a picture"),
        (str(tmp_path / "none.jpg"), "none.jpg: no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "a.mp3", "a.mp3: its suffix is not one of .jpg .jpeg .bmp .png .webp"),
        (tmp_path / "text.jpg", "text.jpg: cannot be read as a picture"),
        (tmp_path / "cut.png", "cut.png: cannot be read as a picture"),
    ]
    for source, message in wrong:
        with pytest.raises(ValueError, match=message) as caught:
            load_image(source)
        assert isinstance(caught.value, BadPicture)


def test_small_pictures_and_unusual_modes_are_errors() -> None:
    for size in ((32, 100), (100, 32)):
        with pytest.raises(ValueError, match=f"has {size[0]} x {size[1]} pixels; each side must have at least 33"):
            convert_image(Image.new("RGB", size))
    for mode in ("P", "LA", "CMYK", "1", "I;16", "F"):
        with pytest.raises(ValueError, match=f"is of mode {mode}; convert it to one of RGB, RGBA, L"):
            convert_image(Image.new(mode, (64, 64)))
    clear = Image.new("RGBA", (33, 33), (10, 20, 30, 0))
    assert convert_image(clear).getpixel((0, 0)) == (10, 20, 30), "transparency is dropped"
    assert convert_image(clear, mode="L").mode == "L"


def test_tensors_are_copies_as_they_are() -> None:
    array = NOISE.copy()
    tensor = to_tensor(array)
    array[:] = 0
    assert tensor.dtype == torch.uint8
    np.testing.assert_array_equal(tensor.numpy(), NOISE)
    assert to_tensor(Image.fromarray(NOISE)).shape == (50, 60, 3)


def test_tensors_need_torch_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"a tensor needs the extra 'torch': pip install 'mattebox\[torch\]'"):
        to_tensor(NOISE)
    assert convert_image(Image.fromarray(NOISE)).size == (60, 50)


def test_lists_keep_their_order() -> None:
    assert thread_pool_processing(int, ["1", "2", "3"]) == [1, 2, 3]
    assert thread_pool_processing(int, ["1", "2", "3"], workers=1) == [1, 2, 3]
    assert list(batch_generator([1, 2, 3, 4, 5], n=2)) == [[1, 2], [3, 4], [5]]
    assert list(batch_generator(range(2))) == [range(1), range(1, 2)]


def test_precision_is_single_on_a_cpu() -> None:
    with pytest.warns(UserWarning, match="half precision is for GPUs"):
        context, dtype = get_precision_autocast()
    assert (type(context), dtype) == (EmptyAutocast, torch.float32)
    assert EmptyAutocast()(repr)(1) == "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a GPU, PyTorch remarks that there is none
        assert get_precision_autocast("cuda:1")[1] == torch.float16
    context, dtype = get_precision_autocast("cpu", fp16=False, override_dtype=torch.bfloat16)
    layer = torch.nn.Linear(2, 2)
    with context:
        assert layer(torch.zeros(1, 2)).dtype == torch.bfloat16 == dtype
    cast_network(layer, torch.float16)
    assert layer.weight.dtype == torch.float16
    with pytest.raises(ValueError, match=r"dtype torch\.int8"):
        cast_network(layer, torch.int8)


def test_seeds_are_fixed_when_asked_for() -> None:
    state = random.getstate(), torch.get_rng_state()
    try:
        drawn = [(fix_seed(7), random.random(), float(torch.rand(1))) for _ in range(2)]
    finally:
        random.setstate(state[0])
        torch.set_rng_state(state[1])
    assert drawn[0] == drawn[1]
    suppress_warnings()
