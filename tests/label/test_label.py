from __future__ import annotations

import subprocess
import sys

import pytest

import mattebox.label as wing


def test_public_names_are_sorted_and_all_resolve() -> None:
    assert sorted(wing.__all__) == sorted(wing._HOME_OF)
    for name in wing.__all__:
        assert getattr(wing, name) is not None, name


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'raed'"):
        wing.raed  # noqa: B018


def test_nothing_is_loaded_before_it_is_used() -> None:
    program = "import mattebox.label, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "cv2", "PIL", "pyarrow", "orjson", "shapely", "scipy", "openpyxl"} & set(loaded)


def test_reading_annotations_needs_neither_torch_nor_a_server() -> None:
    program = (
        "import sys; from mattebox.label import *; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "lightning", "fastapi", "pandas", "onnxruntime", "matplotlib"} & set(loaded)
