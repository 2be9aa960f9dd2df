from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mattebox import EngineFailed, Outcome, batch, download, remover
from standins import Command, draw, photo, site

JOURNAL = ".mattebox-journal.jsonl"


def tree(folder: Path = Path()) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def kind_of(path: Path) -> tuple[str | None, str]:
    with Image.open(path) as image:
        return image.format, image.mode


def test_one_picture_gets_its_cutout_beside_it_and_one_line(mattebox: Command) -> None:
    photo(Path("a.jpg"))
    said = mattebox("remove", "a.jpg")
    assert (said.code, said.out) == (0, b"")
    assert said.err.startswith("a.jpg -> a_cutout.png (0.")
    assert said.err.count("\n") == 1
    assert tree() == {"a.jpg", "a_cutout.png"}
    assert kind_of(Path("a_cutout.png")) == ("PNG", "RGBA")


@pytest.mark.parametrize(
    ("words", "target", "kind"),
    [
        ("-o new/b.webp", "new/b.webp", ("WEBP", "RGBA")),
        ("-o b.JPG", "b.JPG", ("JPEG", "RGB")),
        ("-o there", "there/a_cutout.png", ("PNG", "RGBA")),
        ("-o new/folder", "new/folder/a_cutout.png", ("PNG", "RGBA")),
        ("-o new.2/ -f tiff", "new.2/a_cutout.tiff", ("TIFF", "RGBA")),
        ("-f webp", "a_cutout.webp", ("WEBP", "RGBA")),
        ("-o b.png -f png", "b.png", ("PNG", "RGBA")),
        ("-p amazon", "a_cutout.jpg", ("JPEG", "RGB")),
        ("-p amazon -o b.png", "b.png", ("PNG", "RGB")),
        ("--mask-only", "a_cutout.png", ("PNG", "L")),
        ("--kind foreground", "a_cutout.png", ("PNG", "RGB")),
        ("-b white --gradient #ff0000", "a_cutout.png", ("PNG", "RGB")),
        ("-b there/back.png --fit tile", "a_cutout.png", ("PNG", "RGB")),
        ("-b blur", "a_cutout.png", ("PNG", "RGB")),
        ("-b blur --margin 90% -f jpeg", "a_cutout.jpg", ("JPEG", "RGB")),
        ("--shadow-kind contact", "a_cutout.png", ("PNG", "RGBA")),
        ("--shadow --feather 1 --keep-largest --drop-specks 0.1", "a_cutout.png", ("PNG", "RGBA")),
    ],
)
def test_the_output_and_its_format_are_as_asked(
    mattebox: Command, words: str, target: str, kind: tuple[str, str]
) -> None:
    photo(Path("a.jpg"))
    photo(Path("there/back.png"))
    said = mattebox("remove", "a.jpg", *words.split())
    assert said.code == 0, said.err
    assert tree() == {"a.jpg", "there/back.png", target}
    assert kind_of(Path(target)) == kind


def test_crop_margin_region_mask_and_invert_reach_the_pipeline(mattebox: Command) -> None:
    photo(Path("a.png"))
    sizes = {}
    for name, words in {"crop": ["--crop"], "margin": ["--margin", "4px"]}.items():
        assert mattebox("remove", "a.png", "-o", f"{name}.png", *words).code == 0
        with Image.open(f"{name}.png") as image:
            sizes[name] = image.size
    assert sizes["margin"] == tuple(side + 8 for side in sizes["crop"])
    assert max(sizes["crop"]) < 40

    def alpha(name: str, *words: str) -> np.ndarray:
        assert mattebox("remove", "a.png", "-o", name, *words).code == 0
        with Image.open(name) as image:
            return np.asarray(image)[..., 3]

    plain, inverted = alpha("plain.png"), alpha("inverted.png", "--invert")
    np.testing.assert_array_equal(plain, 255 - inverted)
    np.testing.assert_array_equal(alpha("background.png", "--kind", "background"), inverted)
    placed = alpha("placed.png", "--canvas", "100x80", "--scale", "0.5", "--position", "0,1")
    assert placed.shape == (80, 100)
    assert placed[40:, :40].any()
    assert not placed[:40].any()
    assert not placed[:, 40:].any()
    left = alpha("left.png", "--region", "0,0,48,32")
    assert left[:, :32].any()
    assert not left[:, 32:].any()
    Image.fromarray(np.eye(48, 64, dtype=np.uint8) * 255).save("mask.png")
    np.testing.assert_array_equal(alpha("masked.png", "--mask", "mask.png"), np.eye(48, 64, dtype=np.uint8) * 255)


def test_a_picture_without_a_subject_is_told(mattebox: Command) -> None:
    photo(Path("a.png"), empty=True)
    said = mattebox("remove", "a.png")
    assert said.code == 0
    assert "no subject was found" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("gone.png", "gone.png: no such file or folder"),
        ("a.png gone.png", "gone.png: no such file or folder"),
        ("empty", "no pictures in this folder"),
        ("*.gif", "no picture matches"),
        ("a.png -m light", "did you mean 'lite'"),
        ("a.png -m detail", "detail"),
        ("a.png -p amazn", "did you mean 'amazon'"),
        ("a.png -f gif", "'gif' is not one of"),
        ("a.png --threshold 3", "threshold=3.0: must be from 0 to 1"),
        ("a.png --region 3", "region '3'"),
        ("a.png --margin wide", "margin 'wide'"),
        ("a.png --mask gone.png", "mask gone.png: there is no such file"),
        ("a.png -b gone.png", "background 'gone.png': there is no such file"),
        ("a.png -b wihte", "colour 'wihte'"),
        ("a.png --gradient red", "needs a first colour"),
        ("a.png --quality 0", "quality=0"),
        ("a.png -o b.png -f webp", "the suffix asks for png, but --format for webp"),
        ("a.png -o b.gif", "no format with the suffix '.gif'"),
        ("a.png b.png -o c.png", "need a folder"),
        ("there -o c.png", "need a folder"),
        ("a.png --no-crop --margin 3", "contradict"),
        ("a.png --mask-only --kind foreground", "contradict"),
        ("a.png --mask-only -b white", "a mask is only opacity"),
        ("a.png --overwrite --skip-existing", "contradict"),
        ("a.png --resume", "--resume is for folders"),
        ("a.png b.png -o -", "for a single picture"),
        ("- a.png", "-: no such file"),
        ("- -o folder", "needs the name of a file"),
        ("- --report r.json", "a stream has no --report"),
        ("- -r --workers 2 --executor processes", "a stream has no --recursive, --workers, --executor"),
        ("a.png -o - --skip-existing", "a stream has no --skip-existing"),
        ("a.png --mask-only --kind background", "contradict"),
        ("a.png --mask-only -f zip", "zip holds both"),
        ("a.png -p amazon --crop", "crop goes with neither"),
        ("a.png --canvas 9x9 --margin 3", "crop goes with neither"),
        ("a.png --canvas 9x9 -p amazon", "contradict"),
        ("a.png --canvas 9", "canvas '9'"),
        ("a.png --canvas 9x9 --position 2", "position '2'"),
        ("a.png --scale 0.5", "give its size too"),
    ],
)
def test_wrong_use_is_told_in_one_line_and_nothing_is_written(mattebox: Command, words: str, message: str) -> None:
    for name in ("a.png", "b.png", "there/c.png"):
        photo(Path(name))
    Path("empty").mkdir()
    before = tree()
    said = mattebox("remove", *words.split())
    assert said.code == 2
    assert message in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert tree() == before


def test_a_folder_keeps_its_tree_and_a_bad_picture_stops_no_other(mattebox: Command) -> None:
    for name in ("in/a.jpg", "in/a.png", "in/sub/b.webp", "in/sub/deep/c.tiff"):
        photo(Path(name))
    Path("in/bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    photo(Path("in/empty.png"), empty=True)
    said = mattebox("remove", "in", "-r", "-o", "out", "--report", "report.json")
    assert said.code == 1
    assert tree(Path("out")) == {
        "a_cutout.png",
        "a.png_cutout.png",
        "empty_cutout.png",
        "sub/b_cutout.png",
        "sub/deep/c_cutout.png",
        JOURNAL,
    }
    lines = said.err.splitlines()
    assert lines[0].startswith("[1/6] in/a.jpg -> out/a_cutout.png (")
    assert lines[2].startswith("[3/6] failed: in/bad.png")
    assert lines[6].startswith("5 done, 0 skipped, 1 failed in ")
    assert lines[7:9] == ["no subject was found in 1 picture:", "  in/empty.png"]
    assert lines[9] == "failed:"
    assert lines[10].startswith("  in/bad.png")
    assert "\x1b" not in said.err
    record = json.loads(Path("report.json").read_text())
    assert (record["done"], record["skipped"], record["failed"]) == (5, 0, 1)
    assert [picture["status"] for picture in record["pictures"]].index("failed") == 2
    assert record["pictures"][3]["reason"] == "no subject was found"


def test_a_run_with_failures_resumes_with_those_only(mattebox: Command) -> None:
    for name in "abc":
        photo(Path(f"in/{name}.png"))
    whole = Path("in/b.png").read_bytes()
    Path("in/b.png").write_bytes(b"")
    assert mattebox("remove", "in").code == 1
    assert JOURNAL in tree(Path("in"))
    Path("in/b.png").write_bytes(whole)
    said = mattebox("remove", "in", "--resume")
    assert said.code == 0
    assert "1 done, 2 skipped, 0 failed" in said.err
    assert mattebox("remove", "in").code == 1
    for _ in range(2):
        said = mattebox("remove", "in", "--resume")
        assert (said.code, "0 done, 3 skipped, 0 failed" in said.err) == (0, True)
    assert mattebox("remove", "in", "--skip-existing").code == 0
    assert mattebox("remove", "in", "--overwrite").code == 0


def test_our_own_results_are_not_picked_up(mattebox: Command) -> None:
    photo(Path("in/a.png"))
    photo(Path("in/b.png"))
    assert mattebox("remove", "in", "--sheet").code == 0
    first = tree(Path("in"))
    assert first == {"a.png", "b.png", "a_cutout.png", "b_cutout.png", "a_sheet.jpg", "b_sheet.jpg", JOURNAL}
    assert mattebox("remove", "in/*", "--sheet", "--skip-existing").code == 0
    assert tree(Path("in")) == first


def test_an_existing_result_and_the_picture_itself_are_safe(mattebox: Command) -> None:
    photo(Path("a.png"))
    Path("a_cutout.png").write_bytes(b"mine")
    before = Path("a.png").read_bytes()
    said = mattebox("remove", "a.png")
    assert (said.code, Path("a_cutout.png").read_bytes()) == (1, b"mine")
    assert said.err == "error: a.png: a_cutout.png is already there; ask to overwrite it, or give another name\n"
    for words in ([], ["-o", "a_cutout.png"]):
        said = mattebox("remove", "a.png", "--skip-existing", *words)
        assert (said.code, Path("a_cutout.png").read_bytes()) == (0, b"mine")
    assert mattebox("remove", "a.png", "-o", "a.png").code == 1
    assert Path("a.png").read_bytes() == before
    assert mattebox("remove", "a.png", "-o", "a.png", "--overwrite").code == 0
    assert Path("a.png").read_bytes() != before


def test_a_dry_run_lists_and_writes_nothing(mattebox: Command) -> None:
    photo(Path("in/a.png"))
    photo(Path("in/b.png"))
    photo(Path("out/b_cutout.png"))
    before = tree()
    said = mattebox("remove", "in", "-o", "out", "--dry-run")
    assert said.out.decode().splitlines() == [
        "in/a.png -> out/a_cutout.png",
        "in/b.png -> out/b_cutout.png (already there)",
    ]
    assert tree() == before


@pytest.mark.parametrize("names", [["a.png"], ["a.png", "b.png"]])
def test_quiet_prints_nothing_and_verbose_the_log(mattebox: Command, names: list[str]) -> None:
    for name in names:
        photo(Path(name))
    assert mattebox("remove", *names, "-q") == (0, b"", "")
    frames = [draw(), draw(empty=True)]
    frames[0].save("many.gif", save_all=True, append_images=frames[1:])
    assert "mattebox.picture: many.gif" in mattebox("remove", "many.gif", "-v").err
    assert "mattebox.picture" not in mattebox("remove", "many.gif", "--overwrite").err


def test_names_with_markup_and_control_codes_are_printed_safely(mattebox: Command) -> None:
    names = ["[red]a.png", "b\x1b[2J\n.png", "c\u00e9.png"]
    for name in names:
        photo(Path("in", name))
    said = mattebox("remove", "in", "-o", "out")
    assert said.code == 0
    assert "\x1b" not in said.err
    assert len(said.err.splitlines()) == 4
    assert "[red]a.png" in said.err


def test_a_stream_goes_in_and_out(mattebox: Command) -> None:
    data = photo(Path("a.jpg")).read_bytes()
    assert mattebox("remove", "a.jpg").code == 0
    expected = Path("a_cutout.png").read_bytes()
    for words in (["-"], ["-", "-o", "-"]):
        assert mattebox("remove", *words, stdin=data) == (0, expected, "")
    assert mattebox("remove", "a.jpg", "-o", "-") == (0, expected, "")
    assert mattebox("remove", "-", "-o", "b.webp", stdin=data).code == 0
    assert kind_of(Path("b.webp")) == ("WEBP", "RGBA")


def test_a_file_that_is_there_is_no_target_of_a_stream(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    data = photo(Path("a.jpg")).read_bytes()
    Path("b.png").write_bytes(b"mine")
    with monkeypatch.context() as patch:
        patch.setattr(remover.Remover, "__call__", lambda *_: pytest.fail("the work was done before"))
        said = mattebox("remove", "-", "-o", "b.png", stdin=data)
        assert (said.code, "b.png is already there" in said.err) == (1, True)
        said = mattebox("remove", "-", "-o", "b.png", "--skip-existing", stdin=data)
        assert (said.code, said.err) == (0, "b.png is already there: skipped\n")
    assert Path("b.png").read_bytes() == b"mine"
    assert mattebox("remove", "-", "-o", "b.png", "--overwrite", stdin=data).code == 0
    assert kind_of(Path("b.png")) == ("PNG", "RGBA")


def test_home_folders_may_be_meant(mattebox: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    data = photo(Path("a.png")).read_bytes()
    before = tree()
    for target in ("~/a.png", "~/there/"):
        code = mattebox("remove", "~/a.png", "-o", target, "--mask", "~/a.png", "-b", "~/a.png").code
        assert code == (1 if target == "~/a.png" else 0)
    assert mattebox("remove", "-", "-o", "~/a.png", stdin=data).code == 1
    assert Path("a.png").read_bytes() == data
    assert tree() == before | {"there/a_cutout.png"}


def test_the_report_is_written_whatever_happens(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(Path("in/a.png"))
    Path("file").touch()
    said = mattebox("remove", "in", "--report", "file/report.json")
    assert (said.code, tree()) == (1, {"in/a.png", "file"})
    assert "file/report.json cannot be written" in said.err

    def dying(*_: object, **__: object) -> Iterator[Outcome]:
        yield Outcome("a", "b", "done")
        raise EngineFailed("a worker process died")

    monkeypatch.setattr(batch, "run_jobs", dying)
    assert mattebox("remove", "in", "--report", "report.json").code == 1
    assert json.loads(Path("report.json").read_text())["done"] == 1


@pytest.mark.parametrize(("data", "message"), [(b"", "empty"), (b"text", "not a picture"), (None, "cannot be")])
def test_a_stream_that_is_no_picture_is_told_and_nothing_is_written(
    mattebox: Command, data: bytes | None, message: str
) -> None:
    data = photo(Path("a.png"), size=(300, 300)).read_bytes()[:200] if data is None else data
    said = mattebox("remove", "-", stdin=data)
    assert (said.code, said.out) == (1, b"")
    assert message in said.err
    assert said.err.startswith("error: ")


def test_a_stream_without_a_subject_is_told_beside_the_result(mattebox: Command) -> None:
    said = mattebox("remove", "-", stdin=photo(Path("a.png"), empty=True).read_bytes())
    assert (said.code, said.err) == (0, "no subject was found\n")
    assert Image.open(io.BytesIO(said.out)).mode == "RGBA"


def test_pictures_of_the_web_land_here(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    data = photo(Path("x/a.jpg")).read_bytes()
    with site({"/shop/red%20shoe.jpg": data, "/large.png": b"x" * 200_000}) as address:
        said = mattebox("remove", f"{address}/shop/red%20shoe.jpg")
        assert said.code == 0
        assert "red_shoe_cutout.png" in tree()
        assert mattebox("remove", f"{address}/moved", "-o", "b.png").code == 0
        monkeypatch.setattr(download.download, "__kwdefaults__", {"max_bytes": 100_000, "timeout": 0.3})
        for path, message in {"gone.jpg": "404", "slow": "timed out", "large.png": "larger than"}.items():
            said = mattebox("remove", f"{address}/{path}")
            assert said.code == 1
            assert said.err.count("\n") == 1
            assert message in said.err
        said = mattebox("remove", f"{address}/gone.jpg", "x/a.jpg", "-o", "both")
    assert said.code == 1
    assert tree(Path("both")) == {"a_cutout.png", JOURNAL}


def test_workers_and_their_number_do_not_change_results(mattebox: Command) -> None:
    for number in range(5):
        photo(Path(f"in/{number}.png"), size=(30 + number, 50))
    assert mattebox("remove", "in", "-o", "one", "--workers", "1").code == 0
    assert mattebox("remove", "in", "-o", "four", "--workers", "4").code == 0
    assert tree(Path("one")) == {JOURNAL, *(f"{number}_cutout.png" for number in range(5))}
    for number in range(5):
        one, four = (Path(folder, f"{number}_cutout.png").read_bytes() for folder in ("one", "four"))
        assert one == four


@pytest.mark.slow
def test_processes_do_the_work_too(tmp_path: Path) -> None:
    for number in range(3):
        photo(tmp_path / "in" / f"{number}.png")
    command = [
        sys.executable,
        "-m",
        "mattebox",
        "remove",
        "in",
        "-o",
        "out",
        "--refine",
        "none",
        "--executor",
        "processes",
    ]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert tree(tmp_path / "out") == {"0_cutout.png", "1_cutout.png", "2_cutout.png", JOURNAL}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(tmp_path: Path) -> None:
    import pty

    for number in range(3):
        photo(tmp_path / f"{number}.png")
    (tmp_path / "bad.png").write_bytes(b"")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mattebox", "remove", ".", "-o", "out", "--refine", "none"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, cwd=tmp_path, stderr=theirs, stdout=subprocess.PIPE, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.communicate()[0] == b""
    assert process.returncode == 1
    text = shown.decode()
    assert "0/4" in text
    assert "4/4" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "failed: bad.png is empty" in text
    assert "3 done, 0 skipped, 1 failed" in text


def test_a_real_photo_is_cut_out_by_the_real_command(tmp_path: Path, lemur_path: Path) -> None:
    command = [sys.executable, "-m", "mattebox", "remove", str(lemur_path), "-o", str(tmp_path), "--sheet"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert tree(tmp_path) == {"lemur_cutout.png", "lemur_sheet.jpg"}
    with Image.open(tmp_path / "lemur_cutout.png") as image, Image.open(lemur_path) as source:
        assert image.size == source.size
        alpha = np.asarray(image)[..., 3]
    assert 0.1 < (alpha > 128).mean() < 0.9
