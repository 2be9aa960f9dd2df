"""The command: what it takes for a picture, where results go, and what becomes of the exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from carvekit import command
from carvekit.utils.fs_utils import save_file
from carvekit.web.schemas.config import MLConfig
from carvekit_standins import Call, sight
from standins import Command

PLAIN = ("--pre", "none", "--post", "none", "--net", "u2net", "--seg_mask_size", "64")
"""Options that make a run short."""


def tree(folder: Path = Path()) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def photo(name: str, size: tuple[int, int] = (80, 60)) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    sight("hard", None, size).save(path)
    return path


def broken(name: str) -> Path:
    """A picture that ends in the middle."""
    path = photo(name, (200, 200))
    path.write_bytes(path.read_bytes()[:700])
    return path


def test_a_picture_gets_its_cutout_beside_it(carvekit: Command) -> None:
    photo("my.cat.jpg", (100, 70))
    said = carvekit("-i", "my.cat.jpg")
    assert said.code == 0, said.err
    assert tree() == {"my.cat.jpg", "my_bg_removed.png"}
    with Image.open("my_bg_removed.png") as cutout:
        assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (100, 70))
        assert cutout.getchannel("A").getextrema() == (0, 255)


def test_a_folder_is_looked_into_and_results_are_left_out(carvekit: Command) -> None:
    for name in ("in/b.JPG", "in/a.png", "in/c.webp", "in/deep/d.bmp", "in/old_bg_removed.png"):
        photo(name)
    Path("in/notes.txt").write_text("no picture")
    Path("out").mkdir()
    said = carvekit("-i", "in", "-o", "out", *PLAIN)
    assert (said.code, tree(Path("out"))) == (0, {"a.png", "b.png", "c.png"})
    assert said.err.index("in/a.png") < said.err.index("in/b.JPG") < said.err.index("in/c.webp")
    assert "3 done, 0 skipped, 0 failed" in said.err
    assert carvekit("-i", "in", "-o", "out", "--recursive", *PLAIN).code == 0
    assert tree(Path("out")) == {"a.png", "b.png", "c.png", "d.png"}


def test_a_file_as_output_is_always_png(carvekit: Command) -> None:
    photo("a.jpg")
    assert carvekit("-i", "a.jpg", "-o", "x.png", *PLAIN).code == 0
    with pytest.warns(UserWarning, match="only PNG is written: y.jpg becomes y.png"):
        assert carvekit("-i", "a.jpg", "-o", "y.jpg", *PLAIN).code == 0
    assert tree() == {"a.jpg", "x.png", "y.png"}


def test_pictures_of_one_name_do_not_overwrite_each_other(carvekit: Command) -> None:
    for name in ("in/a.jpg", "in/a.png", "in/a.b.png", "in/1/a.jpg", "in/2/a.jpg"):
        photo(name)
    Path("out").mkdir()
    assert carvekit("-i", "in", "-o", "out", "--recursive", *PLAIN).code == 0
    assert tree(Path("out")) == {"a.png", "a.jpg.png", "a.jpg-2.png", "a.b.png", "a.png.png"}
    before = tree(Path("in"))
    assert carvekit("-i", "in", *PLAIN).code == 0
    beside = {"a_bg_removed.png", "a.jpg_bg_removed.png", "a.png_bg_removed.png"}
    assert tree(Path("in")) - before == beside


def test_no_picture_of_the_run_is_written_over(carvekit: Command) -> None:
    sources = {path: path.read_bytes() for path in (photo("in/a.png"), photo("in/b.jpg"))}
    assert carvekit("-i", "in", "-o", "in", *PLAIN).code == 0
    assert tree(Path("in")) == {"a.png", "b.jpg", "a.png.png", "b.png"}
    assert {path: path.read_bytes() for path in sources} == sources
    with pytest.warns(UserWarning, match="only PNG"):
        said = carvekit("-i", "in/a.png", "-o", "in/a.jpg", *PLAIN)
    assert said.code == 2
    assert "would be written to the picture itself" in said.err
    assert carvekit("-i", "in/a.png", "-o", "in/a.png", *PLAIN).code == 0, "it was named"
    with Image.open("in/a.png") as replaced:
        assert replaced.mode == "RGBA"


def test_what_is_replaced_is_said(carvekit: Command) -> None:
    photo("a.jpg")
    assert "replaced" not in carvekit("-i", "a.jpg", *PLAIN).err
    assert "an earlier file was replaced" in carvekit("-i", "a.jpg", *PLAIN).err


def test_how_many_files_were_replaced_is_said_on_a_terminal_too(
    carvekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for name in ("in/a.jpg", "in/b.jpg"):
        photo(name)
    assert "replaced" not in carvekit("-i", "in/a.jpg", *PLAIN).err
    assert "\n1 earlier file replaced\n" in carvekit("-i", "in", *PLAIN).err
    assert "\n2 earlier files replaced\n" in carvekit("-i", "in", *PLAIN).err


def test_a_bad_picture_stops_no_other(carvekit: Command, calls: list[Call]) -> None:
    photo("in/a.jpg")
    broken("in/b.jpg")
    Path("in/c.png").write_bytes(b"")
    photo("in/d.jpg", (20, 20))
    Image.new("P", (64, 64)).save("in/e.png")
    photo("in/f.jpg")
    Path("out").mkdir()
    said = carvekit("-i", "in", "-o", "out", *PLAIN)
    assert said.code == 1
    assert tree(Path("out")) == {"a.png", "f.png"}
    assert "2 done, 0 skipped, 4 failed" in said.err
    for reason in (
        "in/b.jpg: cannot be read as a picture: image file is truncated",
        "in/c.png: cannot be read as a picture",
        "in/d.jpg: has 20 x 20 pixels; each side must have at least 33",
        "in/e.png: is of mode P; convert it to one of RGB, RGBA, L",
    ):
        assert f"failed: {reason}" in said.err
    assert [call.shape for call in calls] == [(2, 3, 64, 64)]


def test_a_picture_that_a_network_fails_on_stops_no_other(carvekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def interface(pictures: Sequence[Image.Image]) -> list[Image.Image]:
        sizes.append(len(pictures))
        if any(picture.width == 70 for picture in pictures):
            raise MemoryError
        return [picture.convert("RGBA") for picture in pictures]

    monkeypatch.setattr(command, "init_interface", lambda _: interface)
    for name, size in {"a.png": (80, 60), "b.png": (70, 60), "c.png": (90, 60), "d.png": (40, 40)}.items():
        photo(f"in/{name}", size)
    Path("out").mkdir()
    said = carvekit("-i", "in", "-o", "out", "--batch_size", "3")
    assert (said.code, tree(Path("out"))) == (1, {"a.png", "c.png", "d.png"})
    assert "in/b.png: not enough memory" in said.err
    assert sizes == [3, 1, 1, 1, 1]


def test_a_result_that_cannot_be_written_stops_no_other(carvekit: Command) -> None:
    photo("in/a.png")
    photo("in/b.png")
    Path("out/a.png").mkdir(parents=True)
    said = carvekit("-i", "in", "-o", "out", *PLAIN)
    assert (said.code, tree(Path("out"))) == (1, {"b.png"})
    assert "out/a.png cannot be written" in said.err


def test_an_empty_folder_needs_no_network(carvekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "init_interface", lambda _: pytest.fail("it was built"))
    Path("in").mkdir()
    said = carvekit("-i", "in")
    assert said.code == 0
    assert "in: no pictures in this folder" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-i nowhere.jpg", "-i nowhere.jpg: no such file or folder"),
        ("-i a.jpg --recursive", "-i a.jpg: must be a folder where --recursive is given"),
        ("-i a.jpg -o new", "Wrong output path! new is no folder"),
        ("-i in -o x.png", "-o x.png: is one file, for 2 pictures"),
        ("-i a.jpg --device gpu", "device 'gpu': must be cpu or cuda"),
        ("-i a.jpg --device cuda:7", "device 'cuda:7' was asked for"),
        ("-i a.jpg --net tracer", "'tracer' is not one of"),
        ("-i a.jpg --pre full", "'full' is not one of"),
        ("-i a.jpg --post crf", "'crf' is not one of"),
        ("-i a.jpg --batch_size 0", "should be greater than or equal to 1"),
        ("-i a.jpg --seg_mask_size big", "unable to parse string as an integer"),
        ("-o out", "Missing option '-i'"),
    ],
)
def test_wrong_use_is_told_before_any_work(
    carvekit: Command, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.setattr(command, "init_interface", lambda _: pytest.fail("it was built"))
    for name in ("a.jpg", "in/a.jpg", "in/b.jpg"):
        photo(name)
    said = carvekit(*words.split())
    assert said.code == 2
    assert message in " ".join(said.err.replace("│", " ").split())


def configured(carvekit: Command, monkeypatch: pytest.MonkeyPatch, *words: str) -> MLConfig:
    configs: list[MLConfig] = []

    def init_interface(config: MLConfig) -> Any:
        configs.append(config)
        return lambda pictures: [picture.convert("RGBA") for picture in pictures]

    monkeypatch.setattr(command, "init_interface", init_interface)
    assert carvekit("-i", str(photo("a.jpg")), *words).code == 0
    return configs[0]


def test_defaults_are_carvekits(carvekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured(carvekit, monkeypatch) == MLConfig(batch_size_seg=5)


def test_every_option_reaches_the_networks(carvekit: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (
        "--pre auto --post fba --net isnet --batch_size_pre 2 --batch_size_seg 3 --batch_size_mat 4 "
        "--batch_size_refine 6 --seg_mask_size 320 --matting_mask_size 1024 --refine_mask_size 512 "
        "--trimap_filter_threshold 20 --trimap_dilation 10 --trimap_erosion 1 --trimap_prob_threshold 100 "
        "--device cpu --fp16"
    )
    expected = MLConfig(
        segmentation_network="isnet",
        preprocessing_method="auto",
        postprocessing_method="fba",
        batch_size_pre=2,
        batch_size_seg=3,
        batch_size_matting=4,
        batch_size_refine=6,
        seg_mask_size=320,
        matting_mask_size=1024,
        refine_mask_size=512,
        fp16=True,
        trimap_filter_threshold=20,
        trimap_dilation=10,
        trimap_erosion=1,
        trimap_prob_threshold=100,
    )
    assert configured(carvekit, monkeypatch, *words.split()) == expected
    changed = [name for name, value in expected.dict().items() if value != MLConfig().dict()[name]]
    assert len(changed) == len(expected.dict()) - 1, "all but the device differ from their defaults"


def test_the_module_is_the_command(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-m", "carvekit", "--help"], capture_output=True, text=True, check=True)
    assert "Usage: carvekit [OPTIONS]" in told.stdout
    words = [sys.executable, "-m", "carvekit", "-i", str(tmp_path / "nothing.jpg")]
    failed = subprocess.run(words, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr == f"error: -i {tmp_path / 'nothing.jpg'}: no such file or folder\n"


def test_files_are_saved_as_carvekit_saves_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    picture = Image.new("RGB", (64, 64), (1, 2, 3))
    Path("data").mkdir()
    save_file(Path("output.png"), Path("input.png"), picture)
    save_file(Path("data"), Path("input.jpg"), picture.convert("P"))
    save_file(None, Path("input.one.png"), picture.convert("L"))
    save_file(Path("none"), Path("data/input.png"), picture)
    with pytest.warns(UserWarning, match="only PNG is written: other.jpg becomes other.png"):
        save_file(Path("other.jpg"), Path("input.jpg"), picture)
    with pytest.raises(ValueError, match="Wrong output path!"):
        save_file(Path("NotExistedPath"), Path("input.png"), picture)
    assert tree() == {"output.png", "data/input.png", "input_bg_removed.png", "data/input_bg_removed.png", "other.png"}
    with Image.open("other.png") as saved:
        assert saved.convert("RGB").tobytes() == picture.tobytes()
