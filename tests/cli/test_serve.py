from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import pytest
from typer.models import OptionInfo

from mattebox.cli.options import Dressing
from mattebox.cli.serve import SETTINGS, Serving
from mattebox.serve.access.keys import RATE
from mattebox.serve.options import PREFIX, ServeOptions
from mattebox.settings import Settings
from standins import Command


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ServeOptions]:
    """What servers were started with, in place of starting any."""
    taken: list[ServeOptions] = []

    def run(options: ServeOptions) -> int:
        taken.append(options)
        return 0

    monkeypatch.setattr("mattebox.serve.run.run", run)
    return taken


def helps(kind: type) -> dict[str, OptionInfo]:
    """The options of a data class, by the name of the field."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name].__metadata__[0] for each in fields(kind)}


def test_without_a_word_it_is_as_variables_say(
    mattebox: Command, started: list[ServeOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mattebox("serve").code == 0
    monkeypatch.setenv(f"{PREFIX}PORT", "9000")
    monkeypatch.setenv(f"{PREFIX}FOREGROUND", "none")
    assert mattebox("serve").code == 0
    assert started == [ServeOptions(), ServeOptions(port=9000, settings=Settings(foreground="none"))]


def test_the_command_line_goes_before_variables_also_when_it_says_what_holds_anyway(
    mattebox: Command, started: list[ServeOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("FOREGROUND", "none"), ("REFINE_SIZE", "800"), ("PORT", "9000"), ("ORIGINS", "https://a")):
        monkeypatch.setenv(f"{PREFIX}{name}", text)
    words = ("--foreground", "predicted", "--refine-size", "900", "--port", "8000", "--origins", "*")
    assert mattebox("serve", *words).code == 0
    assert started == [ServeOptions(origins=("*",))]


def test_every_word_is_taken(mattebox: Command, started: list[ServeOptions], tmp_path: Path) -> None:
    said = {
        "host": "127.0.0.1",
        "port": 0,
        "proxies": "10.0.0.1",
        "workers": 2,
        "queue": 3,
        "deadline": 4.5,
        "grace": 5.5,
        "max_megabytes": 6.5,
        "max_megapixels": 7.5,
        "store": "memory:",
        "data": tmp_path,
        "job_hours": 8.5,
    }
    words = [word for name, value in said.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    words += ("--local", "--no-keys", "--models", "u2net, isnet,silueta", "--origins", "https://a,https://b")
    assert mattebox("serve", *words).code == 0
    several = {"models": ("u2net", "isnet", "silueta"), "origins": ("https://a", "https://b")}
    assert started == [ServeOptions(local=True, auth=False, **several, **said)]  # type: ignore[arg-type]
    assert {field.name for field in fields(Serving)} == {*said, *several, "local", "auth"}


@pytest.mark.parametrize(
    ("words", "variables", "message"),
    [
        (["--deadline", "nan"], {}, "--deadline: nan is not a number"),
        (["--port", "99999"], {}, "port=99999: must be from 0 to 65535"),
        ([], {f"{PREFIX}PORT": "many"}, "MATTEBOX_SERVE_PORT: 'many' is not a whole number"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_code_2(
    mattebox: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    variables: dict[str, str],
    message: str,
) -> None:
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    said = mattebox("serve", *words)
    assert (said.code, said.err) == (2, f"error: {message}\n")


def test_help_tells_what_holds_without_a_word() -> None:
    in_words = {"host": "them", "workers": "core"}
    told = {
        name: found[1]
        for name, option in helps(Serving).items()
        if (found := re.search(r"(\S+) unless given", option.help or ""))
    }
    options = ServeOptions()
    assert told == {name: in_words.get(name) or f"{getattr(options, name)}".removesuffix(".0") for name in told}
    assert told.keys() == helps(Serving).keys() - {"local", "auth", "models", "origins", "store", "data"}
    dressing = Dressing()
    for name in SETTINGS:
        assert getattr(dressing, name) == getattr(options.settings, name)


@pytest.mark.parametrize(("lacking", "words"), [("fastapi", "needs the extra 'serve'"), ("sqlite3", "sqlite3")])
def test_only_what_the_extra_brings_is_asked_for(
    mattebox: Command, monkeypatch: pytest.MonkeyPatch, lacking: str, words: str
) -> None:
    class Lacking(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise ModuleNotFoundError(f"No module named '{lacking}'", name=lacking)

    monkeypatch.setitem(sys.modules, "mattebox.serve.run", Lacking("mattebox.serve.run"))
    said = mattebox("serve")
    assert said.code == 1
    assert words in said.err
    assert ("the extra" in said.err) == (lacking == "fastapi")


def test_help_of_keys_tells_their_rate(mattebox: Command) -> None:
    said = mattebox("serve", "keys", "add", "--help").out.decode()
    assert f"{RATE:g} unless given" in " ".join(re.sub(r"[│\n]", " ", said).split())
