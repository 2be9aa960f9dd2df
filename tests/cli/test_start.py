from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typer.main import get_command

import mattebox as package
from mattebox import Settings
from mattebox.cli import main
from mattebox.cli.app import app
from mattebox.cli.options import Dressing
from mattebox.cli.text import complain, shown
from mattebox.cli.values import parse_canvas, parse_position, parse_region
from mattebox.output import Fit, Output
from standins import Command

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
    "pyarrow",
    "orjson",
    "openpyxl",
    "shapely",
    "scipy",
}


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "remove --help",
        "watch --help",
        "doctor --help",
        "label --help",
        "label dataset --help",
        "presets",
        "models",
    ],
)
def test_what_does_no_work_loads_nothing_heavy(words: str) -> None:
    program = (
        "import sys, json; from mattebox.cli import main; code = main(sys.argv[1:]);"
        "print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", program, *words.split()], capture_output=True, text=True, check=True)
    code, loaded = json.loads(answer.stderr)
    assert code == 0
    assert not HEAVY & set(loaded)


def test_the_module_is_the_command() -> None:
    answer = subprocess.run([sys.executable, "-m", "mattebox", "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout == f"mattebox {package.__version__}\n"


@pytest.mark.parametrize("name", ["remove", "watch"])
def test_every_option_is_told_in_one_sentence(name: str) -> None:
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    for parameter in command.params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.name


def test_the_command_line_has_the_defaults_of_the_library() -> None:
    assert Dressing().settings() == Settings()
    assert Dressing().result() == Output()


def test_every_setting_is_an_option() -> None:
    assert {field.name for field in fields(Settings)} <= {field.name for field in fields(Dressing)}


def test_choices_are_those_of_the_library() -> None:
    from mattebox.cutout import Kind
    from mattebox.encode import FORMATS
    from mattebox.settings import FOREGROUNDS

    hints = get_type_hints(Dressing)
    assert get_args(hints["kind"]) == (*get_args(Kind), "background")
    assert get_args(hints["fit"]) == get_args(Fit)
    assert get_args(hints["foreground"]) == FOREGROUNDS
    assert get_args(get_args(hints["format"])[0]) == tuple(FORMATS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rmovee"], "Did you mean 'remove'?"),
        (["remove", "a.png", "--quallity", "3"], "--quality"),
        (["remove", "a.png", "--quality", "high"], "valid integer"),
        (["remove", "a.png", "--kind", "alpha"], "'alpha' is not one of"),
        (["remove", "a.png", "--workers", "0"], "--workers"),
        (["models", "info", "light"], "did you mean 'lite'"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(mattebox: Command, words: list[str], message: str) -> None:
    Path("a.png").touch()
    said = mattebox(*words)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert message in said.err


@pytest.mark.parametrize("words", [[], ["remove"], ["watch"]])
def test_nothing_at_all_is_answered_with_help(mattebox: Command, words: list[str]) -> None:
    said = mattebox(*words)
    assert said.code == 2
    assert b"Usage: mattebox" in said.out
    assert said.err == ""


def test_an_unexpected_error_is_one_line_too(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("mattebox.zoo.registry.load_cards", fail)
    said = mattebox("models")
    assert (said.code, said.err) == (1, "error: unexpected RuntimeError: first second\n")


def test_whoever_stops_reading_is_no_error() -> None:
    program = [sys.executable, "-m", "mattebox", "presets", "--json"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a b.jpg", "a b.jpg"), ("blå.jpg", "blå.jpg"), ("a\nb\x1b[31m", "a\\nb\\x1b[31m"), ("a\udcff", "a\\udcff")],
)
def test_names_cannot_steer_the_terminal(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_an_error_of_several_lines_is_told_in_one(capsys: pytest.CaptureFixture[str]) -> None:
    complain("first\n  second\x1b")
    assert capsys.readouterr().err == "error: first second\\x1b\n"


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "0,0,0,5", "5,0,3,9", "-1,0,3,3", "1.5,0,3,3"])
def test_a_region_that_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(package.BadParameter, match="top,left,bottom,right"):
        parse_region(text)


@pytest.mark.parametrize("text", ["", "9", "9x", "axb", "9x9x9", "1.5x3"])
def test_a_canvas_that_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(package.BadParameter, match="width and height"):
        parse_canvas(text)


@pytest.mark.parametrize("text", ["", "1", "a,b", "0,0,0"])
def test_a_position_that_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(package.BadParameter, match="x and y"):
        parse_position(text)


def test_the_log_of_others_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    assert main(["presets"]) == 0
    assert logging.getLogger().handlers == before
