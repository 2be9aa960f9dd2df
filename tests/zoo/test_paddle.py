from __future__ import annotations

import codecs
import os
import pickle
import sys
import tarfile
import tracemalloc
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mattebox.errors import WeightsUnavailable
from mattebox.zoo import paddle
from mattebox.zoo.checkpoint import read_checkpoint

ARRAYS = {
    "conv.weight": np.random.default_rng(0).random((8, 4, 3, 3), np.float32),
    "norm._mean": np.arange(4, dtype=np.float32),
    "columns": np.asfortranarray(np.arange(12, dtype=np.float64).reshape(3, 4)),
    "other end": np.arange(5, dtype=">i4"),
    "half": np.float16([0.5, 2]),
    "steps": np.array(7),
    "rate": np.float32(0.25),
    "flags": np.array([True, False]),
}
NAMES = {"StructuredToParameterName@@": {"conv.weight": "conv2d_0.w_0"}, "epoch": 3}


class Called:
    """An object that is made by calling something."""

    def __init__(self, call: Callable[..., Any], *values: Any) -> None:
        self.call, self.values = call, values

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call, self.values


def written(path: Path, table: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(table, protocol=protocol))
    return path


def assert_read(path: Path) -> None:
    state = read_checkpoint(path).state
    assert state.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert state[name].shape == array.shape
        np.testing.assert_array_equal(state[name].numpy(), array)
        assert state[name].numpy().dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("kind", [dict, OrderedDict])
@pytest.mark.parametrize("older", [False, True])
def test_arrays_are_read_by_name_from_every_protocol(
    tmp_path: Path, protocol: int, kind: Callable[..., Any], older: bool
) -> None:
    path = written(tmp_path / "model.pdparams", kind(ARRAYS | NAMES), protocol)
    if older and protocol < 4:  # names of NumPy 1; those of protocol 4 have their lengths before them
        path.write_bytes(path.read_bytes().replace(b"numpy._core", b"numpy.core"))
    assert_read(path)


def test_pairs_of_another_name_and_an_array_are_read(tmp_path: Path) -> None:
    pairs = {name: Called(tuple, (f"parameter {name}", array)) for name, array in ARRAYS.items()}
    assert_read(written(tmp_path / "model.pdparams", pairs | NAMES))


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    assert_read(written(tmp_path / "weights.pth", ARRAYS))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_in_an_archive_of_zip_is_read(tmp_path: Path, compression: int) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w", compression) as archive:
        archive.writestr("some/deploy.yaml", "Deploy:")
        archive.writestr("some/model.pdparams", pickle.dumps(ARRAYS, protocol=4))
    assert_read(tmp_path / "some.zip")


def test_a_checkpoint_of_pytorch_is_known_by_its_own_table_whatever_else_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "some.pth"
    torch.save({"a": torch.ones(3)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("some/model.pdparams", pickle.dumps(ARRAYS, protocol=4))
    assert set(read_checkpoint(path).state) == {"a"}


def test_an_archive_is_taken_for_what_it_begins_with(tmp_path: Path) -> None:
    path, other = packed(tmp_path / "some.tar.gz", {"model.pdparams": pickle.dumps(ARRAYS, protocol=4)}), BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("model.pdparams", pickle.dumps({"other": np.zeros(1)}, protocol=4))
    path.write_bytes(path.read_bytes() + bytes(512) + other.getvalue())
    assert zipfile.is_zipfile(path)
    assert_read(path)


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["hrnet/model.pdparams", "../../model.pdparams", "/etc/model.pdparams"])
def test_a_file_in_an_archive_of_tar_is_read_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = packed(folder / "some.tar.gz", {"readme": b"text", name: pickle.dumps(ARRAYS, protocol=4)})
    assert_read(path)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_unpacks_to_far_more_than_itself_is_refused(tmp_path: Path, kind: str) -> None:
    zeros = bytes(32 << 20)
    path = tmp_path / f"bomb.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("model.pdparams", zeros)
    else:
        packed(path, {"model.pdparams": zeros})
    with pytest.raises(WeightsUnavailable, match="an archive that unpacks to far more than weights do"):
        read_checkpoint(path)


def test_an_archive_of_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("model.pdparams", pickle.dumps(ARRAYS, protocol=4))
    with pytest.raises(WeightsUnavailable, match=r"without a file \*\.pdparams that is stored or deflated"):
        read_checkpoint(tmp_path / "some.zip")


def test_an_archive_without_weights_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "some.tar.gz", {"model.pdmodel": b"program"})
    with pytest.raises(WeightsUnavailable, match=r"cannot be read as a checkpoint: an archive without a file \*\.pdp"):
        read_checkpoint(path)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("call", "values", "name"),
    [
        (os.system, ("touch 'it ran'",), "posix.system"),
        (eval, ("open('it ran', 'w')",), "builtins.eval"),
        (bytes, (1 << 40,), "builtins.bytes"),
        (np.zeros, ((1 << 40,),), "numpy.zeros"),
        (np.frombuffer, (b"1234",), "numpy.frombuffer"),
        (__import__, ("antigravity",), "builtins.__import__"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_wants_something_else_called_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., Any], values: Any, name: str, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "evil.pdparams", ARRAYS | {"extra": Called(call, *values)}, protocol)
    with pytest.raises(WeightsUnavailable, match=r"evil\.pdparams: refused: it asks for") as refusal:
        read_checkpoint(path)
    assert name in str(refusal.value).replace("numpy._core.multiarray", "numpy")
    assert list(tmp_path.iterdir()) == [path]


class Foreign:
    """A class that only the writer of a file knows."""


@pytest.mark.parametrize("protocol", [2, 4])
def test_an_object_of_a_foreign_class_is_refused_by_name(tmp_path: Path, protocol: int) -> None:
    path = written(tmp_path / "evil.pdparams", ARRAYS | {"extra": Foreign()}, protocol)
    with pytest.raises(WeightsUnavailable, match=r"evil\.pdparams: refused: it asks for \S*\.Foreign, which weights"):
        read_checkpoint(path)


def array_of(shape: Any, code: str = "f4", data: Any = b"", order: str = "<") -> bytes:
    """A file with one array, of which anything can be said."""

    class Said:
        def __reduce__(self) -> tuple[Any, ...]:
            kind = StateOf(np.dtype, (code, False, True), (3, order, None, None, None, -1, -1, 0))
            return RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, shape, kind, False, data)

    class StateOf:
        def __init__(self, call: Any, values: Any, state: Any) -> None:
            self.said = call, values, state

        def __reduce__(self) -> tuple[Any, ...]:
            return self.said

    return pickle.dumps({"evil": Said()}, protocol=4)


RECONSTRUCT = np.zeros(1).__reduce__()[0]


@pytest.mark.parametrize(
    "content",
    [
        array_of((1 << 40,)),
        array_of((3,), data=b"12345678"),
        array_of((-1, -2), data=b"12345678"),
        array_of((2,), "O", [1, 2]),
        array_of((1,), "O", b"12345678"),
        array_of((1,), "V1000000000", b"1"),
        array_of((1,), "f4,f4", b"12345678"),
        array_of((1,), "U1", b"1234"),
        array_of((1,), data="1234"),
        array_of((1,), data=b"1234", order="x"),
        array_of("shape", data=b"1234"),
        array_of(None, data=b"1234"),
        b"\x80\x02cnumpy\nndarray\n(K\x09tR.",
        b"\x80\x02cnumpy\ndtype\n}(X\x01\x00\x00\x00aK\x01ub.",
        b"\x80\x02ccollections\nOrderedDict\n}(X\x01\x00\x00\x00aK\x01ub.",
        b"\x80\x04B\xff\xff\xff\x7f1234.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x001234.",
        b"\x80\x04\x95\xff\xff\xff\xff\x00\x00\x00\x00N.",
        b"\x80\x04\x96\xff\xff\xff\x1f\x00\x00\x00\x00.",
        b"\x80\x02}r\xff\xff\xff\x010.",
        b"\x80\x04",
        b"\x80\x04N.",
        b"\x80\x04]\x94.",
    ],
)
def test_what_a_file_says_of_itself_is_checked_and_takes_no_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evil.pdparams"
    path.write_bytes(content)
    assert len(content) < 300
    tracemalloc.start()
    try:
        with pytest.raises(WeightsUnavailable, match=r"evil\.pdparams: "):
            read_checkpoint(path)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_the_same_bytes_are_not_made_into_many_arrays(tmp_path: Path) -> None:
    data = bytes(1 << 20)

    class Same:
        def __reduce__(self) -> tuple[Any, ...]:
            return RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (1 << 18,), np.dtype("f4"), False, data)

    path = written(tmp_path / "evil.pdparams", {str(number): Same() for number in range(50)})
    assert path.stat().st_size < 2 << 20
    with pytest.raises(WeightsUnavailable, match="arrays and tables that are together larger"):
        read_checkpoint(path)


def test_the_same_text_is_not_made_into_bytes_many_times(tmp_path: Path) -> None:
    text = "a" * (1 << 20)
    path = written(tmp_path / "evil.pdparams", [Called(codecs.encode, text, "latin1") for _ in range(50)], 2)
    assert path.stat().st_size < 2 << 20
    with pytest.raises(WeightsUnavailable, match="arrays and tables that are together larger"):
        read_checkpoint(path)


PAIRS = b"](" + b"".join(b"M%bN\x86" % number.to_bytes(2, "little") for number in range(30_000)) + b"e"


@pytest.mark.parametrize(
    ("function", "values", "call", "message"),
    [
        (b"cbuiltins\ntuple\n", b"](" + b"N" * 30_000 + b"e", b"h\x01h\x00\x85R", "that are together larger"),
        (b"ccollections\nOrderedDict\n", PAIRS, b"h\x01h\x00\x85R", "that are together larger"),
        (
            b"ccollections\nOrderedDict\n",
            b"}(" + PAIRS[2:-1].replace(b"\x86", b"") + b"u",
            b"h\x01)Rh\x00b",
            "cannot be read",
        ),
        (
            b"cbuiltins\ntuple\n",
            b"X\x10\x27\0\0" + b"a" * 10_000,
            b"h\x01h\x00\x85R",
            "a str, where a list is expected",
        ),
    ],
    ids=["tuple", "table", "attributes", "text"],
)
def test_the_same_list_is_not_copied_many_times(
    tmp_path: Path, function: bytes, values: bytes, call: bytes, message: str
) -> None:
    path = tmp_path / "evil.pdparams"
    path.write_bytes(b"\x80\x02" + function + b"q\x010" + values + b"q\x000](" + 200 * call + b"e.")
    assert path.stat().st_size < 256 << 10
    tracemalloc.start()
    try:
        with pytest.raises(WeightsUnavailable, match=message):
            read_checkpoint(path)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_table_whose_entries_are_given_at_once_is_read(tmp_path: Path) -> None:
    assert_read(written(tmp_path / "m", Called(OrderedDict, [list(pair) for pair in (ARRAYS | NAMES).items()]), 2))


def test_an_array_under_two_names_is_read_once(tmp_path: Path) -> None:
    shared = np.zeros(1 << 20, np.float32)
    state = read_checkpoint(written(tmp_path / "m.pdparams", {"one": shared, "other": shared})).state
    assert state["one"].data_ptr() == state["other"].data_ptr()


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "evil.pdparams", {"a": Called(codecs.encode, "a" * 10, "zlib")}, 2)
    with pytest.raises(WeightsUnavailable, match="bytes kept as zlib"):
        read_checkpoint(path)


@pytest.mark.parametrize("kept", [10, 100, -1])
def test_a_truncated_file_is_told(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path / "some.pdparams", ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsUnavailable, match=f"{path}: {path.stat().st_size:,} bytes that cannot be read"):
        read_checkpoint(path)


def test_paddle_is_not_needed(tmp_path: Path) -> None:
    assert "paddle" not in sys.modules
    assert paddle.read_arrays(written(tmp_path / "m", ARRAYS)).keys() == ARRAYS.keys()
