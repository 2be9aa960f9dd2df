from __future__ import annotations

import subprocess
import sys

import pytest

import mattebox

HEAVY = {
    "torch",
    "transformers",
    "tensorflow",
    "dask",
    "fastapi",
    "cvat_sdk",
    "cv2",
    "onnxruntime",
    "numba",
    "numpy",
    "PIL",
}


def test_public_names_are_sorted_and_all_resolve() -> None:
    assert list(mattebox.__all__) == sorted(mattebox.__all__)
    for name in mattebox.__all__:
        assert getattr(mattebox, name).__doc__, name


def test_public_names_are_exactly_those_that_are_promised() -> None:
    assert set(mattebox.__all__) == set(mattebox._HOME_OF)
    promised = {"Cutout", "Job", "Journal", "MatteboxError", "Output", "Picture", "Remover", "Settings", "remove"}
    assert promised | {"open_picture", "run_jobs"} <= set(mattebox.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'remvoe'"):
        mattebox.remvoe  # noqa: B018


@pytest.mark.parametrize("code", ["import mattebox", "import mattebox.cli", "import mattebox.errors"])
def test_light_imports_stay_light(code: str) -> None:
    program = f"{code}; import sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_the_pipeline_needs_no_extra() -> None:
    program = "import mattebox, sys; mattebox.remove; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "pymatting", "numba", "scipy", "matplotlib"} & set(loaded)
