from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox.cli.matte import LETTERS
from mattebox.compose import over, solid
from mattebox.matting import load_matter
from parity import weights_paddle as maker
from standins import Command, draw, photo

PARITY = Path(__file__).parent.parent / "parity" / "paddle"


@pytest.fixture(autouse=True)
def half_opaque(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, np.ndarray]]:
    """In place of every matting method: all that is unknown is half opaque; gives what was asked of which."""
    asked = []

    def load(name: str, *_: object, **__: object) -> object:
        def matter(_: np.ndarray, trimap: np.ndarray) -> tuple[np.ndarray, None]:
            asked.append((name, trimap))
            return np.where(trimap == 128, 0.5, trimap / 255).astype(np.float32), None

        return matter

    monkeypatch.setattr("mattebox.remover.load_matter", load)
    return asked


def trimap(path: Path, grey: int = 128) -> np.ndarray:
    """Save the trimap of a drawing: its middle sure, its rim unknown."""
    y, x = np.mgrid[:48, :64]
    away = np.hypot(y - 24, x - 32)
    values = np.select([away < 10, away < 20], [255, grey], 0).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return values


def alpha_of(path: str | Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGBA"))[..., 3]


@pytest.mark.parametrize("method", ["closed-form", "fast"])
def test_a_real_solver_finds_the_opacity_of_a_smooth_edge(
    mattebox: Command, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("mattebox.remover.load_matter", load_matter)
    values = trimap(Path("t.png"))
    y, x = np.mgrid[:48, :64]
    opacity = np.clip((18 - np.hypot(y - 24, x - 32)) / 6, 0, 1)[..., None]
    Image.fromarray(np.rint(opacity * [230, 60, 40] + (1 - opacity) * [30, 90, 200]).astype(np.uint8)).save("a.png")
    said = mattebox("matte", "a.png", "--trimap", "t.png", "--model", method)
    assert said.code == 0, said.err
    unknown = values == 128
    assert np.abs(alpha_of("a_cutout.png")[unknown] / 255 - opacity[..., 0][unknown]).mean() < 0.02


def test_a_trimap_of_ones_own_is_followed(mattebox: Command, half_opaque: list[tuple[str, np.ndarray]]) -> None:
    photo(Path("a.jpg"))
    values = trimap(Path("t.png"))
    said = mattebox("matte", "a.jpg", "--trimap", "t.png")
    assert said.code == 0, said.err
    np.testing.assert_array_equal(alpha_of("a_cutout.png"), values)
    ((method, shown),) = half_opaque
    assert method == "closed-form"
    np.testing.assert_array_equal(shown, values)


def test_trimaps_of_a_folder_belong_to_pictures_by_name(mattebox: Command) -> None:
    for name, own, grey in (("b.jpg", "b.jpg.png", 128), ("a.png", "a.png", 255), ("c.webp", "c.png", 128)):
        photo(Path("photos", name))
        trimap(Path("trimaps", own), grey)
    said = mattebox("matte", "photos", "-o", "out", "--trimap", "trimaps", "--model", "knn")
    assert said.code == 0, said.err
    assert alpha_of("out/b_cutout.png")[24, 48] == alpha_of("out/c_cutout.png")[24, 48] == 128
    assert alpha_of("out/a_cutout.png")[24, 48] == 255


def test_pictures_without_a_trimap_are_told_before_the_work(mattebox: Command) -> None:
    for name in ("a", "b", "c", "d", "e"):
        photo(Path("photos", f"{name}.jpg"))
    trimap(Path("trimaps/a.png"))
    said = mattebox("matte", "photos", "-o", "out", "--trimap", "trimaps")
    assert said.code == 2
    assert (
        "trimaps: no trimap for b.jpg, c.jpg, d.jpg and 1 more; each is named as its picture, as in b.png" in said.err
    )
    assert not Path("out").exists()
    trimap(Path("trimaps/a.jpg"))
    said = mattebox("matte", "photos/a.jpg", "--trimap", "trimaps")
    assert "a.jpg and a.png could both be the trimap of a picture" in said.err


def test_one_bad_trimap_does_not_stop_the_rest(mattebox: Command) -> None:
    for name in ("a", "b"):
        photo(Path("photos", f"{name}.jpg"))
    trimap(Path("trimaps/a.png"))
    Image.new("L", (10, 10)).save("trimaps/b.png")
    said = mattebox("matte", "photos", "-o", "out", "--trimap", "trimaps", "--report", "report.json")
    assert said.code == 1
    assert "b.png: a trimap of 10 x 10 pixels, where the picture has 48 x 64" in said.err
    assert json.loads(Path("report.json").read_text())["done"] == 1
    trimap(Path("large.png"))
    with Image.open("large.png") as drawn:
        drawn.resize((128, 96), Image.Resampling.NEAREST).save("trimaps/b.png")
    said = mattebox("matte", "photos", "-o", "out", "--trimap", "trimaps", "--resize-trimap", "--overwrite")
    assert said.code == 0, said.err


def test_pictures_of_one_name_take_the_trimap_of_their_own_folder(mattebox: Command) -> None:
    for folder, grey in (("a", 128), ("b", 255)):
        photo(Path("photos", folder, "1.jpg"))
        trimap(Path("trimaps", folder, "1.png"), grey)
    said = mattebox("matte", "photos", "-r", "-o", "out", "--trimap", "trimaps")
    assert said.code == 0, said.err
    assert alpha_of("out/a/1_cutout.png")[24, 48] == 128
    assert alpha_of("out/b/1_cutout.png")[24, 48] == 255
    Path("trimaps/1.png").write_bytes(Path("trimaps/a/1.png").read_bytes())
    for folder in ("a", "b"):
        Path("trimaps", folder, "1.png").unlink()
    said = mattebox("matte", "photos", "-r", "-o", "new", "--trimap", "trimaps")
    assert (said.code, "trimaps/1.png: the trimap of 2 pictures" in said.err) == (2, True)


def test_a_stream_and_a_watched_folder_take_masks_by_name_or_say_why_not(mattebox: Command) -> None:
    photo(Path("inbox/a.png"))
    photo(Path("inbox/b.png"))
    Path("masks").mkdir()
    draw().convert("L").point(lambda grey: 255 * (grey > 128)).save("masks/a.png")
    said = mattebox("watch", "inbox", "-o", "out", "--once", "--interval", "0.05", "--mask", "masks")
    assert said.code == 1
    assert "masks: no mask for b.png" in said.err
    assert alpha_of("out/a_cutout.png")[24, 32] == 255
    said = mattebox("matte", "-", "--mask", "masks", stdin=Path("inbox/a.png").read_bytes())
    assert (said.code, "a folder of masks or trimaps is for pictures with names" in said.err) == (2, True)


def test_hints_for_matting_without_a_method_are_refused(mattebox: Command) -> None:
    photo(Path("a.png"))
    for hint in ("--trimap a.png", "--transparent 0,0,9,9"):
        said = mattebox("remove", "a.png", *hint.split())
        assert (said.code, f"{hint.split()[0]} is for matting methods" in said.err) == (2, True)


@pytest.mark.parametrize("hint", ["--mask m.png", "--points 24,32", "--box 4,8,44,60", ""])
def test_other_hints_give_a_trimap_with_a_band(
    mattebox: Command, half_opaque: list[tuple[str, np.ndarray]], hint: str
) -> None:
    photo(Path("a.png"))
    draw().convert("L").point(lambda grey: 255 * (grey > 128)).save("m.png")
    said = mattebox("matte", "a.png", *hint.split(), "--model", "knn", "--band", "0.05")
    assert said.code == 0, said.err
    ((method, shown),) = half_opaque
    assert method == "knn"
    assert set(np.unique(shown)) == {0, 128, 255}
    assert (shown[24, 32], shown[0, 0]) == (255, 0)


def test_see_through_boxes_are_unknown(mattebox: Command) -> None:
    photo(Path("a.png"))
    mattebox("matte", "a.png", "--transparent", "20,28,26,36", "--transparent", "28,28,30,36")
    alpha = alpha_of("a_cutout.png")
    assert (alpha[22, 30], alpha[29, 30], alpha[27, 30]) == (128, 128, 255)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model fbaa", "no matting method 'fbaa'; did you mean 'fba'?"),
        ("--model none", "no matting method 'none'"),
        ("--model detail", "no matting method 'detail'"),
        ("--model lite --trimap a.png", "model 'lite' finds subject and edge itself: leave out --trimap"),
        ("--points 1;2", "points '1;2': give row,column pairs"),
        ("--box 1,2,3", "box '1,2,3': give top,left,bottom,right"),
        ("--trimap nowhere.png", "trimap nowhere.png: there is no such file or folder"),
        ("--mask a.png --box 0,0,9,9", "--mask and --box contradict each other"),
        ("--points 100,2", "point (100, 2) lies outside the picture of 48 x 64 pixels"),
    ],
)
def test_what_makes_no_sense_is_told(mattebox: Command, words: str, message: str) -> None:
    photo(Path("a.png"))
    said = mattebox("matte", "a.png", *words.split())
    assert said.code != 0
    assert message in said.err
    assert not Path("a_cutout.png").exists()


def test_a_method_that_needs_no_trimap_finds_the_subject_itself(
    mattebox: Command, half_opaque: list[tuple[str, np.ndarray]]
) -> None:
    photo(Path("a.png"))
    said = mattebox("matte", "a.png", "--model", "lite")
    assert said.code == 0, said.err
    assert not half_opaque
    assert alpha_of("a_cutout.png")[24, 32] == 255


@pytest.mark.parametrize(("on", "colour"), [("g", (0, 255, 0)), ("green", (0, 128, 0)), ("#00f", (0, 0, 255))])
def test_a_new_background(mattebox: Command, on: str, colour: tuple[int, int, int]) -> None:
    photo(Path("a.png"))
    said = mattebox("background", "a.png", "--on", on)
    assert said.code == 0, said.err
    image = Image.open("a_cutout.png")
    assert (image.mode, image.getpixel((0, 0))) == ("RGB", colour)


def test_a_background_that_is_a_picture_and_one_that_is_not_there(mattebox: Command) -> None:
    photo(Path("a.png"))
    Image.new("RGB", (64, 48), (9, 8, 7)).save("beach.png")
    assert mattebox("background", "a.png", "--on", "beach.png", "-o", "b.png").code == 0
    assert Image.open("b.png").getpixel((0, 0)) == (9, 8, 7)
    said = mattebox("background", "a.png", "--on", "sea.png")
    assert (said.code, "background 'sea.png': there is no such file" in said.err) == (2, True)
    assert mattebox("background", "a.png").code == 2


@pytest.mark.parametrize("letter", "rgbw")
def test_the_letters_of_paddleseg_give_its_pictures(letter: str) -> None:
    foreground = maker.image_u8("save/fg", 38, 52, seed=1)[..., ::-1]
    alpha = maker.alpha_u8("save/a", 38, 52, 1).astype(np.float32) / 255
    ours = over(np.ascontiguousarray(foreground), alpha, solid((38, 52), LETTERS[letter]))
    with np.load(PARITY / "backgrounds.npz") as golden:
        # It cuts fractions off where we round.
        assert np.abs(ours[..., ::-1].astype(int) - golden[letter]).max() <= 1
