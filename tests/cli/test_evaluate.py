from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

from mattebox import Settings, find_card
from mattebox.cli.app import app
from mattebox.cli.evaluate import ASKED
from standins import Command, draw, photo

FIXTURES = Path(__file__).parent.parent / "data"


def dataset(folder: Path, names: dict[str, str], *, shift: int = 0) -> Path:
    """Discs and their masks, by name and quality of the mask; a name that begins with "empty" has neither."""
    (folder / "masks").mkdir(parents=True)
    rows = []
    for name, quality in names.items():
        empty = name.startswith("empty")
        photo(folder / "images" / f"{name}.png", empty=empty)
        mask = (np.asarray(draw(empty=empty))[..., 0] > 128).astype(np.uint8) * 255
        Image.fromarray(np.roll(mask, shift, axis=1)).save(folder / "masks" / f"{name}.png")
        rows.append(f"images/{name}.png,masks/{name}.png,{name[-1]},{quality}")
    (folder / "manifest.csv").write_text("\n".join(["image,mask,kind,mask_quality", *rows]))
    return folder


def table(out: bytes) -> dict[str, list[str]]:
    """The lines of the printed tables, by their first words."""
    lines = re.findall(r"^ (\S.*?)((?: +(?:\d[\d.]*|-))+) *$", out.decode(), re.MULTILINE)
    return {name: numbers.split() for name, numbers in lines}


def test_means_are_printed_by_truth_and_on_request_by_group(mattebox: Command) -> None:
    dataset(Path("data"), {"x_a": "soft", "x_b": "binary", "y_a": "binary"}, shift=4)
    said = mattebox("evaluate", "data")
    assert said.code == 0, said.err
    found = table(said.out)
    assert {"all", "soft truth", "binary truth"} <= found.keys()
    assert found["all"][:1] == ["3"]
    assert found["all"][-3:] == ["-"] * 3
    assert "-" not in found["soft truth"]
    assert found["all"][1:6] == found["soft truth"][1:6] == found["binary truth"][1:6]  # all discs are the same
    assert 0.5 < float(found["all"][1]) < 0.95
    assert "[2/3] data/images/x_b.png -> IoU 0." in said.err
    assert "3 done, 0 skipped, 0 failed" in said.err
    assert "\x1b" not in said.out.decode() + said.err

    by_source, by_kind = (table(mattebox("evaluate", "data", "--by", by).out) for by in ("source", "kind"))
    assert by_source["source x"][0] == by_kind["kind a"][0] == "2"
    assert by_source["source y"][0] == by_kind["kind b"][0] == "1"
    assert not any(name.startswith("kind") for name in by_source)


def test_the_table_fits_a_narrow_terminal(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    dataset(Path("data"), {"furniture-and-household_1": "soft"}, shift=4)
    out = mattebox("evaluate", "data", "--by", "source", "--quiet").out.decode()
    assert max(len(line) for line in out.splitlines()) <= 80
    assert len(table(out.encode())["all"]) == 9
    assert "\n source furniture- " in out
    assert "\n and-household " in out

    # Nothing is left out or broken within a word where even that does not fit.
    monkeypatch.setenv("COLUMNS", "40")
    out = mattebox("evaluate", "data", "--by", "source", "--quiet").out.decode()
    assert {"furniture-", "and-", "household"} <= {line.strip() for line in out.splitlines()}
    assert len(table(out.encode())["all"]) == 9


def test_false_alarms_are_told_apart(mattebox: Command) -> None:
    dataset(Path("data"), {"a": "binary", "empty": "binary"})
    photo(Path("none/b.png"), empty=True)
    photo(Path("none/c.png"))
    said = mattebox("evaluate", "data", "--empty", "none")
    found = table(said.out)
    assert found["all"][0] == "1"
    assert found["without a subject"][:2] == ["3", "2"]
    assert 0.05 < float(found["without a subject"][2]) < 0.2
    assert "none/b.png -> no subject, as it should be" in said.err
    assert "none/c.png -> false alarm, mean alpha 0." in said.err
    assert "no subject was found in" not in said.err


def test_a_subject_that_is_not_found_is_listed(mattebox: Command) -> None:
    dataset(Path("data"), {"a": "binary"})
    photo(Path("data/images/a.png"), empty=True)
    said = mattebox("evaluate", "data")
    assert table(said.out)["all"][1] == "0.000"
    assert "no subject was found in 1 picture:\n  data/images/a.png" in said.err


def test_reports_tell_what_was_evaluated(mattebox: Command) -> None:
    dataset(Path("data"), {"x_1": "soft", "x_2": "binary"})
    assert mattebox("evaluate", "data", "--out", "r.json", "--refine", "none", "--threshold", "0.4", "-q").code == 0
    record = json.loads(Path("r.json").read_text())
    assert (record["data"], record["empty"], record["failed"]) == ("data", None, [])
    assert record["settings"].keys() == {field.name for field in fields(Settings)}
    assert (record["settings"]["refine"], record["settings"]["threshold"]) == ("none", 0.4)
    assert record["weights"] == {"lite": find_card("lite").weights.sha256}
    assert [row["image"] for row in record["pictures"]] == ["data/images/x_1.png", "data/images/x_2.png"]
    assert mattebox("evaluate", "data", "--out", "r.json", "-q").code == 0  # a report is replaced
    assert json.loads(Path("r.json").read_text())["weights"].keys() == {"lite", "detail"}
    assert mattebox("evaluate", "data", "--out", "r.csv", "-q").code == 0
    with Path("r.csv").open(newline="") as file:
        assert [row["iou"] != "" for row in csv.DictReader(file)] == [True, True]


@pytest.mark.parametrize(("name", "format_"), [("worst.png", "PNG"), ("new/worst.jpg", "JPEG")])
def test_the_worst_are_drawn(mattebox: Command, name: str, format_: str) -> None:
    dataset(Path("data"), {"a": "binary", "b": "binary", "empty": "binary"}, shift=4)
    assert mattebox("evaluate", "data", "--sheet", name).code == 0
    with Image.open(name) as image:
        assert image.format == format_
        assert image.width > 1300  # two cases beside each other


def test_saved_results_are_evaluated_like_those_of_a_model(mattebox: Command) -> None:
    dataset(Path("data"), {"a": "soft", "b": "binary"}, shift=4)
    assert mattebox("remove", "data/images", "-o", "saved").code == 0
    live, saved = mattebox("evaluate", "data", "-q"), mattebox("evaluate", "data", "--results", "saved", "-q")
    assert (saved.code, saved.err) == (0, "")
    assert table(saved.out) == table(live.out)
    mattebox("evaluate", "data", "--results", "saved", "--out", "r.json")
    record = json.loads(Path("r.json").read_text())
    assert record["results"] == "saved"
    assert not record.keys() & {"settings", "weights"}


def test_the_sheet_of_saved_results_has_no_photo(mattebox: Command) -> None:
    results("pred", "a.png", shift=4)
    results("gt", "a.png")
    widths = []
    dataset(Path("data"), {"a": "soft"}, shift=4)
    for words in (("pred", "gt"), ("data", "--results", "pred")):
        assert mattebox("evaluate", *words, "--sheet", "worst.png", "-q").code == 0
        with Image.open("worst.png") as image:
            widths.append(image.width)
    assert widths[0] / widths[1] == pytest.approx(3 / 4, abs=0.01)


def results(folder: str, *names: str, shift: int = 0) -> None:
    """Masks of the disc, moved to the right."""
    mask = (np.asarray(draw())[..., 0] > 128).astype(np.uint8) * 255
    Path(folder).mkdir(exist_ok=True)
    for name in names:
        Image.fromarray(np.roll(mask, shift, axis=1)).save(Path(folder) / name)


def test_saved_results_are_measured_against_truths_of_their_names(mattebox: Command) -> None:
    results("pred", "a_cutout.png", "b_3.png", shift=4)
    results("gt", "a.png", "b.png")
    said = mattebox("evaluate", "pred", "gt")
    assert said.code == 0, said.err
    found = table(said.out)
    assert found["all"][0] == "2"
    assert len(found["all"]) == 9
    assert "[1/2] pred/a_cutout.png -> IoU 0." in said.err

    said = mattebox("evaluate", "pred", "gt", "--metrics", "SAD,s-measure", "--json", "-q")
    record = json.loads(said.out)
    assert (record["truth"], record["protocol"], said.err) == ("gt", "whole", "")
    assert record["means"]["all"].keys() == {"pictures", "sad", "s_measure"}
    assert record["means"]["all"]["sad"] == record["pictures"][0]["sad"] > 0


def test_the_unknown_band_counts_where_trimaps_are_given_or_asked_for(mattebox: Command) -> None:
    results("pred", "a.png", shift=4)
    results("gt", "a.png")
    greys = np.full((48, 64), 128, np.uint8)
    greys[:, :32] = 10  # nearly black counts as black
    Path("trimaps").mkdir()
    Image.fromarray(greys).save("trimaps/a.png")
    sads = {}
    for words in ("--trimap trimaps", "--protocol unknown", "--trimap trimaps --protocol whole"):
        record = json.loads(mattebox("evaluate", "pred", "gt", *words.split(), "--metrics", "sad", "--json").out)
        sads[words] = record["means"]["all"]["sad"]
    given, made, whole = sads.values()
    assert 0 < given < made <= whole
    assert (record["trimap"], record["pictures"][0]["trimap"]) == ("trimaps", "")  # asked for, and not used
    said = mattebox("evaluate", "pred", "gt", "--trimap", "trimaps", "--json")
    record = json.loads(said.out)
    assert (record["trimap"], record["pictures"][0]["trimap"]) == ("trimaps", "trimaps/a.png")
    said = mattebox("evaluate", "pred", "gt", "--trimap", "trimaps")
    assert table(said.out)["all"][1] == f"{given:.3f}"


def test_folders_that_do_not_match_are_one_error_with_both_sides(mattebox: Command) -> None:
    results("pred", "a.png", "x.png")
    results("gt", "a.png", "y.png", "z.png")
    said = mattebox("evaluate", "pred", "gt")
    assert (said.code, said.out) == (2, b"")
    assert said.err == (
        "error: pred and gt do not match: 1 of 2 results have no truth (x.png); "
        "2 of 3 truths have no result (y.png, z.png)\n"
    )


def test_bad_files_are_listed_and_left_out(mattebox: Command) -> None:
    dataset(Path("data"), {"a": "binary", "b": "binary", "c": "binary"})
    Path("data/images/a.png").write_bytes(b"no picture")
    Image.new("L", (5, 5)).save("data/masks/b.png")
    said = mattebox("evaluate", "data", "--out", "r.json")
    assert said.code == 0
    assert table(said.out)["all"][0] == "1"
    assert "1 done, 0 skipped, 2 failed" in said.err
    assert "  data/images/a.png is not a picture" in said.err
    assert "data/masks/b.png has the size (5, 5), but data/images/b.png (48, 64)" in said.err
    record = json.loads(Path("r.json").read_text())
    assert [failure["image"] for failure in record["failed"]] == ["data/images/a.png", "data/images/b.png"]

    Path("data/images/c.png").unlink()
    said = mattebox("evaluate", "data", "--quiet")
    assert (said.code, said.out) == (1, b"")
    assert said.err.endswith("error: nothing could be evaluated\n")


def test_the_limit_is_for_each_folder(mattebox: Command) -> None:
    dataset(Path("data"), dict.fromkeys("abc", "binary"))
    for name in "def":
        photo(Path("none") / f"{name}.png")
    found = table(mattebox("evaluate", "data", "--empty", "none", "--limit", "2").out)
    assert found["all"][0] == found["without a subject"][0] == "2"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("gone", "gone: no such folder"),
        ("data/images", "needs manifest.csv, or the folders"),
        ("data --empty gone", "gone: no such file or folder"),
        ("data --results gone", "gone: no such folder"),
        ("data --results data --model lite --refine none", "leave out --model"),
        ("data --out r.txt", "r.txt: a report ends in .json or .csv"),
        ("data --sheet s.gif", "no format with the suffix '.gif'"),
        ("data --sheet s.zip", "a sheet is a picture"),
        ("data --by size", "'size' is not one of"),
        ("data --limit 0", "--limit"),
        ("data -m light", "did you mean 'lite'"),
        ("data --softness 3", "softness=3.0: must be from 0 to 1"),
        ("data --invert", "--invert"),
        ("data/masks data/masks --results data", "leave out --results"),
        ("data/masks data/masks --model isnet --layout dis5k", "leave out --layout and --model and the other settings"),
        ("data/masks data/masks --metrics sda", "no figure 'sda'; did you mean 'sad'"),
        ("data/masks data/masks --protocol unknown --metrics iou", "'iou' is a figure of whole pictures"),
        ("data --trimap data", "--trimap goes with saved results and GT"),
        ("data --layout dis", "no layout 'dis'"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(mattebox: Command, words: str, message: str) -> None:
    dataset(Path("data"), {"a": "binary"})
    said = mattebox("evaluate", *words.split())
    assert (said.code, said.out) == (2, b"")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert message in said.err


def test_a_report_that_cannot_be_written_is_told_before_the_work(mattebox: Command) -> None:
    dataset(Path("data"), {"a": "binary"})
    said = mattebox("evaluate", "data", "--out", "data/manifest.csv/r.json")
    assert said.code == 1
    assert "[1/1]" not in said.err


def test_every_option_is_told_in_one_sentence_and_every_edge_setting_is_one() -> None:
    command = get_command(app).commands["evaluate"]  # type: ignore[attr-defined]
    for parameter in command.params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.name
    assert {*ASKED, "foreground", "invert", "resize_trimap"} == {field.name for field in fields(Settings)}


def test_the_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from mattebox.cli import main; main(['evaluate', '--help']);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "PIL", "onnxruntime", "torch"} & set(answer.stderr.split())


@pytest.mark.slow
def test_the_real_command_on_a_real_photo(tmp_path: Path) -> None:
    for folder, name in (("images", "lemur_400.jpg"), ("alpha", "lemur_400.alpha.png")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name.replace(".alpha", "")).write_bytes((FIXTURES / name).read_bytes())
    command = [sys.executable, "-m", "mattebox", "evaluate", ".", "--out", "r.json", "--sheet", "worst.png"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    (row,) = json.loads((tmp_path / "r.json").read_text())["pictures"]
    assert row["truth"] == "soft"
    assert row["iou"] > 0.9
    assert 0 < row["sad"] < 6
    assert row["subject_score"] > 0.5
    assert f"{row['iou']:.3f}" in answer.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_shows_what_there_is_so_far(tmp_path: Path) -> None:
    pictures = 40
    for number in range(pictures):
        photo(tmp_path / "images" / f"{number:02}.png", size=(900, 1200))
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.new("L", (1200, 900), 255).save(tmp_path / "masks" / f"{number:02}.png")
    command = [
        sys.executable,
        "-m",
        "mattebox",
        "evaluate",
        ".",
        "--refine",
        "none",
        "--out",
        "r.json",
        "--workers",
        "2",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("[1/40]")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    record = json.loads((tmp_path / "r.json").read_text())
    done = len(record["pictures"])
    assert 1 <= done < pictures
    assert f"stopped with {pictures - done} pictures left" in err
    assert "Traceback" not in err
    assert table(out.encode())["all"][0] == str(done)
