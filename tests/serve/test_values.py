from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Optional, get_type_hints

import pytest

from mattebox.errors import BadParameter
from mattebox.output import Output
from mattebox.serve.options import ServeOptions
from mattebox.serve.values import form_of
from mattebox.settings import Settings


@pytest.mark.parametrize("kind", [ServeOptions, Settings, Output])
def test_every_field_can_be_read(kind: type) -> None:
    for name, hint in get_type_hints(kind).items():
        if name != "settings":
            assert form_of(hint).words


@pytest.mark.parametrize(
    ("hint", "given", "value"),
    [
        (Optional[int], "7", 7),  # noqa: UP045 (another spelling of the same)
        (int | None, 7, 7),
        (bool, "Yes", True),
        (bool, "off", False),
        (tuple[str, ...], "one, a secret with blanks,", ("one", "a secret with blanks")),
        (Path | None, "a/b", Path("a/b")),
        (Path | None, Path("a/b"), Path("a/b")),
        (Literal["a", "b"] | None, "a", "a"),
    ],
)
def test_values_are_read_by_their_type(hint: Any, given: object, value: object) -> None:
    assert form_of(hint).value(given, "x") == value


def test_a_path_may_begin_in_the_users_folder(home: Path) -> None:
    assert form_of(Path).value("~/state", "x") == home.parent / "state"


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(BadParameter, match=r"^X: 'many' is not a whole number$"):
        form_of(int).value("many", "X")
