"""The files of the page: how they are served, their words and their colours."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mattebox.serve.refusals import REFUSALS
from mattebox.serve.routes.studio import FOLDER, load_assets
from serve.live import Live

LOCALES = {path.stem: json.loads(path.read_text("utf-8")) for path in (FOLDER / "locales").glob("*.json")}


def test_the_languages_say_the_same_things() -> None:
    assert LOCALES.keys() == {"en", "ru"}
    english = LOCALES["en"]
    for texts in LOCALES.values():
        assert list(texts) == list(english)
        for key, text in texts.items():
            assert text.strip(), key
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_every_text_is_in_the_locale_files() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    assert set(re.findall(r">\s*([^<>\s][^<>]*?)\s*<", page)) == {"Mattebox"}
    said = set(re.findall(r'data-(?:text|label)="([^"]+)"', page))
    families = set()
    for path in (FOLDER / "scripts").rglob("*.js"):
        code = path.read_text("utf-8")
        said |= set(re.findall(r'(?<![.\w])(?:t|tiles|slider|toggle|picker)\(\s*"([^"]+)"', code))
        families |= {match.split("$")[0] for match in re.findall(r"`([a-z]+\.[^`]*\$\{\w[^`]*)`", code)}
    known = set(LOCALES["en"])
    assert said <= known
    unused = {key for key in known - said if not key.startswith(tuple(families))}
    assert unused <= {"state.nothing", "state.dressing", "error.unknown"}


def test_refusals_are_told_under_the_codes_that_the_server_has() -> None:
    own = {"offline", "unknown", "file_too_heavy", "too_many_pixels", "no_key"}
    told = {key.removeprefix("error.") for key in LOCALES["en"] if key.startswith("error.")}
    assert own <= told
    assert told - own <= REFUSALS.keys()


def test_colours_can_be_read() -> None:
    styles = (FOLDER / "styles" / "base.css").read_text("utf-8")
    themes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root.*?{(.*?)}", styles, re.DOTALL)
    ]
    assert len(themes) == 2
    for theme in themes:
        for ink in ("ink", "soft", "danger"):
            for ground in ("paper", "surface", "sunken"):
                assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["accent-ink"], theme["accent"]) >= 4.5
        for line in ("accent", "edge"):
            assert contrast(theme[line], theme["surface"]) >= 3, line


def contrast(first: str, second: str) -> float:
    """How far two colours are apart, 1 to 21, by WCAG 2."""
    levels = []
    for colour in (first, second):
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        levels.append(float(np.dot(linear, [0.2126, 0.7152, 0.0722])) + 0.05)
    return max(levels) / min(levels)


def test_files_are_served_with_a_strict_policy_and_from_the_browsers_own_copy(server: Live) -> None:
    for path in ("/", *(f"/studio/{name}" for name in load_assets())):
        answer = server.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = server.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert server.get("/").headers["content-type"] == "text/html; charset=utf-8"
    assert server.get("/studio/scripts/main.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["no.js", "../service.py", "%2e%2e/service.py", "scripts", ""])
def test_nothing_else_is_served(path: str, server: Live) -> None:
    answer = server.get(f"/studio/{path}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_found")
